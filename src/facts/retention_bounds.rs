//! How long each class of record is to be kept, at least and at most, and whether what is configured lies between.

use serde_json::Value;

use super::{Facts, KeptFor};
use crate::model::{Bound, ConflictRow, Decided, Evidence, RetentionRow};
use crate::policy::{DataClass, EphiScope, Retention};

/// Six years, leap days included (45 CFR 164.316(b)(2)(i)).
const SIX_YEARS: u32 = 2_192;
/// One rotation more or less is still the period.
const TOLERANCE: u32 = 7;

/// The bounds of one class of record and who asks for them.
#[derive(Clone, Debug)]
pub struct Bounds {
    pub class: DataClass,
    /// The largest of what is asked at least.
    pub floor: Option<Bound>,
    /// The smallest of what is allowed at most.
    pub ceiling: Option<Bound>,
    pub decision: Option<crate::policy::RetentionDecision>,
    /// Where a bound is written in a settings file.
    pub evidence: Vec<Evidence>,
}

/// What is configured, against the bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    Met,
    TooShort,
    TooLong,
    Conflict,
    Decided,
    Unknown,
}

impl Met {
    /// The word of tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::Conflict => "conflict",
            Self::Decided => "decided",
            Self::Unknown => "unknown",
        }
    }
}

impl Bounds {
    /// Both bounds, where the floor lies above the ceiling.
    pub fn crossed(&self) -> Option<(&Bound, &Bound)> {
        let (floor, ceiling) = (self.floor.as_ref()?, self.ceiling.as_ref()?);
        (floor.days > ceiling.days).then_some((floor, ceiling))
    }

    /// What a configured period is, against these bounds.
    pub fn judge(&self, kept: Option<&KeptFor>, decided: bool) -> Met {
        if self.crossed().is_some() && !decided {
            return Met::Conflict;
        }
        let Some(kept) = kept else { return Met::Unknown };
        let period = self.decision.as_ref().filter(|_| decided).map(|decision| decision.period_days);
        let floor = period.or(self.floor.as_ref().map(|bound| bound.days));
        let ceiling = period.or(self.ceiling.as_ref().map(|bound| bound.days));
        if floor.is_some_and(|floor| kept.least.is_none_or(|least| least.saturating_add(TOLERANCE) < floor)) {
            return Met::TooShort;
        }
        if ceiling
            .is_some_and(|ceiling| kept.most.is_none_or(|most| most > ceiling.saturating_add(TOLERANCE)))
        {
            return Met::TooLong;
        }
        if decided { Met::Decided } else { Met::Met }
    }
}

impl Facts<'_> {
    /// The bounds of every class for which any is known.
    pub fn retention_bounds(&self) -> Vec<Bounds> {
        let bounds = DataClass::ALL.iter().map(|class| self.bounds_of(*class));
        bounds.filter(|bounds| bounds.floor.is_some() || bounds.ceiling.is_some()).collect()
    }

    fn bounds_of(&self, class: DataClass) -> Bounds {
        let parameters = &self.policy().parameters;
        let written = self.policy().retention.get(&class);
        let mut floors = Vec::new();
        let mut ceilings = Vec::new();
        let mut evidence = Vec::new();
        let bound = |days, source: &str| Bound { days, source: source.to_owned() };
        let by_policy = |days: fn(&Retention) -> Option<u32>| written.and_then(days);
        floors.extend(by_policy(|r| r.floor_days).map(|days| bound(days, "the policy's floor")));
        if let (Some(days), Some(written)) = (by_policy(|r| r.ceiling_days), written) {
            let basis = written.legal_basis.as_deref().unwrap_or_default();
            ceilings.push(bound(days, &format!("the policy's ceiling ({basis})")));
        }
        match class {
            DataClass::SecurityEvents => {
                floors.push(bound(parameters.retention_days, "checklist item 8 (retention_days)"));
                floors.extend(
                    parameters.soc2_observation_days.map(|days| bound(days, "the observation period")),
                );
            }
            DataClass::ControlDocumentation | DataClass::IncidentFiles | DataClass::EvidencePacks
                if parameters.hipaa == EphiScope::InScope =>
            {
                floors
                    .push(bound(SIX_YEARS, "documentation of an action, activity or assessment (six years)"));
            }
            _ => {}
        }
        for (key, days, place) in self.declared_periods() {
            let is_of = match class {
                DataClass::SecurityEvents => key.contains("audit"),
                DataClass::ContentLogs => key.contains("session") || key.contains("transcript"),
                _ => false,
            };
            if is_of {
                ceilings.push(bound(days, &format!("dataRetention.{key}")));
                evidence.push(place);
            }
        }
        Bounds {
            class,
            floor: floors.into_iter().max_by_key(|bound| bound.days),
            ceiling: ceilings.into_iter().min_by_key(|bound| bound.days),
            decision: written.and_then(|written| written.decision.clone()),
            evidence,
        }
    }

    /// Periods in whole days of the guide's `dataRetention` block: key, days and place.
    fn declared_periods(&self) -> Vec<(String, u32, Evidence)> {
        let mut found = Vec::new();
        for block in self.written(&["dataRetention"]) {
            let Some(classes) = block.value.as_object() else { continue };
            for (key, period) in classes {
                if let Some(days) = whole_days(period) {
                    found.push((key.to_lowercase(), days, block.evidence()));
                }
            }
        }
        found
    }

    /// Whether a decision settles the class now: made, and its review not yet due.
    pub fn is_decided(&self, bounds: &Bounds) -> bool {
        let today = super::day_of(self.as_of());
        bounds
            .decision
            .as_ref()
            .is_some_and(|decision| decision.decided_at <= today && today <= decision.review_at)
    }

    /// Every place that keeps a class of record with what is configured there.
    pub fn kept_places(&self, class: DataClass) -> Vec<(String, Option<KeptFor>)> {
        match class {
            DataClass::SecurityEvents => {
                let rotation = self.log_rotation();
                let logs = self.audit_logs().into_iter();
                let files = logs.map(|log| (format!("/{log}"), self.kept_for(&rotation, &log)));
                let journal =
                    self.kept_by_journal().map(|kept| ("the system journal".to_owned(), Some(kept)));
                files.chain(journal).collect()
            }
            DataClass::ContentLogs => {
                let users = self.sessions().iter().filter(|session| session.repository.is_none());
                users
                    .map(|session| {
                        let set = session.effective.value("cleanupPeriodDays");
                        let days = set.as_ref().and_then(|value| value.value.as_u64()).unwrap_or(30);
                        let days = u32::try_from(days).unwrap_or(u32::MAX);
                        let reason = match &set {
                            Some(value) => format!("cleanupPeriodDays in {}", session.shown(value.source)),
                            None => "the client's own 30 days".to_owned(),
                        };
                        let evidence =
                            set.map_or_else(|| session.sources(), |value| vec![session.cite(&value)]);
                        // The sweep runs when a session starts: a file can stay longer, and none goes sooner.
                        let kept = KeptFor { least: Some(days), most: Some(days), reason, evidence };
                        (format!("session files of {}", session.subject), Some(kept))
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// One row a class and place, for the retention table.
    pub(super) fn retention_rows(&self) -> Vec<RetentionRow> {
        let mut rows = Vec::new();
        for class in DataClass::ALL {
            let bounds = self.bounds_of(*class);
            let decided = self.is_decided(&bounds);
            for (location, kept) in self.kept_places(*class) {
                rows.push(RetentionRow {
                    class: class.word().to_owned(),
                    location,
                    declared_days: self.declared_for(*class),
                    configured_least: kept.as_ref().and_then(|kept| kept.least),
                    configured_most: kept.as_ref().and_then(|kept| kept.most),
                    configured_by: kept
                        .as_ref()
                        .map_or_else(|| "no rule in force covers it".to_owned(), |kept| kept.reason.clone()),
                    floor: bounds.floor.clone(),
                    ceiling: bounds.ceiling.clone(),
                    result: bounds.judge(kept.as_ref(), decided).word().to_owned(),
                    decision: bounds.decision.as_ref().map(|decision| decision.id.clone()),
                });
            }
        }
        rows
    }

    fn declared_for(&self, class: DataClass) -> Option<u32> {
        let wanted = match class {
            DataClass::SecurityEvents => "audit",
            DataClass::ContentLogs => "session",
            _ => return None,
        };
        self.declared_periods().into_iter().find(|(key, ..)| key.contains(wanted)).map(|(_, days, _)| days)
    }

    /// Every class whose floor lies above its ceiling.
    pub(super) fn conflicts(&self) -> Vec<ConflictRow> {
        let mut rows = Vec::new();
        for bounds in self.retention_bounds() {
            let Some((floor, ceiling)) = bounds.crossed() else { continue };
            let status = match (&bounds.decision, self.is_decided(&bounds)) {
                (_, true) => "decided",
                (Some(_), false) => "expired",
                (None, false) => "open",
            };
            rows.push(ConflictRow {
                class: bounds.class.word().to_owned(),
                floor: floor.clone(),
                ceiling: ceiling.clone(),
                decision: bounds.decision.as_ref().map(|decision| Decided {
                    id: decision.id.clone(),
                    by: decision.decided_by.clone(),
                    legal_basis: decision.legal_basis.clone(),
                    review_at: decision.review_at,
                }),
                status: status.to_owned(),
            });
        }
        rows
    }
}

/// A period in days: a number, or `90 days`, `6 years`, `12 months`, `2 weeks`.
pub fn whole_days(period: &Value) -> Option<u32> {
    if let Some(number) = period.as_u64() {
        return u32::try_from(number).ok();
    }
    let text = period.as_str()?.trim().to_lowercase();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u32 = text[..digits].parse().ok()?;
    let each = match text[digits..].trim_matches([' ', '-', '_']) {
        "" | "d" | "day" | "days" => 1,
        "w" | "week" | "weeks" => 7,
        "month" | "months" => 30,
        "y" | "year" | "years" => 365,
        _ => return None,
    };
    number.checked_mul(each)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(floor: u32, ceiling: u32) -> Bounds {
        let bound = |days| Some(Bound { days, source: "a rule".to_owned() });
        Bounds {
            class: DataClass::SecurityEvents,
            floor: bound(floor),
            ceiling: bound(ceiling),
            decision: None,
            evidence: Vec::new(),
        }
    }

    fn kept(days: u32) -> KeptFor {
        KeptFor { least: Some(days), most: Some(days), reason: String::new(), evidence: Vec::new() }
    }

    #[test]
    fn a_floor_above_a_ceiling_is_a_conflict_whatever_is_configured() {
        assert_eq!(bounds(400, 90).judge(Some(&kept(90)), false), Met::Conflict);
        assert_eq!(bounds(90, 400).judge(Some(&kept(90)), false), Met::Met);
        assert_eq!(bounds(90, 400).judge(Some(&kept(30)), false), Met::TooShort);
        assert_eq!(bounds(30, 90).judge(Some(&kept(400)), false), Met::TooLong);
        assert_eq!(bounds(30, 90).judge(None, false), Met::Unknown);
        let unlimited = KeptFor { most: None, ..kept(90) };
        assert_eq!(bounds(30, 90).judge(Some(&unlimited), false), Met::TooLong);
    }

    #[test]
    fn periods_are_read_in_days() {
        for (text, days) in [("90 days", 90), ("2 weeks", 14), ("12 months", 360), ("6 years", 2190)] {
            assert_eq!(whole_days(&Value::from(text)), Some(days), "{text}");
        }
        assert_eq!(whole_days(&Value::from(30)), Some(30));
        assert_eq!(whole_days(&Value::from("for ever")), None);
    }
}
