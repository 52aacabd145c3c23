//! The change population on a terminal.

use super::visible::visible;
use crate::{
    model::{
        change::Change,
        change_set::{ChangeSet, FileTouched},
        history::{Acceptance, JudgedScan},
        sample::Sample,
    },
    report::changes::{completeness, sample_says, secrets_say, strata},
};

/// The most rows shown; the tables have all of them.
const MAX_ROWS: usize = 40;

/// Counts, strata, completeness and the newest changes of each population.
pub fn render(reports: &[ChangeSet], samples: &[Sample]) -> String {
    let mut text = String::new();
    for (index, report) in reports.iter().enumerate() {
        one(report, samples.get(index), &mut text);
    }
    text
}

/// What the scans found, without the secrets.
pub fn secrets(scans: &[JudgedScan]) -> String {
    let mut text = String::new();
    let mut line = |content: String| {
        text.push_str(&visible(&content));
        text.push('\n');
    };
    for scan in scans {
        line(secrets_say(scan));
        let new = || scan.secrets.iter().filter(|secret| secret.found.new_in_commit);
        for secret in new().take(MAX_ROWS) {
            let found = &secret.found;
            let accepted = match &secret.acceptance {
                Acceptance::Open => String::new(),
                Acceptance::Accepted { expires, .. } => format!("  accepted until {expires}"),
                Acceptance::Expired { expires, .. } => format!("  acceptance ended {expires}"),
            };
            line(format!(
                "  {} {}  {} {}:{}{}{accepted}",
                found.fingerprint.short(),
                &found.commit.as_str()[..10],
                found.class,
                found.path,
                found.line,
                if found.at_tip { "" } else { "  (in history only)" },
            ));
        }
        if new().count() > MAX_ROWS {
            line(format!("  … and {} more (--out)", new().count() - MAX_ROWS));
        }
        line(String::new());
    }
    text
}

/// The files that changed, by path.
pub fn files(of: &[(String, Vec<FileTouched>)]) -> String {
    let mut text = String::new();
    let mut line = |content: String| {
        text.push_str(&visible(&content));
        text.push('\n');
    };
    for (repository, files) in of {
        line(format!("{repository}: {} files changed in the period", files.len()));
        for file in files.iter().take(MAX_ROWS) {
            let gone = if file.present { "" } else { "  (removed)" };
            line(format!("  {} {:4}  {}{gone}", file.last, file.changes, file.path));
        }
        if files.len() > MAX_ROWS {
            line(format!("  … and {} more (--out)", files.len() - MAX_ROWS));
        }
        line(String::new());
    }
    text
}

fn one(report: &ChangeSet, sample: Option<&Sample>, text: &mut String) {
    let of = &report.population;
    let mut line = |content: String| {
        text.push_str(&visible(&content));
        text.push('\n');
    };
    line(format!("{}  {}  [{}, {})", of.repository, of.branch, of.period.start, of.period.end));
    line(format!("  tip         {}", of.tip));
    line(format!("  landings    {} on the branch, {} in the period", of.rows_raw, of.rows_after_filters));
    let counted = of
        .tie_out
        .count
        .map_or_else(|| format!("not counted: {}", of.tie_out.explanation), |count| count.to_string());
    line(format!("  tie-out     {counted} ({})", of.tie_out.source));
    line(format!("  count with  {} | wc -l", of.query));
    line(format!("  complete    {}", completeness(report)));
    let mut state = Vec::new();
    if !of.history.alternates.is_empty() {
        state.push(format!("borrows objects from {}", of.history.alternates.join(", ")));
    }
    if !of.anomalies.is_empty() {
        let hidden = of.anomalies.iter().filter(|found| found.between_period_landings).count();
        state.push(format!(
            "{} landings with odd times ({} in the period; {hidden} outside it by their own claim, but between landings inside)",
            of.anomalies.len(),
            of.anomalies.iter().filter(|found| found.in_period).count()
        ));
    }
    for reason in state.into_iter().chain(report.signatures_unverified.iter().cloned()) {
        line(format!("  note        {reason}"));
    }
    if let Some(forge) = &report.forge {
        line(format!(
            "  forge       {} pull requests merged in the period, {} found among the landings; {} landings of no pull request",
            forge.merged_in_period, forge.matched, forge.landings_without_pull_request
        ));
    } else {
        line("  forge       no export was given, so approval is not tested (--forge FILE)".to_owned());
    }
    if let Some(sample) = sample {
        line(format!("  {}", sample_says(sample)));
    }
    line(String::new());
    line(format!(
        "  {:28}{:>8}{:>8}{:>8}{:>14}",
        "approved by someone else", "changes", "pass", "fail", "undetermined"
    ));
    for stratum in strata(report) {
        line(format!(
            "  {:28}{:>8}{:>8}{:>8}{:>14}",
            stratum.name, stratum.changes, stratum.pass, stratum.fail, stratum.undetermined
        ));
    }
    line(String::new());
    for change in of.changes.iter().take(MAX_ROWS) {
        line(format!("  {}", row(change)));
    }
    if of.changes.len() > MAX_ROWS {
        line(format!("  … and {} more (--format csv)", of.changes.len() - MAX_ROWS));
    }
    line(String::new());
}

fn row(change: &Change) -> String {
    let cut = |text: &str, width: usize| {
        let mut short: String = text.chars().take(width).collect();
        if short.len() < text.len() {
            short.pop();
            short.push('…');
        }
        format!("{short:width$}")
    };
    let topology = format!("{:?}", change.topology).to_lowercase();
    let mark = |set: bool, letter: char| if set { letter } else { '-' };
    let marks: String = [
        mark(change.ai_coauthor.is_some(), 'a'),
        mark(change.is_bot, 'b'),
        mark(!change.touches_controls.is_empty(), 'c'),
        mark(change.is_emergency, 'e'),
        mark(change.is_revert, 'r'),
    ]
    .iter()
    .collect();
    format!(
        "{} {} {topology:8}{marks} {} {}",
        &change.commit.as_str()[..10],
        cut(&change.committer_time.to_string(), 25),
        cut(&change.author.name, 18),
        cut(&change.subject, 60).trim_end()
    )
}
