//! The records that logging hooks wrote when they were run: whole, one a call, and with what a record must say.

use serde_json::Value;

use super::{Facts, Purpose, RegisteredHook, Session};
use crate::model::{Aim, CanaryRun, Conclusion, End, Evidence, HookRun, Isolation, PROBE_SESSION};

/// What one logging hook's records came to.
pub struct ProbeRecords {
    pub evidence: Evidence,
    /// Calls that left exactly one whole and complete record.
    pub good: usize,
    pub tried: usize,
    /// What is wrong, each with the call that shows it.
    pub faults: Vec<String>,
    /// Why some calls could not be judged.
    pub unsure: Option<String>,
    pub how: String,
}

/// Keys under which records name what they must name.
const TIMES: &[&str] =
    &["time", "timestamp", "ts", "@timestamp", "at", "datetime", "date", "event_time", "eventtime"];
const USERS: &[&str] = &[
    "user",
    "username",
    "user_name",
    "os_user",
    "actor",
    "principal",
    "login",
    "uid",
    "user_id",
    "account",
    "who",
    "email",
    "user_email",
];
const OUTCOMES: &[&str] =
    &["outcome", "status", "result", "success", "ok", "exit_code", "event", "event_type", "decision"];
/// Values that name nobody.
const NOBODY: &[&str] = &["", "unknown", "null", "none", "n/a", "-", "undefined", "user"];

impl Facts<'_> {
    /// That a hook was not run, with the reason where running it was asked for.
    pub fn not_run(&self) -> String {
        match self.gaps().iter().find(|gap| gap.source == "probe") {
            Some(gap) => format!("it was not run ({})", gap.detail),
            None => "it was not run".to_owned(),
        }
    }

    /// What running the session's logging hooks of an event showed, hook by hook; empty where none was run.
    pub fn probe_records(&self, session: &Session<'_>, event: &str) -> Vec<ProbeRecords> {
        let loggers =
            self.hooks_in_force(session, Purpose::Logger).into_iter().filter(|hook| hook.hook.event == event);
        loggers
            .filter_map(|hook| {
                let (run, evidence) = self.run_of(session, &hook, "tool_records")?;
                Some(judge(run, evidence))
            })
            .collect()
    }
}

fn judge(run: &HookRun, evidence: Evidence) -> ProbeRecords {
    let mut records = ProbeRecords {
        evidence,
        good: 0,
        tried: 0,
        faults: Vec::new(),
        unsure: None,
        how: format!("run in {}", run.isolation.words()),
    };
    let file = primary(run);
    for one in run.runs.iter().filter(|one| one.aim == Aim::Record) {
        records.tried += 1;
        if matches!(one.end, End::ProbeLimit | End::NotStarted) {
            records.unsure = Some(format!("{}: {}", one.tries, one.stderr.trim()));
            continue;
        }
        let faults = match &file {
            Some(file) => faults(one, file),
            None if run.isolation != Isolation::Bubblewrap => {
                records.unsure = Some(out_of_reach(run));
                continue;
            }
            None => vec!["nothing was written".to_owned()],
        };
        if faults.is_empty() {
            records.good += 1;
        } else {
            for fault in faults {
                if records.faults.iter().all(|known| !known.starts_with(&fault)) {
                    records.faults.push(format!("{fault} ({}: {})", one.canary, one.tries));
                }
            }
        }
    }
    if let (Some(file), Some(failure)) = (&file, run.runs.iter().find(|one| one.canary == "failing-call")) {
        // A failing call must not be written down as a success.
        let says = |line: &&str| serde_json::from_str(line).is_ok_and(|record| any(&record, &is_success, 0));
        if lines(failure, file).iter().any(says) {
            records.faults.push("a failing call is recorded as a success".to_owned());
            records.good = records.good.saturating_sub(1);
        }
    }
    records
}

/// A log outside of the scratch folders cannot be written without a mount namespace, and shows nothing.
fn out_of_reach(run: &HookRun) -> String {
    format!("run in {}, where a log outside of the home is out of the hook's reach", run.isolation.words())
}

impl Facts<'_> {
    /// Whether running the hooks of an event left, for each editing tool, one JSON line that names the file.
    pub fn file_changes_probed(
        &self,
        session: &Session<'_>,
        hooks: &[&RegisteredHook<'_>],
        tools: &[&str],
    ) -> Option<Conclusion> {
        let runs: Vec<_> =
            hooks.iter().filter_map(|hook| self.run_of(session, hook, "tool_records")).collect();
        let (first, evidence) = runs.first()?;
        let wrote = |run: &HookRun| run.runs.iter().any(|one| !one.wrote.is_empty());
        if first.isolation != Isolation::Bubblewrap && !runs.iter().any(|(run, _)| wrote(run)) {
            return Some(Conclusion::undetermined(&*session.subject, out_of_reach(first)));
        }
        let (mut tried, mut faults) = (0, Vec::new());
        for tool in tools {
            let calls = |run: &'_ HookRun| -> Vec<CanaryRun> {
                run.runs
                    .iter()
                    .filter(|one| one.tool == *tool && !one.canary.starts_with("forged"))
                    .cloned()
                    .collect()
            };
            let all: Vec<CanaryRun> = runs.iter().flat_map(|(run, _)| calls(run)).collect();
            if let Some(one) = all.iter().find(|one| matches!(one.end, End::ProbeLimit | End::NotStarted)) {
                let message =
                    format!("the file-change hook could not be judged: {}: {}", one.tries, one.stderr.trim());
                return Some(Conclusion::undetermined(&*session.subject, message));
            }
            tried += 1;
            let named = |one: &CanaryRun| {
                let input: Value = serde_json::from_str(&one.input).unwrap_or_default();
                let path = input["file_path"].as_str().or(input["notebook_path"].as_str()).map(str::to_owned);
                one.wrote.iter().any(|wrote| {
                    wrote.whole == 1
                        && wrote.lines.len() == 1
                        && path.as_deref().is_some_and(|path| wrote.lines[0].contains(path))
                })
            };
            if !all.iter().any(named) {
                faults.push(format!("a call of {tool} left no single JSON line that names the file"));
            }
        }
        let how = format!("run in {}", first.isolation.words());
        Some(if faults.is_empty() && tried > 0 {
            let message =
                format!("a call of each of {} left one line that names the file; {how}", tools.join(", "));
            Conclusion::pass(&*session.subject, evidence.clone(), message)
        } else {
            let evidence = runs.iter().map(|(_, evidence)| evidence.clone()).collect();
            Conclusion::fail(&*session.subject, evidence, format!("{}; {how}", faults.join("; ")))
        })
    }
}

/// The file that most calls wrote to.
fn primary(run: &HookRun) -> Option<String> {
    let mut files: Vec<&str> =
        run.runs.iter().flat_map(|one| one.wrote.iter().map(|file| file.file.as_str())).collect();
    files.sort_unstable();
    let mut best: Option<(usize, &str)> = None;
    for group in files.chunk_by(|a, b| a == b) {
        if best.is_none_or(|(count, _)| group.len() > count) {
            best = Some((group.len(), group[0]));
        }
    }
    best.map(|(_, file)| file.to_owned())
}

/// Whether a key and its value say that a call went well.
fn is_success(key: &str, value: &Value) -> bool {
    match (key, value) {
        ("success" | "ok", Value::Bool(good)) => *good,
        ("exit_code", Value::Number(code)) => code.as_i64() == Some(0),
        ("outcome" | "status" | "result", Value::String(word)) => {
            ["success", "succeeded", "ok", "passed", "completed"].contains(&word.to_lowercase().as_str())
        }
        _ => false,
    }
}

fn lines<'r>(one: &'r CanaryRun, file: &str) -> Vec<&'r str> {
    one.wrote
        .iter()
        .filter(|wrote| wrote.file == file)
        .flat_map(|wrote| wrote.lines.iter().map(String::as_str))
        .collect()
}

fn faults(one: &CanaryRun, file: &str) -> Vec<String> {
    let Some(wrote) = one.wrote.iter().find(|wrote| wrote.file == file) else {
        return vec![format!("no record in {file}")];
    };
    let wanted = if one.canary == "twenty-at-once" { 20 } else { 1 };
    let mut faults = Vec::new();
    if wrote.whole != wanted || (wrote.lines.len() != wanted && !wrote.cut) {
        let found = wrote.lines.len();
        faults.push(match (wanted, wrote.whole) {
            (1, 0) => format!("the record is {found} lines and none of them is JSON"),
            (1, whole) => format!("one call left {found} lines, {whole} of them JSON"),
            (_, whole) => format!("twenty calls at once left {whole} whole records in {found} lines"),
        });
    }
    let text = wrote.lines.join("\n");
    let squeezed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if squeezed.contains("\"user\":\"unknown\"") {
        faults.push("the user is \"unknown\"".to_owned());
    }
    // A line that was cut cannot be read any more; the other calls show what a record holds.
    if wrote.cut || wrote.whole == 0 {
        return faults;
    }
    for line in &wrote.lines {
        let Ok(record) = serde_json::from_str::<Value>(line) else { continue };
        if !any(&record, &|key, value| TIMES.contains(&key) && value.as_str() == Some("<time>"), 0) {
            let other = ["<time without zone>", "<number of now>", "<other time>"]
                .iter()
                .find(|word| line.contains(**word));
            faults.push(match other {
                Some(word) => format!("the time is no RFC 3339 time with a zone: {word}"),
                None => "no time".to_owned(),
            });
        }
        let names = |value: &Value| match value {
            Value::String(text) => {
                !NOBODY.contains(&text.trim().to_lowercase().as_str()) && !text.starts_with('$')
            }
            Value::Number(_) => true,
            _ => false,
        };
        if !any(&record, &|key, value| USERS.contains(&key) && names(value), 0)
            && !faults.iter().any(|fault| fault.starts_with("the user is"))
        {
            faults.push("no user".to_owned());
        }
        if any(&record, &|key, value| key == "user" && !names(value), 0)
            && !faults.iter().any(|fault| fault.contains("user"))
        {
            faults.push("the user is empty or \"unknown\"".to_owned());
        }
        if !any(&record, &|_, value| value.as_str() == Some(&one.tool), 0) {
            faults.push("no name of the tool".to_owned());
        }
        if !any(&record, &|_, value| value.as_str().is_some_and(|text| text.contains(PROBE_SESSION)), 0) {
            faults.push("no session".to_owned());
        }
        let says = |value: &Value| !value.is_null() && value.as_str() != Some("");
        if !any(&record, &|key, value| OUTCOMES.contains(&key) && says(value), 0) {
            faults.push("no outcome".to_owned());
        }
    }
    faults.dedup();
    faults
}

fn any(value: &Value, wanted: &dyn Fn(&str, &Value) -> bool, depth: usize) -> bool {
    if depth > 8 {
        return false;
    }
    match value {
        Value::Object(keys) => {
            keys.iter().any(|(key, item)| wanted(&key.to_lowercase(), item) || any(item, wanted, depth + 1))
        }
        Value::Array(items) => items.iter().any(|item| any(item, wanted, depth + 1)),
        _ => false,
    }
}
