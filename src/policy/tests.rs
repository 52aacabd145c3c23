//! Whole policy files: a full one, a broken one with every mistake, and the defaults.

use super::*;
use crate::model::Severity;

fn known() -> KnownIds {
    KnownIds {
        frameworks: ["soc2", "hipaa", "gdpr"].map(|id| FrameworkId::parse(id).expect(id)).into(),
        controls: ["CL-01", "CL-03", "CL-14", "EX-09"].map(|id| ControlId::parse(id).expect(id)).into(),
        checks: ["bypass_mode_locked_off", "logs_retained"].map(|id| CheckId::parse(id).expect(id)).into(),
    }
}

const FULL: &str = r#"schema: workpaper/policy/v1
organisation: Example Clinic GmbH
scope:
  frameworks: [soc2, hipaa]
  users:
    exclude:
      - {name: build, reason: service account without a client}
  repositories: [shop, api]
  plan: enterprise
  provider: anthropic
parameters:
  retention_days: 400
  accepted_modes: [plan, default]
  accept_edits: true
  auto_mode_accepted: false
  minimum_client_version: "2.1.200"
  ticket_pattern: 'SHOP-[0-9]+'
  soc2_observation_days: 181
  hipaa: in_scope
  gdpr: personal_data_possible
roster:
  - {id: p2, name: Bo, emails: [Bo@Example.org], log_users: [bo, b.o], host_user: bo, profile: reviewer}
  - {id: p1, emails: [ana@example.org], profile: developer, start: 2026-01-01, end: 2026-06-30}
documents:
  - {id: ir, path: docs/incident-response.md, kind: incident_response}
mcp_register:
  - command: [npx, "@example/server"]
    version: "1.2.3"
    reviewer: Ana
    reviewed_at: 2026-05-01
    risk: low
    data_classes: [source code]
    expires: 2027-05-01
  - {url: "https://mcp.example.org/", reviewer: Ana, reviewed_at: 2026-05-01, risk: high, expires: 2026-11-01}
retention:
  security_events: {floor_days: 400, ceiling_days: 90, legal_basis: Art. 6(1)(f), owner: CISO}
attestations:
  - {control: CL-14, statement: drill held, by: Ana, role: CISO, made_at: 2026-05-01, expires: 2027-05-01}
waivers:
  - {check: logs_retained, reason: migration, by: Ana, accepted_at: 2026-05-01, expires: 2026-08-01}
gate:
  fail_on: [fail, high, CL-03]
"#;

#[test]
fn reads_a_full_file() {
    let policy = Policy::parse(FULL, "workpaper.yaml", &known()).expect("a good file");
    assert_eq!(policy.organisation.as_deref(), Some("Example Clinic GmbH"));
    assert!(policy.in_scope(&FrameworkId::parse("hipaa").expect("id")));
    assert!(!policy.in_scope(&FrameworkId::parse("gdpr").expect("id")));
    assert_eq!(policy.scope.plan, Plan::Enterprise);
    assert_eq!(policy.scope.excluded_users[0].reason, "service account without a client");
    assert_eq!(policy.parameters.retention_days, 400);
    assert_eq!(policy.parameters.accepted_modes, ["default", "plan"].map(str::to_owned).into());
    assert_eq!(policy.parameters.soc2_observation_days, Some(181));
    assert_eq!(policy.parameters.hipaa, EphiScope::InScope);
    let people: Vec<&str> = policy.roster.iter().map(|person| person.id.as_str()).collect();
    assert_eq!(people, ["p1", "p2"]);
    assert_eq!(policy.roster[1].emails, ["bo@example.org"]);
    assert_eq!(policy.roster[1].log_users, ["b.o", "bo"]);
    assert_eq!(policy.document_paths(), [("ir".to_owned(), PathBuf::from("docs/incident-response.md"))]);
    assert_eq!(policy.mcp_register.len(), 2);
    let events = &policy.retention[&DataClass::SecurityEvents];
    assert_eq!((events.floor_days, events.ceiling_days), (Some(400), Some(90)), "a conflict, not a mistake");
    assert_eq!(policy.attestations[0].control.as_str(), "CL-14");
    assert!(matches!(&policy.waivers[0].target, WaiverTarget::Check(id) if id.as_str() == "logs_retained"));
    let fail_on = policy.fail_on.as_ref().expect("a gate");
    assert!(fail_on.holds(&Condition::Severity(Severity::High)));
    assert_eq!(fail_on.least_severity(), Severity::High);
    assert_eq!(policy.text(), FULL);
    assert_eq!(policy.digest(), Digest::of_bytes(FULL.as_bytes()));
}

#[test]
fn the_default_is_what_an_empty_file_says() {
    let none = Policy::default();
    let read = Policy::parse(none.text(), "workpaper.yaml", &known()).expect("the default text");
    assert_eq!(read.parameters, none.parameters);
    assert_eq!(read.scope, none.scope);
    assert_eq!(read.digest(), none.digest());
    assert_eq!(none.parameters.retention_days, 90);
    assert!(none.in_scope(&FrameworkId::parse("anything").expect("id")));
}

/// A line of a policy file that is wrong, and words of the message it must bring, on its own line.
const MISTAKES: &[(&str, &str)] = &[
    ("organisation: 12", "put it in quotes"),
    ("organization: x", "did you mean `organisation`?"),
    ("scope: {frameworks: [sox]}", "`sox` is not a framework of the catalogue (did you mean `soc2`?)"),
    ("scope: {frameworks: []}", "leave the key out to examine all"),
    ("scope: {plan: enterprize}", "did you mean `enterprise`?"),
    ("scope: {users: {exclude: [{name: x}]}}", "lacks `reason`"),
    ("scope: {users: {exclude: [{name: x, reason: y}, {name: x, reason: z}]}}", "repeats `x`"),
    ("parameters: {retention_days: 0}", "is 0, not 1 to 3660"),
    ("parameters: {retention_days: 99999999999999999999}", "`parameters.retention_days` is"),
    ("parameters: {retention_days: ninety}", "is text, not a whole number"),
    ("parameters: {retention_dayz: 90}", "did you mean `retention_days`?"),
    ("parameters: {accepted_modes: [bypassPermissions]}", "cannot hold bypassPermissions"),
    ("parameters: {accepted_modes: [auto]}", "write auto_mode_accepted: true"),
    ("parameters: {accepted_modes: []}", "accepts no mode"),
    ("parameters: {accepted_modes: plan}", "write a list"),
    ("parameters: {accept_edits: yes}", "not true or false"),
    ("parameters: {minimum_client_version: '2.1'}", "three numbers"),
    ("parameters: {minimum_client_version: 2.1}", "put it in quotes"),
    ("parameters: {ticket_pattern: '(['}", "`parameters.ticket_pattern` is wrong"),
    ("parameters: {ticket_pattern: 'x*'}", "it matches every commit message"),
    ("parameters: {ticket_pattern: '(?:x{900}){900}'}", "size limit"),
    ("parameters: {hipaa: maybe}", "known: out_of_scope, ephi_possible, in_scope"),
    ("parameters: [1]", "is a list, not a table"),
    ("roster: [{name: Ana}]", "`roster[0]` lacks `id`"),
    ("roster: [{id: a}, {id: a}]", "the id `a` already belongs to `a`"),
    (
        "roster: [{id: a, log_users: [dev]}, {id: b, log_users: [dev]}]",
        "log user `dev` already belongs to `a`",
    ),
    ("roster: [{id: a, emails: [nobody]}]", "is not an e-mail address"),
    ("roster: [{id: a, start: 2026-06-01, end: 2026-05-01}]", "before the start"),
    ("roster: [{id: a, start: 2026-02-30}]", "which is no date"),
    ("roster: [{id: a, start: 2026-06-01T00:00:00Z}]", "which is no date"),
    ("roster: [{id: a, profile: root}]", "known: developer, reviewer, administrator"),
    ("documents: [{id: a, path: ../x, kind: other}]", "climbs with `..`"),
    ("documents: [{id: a, path: x}]", "lacks `kind`"),
    (
        "mcp_register: [{url: u, reviewer: r, reviewed_at: 2026-01-01, risk: low, expires: 2026-02-01}]",
        "https://",
    ),
    (
        "mcp_register: [{command: [x], reviewer: r, reviewed_at: 2026-01-01, risk: low, expires: 2026-02-01}]",
        "pin",
    ),
    (
        "mcp_register: [{reviewer: r, reviewed_at: 2026-01-01, risk: low, expires: 2026-02-01}]",
        "neither a URL",
    ),
    (
        "mcp_register: [{url: 'https://x', reviewer: r, reviewed_at: 2026-01-01, risk: low, expires: 2029-01-01}]",
        "at most 366",
    ),
    ("retention: {security_event: {floor_days: 1}}", "did you mean `security_events`?"),
    ("retention: {content_logs: {ceiling_days: 30}}", "without a `legal_basis`"),
    (
        "attestations: [{control: CL-99, statement: s, by: b, role: r, made_at: 2026-01-01, expires: 2026-02-01}]",
        "`CL-99` is not a control of the catalogue",
    ),
    (
        "attestations: [{control: CL-14, statement: s, by: b, role: r, made_at: 2026-01-01}]",
        "lacks `expires`",
    ),
    (
        "waivers: [{check: bypass_mode_locked_of, reason: r, by: b, accepted_at: 2026-01-01, expires: 2026-02-01}]",
        "did you mean `bypass_mode_locked_off`?",
    ),
    (
        "waivers: [{reason: r, by: b, accepted_at: 2026-01-01, expires: 2026-02-01}]",
        "one control or one check",
    ),
    (
        "waivers: [{check: logs_retained, reason: r, by: b, accepted_at: 2026-01-01, expires: 2025-02-01}]",
        "before 2026-01-01",
    ),
    ("gate: {fail_on: [never]}", "`never` is nothing that closes a gate"),
    ("gate: {fail_on: [CL-99]}", "`CL-99` is nothing that closes a gate"),
    ("gate: {fail_on: []}", "names nothing"),
    ("organisation: \"a\\u001b[31m\"", "control characters"),
];

#[test]
fn names_each_mistake_with_its_line() {
    for (line, words) in MISTAKES {
        let text = format!("# one\nschema: workpaper/policy/v1\n\n{line}\n");
        let problems = Policy::parse(&text, "workpaper.yaml", &known()).expect_err(line);
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(shown.iter().any(|problem| problem.contains(words)), "{line}\n{shown:#?}");
        assert!(shown.iter().all(|problem| problem.starts_with("workpaper.yaml:4: ")), "{line}\n{shown:#?}");
    }
}

#[test]
fn reports_the_mistakes_of_all_sections_at_once() {
    let text = "schema: workpaper/policy/v2
colour: red
scope:
  plan: gold
  frameworks:
    - soc2
    - iso
parameters:
  retention_days: -1
roster:
  - id: a
    profile: king
gate:
  fail_on:
    - fail
    - sometimes
";
    let problems = Policy::parse(text, "p.yaml", &known()).expect_err("mistakes");
    let lines: Vec<u64> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [1, 2, 4, 7, 9, 12, 16], "{problems:#?}");
}

#[test]
fn text_that_is_no_table_is_refused() {
    for text in
        ["", "\0", "- a\n", "just words", "a: [", "\u{feff}", "%", "schema: workpaper/policy/v1\n---\n{}\n"]
    {
        let problems = Policy::parse(text, "p.yaml", &known()).expect_err(text);
        assert!(!problems.is_empty(), "{text:?}");
    }
    assert!(Policy::parse(&"#".repeat(5 << 20), "p.yaml", &known()).is_err(), "too large");
}

#[test]
fn a_problem_cannot_write_to_the_terminal() {
    let text = "schema: workpaper/policy/v1\n\"\\e[2J\": 1\n";
    let problems = Policy::parse(text, "a\u{1b}b", &known()).expect_err("an unknown key");
    assert!(!problems[0].to_string().contains('\u{1b}'), "{problems:?}");
}

#[test]
fn gate_words_are_read_from_the_command_line_too() {
    let fail_on = FailOn::parse(["strict", "EX-09"], &known()).expect("words");
    assert!(fail_on.holds(&Condition::Undetermined) && fail_on.holds(&Condition::Fail));
    assert!(FailOn::parse(["regression"], &known()).expect("a word").is_empty());
    assert!(FailOn::parse(["fial"], &known()).is_err());
    assert_eq!(FailOn::default().least_severity(), Severity::Low);
}
