//! Literal secrets that the collectors found and replaced.

use super::Facts;
use crate::model::{Conclusion, Role};

impl Facts<'_> {
    /// One conclusion for each file of a kind: a file with a literal secret fails, one that was not read is unknown.
    pub fn without_secrets(&self, is: impl Fn(&Role) -> bool) -> Vec<Conclusion> {
        let seen = self.files_as(&is).map(|file| {
            if file.seen.secrets.is_empty() {
                return Conclusion::pass(file.source, file.evidence(), "no literal secret was found");
            }
            let found: Vec<String> = file
                .seen
                .secrets
                .iter()
                .map(|hit| format!("line {}: {} ({})", hit.line, hit.class, hit.fingerprint))
                .collect();
            let evidence = file.seen.secrets.iter().map(|hit| file.line(hit.line)).collect();
            Conclusion::fail(file.source, evidence, format!("literal secrets: {}", found.join("; ")))
        });
        seen.chain(self.unseen_as(&is)).collect()
    }
}
