//! Faults of hook scripts that their text alone shows: forms that the shell or the client takes otherwise than they look.

use std::collections::BTreeSet;
use std::sync::{LazyLock, OnceLock};

use regex::bytes::{Regex, RegexBuilder};

use crate::client::table::rows;

const TABLE: &str = include_str!("../../../controls/client/script-faults.tsv");
/// Lines of a script that are looked at.
const LINES: usize = 5_000;

/// One kind of fault.
#[derive(Debug)]
pub struct ScriptFault {
    pub id: &'static str,
    /// Hook events that it matters for; empty for all.
    events: Vec<&'static str>,
    text: Pattern,
    line: Pattern,
    unless: Pattern,
    /// What the line really does.
    pub what: &'static str,
    /// What works in its place.
    pub instead: &'static str,
}

/// A pattern of the table, compiled when a script first needs it. Bytes stand for letters: classes of Unicode would cost
/// more than all scripts.
#[derive(Debug)]
struct Pattern {
    text: &'static str,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn of(text: &'static str) -> Self {
        Self { text, regex: OnceLock::new() }
    }

    fn compiled(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| RegexBuilder::new(self.text).unicode(false).build().ok()).as_ref()
    }

    fn is_in(&self, text: &str) -> bool {
        self.compiled().is_some_and(|regex| regex.is_match(text.as_bytes()))
    }
}

static FAULTS: LazyLock<Vec<ScriptFault>> =
    LazyLock::new(|| rows(TABLE).filter_map(|cells| read(&cells)).collect());

fn read(cells: &[&'static str]) -> Option<ScriptFault> {
    let [id, events, text, line, unless, what, instead] = *cells else { return None };
    Some(ScriptFault {
        id,
        events: events.split('|').filter(|event| !event.is_empty()).collect(),
        text: Pattern::of(text),
        line: Pattern::of(line),
        unless: Pattern::of(unless),
        what,
        instead,
    })
}

/// The faults of a shell script that hooks of these events run: each with its first line, from 1, in the order of lines.
pub fn find(script: &str, events: &BTreeSet<&str>) -> Vec<(usize, &'static ScriptFault)> {
    let mut found: Vec<(usize, &'static ScriptFault)> = FAULTS
        .iter()
        .filter(|fault| fault.events.is_empty() || fault.events.iter().any(|event| events.contains(event)))
        .filter(|fault| fault.text.text.is_empty() || fault.text.is_in(script))
        .filter(|fault| fault.unless.text.is_empty() || !fault.unless.is_in(script))
        .filter_map(|fault| {
            let at_fault = |line: &str| !line.trim_start().starts_with('#') && fault.line.is_in(line);
            let line = script.lines().take(LINES).position(at_fault)?;
            Some((line + 1, fault))
        })
        .collect();
    found.sort_by_key(|(line, fault)| (*line, fault.id));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(script: &str, event: &str) -> Vec<&'static str> {
        find(script, &BTreeSet::from([event])).into_iter().map(|(_, fault)| fault.id).collect()
    }

    #[test]
    fn the_table_is_read_whole() {
        for fault in FAULTS.iter() {
            for pattern in [&fault.text, &fault.line, &fault.unless] {
                assert!(pattern.compiled().is_some(), "{}: {}", fault.id, pattern.text);
            }
        }
        let rows = TABLE.lines().filter(|row| !row.starts_with('#') && !row.is_empty()).count() - 1;
        assert_eq!(FAULTS.len(), rows, "a row with another number of cells");
    }

    #[test]
    fn what_is_meant_and_what_is_done() {
        for (line, fault) in [
            ("echo '{\"decision\": \"deny\"}'", "denies_by_decision"),
            ("echo \"{\\\"decision\\\": \\\"approve\\\"}\"", "approves"),
            ("exit 1", "exits_1"),
            ("R=$(jq -r .tool_result)", "reads_tool_result"),
            ("grep -qE 'email[:\\s]*x'", "class_with_shorthand"),
            ("grep -qE 'curl.*[^127\\.0\\.0\\.1]'", "host_as_class"),
            ("grep -qE '(curl|nc).*x'", "word_without_edges"),
        ] {
            let script = format!("#!/bin/bash\n{line}\n");
            assert!(ids(&script, "PreToolUse").contains(&fault), "{line}: {:?}", ids(&script, "PreToolUse"));
        }
    }

    #[test]
    fn sound_forms_and_comments_are_left_alone() {
        for line in [
            "# echo '{\"decision\": \"deny\"}'",
            "printf 'Blocked\\n' >&2; exit 2",
            "grep -qiE '(^|/)\\.env$'",
            "grep -qE 'email[[:space:]]*x'",
            "grep -qE '(^|[[:space:]])(curl|nc)([[:space:]]|$)'",
            "jq -r .tool_response",
            "exit 10",
        ] {
            let script = format!("#!/bin/bash\n{line}\n");
            assert!(ids(&script, "PreToolUse").is_empty(), "{line}: {:?}", ids(&script, "PreToolUse"));
        }
        assert!(ids("#!/bin/sh\necho '{\"decision\": \"approve\"}'\n", "Stop").is_empty());
    }
}
