//! No commit of the period adds text that has the form of a secret, on any branch.

use crate::{
    facts::Facts,
    model::{
        Conclusion, Judgement,
        history::{Acceptance, SecretInHistory},
    },
};

/// Findings named in the message, and findings cited; the table has all of them.
const NAMED: usize = 3;
const CITED: usize = 20;

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.each_history(|history| {
        let Some(scan) = &history.seen.secrets else {
            let gap = facts.gap_at(&format!("repo:{}/secrets", history.seen.repository));
            let why = gap.map_or_else(|| "the history was not scanned".to_owned(), |gap| gap.sentence());
            return history.unknown(why);
        };
        let judged = facts.judged_secrets(scan);
        let mut open: Vec<&SecretInHistory> = Vec::new();
        let (mut accepted, mut expired) = (0, 0);
        for secret in judged.secrets.iter().filter(|secret| secret.found.new_in_commit) {
            match secret.acceptance {
                Acceptance::Accepted { .. } => accepted += 1,
                Acceptance::Expired { .. } => {
                    expired += 1;
                    open.push(&secret.found);
                }
                Acceptance::Open => open.push(&secret.found),
            }
        }
        let mut beside = String::new();
        if accepted > 0 {
            beside.push_str(&format!("; {accepted} more are accepted by the policy"));
        }
        if expired > 0 {
            beside.push_str(&format!("; the policy's acceptance of {expired} has expired"));
        }
        if !open.is_empty() {
            let place = |hit: &&SecretInHistory| {
                format!("{} at {}:{} in {}", hit.class, hit.path, hit.line, &hit.commit.as_str()[..12])
            };
            let named: Vec<String> = open.iter().take(NAMED).map(place).collect();
            let more = if open.len() > NAMED { ", …" } else { "" };
            let message = format!("{} secrets were added: {}{more}{beside}", open.len(), named.join(", "));
            let cite = |hit: &&SecretInHistory| {
                history.evidence.at(format!("{} {}:{}", hit.fingerprint.short(), hit.path, hit.line))
            };
            let evidence = open.iter().take(CITED).map(cite).collect();
            return Conclusion::fail(&history.subject, evidence, message);
        }
        if !scan.incomplete.is_empty() {
            return history.unknown(format!("not everything was scanned: {}{beside}", scan.incomplete.join("; ")));
        }
        if scan.commits_in_period == 0 {
            return history.unknown("no commit of the period was found on any branch");
        }
        let message = format!(
            "0 secrets in {} files that {} commits added ({} of them binary); {} submodules were not followed{beside}",
            scan.blobs_scanned, scan.commits_in_period, scan.binary_blobs, scan.submodules
        );
        Conclusion::pass(&history.subject, history.evidence.clone(), message)
    })
}
