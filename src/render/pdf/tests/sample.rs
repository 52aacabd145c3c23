//! Reports to render: a plain one of realistic size, and one whose every text is hostile or foreign.

use crate::report::{
    ControlRow, Cover, EvidenceRow, FindingRow, FrameworkSection, GapRow, Note, Report, RequirementRow,
    Table, TestRow, exceptions::group,
};

fn s(text: &str) -> String {
    text.to_owned()
}

/// Number, text, declared, enforced, operated, result, reason.
const ITEMS: [(&str, &str, &str, &str, &str, &str); 15] = [
    (
        "Managed settings deployed to all developer machines",
        "pass",
        "pass",
        "undetermined",
        "pass",
        "Managed file found at the path the client reads; owner root, mode 0644.",
    ),
    (
        "Permission bypass disabled",
        "pass",
        "pass",
        "pass",
        "pass",
        "disableBypassPermissionsMode is \"disable\" in managed scope and no lower scope can lift it.",
    ),
    (
        "Credential files blocked by hook",
        "pass",
        "fail",
        "undetermined",
        "fail",
        "The hook prints a value that the client does not read: 4 of 4 test inputs were let through.",
    ),
    (
        "PHI detection active before writing",
        "pass",
        "undetermined",
        "undetermined",
        "undetermined",
        "The hook was not run: probing was not asked for.",
    ),
    (
        "Audit log written for every tool call",
        "pass",
        "pass",
        "fail",
        "fail",
        "31 of 4,112 lines do not parse; 2 days of the period have no line.",
    ),
    (
        "Audit logs retained for at least 90 days",
        "pass",
        "fail",
        "pass",
        "fail",
        "logrotate keeps 30 rotations of one day.",
    ),
    (
        "MCP servers limited to an approved list",
        "pass",
        "pass",
        "not_applicable",
        "pass",
        "allowedMcpServers in managed scope names 3 servers.",
    ),
    (
        "Secrets manager used, no static keys",
        "pass",
        "pass",
        "pass",
        "pass",
        "No literal secret in 14 files read.",
    ),
    (
        "Business associate agreement signed",
        "not_applicable",
        "not_applicable",
        "awaiting_attestation",
        "awaiting_attestation",
        "No file can prove a signature. The statement is waited for.",
    ),
    (
        "Pre-commit secret scan installed",
        "pass",
        "pass",
        "pass",
        "pass",
        "core.hooksPath leads to a hook that refused 6 of 6 planted secrets.",
    ),
    (
        "Branch protection before push",
        "fail",
        "fail",
        "undetermined",
        "fail",
        "No pre-push hook is in force in 2 of 3 repositories.",
    ),
    (
        "Access reviewed each quarter",
        "not_applicable",
        "not_applicable",
        "attested",
        "attested",
        "Attested by M. Okafor until 2026-12-31.",
    ),
    (
        "Incident response drill held",
        "not_applicable",
        "not_applicable",
        "expired",
        "expired",
        "The statement ended on 2026-06-30.",
    ),
    (
        "Retention agrees with privacy rules",
        "pass",
        "conflict",
        "not_applicable",
        "conflict",
        "Six years asked by one rule, 90 days by another; no decision is recorded.",
    ),
    (
        "Network access limited to approved hosts",
        "pass",
        "pass",
        "undetermined",
        "pass",
        "sandbox.network allows 4 hosts.",
    ),
];

const NAMES: [&str; 6] = [
    "etc/claude-code/managed-settings.json",
    "home/dev1/.claude/settings.json",
    "home/dev2/.claude/settings.json",
    "srv/repos/payments/.claude/settings.json",
    "var/log/claude/audit.log",
    "etc/logrotate.d/claude",
];

fn finding(n: usize, verdict: &str) -> FindingRow {
    let checks = [
        "credential_reads_blocked",
        "audit_log_parses",
        "retention_configured",
        "push_protected",
        "bypass_mode_locked_off",
    ];
    FindingRow {
        fingerprint: format!("{:064x}", 0xa1b2_c3d4_u64.wrapping_mul(n as u64 + 7)),
        check: s(checks[n % 5]),
        title: s([
            "Reads of credential files are blocked in the client",
            "Every line of the audit log parses",
            "Log rotation keeps at least 90 days",
            "A push to a protected branch is refused",
            "Bypass mode cannot be entered",
        ][n % 5]),
        basis: s(["enforced", "operated", "declared"][n % 3]),
        severity: s(["critical", "high", "medium", "low"][n % 4]),
        subject: s(NAMES[n % 6]),
        verdict: s(verdict),
        message: format!(
            "Test input {n} was allowed. The hook wrote {{\"decision\":\"deny\"}} to standard output with exit code 0; the client reads permissionDecision inside hookSpecificOutput, or exit code 2, and ignored it."
        ),
        procedure: s(
            "Replayed the hook with 4 test inputs in a sandbox without network and compared what it printed with what the client acts on.",
        ),
        why: s(
            "A developer or a prompt injection can read .env and key files although the policy says that it cannot.",
        ),
        fix: s(
            "Let the hook exit with code 2 and write the reason to standard error, or print hookSpecificOutput.permissionDecision = \"deny\".",
        ),
        evidence: vec![
            format!("{} /hooks/PreToolUse/{}", NAMES[n % 6], n % 3),
            s("etc/claude-code/hooks/block-credential-files.sh lines 12-31"),
        ],
        controls: vec![format!("CL-{:02}", n % 15 + 1), s("EX-04")],
    }
}

fn control(id: String, item: String, n: usize) -> ControlRow {
    let (text, declared, enforced, operated, result, reason) = ITEMS[n % 15];
    ControlRow {
        id,
        item,
        text: s(text),
        statement: format!(
            "{text}. The platform team deploys the setting by configuration management and reviews it each quarter."
        ),
        result: s(result),
        declared: s(declared),
        enforced: s(enforced),
        operated: s(operated),
        reason: s(reason),
        subjects: s(if result == "pass" || result == "fail" { "4 of 4" } else { "0 of 4" }),
        owner: s("Platform security"),
        frequency: s("Continuous"),
        purpose: s("Preventive"),
        nature: s("Automated"),
        serves: vec![s("CC6.1"), s("CC6.8"), s("45 CFR 164.312(b)"), s("GDPR Art. 32(1)(b)")],
        attestation: (result == "awaiting_attestation")
            .then(|| s("A business associate agreement that covers this use is signed and in force.")),
        findings: vec![finding(n, "fail")],
        untested: if n.is_multiple_of(4) {
            vec![(s("operated"), s("No audit log of the period was given."))]
        } else {
            vec![]
        },
    }
}

/// A report such as a middle-sized organisation gets.
pub(super) fn plain() -> Report {
    let checklist: Vec<_> =
        (0..15).map(|n| control(format!("CL-{:02}", n + 1), (n + 1).to_string(), n)).collect();
    let controls: Vec<_> =
        (0..20).map(|n| control(format!("EX-{:02}", n + 1), String::new(), n + 3)).collect();
    let all: Vec<String> = checklist.iter().chain(&controls).map(|c| c.id.clone()).collect();
    let section = |id: &str, title: &str, version: &str, rows: &[&str]| {
        FrameworkSection {
        id: s(id),
        title: s(title),
        version: s(version),
        notice: s("Criteria are paraphrased; the published text is not reproduced."),
        rows: rows
            .iter()
            .enumerate()
            .map(|(n, r)| RequirementRow {
                id: s(r),
                title: s("Logical access is restricted to authorised people"),
                text: s("Access to information assets is limited to people and programs that need it, and the limits are kept in force."),
                designation: s(if id == "hipaa" { "required" } else { "" }),
                status: s(["pass", "fail", "undetermined"][n % 3]),
                coverage: s(["full", "partial", "related"][n % 3]),
                controls: (0..3 + n % 3)
                    .map(|k| (all[(n * 5 + k * 7) % all.len()].clone(), s(["full", "partial", "related"][k % 3]), s("limits what the agent may read and run")))
                    .collect(),
                people: s(if n % 4 == 0 { "Review the list of users each quarter." } else { "" }),
            })
            .collect(),
    }
    };
    let frameworks = vec![
        section(
            "soc2",
            "SOC 2 Trust Services Criteria",
            "2017 with 2022 points of focus",
            &[
                "CC1.4", "CC2.1", "CC3.2", "CC4.1", "CC5.2", "CC6.1", "CC6.2", "CC6.3", "CC6.6", "CC6.7",
                "CC6.8", "CC7.1", "CC7.2", "CC7.3", "CC7.4", "CC8.1", "CC9.2", "C1.1", "C1.2", "PI1.1",
                "P4.1",
            ],
        ),
        section(
            "hipaa",
            "HIPAA Security Rule",
            "45 CFR Part 164",
            &[
                "45 CFR 164.308(a)(1)",
                "45 CFR 164.308(a)(3)",
                "45 CFR 164.308(a)(5)(ii)(C)",
                "45 CFR 164.312(a)(1)",
                "45 CFR 164.312(b)",
                "45 CFR 164.312(c)(1)",
                "45 CFR 164.312(e)(1)",
                "45 CFR 164.316(b)(2)(i)",
            ],
        ),
        section(
            "gdpr",
            "GDPR",
            "Regulation (EU) 2016/679",
            &[
                "GDPR Art. 5(1)(e)",
                "GDPR Art. 25",
                "GDPR Art. 28",
                "GDPR Art. 30",
                "GDPR Art. 32(1)(b)",
                "GDPR Art. 33",
            ],
        ),
    ];
    let tests = (0..48)
        .map(|n| {
            let (text, .., result, reason) = ITEMS[n % 15];
            TestRow {
                criterion: s(["CC6.1", "CC7.2", "CC8.1", "45 CFR 164.312(b)", "GDPR Art. 32(1)(b)"][n % 5]),
                control: all[n % all.len()].clone(),
                activity: format!("{text}. Settings are deployed by configuration management; only administrators may change them."),
                tests: vec![(s("Enforced"), vec![s("Inspected the effective settings of each host in the client's own order of precedence, and replayed each hook with the catalogue's test inputs.")])],
                as_of: s("2026-07-01 to 2026-09-30, as of 2026-11-22"),
                population: s(if result == "pass" || result == "fail" { "4 of 4 hosts" } else { "0 of 4 hosts" }),
                result: if result == "pass" { s("No exceptions noted in the items tested.") } else if result != "fail" { format!("Not tested: {reason}") } else { format!("Exception noted: {reason}") },
                status: s(result),
            }
        })
        .collect();
    let findings: Vec<_> = (0..9).map(|n| finding(n, "fail")).collect();
    let exceptions = group(&findings);
    Report {
        annotations: Vec::new(),
        stops: None,
        logs: None,
        cover: Cover {
            title: s("Claude Code control evidence"),
            organisation: s("Northwind Clinics Ltd"),
            pack_id: s("northwind-2026Q3-r0007"),
            as_of: s("2026-11-22T10:00:00Z"),
            period: s("2026-07-01 to 2026-09-30"),
            scope: vec![
                s("Host build-01 (Linux), file system read from an image"),
                s("Repositories: payments, portal, infra"),
                s("Users: 12 home directories"),
                s("Logs: var/log/claude/audit.log and 61 rotated files"),
            ],
            tool: s("workpaper 0.1.0"),
            client_contract: s("2.1.240"),
            inputs: vec![
                (s("Snapshot"), format!("sha256:{:064x}", 7)),
                (s("Catalogue"), format!("sha256:{}", "9f86d081884c7d659a2feaa0c55ad015".repeat(2))),
                (s("Policy"), format!("sha256:{}", "e3b0c44298fc1c149afbf4c8996fb924".repeat(2))),
            ],
            headline: s(
                "6 of 15 items passed, 4 failed, 1 is undetermined, and 4 depend on people's statements or decisions.",
            ),
            checklist_counts: [
                ("pass", 6),
                ("fail", 4),
                ("undetermined", 1),
                ("not_applicable", 0),
                ("attested", 1),
                ("awaiting_attestation", 1),
                ("expired", 1),
                ("conflict", 1),
            ]
            .map(|(w, n)| (s(w), n))
            .to_vec(),
            finding_counts: [("pass", 61), ("fail", 9), ("undetermined", 17), ("not_applicable", 4)]
                .map(|(w, n)| (s(w), n))
                .to_vec(),
            limits: vec![
                s(
                    "Not an attestation report: management tested its own controls, and nobody independent gives an opinion here.",
                ),
                s(
                    "What people must state, such as contracts and training, is shown as waiting until somebody states it.",
                ),
                s(
                    "Criteria are paraphrased. Whether six years or ninety days of retention is lawful is the organisation's decision.",
                ),
            ],
            notices: vec![s("Legal interpretation is the organisation's own decision.")],
        },
        checklist,
        controls,
        frameworks,
        tests,
        findings,
        exceptions,
        guards: Vec::new(),
        gaps: (0..14)
            .map(|n| GapRow {
                source: format!("home/dev{n}/.claude/settings.local.json"),
                reason: s(["absent", "unreadable", "malformed", "too_large", "timed_out"][n % 5]),
                detail: s("line 14, column 3: expected a comma; the file was not read further"),
            })
            .collect(),
        evidence: (0..60)
            .map(|n| EvidenceRow {
                id: format!("sha256:{:016x}", n * 7919),
                source: format!("{}.{n}", NAMES[n % 6]),
                kind: s("Settings of the managed scope"),
                bytes: format!("{}", 312 + n * 17),
                sha256: format!("{:064x}", 0x9f86_d081_884c_u64 * (n as u64 + 3)),
                owner: s("root"),
                mode: s("0644"),
                redactions: s(if n % 3 == 0 { "2" } else { "0" }),
                collector: s("settings"),
            })
            .collect(),
        notes: vec![
            Note {
                heading: s("How the evidence was collected"),
                paragraphs: vec![
                    s(
                        "Files were read once, by a program that changes nothing. Secrets were replaced before anything was digested, so that no part of the pack holds one. What could not be read is a gap, with its reason; a gap closes a strict gate."
                    );
                    3
                ],
            },
            Note {
                heading: s("What the words mean"),
                paragraphs: vec![s(
                    "Pass: the test was performed on every subject in scope and no exception was noted. Undetermined: the test could not be finished, and the reason is given. Attested: a named person states it, until a date. Conflict: two rules that cannot both be met.",
                )],
            },
            Note {
                heading: s("What this cannot prove"),
                paragraphs: vec![s(
                    "Files of a host cannot prove that a contract was signed, that a person was trained, or that a host not listed here does not exist.",
                )],
            },
        ],
        tables: ["checklist", "control_matrix", "tests_results", "exceptions", "gaps", "evidence"]
            .map(|n| Table { name: s(n), columns: vec![], rows: vec![] })
            .to_vec(),
    }
}

/// People's names in many scripts, each as its bearer writes it.
pub(super) const PEOPLE: [&str; 27] = [
    "Zoë Nuñez-Ångström",
    "Łukasz Żółć",
    "Ελένη Παπαδοπούλου",
    "Дмитрий Щербаков",
    "Ağaoğlu Şükrü",
    "Nguyễn Thị Phương",
    "יוסף בן־דוד",
    "محمد العربي",
    "فاطمه گلستانی",
    "अनुष्का शर्मा",
    "প্রিয়াঙ্কা",
    "தமிழ்ச்செல்வி",
    "ชนาธิป สรงกระสินธ์",
    "田中太郎",
    "王小明",
    "佐藤ゆうきカナ",
    "김민수",
    "გიორგი",
    "Արմեն",
    "ሰላማዊት",
    "ਗੁਰਪ੍ਰੀਤ",
    "સરોજ",
    "សុខា",
    "ສົມພອນ",
    "Ame\u{301}lie Bjo\u{308}rk",
    "می\u{200C}خواهم",
    "क्\u{200D}ष",
];

/// Names that try to break out of a document, or to hide.
pub(super) const ATTACKS: [&str; 8] = [
    ") Tj ET /Launch << /F (calc.exe) >> (",
    "\\) \\( \\\\ endstream endobj 1 0 obj << /JS (app.alert(1)) >>",
    "\u{1b}[31mred\u{1b}[0m\u{7}\u{0}",
    "admin\u{202E}fdp.exe\u{2066}",
    "zero\u{200B}width\u{FEFF}",
    "=HYPERLINK(\"http://evil\")",
    "<script>alert(1)</script>&amp;",
    "party 🎉 and \u{F8FF} and \u{1F9D1}\u{200D}\u{1F4BB}",
];

/// The plain report with foreign and hostile text wherever text goes.
pub(super) fn hostile() -> Report {
    let mut r = plain();
    r.cover.organisation = s("株式会社ノースウィンド · شركة الشمال · 북풍 병원");
    r.cover.title = s("Evidence ) Tj (for \\ endobj");
    r.cover.scope = PEOPLE.iter().map(|p| format!("User {p}")).collect();
    for (n, gap) in r.gaps.iter_mut().enumerate() {
        gap.source = format!("home/{}/.claude/settings.json", PEOPLE[n % PEOPLE.len()].replace(' ', "_"));
        gap.detail = s(ATTACKS[n % ATTACKS.len()]);
    }
    for (n, e) in r.exceptions.iter_mut().enumerate() {
        e.title = format!("{} {}", e.title, ATTACKS[n % ATTACKS.len()]);
    }
    for (n, case) in r.exceptions.iter_mut().flat_map(|e| &mut e.cases).enumerate() {
        case.subjects[0].subject = format!("{} ({})", PEOPLE[n % PEOPLE.len()], n);
        case.places = vec!["a/very/long/path/without/end".repeat(12), "f".repeat(700)];
    }
    r.exceptions[0].cases[0].message = "x".repeat(9_000);
    r.exceptions[1].cases[0].message = "word ".repeat(3_000);
    r.exceptions[2].cases[0].message = "\n".repeat(3_000);
    r.exceptions[3].cases[0].message = "م".repeat(2_000) + &"日".repeat(2_500);
    for (n, t) in r.tests.iter_mut().enumerate() {
        t.activity = format!("{} – {}", PEOPLE[n % PEOPLE.len()], t.activity);
        t.result = format!("{} {}", ATTACKS[n % ATTACKS.len()], t.result);
    }
    r.tests[4].result = "A sentence that is long enough for a whole page of its own. ".repeat(60);
    r.evidence[0].source = "/".repeat(3_999);
    r.gaps.push(GapRow { source: s(""), reason: s(""), detail: s("") });
    r.gaps.extend(PEOPLE.iter().map(|p| GapRow {
        source: s("person"),
        reason: s("absent"),
        detail: format!("{p} (قائد 12.5) end"),
    }));
    r
}
