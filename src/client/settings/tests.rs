//! Tests of loading and merging.

use super::*;
use crate::client::version::MEASURED;

fn environment() -> Environment {
    Environment {
        home: "/h".into(),
        start_dir: "/p".into(),
        git_root: None,
        trusted: true,
        flags: vec![],
        os: Os::Linux,
        client: MEASURED,
        sandbox_available: false,
    }
}

fn source(scope: Scope, origin: Option<ManagedOrigin>, path: &str, text: &str) -> SettingsSource {
    SettingsSource { scope, origin, path: path.into(), text: text.into() }
}

#[test]
fn values_carry_provenance_and_what_they_overrode() {
    let e = Effective::load(
        vec![
            source(
                Scope::User,
                None,
                "/h/s.json",
                "{\"permissions\": {\"defaultMode\": \"plan\", \"deny\": [\"A\"]}}",
            ),
            source(
                Scope::Managed,
                None,
                "/etc/m.json",
                "{\n\"permissions\": {\n\"defaultMode\": \"default\", \"deny\": [\"B\", \"A\"]}}",
            ),
        ],
        environment(),
    );
    let mode = e.value("permissions.defaultMode").unwrap();
    assert_eq!((mode.scope, mode.line, mode.overrode.len()), (Scope::Managed, 3, 1));
    let deny: Vec<_> =
        e.list("permissions.deny").iter().map(|s| s.value.as_str().unwrap().to_owned()).collect();
    assert_eq!(deny, ["B", "A"]);
}

#[test]
fn the_first_managed_source_with_a_key_shadows_the_others() {
    let e = Effective::load(
        vec![
            source(
                Scope::Managed,
                Some(ManagedOrigin::File),
                "/etc/m.json",
                "{\"permissions\": {\"deny\": [\"Bash\"]}}",
            ),
            source(Scope::Managed, Some(ManagedOrigin::Server), "/h/r.json", "{\"model\": \"x\"}"),
        ],
        environment(),
    );
    assert!(e.list("permissions.deny").is_empty());
    assert!(e.problems().iter().any(|p| p.kind == ProblemKind::Shadowed && p.source == "/etc/m.json"));
    assert!(e.managed_doubt().is_none());
}

#[test]
fn drop_ins_belong_to_the_file_and_later_ones_win() {
    let e = Effective::load(
        vec![
            source(Scope::Managed, Some(ManagedOrigin::File), "/etc/m.json", "{\"model\": \"a\"}"),
            source(Scope::Managed, Some(ManagedOrigin::DropIn), "/etc/m.d/10.json", "{\"model\": \"b\"}"),
            source(Scope::Managed, Some(ManagedOrigin::DropIn), "/etc/m.d/20.json", "{\"model\": \"c\"}"),
        ],
        environment(),
    );
    assert_eq!(e.value("model").unwrap().value, "c");
    assert_eq!(e.managed().0.len(), 3);
}

#[test]
fn managed_only_keys_do_not_count_elsewhere() {
    let e = Effective::load(
        vec![source(
            Scope::User,
            None,
            "/h/s.json",
            "{\"allowManagedHooksOnly\": true, \"auth\": {}, \"nope\": 1}",
        )],
        environment(),
    );
    assert!(!e.flag("allowManagedHooksOnly"));
    let kinds: Vec<_> = e.problems().iter().map(|p| p.kind).collect();
    for kind in [ProblemKind::ManagedOnlyKey, ProblemKind::GuideKey, ProblemKind::UnknownKey] {
        assert!(kinds.contains(&kind), "{kind:?}");
    }
}

#[test]
fn a_shape_fault_costs_the_file_or_the_managed_key() {
    let text = "{\"model\": 5, \"permissions\": {\"deny\": [\"Bash\", 7]}}";
    let user = Effective::load(vec![source(Scope::User, None, "/u", text)], environment());
    assert!(user.list("permissions.deny").is_empty());
    let managed = Effective::load(vec![source(Scope::Managed, None, "/m", text)], environment());
    assert_eq!(managed.list("permissions.deny").len(), 2);
}

#[test]
fn a_settings_file_of_the_command_line_counts_once_it_is_known() {
    let flagged = Environment { flags: vec!["--settings".into(), "extra.json".into()], ..environment() };
    let unknown = Effective::load(vec![], flagged.clone());
    assert!(unknown.flag_doubt().is_some_and(|doubt| doubt.contains("/p/extra.json")));
    let text = "{\"permissions\": {\"deny\": [\"Bash\"]}}";
    let known = Effective::load(vec![source(Scope::CommandLine, None, "/p/extra.json", text)], flagged);
    assert!(known.flag_doubt().is_none() && known.list("permissions.deny").len() == 1);
}

#[test]
fn managed_sources_merge_where_the_strongest_says_so() {
    let strong = "{\"managedSourcesBehavior\": \"merge\", \"allowManagedHooksOnly\": false, \"permissions\": {\"deny\": [\"A\"]}}";
    let weak =
        "{\"allowManagedHooksOnly\": true, \"permissions\": {\"deny\": [\"B\"], \"defaultMode\": \"plan\"}}";
    let sources = || {
        vec![
            source(Scope::Managed, Some(ManagedOrigin::Server), "/h/r.json", strong),
            source(Scope::Managed, Some(ManagedOrigin::File), "/etc/m.json", weak),
        ]
    };
    let first_wins = Effective::load(sources(), environment());
    assert_eq!(first_wins.list("permissions.deny").len(), 1);
    let merged =
        Effective::load(sources(), Environment { client: "2.1.242".parse().unwrap(), ..environment() });
    assert_eq!(merged.list("permissions.deny").len(), 2);
    assert!(merged.flag("allowManagedHooksOnly") && merged.value("permissions.defaultMode").is_none());
}

#[test]
fn one_wrong_value_costs_what_was_measured() {
    let load = |scope, text: &str| Effective::load(vec![source(scope, None, "/s", text)], environment());
    let deny = "\"permissions\": {\"deny\": [\"Bash\"]}}";
    for (fault, left) in [
        ("\"viewMode\": 5", 1),
        ("\"keybindingFlavor\": 5", 1),
        ("\"tui\": 5", 0),
        ("\"allowedMcpServers\": 5", 1),
    ] {
        let text = format!("{{{fault}, {deny}");
        assert_eq!(load(Scope::User, &text).list("permissions.deny").len(), left, "{fault}");
        assert_eq!(load(Scope::Managed, &text).list("permissions.deny").len(), 1, "{fault}");
    }
    assert!(!load(Scope::Managed, "{\"allowManagedHooksOnly\": \"yes\"}").flag("allowManagedHooksOnly"));
    assert!(
        load(Scope::Managed, "{\"allowManagedMcpServersOnly\": \"yes\"}").flag("allowManagedMcpServersOnly")
    );
}
