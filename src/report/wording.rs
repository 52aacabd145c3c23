//! Every fixed sentence of a report: the headline, the limits, the methodology and the glossary.

use super::Note;
use crate::model::{Role, RotationKind, SettingsScope, Status};

/// The heading of what landed.
pub const CHANGES_HEADING: &str = "Changes of the period";

/// The title on every first page.
pub const TITLE: &str = "Claude Code deployment: evidence of controls";
/// The heading over the tests-and-results table. The tool is run by management, never by the service auditor.
pub const TESTS_HEADING: &str = "Tests performed by management, and results";
/// What stands where the organisation has not named itself.
pub const NO_ORGANISATION: &str = "organisation not named in the policy file";
/// The result of a test without a failing finding.
pub const NO_EXCEPTIONS: &str = "No exceptions noted in the items tested.";
/// The heading over the table of test calls.
pub const STOPS_HEADING: &str = "What stops each test call";
/// What stands under it.
pub const STOPS_LEAD: &str = "Calls that must not succeed, put through every layer of each user's session: permission rules, hooks as \
     they answered when they were run, the client's sandbox, the rights on the file; then each permission mode that the user \
     can choose. The worst mode counts. A person who is asked may say yes: that is no stop. No list of calls is complete.";
/// The heading over [`notices`].
pub const NOTICES_HEADING: &str = "Requirements, their publishers, and the law";
/// Where a control answers no requirement fully or in part.
pub const NO_CRITERION: &str = "none in full or in part; related ones are in the control matrix";
/// A cell whose value was looked for and not obtained. An empty cell means: does not apply.
pub const UNKNOWN: &str = "UNKNOWN";

/// The name of a status word as a reader sees it.
pub fn label(word: &str) -> &str {
    match word {
        "not_applicable" => "not applicable",
        "awaiting_attestation" => "awaiting attestation",
        other => other,
    }
}

/// The word of `tests_results.csv` for a status word.
pub fn test_result(word: &str) -> &'static str {
    match word {
        "pass" => "PASS",
        "fail" => "FAIL",
        "not_applicable" => "NOT_APPLICABLE",
        "attested" => "ATTESTED",
        "expired" => "EXPIRED",
        "conflict" => "CONFLICT",
        _ => "NOT_TESTED",
    }
}

/// The headline: how many of the items ended how, each number with its denominator.
pub fn headline(counts: &[(String, u64)], as_of: &str) -> String {
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    if total == 0 {
        return format!(
            "No checklist item was evaluated, as of {as_of}. Nothing here is evidence of a control."
        );
    }
    let mut parts: Vec<String> = Vec::new();
    for (word, count) in counts.iter().filter(|(_, count)| *count > 0) {
        let one = *count == 1;
        let verb = match (word.as_str(), one) {
            ("pass", true) => "passes",
            ("pass", false) => "pass",
            ("fail", true) => "fails",
            ("fail", false) => "fail",
            ("undetermined", true) => "is undetermined",
            ("undetermined", false) => "are undetermined",
            ("not_applicable", true) => "is not applicable",
            ("not_applicable", false) => "are not applicable",
            ("attested", true) => "is attested",
            ("attested", false) => "are attested",
            ("awaiting_attestation", true) => "awaits an attestation",
            ("awaiting_attestation", false) => "await an attestation",
            ("expired", true) => "has an expired attestation",
            ("expired", false) => "have an expired attestation",
            (_, true) => "is in conflict",
            (_, false) => "are in conflict",
        };
        parts.push(format!("{count} {verb}"));
    }
    let list = match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => String::new(),
    };
    format!("Of {total} checklist items, {list}, as of {as_of}.")
}

/// How many exceptions there are, each number with what it is a part of.
pub fn exceptions(exceptions: usize, failing: usize, all: usize) -> String {
    let counted =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    format!(
        "{} in {}, of {}",
        counted(exceptions, "exception", "exceptions"),
        counted(failing, "failing finding", "failing findings"),
        counted(all, "finding", "findings")
    )
}

/// What the document is not and does not cover, before the run's own lines are added.
pub fn limits() -> Vec<String> {
    [
        "A management self-assessment. It is not an attestation report, it holds no auditor's opinion, and no \
         auditor has reviewed it.",
        "Declared and enforced answers hold as of the time of collection. Settings read at one moment are not \
         evidence for a period; only the operated answers speak of the period.",
        "What could not be read, run or decided is undetermined, is listed with its reason, and never counts as \
         a pass. Zero subjects tested is never a pass.",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Whose texts the requirements are, who interprets the law, and each framework's own notice.
pub fn notices(frameworks: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = [
        "Requirements are paraphrased in our own words; the published texts are their publishers' and decide.",
        "What the law requires of this organisation, retention periods included, is the organisation's own \
         legal interpretation. Mappings to requirements are proposals for its reviewer.",
    ]
    .map(str::to_owned)
    .to_vec();
    lines.extend(frameworks);
    lines
}

/// How it was tested, what the numbers and words mean, and what this cannot prove.
pub fn notes() -> Vec<Note> {
    vec![
        note(
            "How to read the three answers",
            &[
                "Declared: is the control written down, as the guide or the organisation's policy words it? \
                 Answered by inspection of files.",
                "Enforced: does the client really do it, on this host, at the time of collection? Answered from \
                 the effective configuration as the client loads it, and by re-performance where hooks or the \
                 client were run with test input.",
                "Operated: did it work through the whole period? Answered from logs, transcripts and change \
                 history over the period, with their completeness shown.",
                "A control passes when every answer that its catalogue entry requires passes, and none fails.",
            ],
        ),
        note(
            "Method",
            &[
                "One read-only collection made a snapshot: every file read, with its digest, owner and mode, and \
                 every thing looked for and not seen. Secrets were replaced before anything was digested.",
                "Each check is one automated test of a control on one basis, on every subject in scope (no \
                 sampling). Its answer is a function of the snapshot, the catalogue and the policy alone; all \
                 three are named by digest on the first page, so that each answer can be performed again.",
                "Procedures are named as inspection (a record was read), recalculation or re-performance (the \
                 control was run again with test input). Inquiry stands only behind attestations, which are \
                 shown as such. A tool does not observe people at work, and claims no observation.",
                "A waiver or an attestation never changes an answer; it stands beside it.",
            ],
        ),
        note(
            "Numbers",
            &[
                "\"4 of 4\" reads: four subjects got an answer, of four in scope. What got none is among the \
                 gaps or the undetermined findings.",
                "Findings are counted once each, also where one check serves several controls or requirements; \
                 counts by requirement therefore do not add up to the total.",
                "In tables for machines an empty cell means that the column does not apply, and UNKNOWN that the \
                 value was looked for and not obtained. Times are RFC 3339 in UTC; a period includes its start \
                 and excludes its end.",
                "Cells that a spreadsheet would run as a formula begin with an apostrophe, and control \
                 characters are written out (\\n, \\u{1b}); the values as collected are in assessment.json and \
                 snapshot.json.",
            ],
        ),
        note(
            "What files on a host cannot show",
            &[
                "Who holds administrator rights on developer machines, what an identity provider enforces, what \
                 a firewall refuses, whether people were trained or a playbook was rehearsed: these need exports \
                 from elsewhere or the statement of a named person.",
                "A log that its writer can edit is evidence of activity, not proof of its integrity.",
                "Rules on command text are no boundary around a program that can start others.",
                "Hosts and repositories that were not in scope were not looked at; whether the scope is the \
                 whole population is for the organisation to show.",
            ],
        ),
        note(
            "Words",
            &[
                "pass: every required answer was tested and no exception was noted.",
                "fail: at least one exception was noted.",
                "undetermined: not tested, or not decidable; the reason is given.",
                "not applicable: does not concern the subject; the reason is given.",
                "attested: a named person vouches for it until a date.",
                "awaiting attestation: only a person can vouch for it, and nobody has.",
                "expired: somebody vouched for it once; the statement has lapsed.",
                "conflict: two rules in scope cannot both be met.",
                "finding: what one check concluded about one subject. Exception: a check with failing findings; its cases \
                 name the subjects.",
                "gap: one thing looked for and not seen, and why.",
            ],
        ),
    ]
}

fn note(heading: &str, paragraphs: &[&str]) -> Note {
    Note {
        heading: heading.to_owned(),
        paragraphs: paragraphs.iter().map(|text| (*text).to_owned()).collect(),
    }
}

/// What a file is for, in words.
pub fn role(role: &Role) -> String {
    match role {
        Role::Settings { scope } => match scope {
            SettingsScope::Managed { .. } => "managed settings".to_owned(),
            SettingsScope::User { user } => format!("user settings of {user}"),
            SettingsScope::Project { repository } => format!("project settings of {repository}"),
            SettingsScope::Local { repository } => format!("local settings in {repository}"),
            SettingsScope::UnreadByClient { why } => format!("settings that the client does not read: {why}"),
        },
        Role::ManagedMcp => "managed MCP servers".to_owned(),
        Role::ProjectMcp { repository } => format!("MCP servers of {repository}"),
        Role::GlobalConfig { user } => format!("client configuration of {user}"),
        Role::CloudCredentials { user } => format!("cloud credentials of {user} (names only)"),
        Role::ManagedMemory => "managed guidance".to_owned(),
        Role::Credentials { user } => format!("credential store of {user} (content not read)"),
        Role::Script { .. } => "program named by settings".to_owned(),
        Role::Rotation { kind } => match kind {
            RotationKind::Logrotate => "log rotation (logrotate)",
            RotationKind::LogrotateState => "log rotation state",
            RotationKind::Journald => "log retention (journald)",
            RotationKind::Newsyslog => "log rotation (newsyslog)",
        }
        .to_owned(),
        Role::Forwarder { program } => format!("forwarding of logs ({program})"),
        Role::Log => "log".to_owned(),
        Role::Environment { user: Some(user) } => format!("environment of {user}"),
        Role::Environment { user: None } => "environment of every login".to_owned(),
        Role::SecretsManager => "secrets manager integration".to_owned(),
        Role::Launcher { .. } => "file that may start the client".to_owned(),
        Role::Document { id } => format!("document {id}"),
        Role::AgentDefinition { .. } => "agent or skill definition".to_owned(),
        Role::Plugin { user } => format!("plugin of {user}"),
        Role::Accounts => "accounts and groups".to_owned(),
        Role::Incident => "incident record".to_owned(),
        Role::Unread { .. } => "file that the client does not read".to_owned(),
    }
}

/// Every status word, in the order of counts.
pub fn status_words() -> impl Iterator<Item = &'static str> {
    Status::ALL.iter().map(|status| status.word())
}

/// The text as a sentence among others: it ends in a full stop.
pub fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}

/// A word as a heading.
pub fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
