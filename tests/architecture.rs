//! The walls of the house: which module may use which, who may touch the world, and how files are kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::LazyLock,
};

use regex::Regex;

use crate::source::{self, Source};

/// A module, and the modules of this crate that it may use. Lower floors first: a module may use only what stands
/// above it in this list. `ARCHITECTURE.md` shows the same table to people.
const LAYERS: [(&str, &[&str]); 15] = [
    ("model", &[]),
    ("client", &[]),
    ("catalog", &["model"]),
    ("policy", &["model"]),
    ("facts", &["model", "client", "catalog", "policy"]),
    ("checks", &["model", "client", "catalog", "policy", "facts"]),
    // The version of the client's contract is a part of what an assessment says.
    ("evaluate", &["model", "client", "catalog", "policy", "facts", "checks"]),
    ("report", &["model", "catalog"]),
    ("render", &["model", "report"]),
    ("repair", &["model", "client", "catalog"]),
    ("collect", &["model", "client", "catalog"]),
    ("store", &["model"]),
    ("pack", &["model", "render"]),
    ("selftest", &["model", "catalog", "policy", "evaluate", "collect"]),
    (
        "cli",
        &[
            "model", "client", "catalog", "policy", "facts", "checks", "evaluate", "report", "render",
            "repair", "collect", "store", "pack", "selftest",
        ],
    ),
];

/// Doors in walls where none should be, each with its file. They may be walled up; none may be added.
const DOORS: [(&str, &str); 2] = [
    // Which hooks are in force decides which are run: the plan of the probes reads facts before collection ends.
    ("src/collect/probe/plan.rs", "facts"),
    ("src/collect/probe/plan.rs", "policy"),
];

/// The modules that may touch the world.
const WORLDLY: [&str; 5] = ["collect", "store", "pack", "selftest", "cli"];

/// Paths that reach the world: files, processes, the environment, the clock, the network, git and databases.
const WORLD: [&str; 16] = [
    "std::fs",
    "std::process",
    "std::env",
    "std::time",
    "std::net",
    "std::thread",
    "std::os",
    "git2",
    "rusqlite",
    "rustix",
    "tempfile",
    "ignore::Walk",
    "ignore::WalkBuilder",
    "landlock",
    "seccompiler",
    "indicatif",
];

/// The same, where only the last part of the name tells.
const WORLDLY_CALLS: [&str; 11] = [
    "Timestamp::now",
    "Zoned::now",
    "SystemTime::now",
    "Instant::now",
    ".exists()",
    ".is_file()",
    ".is_dir()",
    ".metadata()",
    ".symlink_metadata()",
    ".read_dir()",
    ".canonicalize()",
];

/// The longest that a file may be, in lines.
const LONGEST: usize = 400;

/// Files that are longer today, and how long. They may shrink, not grow; no file may join them.
const LONGER: [(&str, usize); 13] = [
    ("src/catalog/tests.rs", 455),
    ("src/collect/commands.rs", 430),
    ("src/collect/forge.rs", 420),
    ("src/collect/redact.rs", 653),
    ("src/collect/tests/systems.rs", 477),
    ("src/collect/tree.rs", 433),
    ("src/evaluate/gate/tests.rs", 520),
    ("src/pack/tests.rs", 474),
    ("src/render/pdf/tests/sample.rs", 494),
    ("src/render/pdf/text.rs", 444),
    ("src/render/tests.rs", 466),
    ("src/report/build.rs", 471),
    ("src/report/tables.rs", 520),
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 9] =
    ["utils", "util", "helpers", "helper", "common", "misc", "manager", "handler", "processor"];

/// String literals that name a framework although none should, each with the file that cannot do without it.
const FRAMEWORKS_NAMED: [(&str, &str); 3] = [
    // An example of how a requirement's id is written.
    ("src/cli/explain.rs", "CC6.1"),
    // Keys of the policy file: what an organisation says of itself.
    ("src/policy/parameters.rs", "\"hipaa\""),
    ("src/policy/parameters.rs", "\"gdpr\""),
];

fn module_of(source: &Source) -> &str {
    let inside = source.path.strip_prefix("src/").unwrap_or(&source.path);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

fn code() -> impl Iterator<Item = &'static Source> {
    source::all().iter().filter(|source| !source.test_only)
}

fn none(what: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "{what}:\n  {}", breaches.join("\n  "));
}

#[test]
fn a_module_uses_only_what_it_may() {
    let known: BTreeMap<&str, &[&str]> = LAYERS.into_iter().collect();
    let (mut breaches, mut uses, mut doors) = (Vec::new(), 0, BTreeSet::new());
    for source in code() {
        let module = module_of(source);
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let Some(may) = known.get(module) else {
            breaches.push(format!("{}: the module `{module}` is not in the table of layers", source.path));
            continue;
        };
        for path in source::paths(&source.code) {
            let Some(used) = source::top_module(&source.path, &path) else { continue };
            uses += 1;
            // What is no module is an item that `lib.rs` itself holds: there is none.
            if DOORS.contains(&(source.path.as_str(), used.as_str())) {
                doors.insert(used);
            } else if used != module && !may.contains(&used.as_str()) {
                breaches.push(format!("{}: `{module}` may not use `{used}` ({path})", source.path));
            }
        }
    }
    assert!(uses > 300, "only {uses} uses were seen: the reader of sources is broken");
    none("uses across the wrong wall", &breaches);
    for (path, used) in DOORS {
        assert!(doors.contains(used), "{path} does not use `{used}` any longer: take the door off the list");
    }
}

#[test]
fn the_table_has_floors_and_no_cellar() {
    let mut above = BTreeSet::new();
    for (module, may) in LAYERS {
        let upwards: Vec<_> = may.iter().filter(|used| !above.contains(*used)).collect();
        assert!(upwards.is_empty(), "`{module}` uses {upwards:?}, which stand higher in the house");
        above.insert(module);
        assert!(
            source::all().iter().any(|source| module_of(source) == module),
            "the table names `{module}`, which does not exist"
        );
    }
}

#[test]
fn only_five_modules_touch_the_world() {
    let mut breaches = Vec::new();
    for source in code().filter(|source| !WORLDLY.contains(&module_of(source))) {
        for path in source::paths(&source.code) {
            // The program's own entry hands the exit code on.
            if source.path == "src/main.rs" && path == "std::process::ExitCode" {
                continue;
            }
            if WORLD.iter().any(|world| path == *world || path.starts_with(&format!("{world}::"))) {
                breaches.push(format!("{}: {path}", source.path));
            }
        }
        for call in WORLDLY_CALLS.iter().filter(|call| source.code.contains(**call)) {
            breaches.push(format!("{}: {call}", source.path));
        }
    }
    none("the world is touched outside of collect, store, pack, selftest and cli", &breaches);
}

#[test]
fn only_the_command_line_prints() {
    static PRINT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b(?:e?print(?:ln)?|dbg)!|\bstd(?:out|err)\(\)").expect("a pattern"));
    let breaches: Vec<String> = code()
        .filter(|source| module_of(source) != "cli" && PRINT.is_match(&source.code))
        .map(|source| source.path.clone())
        .collect();
    none("printing outside of cli", &breaches);
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    let mut breaches = Vec::new();
    for source in source::all() {
        let first = source.text.lines().next().unwrap_or_default();
        if first.strip_prefix("//! ").is_none_or(|sentence| sentence.len() <= 15) {
            breaches.push(format!("{}: {first}", source.path));
        }
    }
    none("a file opens with one `//!` sentence that says what it is for", &breaches);
}

#[test]
fn names_say_what_is_inside() {
    let breaches: Vec<String> = source::all()
        .iter()
        .filter(|source| {
            source.path.split('/').any(|part| EMPTY_NAMES.contains(&part.trim_end_matches(".rs")))
        })
        .map(|source| source.path.clone())
        .collect();
    none("names that say nothing", &breaches);
}

#[test]
fn files_stay_readable() {
    let longer: BTreeMap<&str, usize> = LONGER.into_iter().collect();
    let mut breaches = Vec::new();
    for source in source::all() {
        let lines = source.text.lines().count();
        let limit = longer.get(source.path.as_str()).copied().unwrap_or(LONGEST);
        if lines > limit {
            breaches.push(format!("{}: {lines} lines, at most {limit}: split it by purpose", source.path));
        }
    }
    for (path, _) in LONGER {
        match source::all().iter().find(|source| source.path == path) {
            Some(source) if source.text.lines().count() > LONGEST => {}
            Some(_) => breaches.push(format!("{path} is short now: take it off the list")),
            None => breaches.push(format!("{path} is gone: take it off the list")),
        }
    }
    none("long files", &breaches);
}

#[test]
fn input_cannot_cause_a_panic_by_unwrap() {
    let mut breaches = Vec::new();
    for source in code() {
        for word in [".unwrap()", "todo!(", "unimplemented!(", "unsafe {"] {
            if source.code.contains(word) {
                breaches.push(format!("{}: {word}", source.path));
            }
        }
    }
    none("ways to panic, or worse, outside of tests", &breaches);
}

#[test]
fn no_framework_is_named_in_code() {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?i)\bsoc[ _-]?2\b|^"(?:hipaa|gdpr)"$|\bCC\d\.\d|45 CFR|GDPR Art"#).expect("a pattern")
    });
    let mut breaches = Vec::new();
    let mut excused = BTreeSet::new();
    for source in code() {
        for literal in source.literals.iter().filter(|literal| NAMED.is_match(literal)) {
            match FRAMEWORKS_NAMED.iter().find(|(path, text)| *path == source.path && literal.contains(text))
            {
                Some(excuse) => drop(excused.insert(excuse)),
                None => breaches.push(format!("{}: {literal}", source.path)),
            }
        }
    }
    none("a framework is data in controls/frameworks; the code names none", &breaches);
    for excuse in &FRAMEWORKS_NAMED {
        assert!(excused.contains(excuse), "{excuse:?} is not there any longer: take it off the list");
    }
}

#[test]
fn every_file_is_compiled() {
    let compiled = source::compiled();
    let forgotten: Vec<String> = source::all()
        .iter()
        .map(|source| source.path.clone())
        .filter(|path| !compiled.contains(path))
        .collect();
    none("no `mod` line leads here", &forgotten);
}

/// The project is read by strangers: nothing in it may name the machine that it was made on.
#[test]
fn no_file_names_the_place_it_was_made_at() {
    // In two parts, so that this file does not name it either.
    let place = concat!("/wo", "rk/");
    let named = Regex::new(&format!(r#"(?m)(?:^|[\s"'`(=:@])(?:file://)?{place}"#)).expect("a pattern");
    let (mut breaches, mut read) = (Vec::new(), 0);
    let mut folders = vec![source::project()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let skipped = [".git", "target", "workpaper-pack"].iter().any(|skipped| name == *skipped);
            if skipped || path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                read += 1;
                breaches
                    .extend(named.find(&text).map(|found| format!("{}: {}", path.display(), found.as_str())));
            }
        }
    }
    assert!(read > 200, "only {read} files were read");
    none("a path of one machine", &breaches);
}

#[test]
fn the_architecture_page_shows_the_same_table() {
    let page =
        fs::read_to_string(source::project().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [module, purpose, may] = cells[..] else { continue };
        assert!(purpose.len() > 20, "{module} has no purpose");
        let may = may.split(',').map(|name| name.trim().trim_matches('`').to_owned());
        shown.insert(module.trim_matches('`').to_owned(), may.filter(|name| name != "–").collect());
    }
    let table: BTreeMap<String, BTreeSet<String>> = LAYERS
        .into_iter()
        .map(|(module, may)| (module.to_owned(), may.iter().map(|name| (*name).to_owned()).collect()))
        .collect();
    assert_eq!(shown, table, "the table of ARCHITECTURE.md (left) is not the one that is tested (right)");
}

/// A file that no entry of the list names would be judged by nobody.
#[test]
fn every_file_of_checks_is_in_the_list() {
    let listed: BTreeSet<String> =
        workpaper::checks::ALL.iter().map(|check| check.id().to_string()).collect();
    let files: BTreeSet<String> = source::all()
        .iter()
        .filter_map(|source| source.path.strip_prefix("src/checks/")?.strip_suffix(".rs"))
        .filter(|stem| *stem != "mod")
        .map(str::to_owned)
        .collect();
    assert_eq!(files, listed, "files (left), checks in the list (right)");
}
