//! What a commit message claims: pull request, tickets, co-authors, agent, revert, emergency. All of it is text that anyone can write.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::change::Person;

/// The organisation's conventions for commit messages. Every pattern is bounded in time by the engine.
#[derive(Clone, Debug)]
pub struct Conventions {
    /// At the start of a subject, of a merged pull request's title or of a part of its branch name.
    pub ticket: Regex,
    /// On the subject or the branch name.
    pub emergency: Regex,
    /// On `name <address>` of author or committer.
    pub bot: Regex,
    /// On `name <address>` of a co-author.
    pub agent: Regex,
    /// Anywhere in the message.
    pub agent_line: Regex,
    /// Seconds that the author's time may lie after the committer's before it is an anomaly.
    pub authored_after_tolerance: i64,
}

/// Source of the defaults: audit-domain 4.2 and 4.4.
pub const DEFAULT_TICKET: &str = r"^(?:[A-Z][A-Z0-9]+-\d+|#\d+)\b";
pub const DEFAULT_EMERGENCY: &str = r"(?i)^(?:hotfix|emergency|break-?glass)\b|(?i)\bhotfix/|\bEMERGENCY\b";
// Boundaries of ASCII words: those of every script make the engine several times slower on a text with one letter beyond.
const DEFAULT_BOT: &str = r"(?i)\[bot\]|^(?:dependabot|renovate|github-actions|greenkeeper|snyk-bot|mergify|semantic-release-bot)(?-u:\b)";
const DEFAULT_AGENT: &str = r"(?i)^(?:claude|copilot|cursor|codex|aider|devin)(?-u:\b)|@anthropic\.com>";
const DEFAULT_AGENT_LINE: &str = r"(?im)^[^\w\n]*generated with \[?claude code(?-u:\b)|^claude-session:";

static DEFAULT: LazyLock<Conventions> = LazyLock::new(|| {
    let pattern = |text| Regex::new(text).expect("a constant pattern, compiled by every test");
    Conventions {
        ticket: pattern(DEFAULT_TICKET),
        emergency: pattern(DEFAULT_EMERGENCY),
        bot: pattern(DEFAULT_BOT),
        agent: pattern(DEFAULT_AGENT),
        agent_line: pattern(DEFAULT_AGENT_LINE),
        authored_after_tolerance: 86_400,
    }
});

impl Default for Conventions {
    fn default() -> Self {
        DEFAULT.clone()
    }
}

/// How the message says that the change came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A merge message of a forge.
    Merge,
    /// The number at the end of the subject that squash merges carry.
    Squash,
    /// Somewhere else: a trailer.
    Trailer,
}

/// What one message claims.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Claims {
    pub subject: String,
    pub pull_request: Option<(u64, Mark)>,
    pub tickets: Vec<String>,
    /// The subject, a title or a trailer carries a ticket in the required form.
    pub ticket_well_formed: bool,
    pub co_authors: Vec<Person>,
    pub reviewers: Vec<String>,
    pub agent: Option<String>,
    pub is_revert: bool,
    pub emergency: bool,
    pub emergency_ref: Option<String>,
}

/// The most trailers of one kind kept of one message.
const MAX_TRAILERS: usize = 200;
/// The longest line looked at; longer ones are cut, so that no message costs more than its length.
const MAX_LINE: usize = 4096;

/// Reads a message.
pub(super) fn claims(message: &str, rules: &Conventions) -> Claims {
    let mut claims = Claims::default();
    let mut lines = message.lines().map(cut).skip_while(|line| line.trim().is_empty());
    let subject = lines.next().unwrap_or_default().trim_end();
    subject.clone_into(&mut claims.subject);
    claims.is_revert =
        subject.starts_with("Revert \"") || subject.starts_with("revert:") || subject.starts_with("revert(");
    let (mark, branch) = forge_subject(subject);
    claims.pull_request = mark;
    claims.emergency =
        rules.emergency.is_match(subject) || branch.is_some_and(|name| rules.emergency.is_match(name));
    note_ticket(&mut claims, subject, rules, true);
    for part in branch.into_iter().flat_map(|name| name.split('/')) {
        note_ticket(&mut claims, part, rules, false);
    }
    let mut title_seen = branch.is_none();
    for line in lines {
        if line.is_empty() {
            continue;
        }
        if !title_seen {
            title_seen = true;
            note_ticket(&mut claims, line, rules, true);
        }
        body_line(&mut claims, line.trim_end(), rules);
    }
    if claims.agent.is_none()
        && let Some(found) = rules.agent_line.find(message)
    {
        let line = message[found.start()..].lines().next().unwrap_or_default();
        claims.agent = Some(cut(line).trim_end().to_owned());
    }
    claims.tickets.sort();
    claims.tickets.dedup();
    claims
}

fn cut(line: &str) -> &str {
    if line.len() <= MAX_LINE {
        return line;
    }
    let mut end = MAX_LINE;
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    &line[..end]
}

/// The pull request that a forge's own subject names, and the branch of a merge.
fn forge_subject(subject: &str) -> (Option<(u64, Mark)>, Option<&str>) {
    if let Some(rest) = subject.strip_prefix("Merge pull request #") {
        let (number, rest) = leading_number(rest);
        let branch = rest.strip_prefix(" from ").map(str::trim);
        // Bitbucket Server writes `Merge pull request #7 in PROJ/repo from branch to main`.
        let branch = branch
            .or_else(|| rest.split_once(" from ").map(|(_, name)| name.split(' ').next().unwrap_or(name)));
        return (number.map(|number| (number, Mark::Merge)), branch);
    }
    if let Some(rest) = subject.strip_prefix("Merged PR ") {
        let (number, rest) = leading_number(rest);
        return (number.filter(|_| rest.starts_with(':')).map(|number| (number, Mark::Merge)), None);
    }
    if let Some(rest) = subject.strip_prefix("Merged in ") {
        let (branch, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let number = rest.strip_prefix("(pull request #").and_then(|rest| leading_number(rest).0);
        return (number.map(|number| (number, Mark::Merge)), Some(branch));
    }
    if let Some(rest) = subject.strip_prefix("Merge branch '") {
        return (None, rest.split('\'').next());
    }
    let number = subject
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once('('))
        .and_then(|(_, inner)| inner.strip_prefix('#').or_else(|| inner.strip_prefix('!')))
        .and_then(|digits| Some(leading_number(digits)).filter(|(_, rest)| rest.is_empty()))
        .and_then(|(number, _)| number);
    (number.map(|number| (number, Mark::Squash)), None)
}

fn leading_number(text: &str) -> (Option<u64>, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (text[..digits].parse().ok(), &text[digits..])
}

fn note_ticket(claims: &mut Claims, text: &str, rules: &Conventions, counts_as_format: bool) {
    if let Some(found) = rules.ticket.find(text)
        && claims.tickets.len() < MAX_TRAILERS
    {
        claims.ticket_well_formed |= counts_as_format;
        claims.tickets.push(found.as_str().to_owned());
    }
}

fn body_line(claims: &mut Claims, line: &str, rules: &Conventions) {
    if claims.pull_request.is_none()
        && let Some(rest) = line.strip_prefix("See merge request ")
        && let Some((_, number)) = rest.rsplit_once('!')
    {
        claims.pull_request = leading_number(number).0.map(|number| (number, Mark::Merge));
    }
    if claims.is_revert || line.starts_with("This reverts commit ") {
        claims.is_revert = true;
    }
    let Some((key, value)) = line.split_once(':') else { return };
    if key.len() > 30 || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return;
    }
    let value = value.trim();
    match key.to_ascii_lowercase().as_str() {
        "co-authored-by" if claims.co_authors.len() < MAX_TRAILERS => {
            let person = match value.split_once('<') {
                Some((name, email)) => Person {
                    name: name.trim().to_owned(),
                    email: email.trim_end_matches('>').trim().to_owned(),
                },
                None => Person { name: value.to_owned(), email: String::new() },
            };
            if claims.agent.is_none() && rules.agent.is_match(value) {
                claims.agent = Some(value.to_owned());
            }
            claims.co_authors.push(person);
        }
        "reviewed-by" | "approved-by" | "acked-by" if claims.reviewers.len() < MAX_TRAILERS => {
            claims.reviewers.push(value.to_owned());
        }
        "reviewed-on" if claims.pull_request.is_none() => {
            let number = value.trim_end_matches('/').rsplit('/').next().and_then(|last| last.parse().ok());
            claims.pull_request = number.map(|number| (number, Mark::Trailer));
        }
        "refs" | "ticket" | "issue" | "jira" => {
            for word in value.split([',', ' ']).filter(|word| !word.is_empty()) {
                note_ticket(claims, word, rules, true);
            }
        }
        "emergency" | "incident" => {
            claims.emergency = true;
            claims.emergency_ref = Some(value.to_owned());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &str) -> Claims {
        claims(message, &Conventions::default())
    }

    #[test]
    fn finds_the_pull_request_where_a_forge_writes_it() {
        for (message, expected) in [
            ("Merge pull request #12 from org/fix\n\nTitle", Some((12, Mark::Merge))),
            ("Merge pull request #7 in P/r from PROJ-3-x to main", Some((7, Mark::Merge))),
            ("Add a thing (#34)", Some((34, Mark::Squash))),
            ("Add a thing (!35)", Some((35, Mark::Squash))),
            ("Merged PR 56: x", Some((56, Mark::Merge))),
            ("Merged in b (pull request #78)", Some((78, Mark::Merge))),
            ("Merge branch 'x' into 'main'\n\nT\n\nSee merge request g/p!90", Some((90, Mark::Merge))),
            ("x\n\nReviewed-on: https://review.example/c/p/+/91", Some((91, Mark::Trailer))),
            ("fixes (#12) and more", None),
            ("x (#1a)", None),
            ("x (#99999999999999999999999)", None),
            ("Merge pull request #", None),
            ("", None),
        ] {
            assert_eq!(read(message).pull_request, expected, "{message}");
        }
    }

    #[test]
    fn finds_tickets_and_says_whether_the_form_is_kept() {
        let direct = read("ABC-12 do it");
        assert_eq!((direct.tickets, direct.ticket_well_formed), (vec!["ABC-12".to_owned()], true));
        let late = read("do it for ABC-12");
        assert_eq!((late.tickets, late.ticket_well_formed), (vec![], false));
        let trailer = read("do it\n\nRefs: ABC-12, #7");
        assert_eq!(
            (trailer.tickets, trailer.ticket_well_formed),
            (vec!["#7".to_owned(), "ABC-12".to_owned()], true)
        );
        let branch = read("Merge pull request #1 from org/ABC-9-thing\n\nDo it");
        assert_eq!((branch.tickets, branch.ticket_well_formed), (vec!["ABC-9".to_owned()], false));
        let title = read("Merge pull request #1 from org/thing\n\nABC-8 do it\n\nXYZ-1 later");
        assert_eq!((title.tickets, title.ticket_well_formed), (vec!["ABC-8".to_owned()], true));
    }

    #[test]
    fn sees_the_agent_and_every_co_author() {
        let claims = read(
            "x\n\nCo-Authored-By: Claude Opus 4 <noreply@anthropic.com>\nco-authored-by: Ann <ann@x.org>",
        );
        assert_eq!(claims.agent.as_deref(), Some("Claude Opus 4 <noreply@anthropic.com>"));
        assert_eq!(claims.co_authors.len(), 2);
        assert_eq!(claims.co_authors[1], Person { name: "Ann".into(), email: "ann@x.org".into() });
        assert!(read("x\n\nGenerated with [Claude Code](https://claude.com)").agent.is_some());
        assert!(read("x\n\nClaude-Session: 1234").agent.is_some());
        assert!(read("x\n\nCo-authored-by: Claudette <c@x.org>").agent.is_none());
        assert!(read("Claude plays\n\nClaude Debussy plays").agent.is_none(), "prose is no trailer");
    }

    #[test]
    fn sees_reverts_and_emergencies() {
        assert!(read("Revert \"x\"").is_revert);
        assert!(read("back\n\nThis reverts commit abc.").is_revert);
        assert!(!read("Reverting is hard").is_revert);
        assert!(read("hotfix: y").emergency);
        assert!(read("Merge pull request #1 from org/hotfix/y").emergency);
        assert_eq!(read("y\n\nIncident: INC-3").emergency_ref.as_deref(), Some("INC-3"));
        assert!(!read("photofix y").emergency);
    }

    #[test]
    fn a_huge_line_is_cut_on_a_character() {
        let message = format!("{}\u{20ac}", "x".repeat(MAX_LINE - 1));
        assert_eq!(read(&message).subject.len(), MAX_LINE - 1);
    }
}
