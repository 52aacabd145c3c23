//! Tests of hooks in force, matchers and answers.

use super::*;
use crate::client::settings::{Environment, Os, SettingsSource};
use crate::client::version::{CONTRACT, ClientVersion, MEASURED};
use serde_json::json;

fn effective(sources: &[(Scope, Value)]) -> Effective {
    let sources = sources
        .iter()
        .map(|(scope, v)| SettingsSource {
            scope: *scope,
            origin: None,
            path: format!("/{}", scope.name()),
            text: v.to_string(),
        })
        .collect();
    let environment = Environment {
        home: "/h".into(),
        start_dir: "/p".into(),
        git_root: None,
        trusted: true,
        flags: vec![],
        os: Os::Linux,
        client: MEASURED,
        sandbox_available: false,
    };
    Effective::load(sources, environment)
}

fn hook(matcher: &str) -> Value {
    json!({"hooks": {"PreToolUse": [{"matcher": matcher, "hooks": [{"type": "command", "command": "x"}]}]}})
}

fn in_force(sources: &[(Scope, Value)]) -> Vec<bool> {
    list(&effective(sources)).iter().map(|h| h.in_force.is_ok()).collect()
}

#[test]
fn switches() {
    assert_eq!(
        in_force(&[(Scope::User, hook("*")), (Scope::Project, json!({"disableAllHooks": true}))]),
        [false]
    );
    assert_eq!(
        in_force(&[(Scope::Managed, hook("*")), (Scope::User, json!({"disableAllHooks": true}))]),
        [true]
    );
    assert_eq!(
        in_force(&[(Scope::User, hook("*")), (Scope::Managed, json!({"allowManagedHooksOnly": true}))]),
        [false]
    );
    let both = [
        (Scope::User, hook("*")),
        (Scope::Project, json!({"disableAllHooks": false})),
        (Scope::Local, json!({"disableAllHooks": true})),
    ];
    assert_eq!(in_force(&both), [false]);
    for never in ["bash", "Bash(echo *)", "mcp__memory", "Shell"] {
        assert_eq!(in_force(&[(Scope::User, hook(never))]), [false], "{never}");
    }
}

#[test]
fn matchers() {
    let m = |matcher, name| matches(matcher, name, CONTRACT);
    assert_eq!(m("Edit|Write", "Write"), Some(true));
    assert_eq!(m("Edit", "NotebookEdit"), Some(false));
    assert_eq!(m("Edit.*", "NotebookEdit"), Some(true));
    assert_eq!(m("mcp__x__.*", "mcp__x__y"), Some(true));
    assert_eq!(m("(?!x)", "Bash"), None);
    let old: ClientVersion = "2.1.190".parse().unwrap();
    assert_eq!(matches("Edit,Write", "Write", old), Some(false));
}

#[test]
fn versions_change_the_answer() {
    let answer = |exit, stdout, on_failure_block, client: &str| {
        judge_answer(&Answer {
            event: "PreToolUse",
            exit: Some(exit),
            stdout,
            stderr: "",
            timed_out: false,
            on_failure_block,
            client: client.parse().unwrap(),
        })
    };
    let denied = |o: Outcome| matches!(o, Outcome::Deny { .. });
    assert!(!denied(answer(2, "{\"decision\":\"deny\"}", false, "2.1.213")));
    assert!(denied(answer(2, "{\"decision\":\"deny\"}", false, "2.1.214")));
    assert!(!denied(answer(1, "", true, "2.1.294")) && denied(answer(1, "", true, "2.1.295")));
}

#[test]
fn hooks_of_plugins() {
    let text = hook("Bash").to_string();
    let of = |id: Result<&str, &str>, sources: &[(Scope, Value)]| {
        let id = id.map(str::to_owned).map_err(str::to_owned);
        let plugin = Plugin { id, path: "/h/.claude/plugins/cache/m/p/1/hooks/hooks.json", text: &text };
        let mut hooks = hooks_of_plugin(&effective(sources), &plugin);
        assert_eq!(hooks.len(), 1);
        hooks.remove(0)
    };
    let on = |on: bool| json!({"enabledPlugins": {"p@m": on}});
    let forced = (Scope::Managed, json!({"enabledPlugins": {"p@m": true}, "allowManagedHooksOnly": true}));
    for (sources, runs) in [
        (vec![], false),
        (vec![(Scope::User, on(true))], true),
        (vec![(Scope::User, on(true)), (Scope::Project, on(false))], false),
        (vec![(Scope::User, on(true)), (Scope::Managed, on(false))], false),
        (vec![(Scope::User, on(false)), (Scope::Managed, on(true))], true),
        (vec![(Scope::User, on(true)), (Scope::Managed, json!({"allowManagedHooksOnly": true}))], false),
        (vec![forced.clone()], true),
        (vec![forced, (Scope::User, json!({"disableAllHooks": true}))], true),
        (vec![(Scope::User, json!({"enabledPlugins": {"p@m": true}, "disableAllHooks": true}))], false),
    ] {
        assert_eq!(of(Ok("p@m"), &sources).in_force.is_ok(), runs, "{sources:?}");
    }
    let unknown = of(Err("the plugin is not installed"), &[(Scope::User, on(true))]);
    assert_eq!(unknown.in_force, Err("the plugin is not installed".to_owned()));
    let hook = of(Ok("p@m"), &[(Scope::Managed, on(true))]);
    assert_eq!((hook.scope, hook.pointer.as_str()), (Scope::User, "/hooks/PreToolUse/0/hooks/0"));
    let broken = Plugin { id: Ok("p@m".to_owned()), path: "/x", text: "{broken" };
    assert!(hooks_of_plugin(&effective(&[]), &broken).is_empty());
}
