//! Whether the records of tool calls are all there: kinds of record compared, differences explained, losses ahead.

use std::collections::BTreeMap;

use jiff::{SignedDuration, civil::Date};

use super::{Facts, day_of};
use crate::model::{
    Comparison, Continuity, Evidence, Lack, LogKind, Loss, Pair, Reconciliation, RecordKind, Seen,
};

/// Days that the client keeps session files where nothing says otherwise (client-contract 7.1).
const SWEEP_DAYS: u64 = 30;

/// The comparison of the kinds of record, with its place in the snapshot.
pub struct Compared<'a> {
    pub seen: &'a Reconciliation,
    pub evidence: Evidence,
}

/// One pair over the whole period, with what explains its differences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PairTotals {
    pub both: u64,
    pub left_only: Side,
    pub right_only: Side,
}

/// Calls that one side alone names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    pub count: u64,
    pub unexplained: u64,
    pub reasons: BTreeMap<&'static str, u64>,
}

impl Side {
    /// `2 of a session that is not there, 1 denied before it ran`.
    pub fn words(&self) -> String {
        let reasons: Vec<String> =
            self.reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        reasons.join(", ")
    }
}

const SWEPT: &str = "of a day whose session files the client has swept";

impl<'a> Facts<'a> {
    /// How the kinds of record agree; nothing where no record names a call.
    pub fn reconciliation(&self) -> Option<Compared<'a>> {
        self.each_seen(|seen| match seen {
            Seen::Reconciliation(found) => Some(&**found),
            _ => None,
        })
        .next()
        .map(|(seen, evidence)| Compared { seen, evidence })
    }

    /// What became of the logs of an earlier reading; nothing where there was none.
    pub fn continuity(&self) -> Option<(&'a Continuity, Evidence)> {
        self.each_seen(|seen| match seen {
            Seen::Continuity(found) => Some(&**found),
            _ => None,
        })
        .next()
    }

    /// The longest that any user's session files are kept, in days: what is older is swept for everybody.
    pub fn transcript_days(&self) -> u64 {
        let users = self.sessions().iter().filter(|session| session.repository.is_none());
        let days = users.map(|session| {
            let set = session.effective.value("cleanupPeriodDays");
            set.and_then(|value| value.value.as_u64()).filter(|days| *days > 0).unwrap_or(SWEEP_DAYS)
        });
        days.max().unwrap_or(SWEEP_DAYS)
    }

    /// A pair over the period. Calls that only session files lack are explained where those of the day are swept.
    pub fn totals(&self, pair: &Pair) -> PairTotals {
        let kept = SignedDuration::from_hours(24 * i64::try_from(self.transcript_days()).unwrap_or(36_500));
        let horizon = self.as_of().checked_sub(kept).map(day_of).ok();
        let mut totals = PairTotals::default();
        for (day, tie) in pair.days.iter().map(|(day, tie)| (Some(*day), tie)).chain([(None, &pair.undated)])
        {
            totals.both += tie.both;
            let swept = day.zip(horizon).is_some_and(|(day, horizon)| day < horizon);
            totals.left_only.add(&tie.left_only, pair.right, swept);
            totals.right_only.add(&tie.right_only, pair.left, swept);
        }
        totals
    }

    /// Every pair in words, for reports.
    pub(super) fn comparisons(&self) -> Vec<Comparison> {
        let Some(compared) = self.reconciliation() else { return Vec::new() };
        compared.seen.pairs.iter().map(|pair| self.comparison(pair)).collect()
    }

    fn comparison(&self, pair: &Pair) -> Comparison {
        let totals = self.totals(pair);
        let mut reasons: Vec<(String, u64)> = Vec::new();
        for (side, only_in) in [(&totals.left_only, pair.left), (&totals.right_only, pair.right)] {
            let named =
                |(reason, count): (&&str, &u64)| (format!("only in {}: {reason}", only_in.words()), *count);
            reasons.extend(side.reasons.iter().map(named));
        }
        Comparison {
            left: pair.left.words().to_owned(),
            right: pair.right.words().to_owned(),
            both: totals.both,
            left_only: totals.left_only.count,
            left_unexplained: totals.left_only.unexplained,
            right_only: totals.right_only.count,
            right_unexplained: totals.right_only.unexplained,
            reasons,
            examples: named_examples(pair, None),
        }
    }

    /// Hosts that the policy lists and that are not this one; nothing where it lists none.
    pub fn hosts_missing(&self) -> Option<Vec<String>> {
        let listed = self.policy().scope.hosts.as_ref()?;
        let here = self.host().ok().and_then(|(host, _)| host.hostname.clone()).unwrap_or_default();
        Some(listed.iter().filter(|host| **host != here).cloned().collect())
    }

    /// What a mechanism deletes next: the oldest session file of each user, and the oldest record of each log.
    pub fn losses(&self) -> Vec<Loss> {
        let today = day_of(self.as_of());
        let mut losses: Vec<Loss> = self
            .records()
            .iter()
            .filter_map(|records| {
                let sources = &records.seen.summary.sources;
                if let LogKind::Transcripts { user } = &records.seen.kind {
                    let oldest = sources.iter().filter_map(|source| source.last).min().map(day_of)?;
                    let days = self.sweep_of(user);
                    let by = format!("the client's sweep, {days} days after a session file was last written");
                    return Some(Loss {
                        on: after(oldest, days)?.max(today),
                        what: records.subject.clone(),
                        by,
                    });
                }
                None
            })
            .collect();
        losses.extend(self.log_losses(today));
        losses.sort();
        losses
    }

    fn sweep_of(&self, user: &str) -> u64 {
        let is_theirs = |session: &&super::Session<'_>| session.user.is_some_and(|home| home.name == user);
        let session = self.sessions().iter().filter(|session| session.repository.is_none()).find(is_theirs);
        let set = session.and_then(|session| session.effective.value("cleanupPeriodDays"));
        set.and_then(|value| value.value.as_u64()).filter(|days| *days > 0).unwrap_or(SWEEP_DAYS)
    }

    fn log_losses(&self, today: Date) -> Vec<Loss> {
        let rotation = self.log_rotation();
        let mut losses = Vec::new();
        for log in self.audit_logs() {
            let Some(kept) = self.kept_for(&rotation, &log) else { continue };
            let Some(days) = kept.least.filter(|days| *days < u32::MAX) else { continue };
            let oldest = self.oldest_record(&log);
            let on = oldest.and_then(|oldest| after(oldest, u64::from(days)));
            losses.extend(on.map(|on| Loss {
                on: on.max(today),
                what: format!("records of /{log}"),
                by: kept.reason,
            }));
        }
        losses
    }

    /// The day of the oldest record of a log and its rotated members.
    fn oldest_record(&self, log: &str) -> Option<Date> {
        let (folder, name) = log.rsplit_once('/')?;
        let mut found = None;
        for records in self.records() {
            for source in &records.seen.summary.sources {
                let beside = source.path.rsplit_once('/').is_some_and(|(of, _)| of == folder);
                if beside && source.series == name {
                    found = [found, source.first].into_iter().flatten().min();
                }
            }
        }
        found.map(day_of)
    }
}

impl Side {
    fn add(&mut self, lacks: &BTreeMap<Lack, u64>, missing_in: RecordKind, swept: bool) {
        for (lack, count) in lacks {
            self.count += count;
            let by_sweep = missing_in == RecordKind::Transcripts
                && swept
                && matches!(lack, Lack::BeforeFirst | Lack::WholeSession | Lack::Missing);
            let reason = if by_sweep { SWEPT } else { lack.words() };
            *self.reasons.entry(reason).or_default() += count;
            if !by_sweep && !lack.is_harmless() && *lack != Lack::OtherPerson {
                self.unexplained += count;
            }
        }
    }
}

/// `toolu_01… in home/dev/… at byte 120, 2026-07-02T10:00:00Z`, of those missing in one kind, or of all.
pub fn named_examples(pair: &Pair, missing_in: Option<RecordKind>) -> Vec<String> {
    let wanted = pair.examples.iter().filter(|call| missing_in.is_none_or(|kind| call.missing_in == kind));
    wanted
        .map(|call| {
            let id = call.id.as_deref().unwrap_or("a call");
            let at = call.at.map_or_else(String::new, |at| format!(" of {at}"));
            let missing = call.missing_in.words();
            format!("{id}{at}, in {} at byte {}, not in the {missing}", call.source, call.offset)
        })
        .collect()
}

fn after(day: Date, days: u64) -> Option<Date> {
    day.checked_add(jiff::Span::new().try_days(i64::try_from(days).ok()?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_one_side_lacks_is_explained_or_counted() {
        let lacks = BTreeMap::from([(Lack::AtEdge, 1), (Lack::WholeSession, 3), (Lack::OtherPerson, 7)]);
        let mut recent = Side::default();
        recent.add(&lacks, RecordKind::Transcripts, false);
        assert_eq!((recent.count, recent.unexplained), (11, 3));
        let mut swept = Side::default();
        swept.add(&lacks, RecordKind::Transcripts, true);
        assert_eq!((swept.count, swept.unexplained), (11, 0));
        // A log is not swept: what it lacks stays unexplained however old it is.
        let mut log = Side::default();
        log.add(&lacks, RecordKind::HookLog, true);
        assert_eq!(log.unexplained, 3);
    }

    #[test]
    fn a_day_is_reached_by_adding_days() {
        assert_eq!(after(jiff::civil::date(2026, 9, 25), 30), Some(jiff::civil::date(2026, 10, 25)));
    }
}
