//! How long rotation keeps a log, for sure.

use super::Facts;
use super::rotation::{Criterion, Days, Rotation, Runs, Simulation};
use crate::model::{Evidence, RotationKind};

/// What is certain of the days that a log is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFor {
    /// At least this many; nothing where no number is certain.
    pub least: Option<u32>,
    /// At most this many, give or take one rotation; nothing where no number is certain.
    pub most: Option<u32>,
    /// In words, with the directive and its place.
    pub reason: String,
    pub evidence: Vec<Evidence>,
}

impl Facts<'_> {
    /// What the host's rotation keeps of one log: logrotate, or newsyslog where that has a line for it. Nothing where
    /// no rule covers it.
    pub fn kept_for(&self, rotation: &Rotation, log: &str) -> Option<KeptFor> {
        let path = format!("/{log}");
        if let Some((section, evidence)) = self.rotated_by(rotation, log) {
            let kept = Simulation { rotation, runs: Runs::Unknown }.days_kept(&path, None);
            let least = match (kept.days, section.rules.criterion) {
                // Rotated once an hour at most; where logrotate starts once a day, more is kept.
                (Days::AtMost(count), Criterion::Hourly) if section.rules.max_size.is_none() => {
                    Some(count / 24)
                }
                (Days::Exact(days) | Days::AtLeast(days), _) => Some(days),
                (Days::Unlimited, _) => Some(u32::MAX),
                _ => None,
            };
            let most = match kept.days {
                Days::Exact(days) | Days::AtMost(days) => Some(days),
                Days::AtLeast(_) | Days::Unlimited | Days::Indeterminate => None,
            };
            return Some(KeptFor { least, most, reason: kept.reason, evidence: vec![evidence] });
        }
        self.rotation_files(RotationKind::Newsyslog).find_map(|file| {
            let kept = super::rotation::newsyslog(file.text(), &path);
            if kept.reason.starts_with("no line") {
                return None;
            }
            let (least, most) = match kept.days {
                Days::Exact(days) => (Some(days), Some(days)),
                Days::AtLeast(days) => (Some(days), None),
                Days::AtMost(days) => (None, Some(days)),
                Days::Unlimited => (Some(u32::MAX), None),
                Days::Indeterminate => (None, None),
            };
            Some(KeptFor {
                least,
                most,
                reason: format!("{} {}", file.source, kept.reason),
                evidence: vec![file.evidence()],
            })
        })
    }
}
