//! Tests of decisions.

use super::*;
use crate::client::settings::{Environment, Os, Scope, SettingsSource};
use crate::client::version::MEASURED;
use serde_json::json;

fn effective(user: Value) -> Effective {
    Effective::load(
        vec![SettingsSource {
            scope: Scope::User,
            origin: None,
            path: "/h/.claude/settings.json".into(),
            text: user.to_string(),
        }],
        Environment {
            home: "/h".into(),
            start_dir: "/p".into(),
            git_root: None,
            trusted: true,
            flags: vec![],
            os: Os::Linux,
            client: MEASURED,
            sandbox_available: false,
        },
    )
}

fn bash(user: Value, command: &str) -> Verdict {
    decide(&effective(user), &ToolCall { tool: "Bash".into(), input: json!({"command": command}) }, &NoFiles)
        .decision
}

#[test]
fn deny_beats_ask_beats_allow() {
    let p = json!({"permissions": {"allow": ["Bash"], "ask": ["Bash(git *)"], "deny": ["Bash(git push *)"]}});
    assert_eq!(bash(p.clone(), "git push x"), Verdict::Deny);
    assert_eq!(bash(p.clone(), "git commit"), Verdict::Ask);
    assert_eq!(bash(p, "make"), Verdict::Allow);
}

#[test]
fn unmeasured_wrappers_are_not_called_denied() {
    let p = json!({"permissions": {"allow": ["Bash"], "deny": ["Bash(rm *)"]}});
    assert_eq!(bash(p.clone(), "doas rm x"), Verdict::Undetermined);
    assert_eq!(bash(p.clone(), "sudo -u root rm x"), Verdict::Undetermined);
    assert_eq!(bash(p.clone(), "sudo rm x"), Verdict::Deny);
    assert_eq!(bash(p.clone(), "echo $(date); rm x"), Verdict::Undetermined);
    assert_eq!(bash(p, "bash -c 'rm x'"), Verdict::Allow);
}

#[test]
fn ask_rules_that_were_not_measured_are_not_called_asked() {
    let p = json!({"permissions": {"allow": ["Bash"], "ask": ["Bash(rm *)", "Bash(for *)"]}});
    assert_eq!(bash(p.clone(), "rm x"), Verdict::Ask);
    assert_eq!(bash(p.clone(), "timeout 5 rm x"), Verdict::Ask);
    assert_eq!(bash(p.clone(), "sudo rm x"), Verdict::Undetermined);
    assert_eq!(bash(p, "for i in $(ls); do x; done"), Verdict::Undetermined);
}

#[test]
fn modes_decide_what_rules_leave_open() {
    let mode =
        |m: &str| json!({"permissions": {"defaultMode": m, "deny": ["Bash(rm *)"], "allow": ["Bash(make)"]}});
    for (m, expected) in [
        ("default", Verdict::Ask),
        ("dontAsk", Verdict::Deny),
        ("bypassPermissions", Verdict::Allow),
        ("auto", Verdict::Undetermined),
    ] {
        assert_eq!(bash(mode(m), "npm test"), expected, "{m}");
        assert_eq!(bash(mode(m), "rm x"), Verdict::Deny, "{m}");
        assert_eq!(bash(mode(m), "make"), Verdict::Allow, "{m}");
    }
    assert_eq!(bash(mode("bypassPermissions"), "rmdir /etc"), Verdict::Ask);
    assert_eq!(bash(mode("acceptEdits"), "touch a"), Verdict::Allow);
}

#[test]
fn read_only_and_redirections() {
    let none = json!({});
    for allowed in [
        "ls -la *.rs",
        "git log -3 | head",
        "cd sub && ls",
        "echo 'a > b'",
        "cat a 2>/dev/null",
        "sed -n 1,3p a",
    ] {
        assert_eq!(bash(none.clone(), allowed), Verdict::Allow, "{allowed}");
    }
    for asked in [
        "echo a > b",
        "cat /etc/passwd",
        "find . -delete",
        "cd sub && git log",
        "git -C . log",
        "sed -i s/a/b/ f",
        "FOO=1 ls",
    ] {
        assert_eq!(bash(none.clone(), asked), Verdict::Ask, "{asked}");
    }
    assert_eq!(bash(json!({"permissions": {"allow": ["Edit(**)"]}}), "echo a > b"), Verdict::Allow);
    assert_eq!(bash(json!({"permissions": {"allow": ["Bash(printf *)"]}}), "printf a > b"), Verdict::Ask);
}

#[test]
fn wrappers_that_no_prefix_rule_covers() {
    let p = |rule: &str| json!({"permissions": {"allow": [rule]}});
    assert_eq!(bash(p("Bash(watch *)"), "watch ls"), Verdict::Ask);
    assert_eq!(bash(p("Bash(find:*)"), "find . -exec rm {} +"), Verdict::Ask);
    assert_eq!(bash(p("Bash(npm test *)"), "timeout 30 npm test a"), Verdict::Allow);
    assert_eq!(bash(p("Bash(npm test *)"), "NODE_ENV=test npm test a"), Verdict::Allow);
    assert_eq!(bash(p("Bash(npm test *)"), "EVIL=1 npm test a"), Verdict::Ask);
    assert_eq!(bash(p("Bash(safe *)"), "safe x && other"), Verdict::Ask);
}

#[test]
fn path_anchors() {
    let read = |rule: &str, path: &str| {
        let e = effective(json!({"permissions": {"deny": [rule]}}));
        decide(&e, &ToolCall { tool: "Read".into(), input: json!({"file_path": path}) }, &NoFiles).decision
    };
    assert_eq!(read("Read(./.env)", "/p/sub/.env"), Verdict::Deny);
    assert_eq!(read("Read(//p/.env)", "/p/.env"), Verdict::Deny);
    assert_eq!(read("Read(/p/.env)", "/p/.env"), Verdict::Allow);
    assert_eq!(read("Read(~/.ssh/**)", "/h/.ssh/id"), Verdict::Deny);
    assert_eq!(read("Read(/x)", "/h/.claude/x"), Verdict::Deny);
    assert_eq!(read("Read(.ENV)", "/p/.env"), Verdict::Undetermined);
    assert_eq!(read("Read(x)", "/etc/passwd"), Verdict::Ask);
    assert_eq!(read("Read(*.{pem,key})", "/p/a.pem"), Verdict::Allow);
    assert_eq!(read("Read(./secrets/**)", "/p/a/secrets/k"), Verdict::Deny);
    assert_eq!(read("Read(config/*.json)", "/p/a/config/k.json"), Verdict::Allow);
}

#[test]
fn hosts_are_taken_from_the_authority() {
    assert_eq!(host_of("https://a.b@EVIL.org:1/x?y").as_deref(), Some("evil.org"));
    assert_eq!(host_of("https://x.org\\@good.org/").as_deref(), Some("x.org"));
}
