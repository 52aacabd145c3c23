//! No commit of the period adds text that has the form of a secret, on any branch.

use crate::{
    facts::{Facts, OpenSecrets},
    model::{Conclusion, Judgement},
};

/// Findings named in the message; the evidence has more.
const NAMED: usize = 3;

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.each_history(|history| {
        let Some(scan) = &history.seen.secrets else {
            let gap = facts.gap_at(&format!("repo:{}/secrets", history.seen.repository));
            return history.unknown(gap.map_or_else(|| "the history was not scanned".to_owned(), |gap| gap.sentence()));
        };
        let OpenSecrets { open, allowed, expired } = facts.open_secrets(scan);
        let mut beside = String::new();
        if allowed > 0 {
            beside.push_str(&format!("; {allowed} accepted by the policy"));
        }
        if expired > 0 {
            beside.push_str(&format!("; {expired} entries of the policy's allow-list have expired"));
        }
        if !open.is_empty() {
            let named: Vec<String> = open
                .iter()
                .take(NAMED)
                .map(|hit| format!("{} at {}:{} in {}", hit.class, hit.path, hit.line, &hit.commit.as_str()[..12]))
                .collect();
            let more = if open.len() > NAMED { ", …" } else { "" };
            let message = format!("{} secrets were added: {}{more}{beside}", open.len(), named.join(", "));
            let evidence = open.iter().take(20).map(|hit| {
                history.evidence.at(format!("{} {}:{}", hit.fingerprint.short(), hit.path, hit.line))
            });
            return Conclusion::fail(&history.subject, evidence.collect(), message);
        }
        if !scan.incomplete.is_empty() {
            return history.unknown(format!("not everything was scanned: {}{beside}", scan.incomplete.join("; ")));
        }
        if scan.commits_in_period == 0 {
            return history.unknown("no commit of the period was found on any branch");
        }
        let message = format!(
            "0 secrets in {} files that {} commits added; {} binary; {} submodules were not followed{beside}",
            scan.blobs_scanned, scan.commits_in_period, scan.binary_blobs, scan.submodules
        );
        Conclusion::pass(&history.subject, history.evidence.clone(), message)
    })
}
