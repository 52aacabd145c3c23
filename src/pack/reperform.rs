//! Judges a pack's inputs again and compares every result with the one recorded.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};

use serde::Serialize;
use serde_json::Value;

use super::{
    manifest::{JSON, Manifest},
    name::shown,
    read,
    verify::verify,
    write::{ASSESSMENT, CATALOG, POLICY, SNAPSHOT},
};
use crate::{
    model::{Assessment, Snapshot},
    render,
};

/// The largest input that is read back: several times what a large fleet host gives.
const MAX_INPUT: u64 = 1 << 30;

/// How many differences are listed; the count is of all.
const MAX_LISTED: usize = 1_000;

/// The three inputs as they lie in the pack.
#[derive(Clone, Debug)]
pub struct PackInputs {
    pub snapshot: Snapshot,
    /// Path below `controls/` and text.
    pub catalog: BTreeMap<String, String>,
    pub policy: String,
}

/// What judging again led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reperformance {
    /// Byte for byte the recorded assessment.
    Same,
    /// What differs, sorted; never empty.
    Differs(Vec<Difference>),
    /// Why the two cannot be compared: the pack does not verify, or another program made it.
    NotComparable(String),
}

/// One value that came out otherwise. Nothing stands for a thing that is not there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// `finding 0a1b… (bypass_mode_locked_off, user dev): verdict`.
    pub what: String,
    pub recorded: String,
    pub now: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: recorded {}, now {}", self.what, self.recorded, self.now)
    }
}

/// Judges the pack's inputs again with `evaluate`, which reads catalogue and policy from their texts and returns the
/// assessment, or says why it cannot. Needs nothing outside the folder.
pub fn reperform(
    folder: &Path,
    evaluate: impl FnOnce(&PackInputs) -> Result<Assessment, String>,
) -> Reperformance {
    match compare(folder, evaluate) {
        Ok(outcome) => outcome,
        Err(why) => Reperformance::NotComparable(why),
    }
}

/// The three inputs of a pack that verifies.
pub fn inputs(folder: &Path) -> Result<PackInputs, String> {
    let manifest = read::small(folder, JSON).and_then(|bytes| Manifest::parse(&bytes))?;
    let text = |name: &str| {
        let bytes = read::bounded(folder, name, MAX_INPUT).map_err(|why| format!("{name}: {why}"))?;
        String::from_utf8(bytes).map_err(|_| format!("{name} is not text"))
    };
    let mut catalog = BTreeMap::new();
    for entry in &manifest.files {
        let below = entry.name.as_str().strip_prefix(CATALOG).and_then(|rest| rest.strip_prefix('/'));
        if let Some(below) = below {
            catalog.insert(below.to_owned(), text(entry.name.as_str())?);
        }
    }
    let snapshot = Snapshot::parse(&text(SNAPSHOT)?).map_err(|why| format!("{SNAPSHOT}: {why}"))?;
    Ok(PackInputs { snapshot, catalog, policy: text(POLICY)? })
}

fn compare(
    folder: &Path,
    evaluate: impl FnOnce(&PackInputs) -> Result<Assessment, String>,
) -> Result<Reperformance, String> {
    let verification = verify(folder);
    if !verification.holds() {
        return Err(format!("the pack does not verify\n{}", verification.to_string().trim_end()));
    }
    let inputs = inputs(folder)?;
    let recorded_text =
        read::bounded(folder, ASSESSMENT, MAX_INPUT).map_err(|why| format!("{ASSESSMENT}: {why}"))?;
    let recorded_text = String::from_utf8(recorded_text).map_err(|_| format!("{ASSESSMENT} is not text"))?;
    let recorded = Assessment::parse(&recorded_text).map_err(|why| format!("{ASSESSMENT}: {why}"))?;
    let now = evaluate(&inputs)?;
    // Another program may rightly judge otherwise, so a difference would say nothing about the pack.
    if recorded.tool != now.tool || recorded.client_contract != now.client_contract {
        return Err(format!(
            "the pack was made by {} {} for client {}; judge it again with that program (this is {} {} for client {})",
            shown(&recorded.tool.name),
            shown(&recorded.tool.version),
            shown(&recorded.client_contract),
            now.tool.name,
            now.tool.version,
            now.client_contract
        ));
    }
    if render::json::render(&now) == recorded_text {
        return Ok(Reperformance::Same);
    }
    let mut differences = differences(&recorded, &now);
    if differences.is_empty() {
        let what = format!("{ASSESSMENT}: spelling of the file");
        let (recorded, now) = ("as it lies in the pack".to_owned(), "as this program writes it".to_owned());
        differences.push(Difference { what, recorded, now });
    }
    Ok(Reperformance::Differs(differences))
}

fn differences(recorded: &Assessment, now: &Assessment) -> Vec<Difference> {
    let mut list = List::default();
    list.keyed("finding", &recorded.findings, &now.findings, |finding| {
        format!("{} ({}, {})", finding.fingerprint, finding.check, shown(&finding.subject))
    });
    let controls = |assessment: &Assessment| assessment.all_controls().cloned().collect::<Vec<_>>();
    list.keyed("control", &controls(recorded), &controls(now), |control| control.id.to_string());
    list.keyed("requirement", &recorded.requirements, &now.requirements, |row| {
        format!("{} {}", row.framework, row.id)
    });
    list.keyed("gap", &recorded.gaps, &now.gaps, |gap| {
        format!("{} ({})", shown(&gap.source), gap.reason.word())
    });
    list.fields("run", &json(&recorded.run), &json(&now.run));
    list.fields("inputs", &json(&recorded.inputs), &json(&now.inputs));
    list.fields("counts", &json(&recorded.counts), &json(&now.counts));
    let order = |assessment: &Assessment| {
        let ids = assessment.all_controls().map(|control| control.id.to_string());
        ids.chain(assessment.findings.iter().map(|finding| finding.fingerprint.to_string()))
            .collect::<Vec<_>>()
    };
    if list.0.is_empty() && order(recorded) != order(now) {
        list.add("order of the results", "another".to_owned(), "this program's".to_owned());
    }
    list.0.sort();
    list.0.truncate(MAX_LISTED);
    list.0
}

fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("our own types always serialise")
}

#[derive(Default)]
struct List(Vec<Difference>);

impl List {
    fn add(&mut self, what: impl Into<String>, recorded: String, now: String) {
        self.0.push(Difference { what: what.into(), recorded, now });
    }

    /// Compares two lists by a key; several values under one key are compared together.
    fn keyed<T: Serialize>(&mut self, kind: &str, recorded: &[T], now: &[T], key: impl Fn(&T) -> String) {
        let group = |items: &[T]| {
            let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
            for item in items {
                groups.entry(key(item)).or_default().push(json(item));
            }
            groups
        };
        let (recorded, now) = (group(recorded), group(now));
        for name in recorded.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
            let what = format!("{kind} {name}");
            match (recorded.get(name).map(Vec::as_slice), now.get(name).map(Vec::as_slice)) {
                (Some([a]), Some([b])) => self.fields(&what, a, b),
                (a, b) if a != b => {
                    let count = |found: Option<&[Value]>| match found.map_or(0, <[Value]>::len) {
                        0 => "not there".to_owned(),
                        1 => "there".to_owned(),
                        n => format!("there {n} times"),
                    };
                    self.add(what, count(a), count(b));
                }
                _ => {}
            }
        }
    }

    /// Compares two objects field by field.
    fn fields(&mut self, what: &str, recorded: &Value, now: &Value) {
        let (Value::Object(a), Value::Object(b)) = (recorded, now) else { return };
        for field in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
            let (a, b) = (a.get(field), b.get(field));
            if a != b {
                let text = |value: Option<&Value>| {
                    value.map_or("nothing".to_owned(), |value| shown(&value.to_string()))
                };
                self.add(format!("{what}: {field}"), text(a), text(b));
            }
        }
    }
}
