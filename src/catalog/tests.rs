//! The built-in catalogue is whole, and every kind of mistake is found, all of them at once.

use std::path::PathBuf;

use super::*;

fn builtin() -> Catalog {
    Catalog::builtin().expect("the built-in catalogue can be read")
}

fn framework(id: &str) -> FrameworkId {
    FrameworkId::parse(id).expect("a framework id")
}

/// The built-in files after a change to one of them.
fn changed(path: &str, from: &str, to: &str) -> BTreeMap<String, String> {
    let mut files = builtin().files().clone();
    let text = files.get_mut(path).unwrap_or_else(|| panic!("{path}"));
    assert!(text.contains(from), "{path} does not hold {from}");
    *text = text.replacen(from, to, 1);
    files
}

fn problems(files: &BTreeMap<String, String>) -> Vec<Problem> {
    Catalog::parse(files).expect_err("a mistake was planted")
}

/// The one problem that the change makes: its file, its line by what stands there, and words of its message.
#[track_caller]
fn one(files: &BTreeMap<String, String>, file: &str, at: &str, says: &str) {
    let found = problems(files);
    let text = files.get(file).map_or("", String::as_str);
    let line = text.lines().position(|line| line.contains(at)).map_or(0, |index| index as u64 + 1);
    let line = if at.is_empty() { 0 } else { line };
    let fits =
        |problem: &&Problem| problem.file == file && problem.line == line && problem.message.contains(says);
    assert!(found.iter().any(|problem| fits(&problem)), "wanted {file}:{line}: {says}\n{found:#?}");
    assert_eq!(found.len(), 1, "{found:#?}");
}

#[test]
fn the_builtin_catalogue_has_no_problems() {
    let catalog = Catalog::parse(builtin().files()).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    });
    serde_json::from_str::<Prepared>(PREPARED).expect("the prepared form is the one that is used");
    // What the build prepared says the same as the files, to the last field.
    assert!(
        format!("{:?}", builtin()) == format!("{catalog:?}"),
        "the prepared catalogue differs from its files"
    );
    let ids: Vec<&str> = catalog.controls().map(|control| control.id.as_str()).collect();
    let wanted: Vec<String> =
        (1..=15).map(|n| format!("CL-{n:02}")).chain((1..=21).map(|n| format!("EX-{n:02}"))).collect();
    assert_eq!(ids, wanted);
    assert!(catalog.cards().count() >= 60);
    for (id, _) in catalog.cards() {
        assert!(catalog.controls_of_check(id).next().is_some(), "{id}");
    }
}

#[test]
fn every_item_and_every_row_that_files_can_answer_has_a_declared_and_an_enforced_check() {
    use crate::model::Basis::{Declared, Enforced};
    let catalog = builtin();
    // Acts of people, a history, and guidance that enforces nothing.
    let exempt = ["CL-13", "CL-14", "CL-15", "EX-16", "EX-19", "EX-20", "EX-21"];
    for control in catalog.controls().filter(|control| !exempt.contains(&control.id.as_str())) {
        for basis in [Declared, Enforced] {
            let tested =
                control.checks.iter().filter_map(|check| catalog.card(check)).any(|card| card.basis == basis);
            assert!(tested, "{} has no check on {basis}", control.id);
            assert!(control.requires.contains(&basis), "{} does not require {basis}", control.id);
        }
    }
}

#[test]
fn the_items_are_the_guides_own_words() {
    let places =
        [std::env::var("WORKPAPER_SHARED").ok(), Some("../shared".into()), Some("../../shared".into())];
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let guide = places.into_iter().flatten().find_map(|place| {
        std::fs::read_to_string(root.join(place).join("guide/enterprise-security-patterns.txt")).ok()
    });
    let Some(guide) = guide else {
        eprintln!("skipped: the guide is not beside this repository");
        return;
    };
    let items: Vec<&str> = guide.lines().filter_map(|line| line.strip_prefix("- [ ] ")).collect();
    let catalog = builtin();
    let texts: Vec<&str> = catalog
        .controls()
        .filter(|control| control.item.is_some())
        .map(|control| control.text.as_str())
        .collect();
    assert_eq!(texts, items);
}

#[test]
fn every_requirement_in_scope_is_there() {
    let catalog = builtin();
    let soc2 = "CC6.1 CC6.2 CC6.3 CC6.6 CC6.7 CC6.8 CC7.1 CC7.2 CC7.3 CC7.4 CC8.1 CC9.2 C1.1 C1.2 P4.1 P4.2 P4.3 P6.3 \
                P6.5 P6.6 P8.1 CC1.4 CC2.1 CC2.2 CC3.4 CC4.1 CC4.2 CC5.2 CC5.3 CC7.5";
    for id in soc2.split_whitespace() {
        let requirement = catalog.requirement(&framework("soc2"), id).unwrap_or_else(|| panic!("{id}"));
        assert_eq!(requirement.id.as_str(), id);
    }
    let hipaa = [
        ("164.308(a)(1)(ii)(D)", Some(Designation::Required)),
        ("164.308(a)(3)(i)", None),
        ("164.308(a)(3)(ii)(A)", Some(Designation::Addressable)),
        ("164.308(a)(4)(ii)(C)", Some(Designation::Addressable)),
        ("164.308(a)(5)(ii)(C)", Some(Designation::Addressable)),
        ("164.308(a)(6)(ii)", Some(Designation::Required)),
        ("164.308(a)(8)", Some(Designation::Required)),
        ("164.308(b)(1)", None),
        ("164.308(b)(3)", Some(Designation::Required)),
        ("164.314(a)", Some(Designation::Required)),
        ("164.310(d)(2)(i)", Some(Designation::Required)),
        ("164.310(d)(2)(ii)", Some(Designation::Required)),
        ("164.310(d)(2)(iii)", Some(Designation::Addressable)),
        ("164.310(d)(2)(iv)", Some(Designation::Addressable)),
        ("164.312(a)(2)(i)", Some(Designation::Required)),
        ("164.312(a)(2)(ii)", Some(Designation::Required)),
        ("164.312(a)(2)(iii)", Some(Designation::Addressable)),
        ("164.312(a)(2)(iv)", Some(Designation::Addressable)),
        ("164.312(b)", Some(Designation::Required)),
        ("164.312(c)(2)", Some(Designation::Addressable)),
        ("164.312(d)", Some(Designation::Required)),
        ("164.312(e)(2)(i)", Some(Designation::Addressable)),
        ("164.312(e)(2)(ii)", Some(Designation::Addressable)),
        ("164.316(b)(2)(i)", Some(Designation::Required)),
        ("164.316(b)(2)(ii)", Some(Designation::Required)),
        ("164.316(b)(2)(iii)", Some(Designation::Required)),
        ("164.502(b)", None),
        ("164.514(d)", None),
        ("164.402", None),
        ("164.404", None),
        ("164.406", None),
        ("164.408", None),
        ("164.410", None),
        ("164.414(b)", None),
        ("164.530(j)", None),
    ];
    for (id, designation) in hipaa {
        let cited = format!("45 CFR {id}");
        let requirement =
            catalog.requirement(&framework("hipaa"), &cited).unwrap_or_else(|| panic!("{cited}"));
        assert_eq!(requirement.designation, designation, "{cited}");
        assert_eq!(
            catalog.requirement(&framework("hipaa"), id).map(|found| &found.id),
            Some(&requirement.id)
        );
    }
    let gdpr = "5(1)(c) 5(1)(e) 5(1)(f) 5(2) 17 24 25 28 30 32 33 34 35 44 45 46 47 48 49";
    for article in gdpr.split_whitespace() {
        let id = format!("GDPR Art. {article}");
        assert!(catalog.requirement(&framework("gdpr"), &id).is_some(), "{id}");
    }
}

#[test]
fn the_guides_spellings_resolve() {
    let catalog = builtin();
    let find = |id: &str| catalog.requirement(&framework("soc2"), id).unwrap_or_else(|| panic!("{id}"));
    assert_eq!(find("CC-6.1").id.as_str(), "CC6.1");
    assert_eq!(find("CC-8.1").id.as_str(), "CC8.1");
    let label = find("CC-7.1");
    assert_eq!(label.id.as_str(), "CC7.1");
    assert!(label.note.as_deref().is_some_and(|note| note.contains("CC7.2")));
    assert!(catalog.requirement(&framework("soc2"), "CC-7.9").is_none());
    // The monitoring controls of the guide's CC-7.1 block are mapped to CC7.2, and not to CC7.1.
    for id in ["CL-04", "EX-06", "EX-15", "EX-17"] {
        let control = catalog.control(&ControlId::parse(id).expect("an id")).expect("a control");
        let mapped = |wanted: &str| control.requirements.iter().any(|edge| edge.id.as_str() == wanted);
        assert!(mapped("CC7.2") && !mapped("CC7.1"), "{id}");
    }
}

#[test]
fn only_the_published_mapping_is_called_published() {
    let catalog = builtin();
    for requirement in catalog.frameworks().flat_map(|framework| &framework.requirements) {
        for crosswalk in &requirement.crosswalk {
            let published = crosswalk.basis == CrosswalkBasis::Published;
            let nist =
                crosswalk.target == "NIST SP 800-53r5" && requirement.id.as_str().starts_with("45 CFR");
            assert_eq!(published, nist, "{} to {}", requirement.id, crosswalk.target);
        }
    }
}

#[test]
fn the_digest_is_of_every_path_and_text_also_of_folders_read_elsewhere() {
    let mut files = builtin().files().clone();
    files.insert("patterns/paths.yaml".into(), "anything: [at, all".into());
    let more = Catalog::parse(&files).expect("other folders are carried, not read");
    assert_ne!(more.digest(), builtin().digest());
    assert!(more.files().contains_key("patterns/paths.yaml"));
    assert_eq!(builtin().digest(), Catalog::parse(builtin().files()).expect("the same").digest());
}

/// A control that nothing tests over the period.
const CL09: &str = "controls/CL-09.yaml";
const CL01: &str = "controls/CL-01.yaml";
const CARD: &str = "checks/bypass_mode_locked_off.yaml";

#[test]
fn broken_yaml() {
    let files = changed(CL01, "nature: automated", "nature: [automated");
    assert!(problems(&files).iter().all(|problem| problem.file == CL01), "{:#?}", problems(&files));
}

#[test]
fn an_unknown_field() {
    one(&changed(CL01, "owner:", "ownr:"), CL01, "ownr:", "unknown field");
}

#[test]
fn an_unknown_check() {
    let files = changed(CL01, "  - auto_mode_locked_off", "  - auto_mode_locked_off\n  - no_such_check");
    one(&files, CL01, "no_such_check", "there is no check `no_such_check`");
}

#[test]
fn an_unknown_requirement() {
    one(&changed(CL01, "\"CC6.1\"", "\"CC6.99\""), CL01, "CC6.99", "soc2 has no requirement `CC6.99`");
}

#[test]
fn an_alias_in_a_mapping() {
    let files = changed(CL01, "\"CC6.1\"", "\"CC-6.1\"");
    one(&files, CL01, "CC-6.1", "no requirement `CC-6.1`");
    assert!(problems(&files)[0].hint.contains("write `CC6.1`"));
}

#[test]
fn an_unknown_framework() {
    let files = changed(CL01, "framework: hipaa", "framework: hippa");
    one(&files, CL01, "hippa", "there is no framework `hippa`");
}

#[test]
fn a_basis_without_check_and_reason() {
    let files = changed("controls/EX-20.yaml", "  enforced:", "  operated:");
    // Two reasons for one basis are a mistake of the YAML; take the line out instead.
    assert!(!problems(&files).is_empty());
    let text = builtin().files()["controls/EX-20.yaml"].clone();
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("  enforced:")).collect();
    let mut files = builtin().files().clone();
    files.insert("controls/EX-20.yaml".into(), kept.join("\n"));
    one(&files, "controls/EX-20.yaml", "id: EX-20", "no check on the basis enforced, and no reason");
}

#[test]
fn a_control_without_any_check_and_reason() {
    let text = builtin().files()["controls/CL-14.yaml"].clone();
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| {
            !["untested:", "  declared:", "  enforced:", "  operated:"]
                .iter()
                .any(|start| line.starts_with(start))
        })
        .collect();
    let mut files = builtin().files().clone();
    files.insert("controls/CL-14.yaml".into(), kept.join("\n"));
    let found = problems(&files);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(
        found.iter().all(|problem| problem.line == 1 && problem.message.contains("no check on the basis"))
    );
}

#[test]
fn an_empty_reason_and_a_reason_beside_a_check() {
    let text = builtin().files()[CL09].clone();
    let at = text.find("  operated:").expect("there");
    let line = text[at..].lines().next().expect("a line").to_owned();
    one(&changed(CL09, &line, "  operated: \" \""), CL09, "  operated:", "is empty");
    let files = changed(CL09, &line, &format!("{line}\n  declared: \"because\""));
    one(&files, CL09, "  declared:", "declared has a check and a reason");
}

#[test]
fn a_required_basis_that_nothing_tests() {
    let files = changed(CL09, "requires: [declared, enforced]", "requires: [declared, operated]");
    one(&files, CL09, "requires:", "requires operated, which nothing tests and nobody attests");
}

#[test]
fn nothing_required() {
    let files = changed(CL01, "requires: [declared, enforced]", "requires: []");
    one(&files, CL01, "id: CL-01", "nothing is required");
}

#[test]
fn a_control_id_twice() {
    let files = changed("controls/EX-02.yaml", "id: EX-02", "id: EX-01");
    let found = problems(&files);
    let says = |words: &str| found.iter().any(|problem| problem.line == 1 && problem.message.contains(words));
    assert!(says("`EX-01` is the id of two controls") && says("the file is named `EX-02`"), "{found:#?}");
}

#[test]
fn an_item_twice_and_an_item_missing() {
    let files = changed("controls/CL-02.yaml", "item: 2", "item: 1");
    let found = problems(&files);
    assert!(
        found.iter().any(|problem| problem.file == "controls/CL-02.yaml"
            && problem.line == 2
            && problem.message == "item 1 is on the checklist twice"),
        "{found:#?}"
    );
    let files = changed("checklist.yaml", "item: 15", "item: 14");
    let found = problems(&files);
    let says = |words: &str| {
        found.iter().any(|problem| problem.file == "checklist.yaml" && problem.message == words)
    };
    assert!(says("item 15 is missing") && says("item 14 is on the checklist twice"), "{found:#?}");
}

#[test]
fn a_missing_checklist() {
    let mut files = builtin().files().clone();
    files.remove("checklist.yaml");
    one(&files, "checklist.yaml", "", "missing");
}

#[test]
fn a_requirement_id_and_an_alias_twice() {
    let path = "frameworks/soc2.yaml";
    let found = problems(&changed(path, "[\"CC-1.4\"]", "[\"CC-2.1\"]"));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].line > 0 && found[0].message.contains("`CC-2.1` names a requirement twice"),
        "{found:#?}"
    );
    let found = problems(&changed(path, "- id: \"P4.2\"", "- id: \"P4.1\""));
    assert!(
        found
            .iter()
            .any(|problem| problem.file == path
                && problem.message.contains("`P4.1` names a requirement twice"))
    );
}

#[test]
fn a_card_without_a_passing_or_failing_example() {
    for (word, other) in [("pass", "not_applicable"), ("fail", "undetermined")] {
        let mut files = builtin().files().clone();
        let text = files[CARD].replace(&format!("expect: {word}"), &format!("expect: {other}"));
        files.insert(CARD.into(), text);
        one(&files, CARD, "title:", &format!("no example that must {word}"));
    }
}

#[test]
fn a_card_that_no_control_names() {
    let mut files = builtin().files().clone();
    files.insert("checks/orphan.yaml".into(), files[CARD].clone());
    one(&files, "checks/orphan.yaml", "title:", "no control names the check `orphan`");
}

#[test]
fn a_card_with_a_name_that_is_no_check_id() {
    let mut files = builtin().files().clone();
    files.insert("checks/No Check.yaml".into(), files[CARD].clone());
    one(&files, "checks/No Check.yaml", "", "is not a check id");
}

#[test]
fn an_example_outside_its_folder_and_a_mode_that_is_none() {
    let files = changed(CARD, "root/etc/claude-code/managed-settings.json:", "root/../etc/passwd:");
    one(&files, CARD, "name: \"locked in managed settings\"", "is not a path of an example");
    let card = "checks/credentials_file_private.yaml";
    let files = changed(card, "\"0600\"", "\"rw\"");
    one(&files, card, "name: \"readable by its owner alone\"", "`rw` is not a mode");
}

#[test]
fn a_framework_file_with_another_name() {
    let mut files = builtin().files().clone();
    let text = files.remove("frameworks/gdpr.yaml").expect("there");
    files.insert("frameworks/dsgvo.yaml".into(), text);
    one(&files, "frameworks/dsgvo.yaml", "id: gdpr", "the file is named `dsgvo` and the id is `gdpr`");
}

#[test]
fn checklist_words_that_differ() {
    let files = changed("checklist.yaml", "MCP servers vetted", "MCP servers checked");
    let found = problems(&files);
    let places: Vec<&str> = found.iter().map(|problem| problem.file.as_str()).collect();
    assert_eq!(places, ["checklist.yaml", "controls/CL-12.yaml"]);
    assert!(found.iter().all(|problem| problem.line > 0 && problem.message.contains("the text differs")));
}

#[test]
fn a_file_that_is_too_large_and_one_that_is_not_yaml() {
    let mut files = builtin().files().clone();
    files.insert("checks/notes.txt".into(), String::new());
    one(&files, "checks/notes.txt", "", "not a .yaml file");
    let mut files = builtin().files().clone();
    let text = format!("{}\n#{}", files[CARD], "x".repeat(1 << 20));
    files.insert(CARD.into(), text);
    one(&files, CARD, "", "larger than 1 MiB");
}

#[test]
fn a_broken_file_is_one_mistake_not_many() {
    // What refers to the broken file is not reported on top.
    let mut files = builtin().files().clone();
    for path in [CARD, CL01, "frameworks/gdpr.yaml", "checklist.yaml"] {
        files.insert(path.into(), "[".into());
    }
    let found = problems(&files);
    let places: Vec<&str> = found.iter().map(|problem| problem.file.as_str()).collect();
    assert_eq!(places, ["checklist.yaml", CARD, CL01, "frameworks/gdpr.yaml"]);
}

#[test]
fn all_mistakes_of_one_load_together() {
    let mut files = builtin().files().clone();
    let mut plant = |path: &str, from: &str, to: &str| {
        let text = files[path].replacen(from, to, 1);
        assert_ne!(text, files[path], "{path}");
        files.insert(path.to_owned(), text);
    };
    plant(CL01, "\"CC6.1\"", "\"CC6.99\"");
    plant(CL09, "requires: [declared, enforced]", "requires: [operated]");
    plant("controls/CL-02.yaml", "no_deny_rule_is_dead", "no_deny_rule_is_undead");
    plant("controls/CL-03.yaml", "owner:", "ownr:");
    plant("checklist.yaml", "MCP servers vetted", "MCP servers checked");
    plant(CARD, "revision: 1", "revision: 0");
    let found = problems(&files);
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    for wanted in [
        "soc2 has no requirement `CC6.99`",
        "requires operated",
        "there is no check `no_deny_rule_is_undead`",
        "unknown field",
        "the text differs from that of controls/CL-12.yaml",
        "the revision is 0",
    ] {
        assert!(lines.iter().any(|line| line.contains(wanted)), "{wanted}\n{}", lines.join("\n"));
    }
    assert!(found.is_sorted());
}
