//! Every tool call that any record of the period names is in the log, and the rest is explained.

use crate::{
    facts::{Compared, Facts, named_examples},
    model::{Conclusion, Findings, Judgement, Pair, RecordKind},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let Some(compared) = facts.reconciliation() else {
        return Err(facts.no_records("no record names a tool call"));
    };
    let Some(log) = log_of(&compared) else {
        return Err(facts.no_records("session files name tool calls, and no log of them was read"));
    };
    let mut conclusions: Vec<Conclusion> = compared
        .seen
        .pairs
        .iter()
        .filter(|pair| pair.left == log)
        .map(|pair| judge_pair(facts, &compared, pair))
        .collect();
    conclusions.extend(not_comparable(&compared, log));
    conclusions.extend(commits(&compared));
    conclusions.extend(hosts(facts, &compared));
    if conclusions.is_empty() {
        let message = format!(
            "the {} is the only record of these calls: nothing shows whether it is whole",
            log.words()
        );
        conclusions.push(Conclusion::not_applicable(log.words(), message));
    }
    Findings::of(conclusions, "no record names a tool call")
}

/// What is held to be the log: the hook's records, or where there are none, the telemetry.
fn log_of(compared: &Compared<'_>) -> Option<RecordKind> {
    [RecordKind::HookLog, RecordKind::Telemetry]
        .into_iter()
        .find(|kind| compared.seen.populations.iter().any(|one| one.kind == *kind))
}

fn judge_pair(facts: &Facts<'_>, compared: &Compared<'_>, pair: &Pair) -> Conclusion {
    let totals = facts.totals(pair);
    let (log, other) = (pair.left.words(), pair.right.words());
    let subject = format!("{log} against {other}");
    let known = totals.both + totals.right_only.count;
    let sampled = match compared.seen.one_in {
        1 => String::new(),
        one_in => format!(" (one call in {one_in} was compared, chosen by the digest of its id)"),
    };
    let cite = || vec![compared.evidence.clone()];
    let (missing, elsewhere) = (totals.right_only.unexplained, totals.left_only.unexplained);
    if missing > 0 {
        let examples = named_examples(pair, Some(pair.left)).join("; ");
        let message = format!(
            "{missing} of {known} calls that {other} name are not in the {log}, unexplained{sampled} ({}): {examples}",
            totals.right_only.words()
        );
        return Conclusion::fail(subject, cite(), message);
    }
    if elsewhere > 0 {
        let examples = named_examples(pair, Some(pair.right)).join("; ");
        let message = format!(
            "all {known} calls of the {other} are in the {log} or explained, but {elsewhere} calls of the {log} are not in the \
             {other}, unexplained{sampled} ({}): {examples}",
            totals.left_only.words()
        );
        return Conclusion::undetermined(subject, message).citing(cite());
    }
    if compared.seen.one_in > 1 {
        let message =
            format!("no call that was compared is missing, of {known}{sampled}: the rest was not compared");
        return Conclusion::undetermined(subject, message).citing(cite());
    }
    if known == 0 {
        return Conclusion::undetermined(subject, format!("the {other} name no call of the period"));
    }
    let explained = match totals.right_only.count + totals.left_only.count {
        0 => String::new(),
        count => format!(
            "; {count} in one alone, each explained ({})",
            [totals.right_only.words(), totals.left_only.words()]
                .into_iter()
                .filter(|words| !words.is_empty())
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    let message = format!("{} of {known} calls that {other} name are in the {log}{explained}", totals.both);
    Conclusion::pass(subject, compared.evidence.clone(), message)
}

/// Records without an id that would say which call they describe.
fn not_comparable(compared: &Compared<'_>, log: RecordKind) -> Option<Conclusion> {
    let of = |kind: RecordKind| compared.seen.populations.iter().find(|one| one.kind == kind);
    let (here, others) = (of(log)?, [RecordKind::Telemetry, RecordKind::Transcripts]);
    let known: u64 = others.into_iter().filter(|kind| *kind != log).filter_map(of).map(|one| one.calls).sum();
    (here.without_id > 0 && known > 0).then(|| {
        let message = format!(
            "{} of {} records of the {} name no tool-use id and cannot be compared with the {known} calls known elsewhere",
            here.without_id,
            here.records,
            log.words()
        );
        Conclusion::undetermined(format!("{} without ids", log.words()), message)
    })
}

/// Git names no call: it shows only that an agent was at work when nothing was recorded.
fn commits(compared: &Compared<'_>) -> Option<Conclusion> {
    let tie = compared.seen.commits.as_ref().filter(|tie| tie.by_agent > 0)?;
    let subject = "commits that name an agent";
    let found = format!(
        "{} of {} commits that name an agent lie within an hour of a record",
        tie.near_a_record, tie.by_agent
    );
    Some(if tie.near_a_record == tie.by_agent {
        Conclusion::pass(subject, compared.evidence.clone(), found)
    } else {
        let message = format!(
            "{found}; whether the others were made on this host cannot be told from git: {}",
            tie.examples.join("; ")
        );
        Conclusion::not_applicable(subject, message)
    })
}

/// The hosts that the policy lists.
fn hosts(facts: &Facts<'_>, compared: &Compared<'_>) -> Option<Conclusion> {
    let missing = facts.hosts_missing()?;
    let subject = "hosts that the policy lists";
    Some(if missing.is_empty() {
        Conclusion::pass(subject, compared.evidence.clone(), "every listed host was examined")
    } else {
        let shown: Vec<&str> = missing.iter().take(8).map(String::as_str).collect();
        Conclusion::undetermined(
            subject,
            format!("{} listed hosts were not examined here: {}", missing.len(), shown.join(", ")),
        )
    })
}
