//! What closes the gate, beside a loss against a baseline.

use std::collections::BTreeSet;

use super::{KnownIds, table::Table};
use crate::model::{ControlId, Severity};

/// One condition that closes the gate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// A checklist item fails.
    Fail,
    /// A checklist item could not be decided, is a conflict, or waits for a person's statement.
    Undetermined,
    /// A finding of at least this severity fails, whichever control it serves.
    Severity(Severity),
    /// This control is anything but passed, attested or not applicable.
    Control(ControlId),
}

/// The conditions that close the gate, all together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailOn(BTreeSet<Condition>);

impl Default for FailOn {
    /// Any checklist item that fails.
    fn default() -> Self {
        Self([Condition::Fail].into())
    }
}

impl FailOn {
    /// Nothing unknown passes either: failing and undetermined items close.
    pub fn strict() -> Self {
        Self([Condition::Fail, Condition::Undetermined].into())
    }

    /// Only a loss against the baseline closes. Without a baseline such a gate would always be open.
    pub fn regressions() -> Self {
        Self(BTreeSet::new())
    }

    /// Reads words as a person writes them: `fail`, `undetermined`, `strict`, `critical`, `high`, `medium`, `low`,
    /// `regression`, or the id of a control. An unknown word is an error, with what was probably meant.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>, known: &KnownIds) -> Result<Self, String> {
        let mut all = BTreeSet::new();
        for word in words {
            let conditions =
                conditions(word, known).map_err(|(message, hint)| format!("{message} ({hint})"))?;
            all.extend(conditions);
        }
        Ok(Self(all))
    }

    /// Whether anything but a loss against the baseline closes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every condition, in order.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.0.iter()
    }

    /// Whether this condition is among them.
    pub fn holds(&self, condition: &Condition) -> bool {
        self.0.contains(condition)
    }

    /// The least severity that counts as a new failure: the one asked for, else every one.
    pub fn least_severity(&self) -> Severity {
        let asked = self.0.iter().filter_map(|condition| match condition {
            Condition::Severity(severity) => Some(*severity),
            Condition::Fail | Condition::Undetermined | Condition::Control(_) => None,
        });
        asked.max().unwrap_or(Severity::Low)
    }
}

fn conditions(word: &str, known: &KnownIds) -> Result<Vec<Condition>, (String, String)> {
    if let Some(severity) = Severity::ALL.iter().find(|severity| severity.word() == word) {
        return Ok(vec![Condition::Severity(*severity)]);
    }
    Ok(match word {
        "fail" => vec![Condition::Fail],
        "undetermined" => vec![Condition::Undetermined],
        "strict" => FailOn::strict().0.into_iter().collect(),
        "regression" => Vec::new(),
        _ => {
            let control = known.control(word).map_err(|(_, hint)| {
                let message = format!("`{}` is nothing that closes a gate", word.escape_debug());
                let words =
                    "known: fail, undetermined, strict, critical, high, medium, low, regression, CL-01 …";
                let hint = if hint.starts_with("did") { hint } else { words.to_owned() };
                (message, hint)
            })?;
            vec![Condition::Control(control)]
        }
    })
}

pub(super) fn read(table: Table<'_>, known: &KnownIds) -> Option<FailOn> {
    let words = table.texts("fail_on");
    let fail_on = words.map(|words| {
        let mut all = BTreeSet::new();
        if words.is_empty() {
            table.wrong("fail_on", "names nothing", Some("write [regression] for baseline losses alone"));
        }
        for (line, word) in &words {
            match conditions(word, known) {
                Ok(found) => all.extend(found),
                Err((message, hint)) => table.problem(*line, message, Some(hint)),
            }
        }
        FailOn(all)
    });
    table.finish();
    fail_on
}
