//! The programs that commands of settings name: found, not there, or not seen.

use super::{Facts, File};
use crate::model::{Gap, GapReason, Role};

/// What the collectors found for a command.
pub struct Programs<'f, 'a> {
    pub scripts: Vec<&'f File<'a>>,
    pub missing: Vec<&'f Gap>,
    pub unseen: Vec<&'f Gap>,
}

impl<'a> Facts<'a> {
    /// What the collectors found, and did not find, for a command at this place.
    pub fn programs_of<'f>(&'f self, by: &str) -> Programs<'f, 'a> {
        let is_named = |role: Option<&Role>| named_by(role).iter().any(|name| name == by);
        let scripts: Vec<_> = self.files().iter().filter(|file| is_named(Some(&file.seen.role))).collect();
        let gaps = self.gaps().iter().filter(|gap| is_named(gap.sought.as_ref()));
        let (missing, unseen): (Vec<_>, Vec<_>) = gaps.partition(|gap| gap.reason == GapReason::Absent);
        let is_seen = |gap: &&Gap| scripts.iter().any(|script| script.source == gap.source);
        let unseen = unseen.into_iter().filter(|gap| !is_seen(gap)).collect();
        Programs { scripts, missing, unseen }
    }

    /// Programs that hooks of these events name and that are not there.
    pub(super) fn absent_programs(&self, events: &[&str]) -> Vec<&str> {
        let of_event = |name: &String| events.iter().any(|event| name.contains(&format!("/hooks/{event}/")));
        let gaps = self.gaps().iter().filter(|gap| gap.reason == GapReason::Absent);
        gaps.filter(|gap| named_by(gap.sought.as_ref()).iter().any(of_event))
            .map(|gap| gap.source.as_str())
            .collect()
    }
}

/// The places that name a program.
fn named_by(role: Option<&Role>) -> &[String] {
    match role {
        Some(Role::Script { named_by }) => named_by,
        _ => &[],
    }
}
