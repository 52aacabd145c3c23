//! The audit log reaches to the end of the period without a hole on a day with activity, and holds no future time.

use jiff::civil::Date;

use crate::{
    facts::{Facts, Records, day_of, named_days, weekdays},
    model::{Conclusion, Evidence, Findings, Judgement},
};

/// Working days that the newest record may lie behind the end; a weekend between does not count.
const ALLOWED: usize = 1;
/// More working days than a free week explains.
const PLAUSIBLE: usize = 5;
/// Following working days without a record that need an explanation where the log is otherwise kept daily.
const SILENCE: usize = 10;

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let logs = facts.logs();
    let mut conclusions: Vec<Conclusion> = logs.iter().map(|records| current(facts, records)).collect();
    for (source, folder, evidence) in facts.directories() {
        let is_log_folder = source.ends_with("log/claude-code") || source.ends_with("ClaudeCode/Logs");
        if is_log_folder && !logs.iter().any(|records| records.source == source) {
            conclusions.push(empty_folder(source, folder.entries.len(), evidence));
        }
    }
    if conclusions.is_empty() {
        return Err(facts.no_records("no audit log was read"));
    }
    Findings::of(conclusions, "no audit log was read")
}

fn empty_folder(source: &str, entries: usize, evidence: Evidence) -> Conclusion {
    let message = if entries == 0 {
        "the folder is there and empty: no record was written".to_owned()
    } else {
        format!("none of the {entries} entries of the folder is a log of tool calls")
    };
    Conclusion::fail(format!("logs in {source}"), vec![evidence], message)
}

fn current(facts: &Facts<'_>, records: &Records<'_>) -> Conclusion {
    let subject = &*records.subject;
    let summary = &records.seen.summary;
    let cite = || vec![records.evidence.clone()];
    let sources: Vec<_> = summary.sources.iter().filter(|source| source.records.read > 0).collect();
    let Some(last) = sources.iter().filter_map(|source| source.last).max() else {
        let empty: Vec<&str> = summary
            .sources
            .iter()
            .filter(|source| source.records.there == 0)
            .map(|source| source.path.as_str())
            .collect();
        if let (true, Some(gap)) = (empty.is_empty(), records.blind) {
            return Conclusion::undetermined(
                subject,
                format!("the log could not be read: {}", gap.sentence()),
            );
        }
        let message = if empty.is_empty() {
            "no record with a readable time was found".to_owned()
        } else {
            format!("empty file: no record in {}", empty.join(", "))
        };
        return Conclusion::fail(subject, cite(), message);
    };
    let future: u64 = sources.iter().map(|source| source.order.in_future).sum();
    if future > 0 {
        let message = format!(
            "{future} of {} records are later than {}, the time of this test",
            summary.records.read,
            facts.as_of()
        );
        return Conclusion::fail(subject, cite(), message);
    }
    let horizon = facts.horizon();
    if horizon < facts.period().start {
        return Conclusion::undetermined(subject, "the period has not begun");
    }
    let days = records.days();
    let Some(first) = days.first().copied() else {
        return Conclusion::fail(
            subject,
            cite(),
            format!("no record lies in the period; the newest is of {}", day_of(last)),
        );
    };
    // The end of a period lies outside it: the last day is the one before.
    let end = day_of(horizon.saturating_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(horizon));
    let known = facts.days_with_sessions();
    let silent = day_of(last).tomorrow().map_or_else(|_| Vec::new(), |next| weekdays(next, end));
    if silent.len() > ALLOWED {
        let message =
            format!("the newest record is of {last}: {} working days without one until {end}", silent.len());
        if silent.len() > PLAUSIBLE || known.iter().any(|day| *day > day_of(last) && *day <= end) {
            return Conclusion::fail(subject, cite(), message);
        }
        return Conclusion::undetermined(
            subject,
            format!("{message}; nothing shows whether anybody worked then"),
        );
    }
    let holes: Vec<Date> = known.iter().filter(|day| **day <= end && !days.contains(day)).copied().collect();
    if !holes.is_empty() {
        let message = format!(
            "no record on {} of {} days with tool calls in session files: {}",
            holes.len(),
            known.len(),
            named_days(&holes)
        );
        return Conclusion::fail(subject, cite(), message);
    }
    if let Some(gap) = records.blind {
        return Conclusion::undetermined(
            subject,
            format!("not every record could be read: {}", gap.sentence()),
        );
    }
    if let Some(why) = facts.sessions_unseen() {
        return Conclusion::undetermined(subject, why);
    }
    let working = weekdays(first, day_of(last).min(end));
    let silence = longest_silence(&working, |day| days.contains(&day));
    let kept = working.iter().filter(|day| days.contains(day)).count();
    if silence.len() >= SILENCE && kept * 10 >= (working.len() - silence.len()) * 6 {
        let message = format!(
            "no record on {} following working days, {} to {}, while there are records on {kept} of the other {}; \
             nothing shows whether anybody worked then",
            silence.len(),
            silence[0],
            silence[silence.len() - 1],
            working.len() - silence.len()
        );
        return Conclusion::undetermined(subject, message);
    }
    let compared = if known.is_empty() {
        "no session file shows activity to compare with".to_owned()
    } else {
        format!("all {} days with tool calls in session files have records", known.len())
    };
    let message = format!(
        "records on {kept} of {} working days from {first} to {last}; longest silence {} working days; {compared}",
        working.len(),
        silence.len()
    );
    Conclusion::pass(subject, records.evidence.clone(), message)
}

fn longest_silence(days: &[Date], has_record: impl Fn(Date) -> bool) -> Vec<Date> {
    let mut longest: &[Date] = &[];
    for run in days.split(|day| has_record(*day)) {
        if run.len() > longest.len() {
            longest = run;
        }
    }
    longest.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_longest_silence_is_found() {
        let days = weekdays(date(2026, 7, 1), date(2026, 7, 10));
        let silent = longest_silence(&days, |day| day == date(2026, 7, 2));
        assert_eq!((silent[0], silent.len()), (date(2026, 7, 3), 6));
    }
}
