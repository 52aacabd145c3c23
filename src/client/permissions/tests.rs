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
fn deny_rules_look_behind_wrappers_as_measured() {
    let p = json!({"permissions": {"allow": ["Bash"], "deny": ["Bash(rm *)"]}});
    for denied in [
        "doas rm x",
        "sudo -u root rm x",
        "sudo rm x",
        "env -u A B=1 rm x",
        "timeout 5 sudo nice -n 5 rm x",
        "flock -n l rm x",
        "script -qc 'rm x'",
        "echo $(date); rm x",
        "echo $X; rm x",
        "x=$(rm x)",
        "echo \"a $(rm x)\"",
        "while true; do rm x; done",
        "eval a; rm x",
        "xargs rm x",
        "A[0]=1 rm x",
        "chrt 1 rm x",
    ] {
        assert_eq!(bash(p.clone(), denied), Verdict::Deny, "{denied}");
    }
    for allowed in [
        "bash -c 'rm x'",
        "timeout -x 5 rm x",
        "time -p rm x",
        "nice -n5 rm x",
        "nice sudo rm x",
        "xargs -n1 rm x",
        "chroot / rm x",
        "sudo x rm y",
        "(true); rm x",
        "> o rm x",
        "A=$(date) rm x",
        "{ rm x; }",
        "cat <<E | rm x\nE",
    ] {
        assert_eq!(bash(p.clone(), allowed), Verdict::Allow, "{allowed}");
    }
}

#[test]
fn ask_rules_look_as_far_as_deny_rules_except_into_what_is_not_taken_apart() {
    let p = json!({"permissions": {"allow": ["Bash"], "ask": ["Bash(rm *)"]}});
    for asked in ["rm x", "timeout 5 rm x", "sudo rm x", "rm $X", "X=$(date); rm x"] {
        assert_eq!(bash(p.clone(), asked), Verdict::Ask, "{asked}");
    }
    for allowed in ["echo $X; rm x", "eval a; rm x", "(true); rm x"] {
        assert_eq!(bash(p.clone(), allowed), Verdict::Allow, "{allowed}");
    }
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
    assert_eq!(read("Read(.ENV)", "/p/.env"), Verdict::Deny);
    assert_eq!(read("Read(x)", "/etc/passwd"), Verdict::Ask);
    assert_eq!(read("Read(*.{pem,key})", "/p/a.pem"), Verdict::Allow);
    assert_eq!(read("Read(./secrets/**)", "/p/a/secrets/k"), Verdict::Deny);
    assert_eq!(read("Read(config/*.json)", "/p/a/config/k.json"), Verdict::Allow);
}

#[test]
fn hosts_are_taken_from_the_authority() {
    assert_eq!(web::host_of("https://a.b@EVIL.org:1/x?y").as_deref(), Some("evil.org"));
    assert_eq!(web::host_of("https://x.org\\@good.org/").as_deref(), Some("x.org"));
}
