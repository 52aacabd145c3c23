//! What a forge shows beside the lines of a change: each finding that is not a pass, at its place where there is one.

use super::{
    Annotation,
    build::{Context, reading_order},
};
use crate::model::{Finding, Verdict};

impl Context<'_> {
    pub(super) fn annotations(&self) -> Vec<Annotation> {
        let single = match self.snapshot.scope.repositories.as_slice() {
            [only] => Some(format!("repo:{only}/")),
            _ => None,
        };
        let mut shown: Vec<&Finding> = self
            .assessment
            .findings
            .iter()
            .filter(|finding| matches!(finding.verdict, Verdict::Fail | Verdict::Undetermined))
            .collect();
        shown.sort_by(|a, b| reading_order(a).cmp(&reading_order(b)));
        let annotation = |finding: &Finding| {
            let row = self.finding(finding);
            let place = finding.evidence.iter().find_map(|evidence| {
                let file = evidence.source.strip_prefix(single.as_deref()?)?;
                Some((file.to_owned(), evidence.locator.as_deref().and_then(line)))
            });
            let (file, line) = place.unwrap_or_default();
            let mut message = format!("{}: {}", row.subject, row.message);
            if !row.fix.is_empty() {
                message.push_str(&format!("\nFix: {}", row.fix));
            }
            if file.is_empty() && !row.evidence.is_empty() {
                message.push_str(&format!("\nEvidence: {}", row.evidence.join("; ")));
            }
            Annotation {
                level: if finding.verdict == Verdict::Fail { "error" } else { "warning" }.to_owned(),
                file,
                line,
                title: format!("{} [{}] {}", row.verdict, row.controls.join(", "), row.title),
                message,
            }
        };
        shown.into_iter().map(annotation).collect()
    }
}

fn line(locator: &str) -> Option<u64> {
    locator.strip_prefix('L')?.parse().ok()
}
