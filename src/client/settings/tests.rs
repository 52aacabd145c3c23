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
    let lock = "{\"allowManagedHooksOnly\": \"yes\"}";
    assert!(
        Effective::load(vec![source(Scope::Managed, None, "/m", lock)], environment())
            .flag("allowManagedHooksOnly")
    );
}

#[test]
fn flags_are_read_in_both_spellings() {
    let args: Vec<String> =
        ["--permission-mode=plan", "--allowedTools", "Bash(git log *),Read", "Edit", "--add-dir", "/x"]
            .map(String::from)
            .into();
    let flags = Flags::parse(&args);
    assert_eq!(flags.permission_mode.as_deref(), Some("plan"));
    assert_eq!(flags.allowed_tools, ["Bash(git log *)", "Read", "Edit"]);
    assert_eq!(flags.add_dirs, ["/x"]);
}
