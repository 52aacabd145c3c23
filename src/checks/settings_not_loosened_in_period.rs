//! No version of a settings file on the protected branch took out a deny rule, a hook or a lock, or set the bypass mode.

use crate::{
    facts::Facts,
    model::{Conclusion, Judgement, Verdict, drift::Stretch},
};

/// Stretches cited of one repository; the table has all of them.
const CITED: usize = 20;

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.each_history(|history| {
        let stretches = history.stretches();
        let with = |verdict| -> Vec<&Stretch> {
            stretches.iter().filter(|stretch| stretch.verdict == verdict).collect()
        };
        let (loosened, unread) = (with(Verdict::Fail), with(Verdict::Undetermined));
        if let Some(first) = loosened.first() {
            let from = first.from.map_or_else(|| "the start of the period".to_owned(), |at| at.to_string());
            let to = first.to.map_or_else(|| "its end".to_owned(), |at| at.to_string());
            let message = format!(
                "looser than before in {} stretches; the first: {} from {from} to {to}: {}: {} ({} by {})",
                loosened.len(),
                first.path,
                first.requirement.words(),
                first.observed,
                &first.commit.as_str()[..12],
                first.author.email,
            );
            let cite = |stretch: &&Stretch| {
                history.evidence.at(format!("{} {}", &stretch.commit.as_str()[..12], stretch.path))
            };
            let evidence = loosened.iter().take(CITED).map(cite).collect();
            return Conclusion::fail(&history.subject, evidence, message);
        }
        if let Some(first) = unread.first() {
            return history.unknown(format!("{}: {}", first.path, first.observed));
        }
        if history.seen.settings_left_out > 0 {
            return history.unknown(format!("{} versions were not kept", history.seen.settings_left_out));
        }
        let hidden =
            history.set.population.anomalies.iter().filter(|odd| odd.between_period_landings).count();
        let gaps = history.set.population.gaps.len();
        if hidden + gaps > 0 {
            let why = "changes landed that claim a time outside the period or could not be read";
            return history.unknown(format!("{} {why}", hidden + gaps));
        }
        if history.seen.settings.is_empty() {
            let why = "the branch holds no settings file and none landed in the period";
            return Conclusion::not_applicable(&history.subject, why);
        }
        let message = format!(
            "{} versions of settings files stood in the period, and none was looser than one before it",
            history.seen.settings.len()
        );
        history.passes(message)
    })
}
