//! Cost and tokens per user and day, and the days that stand out.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Facts;
use crate::model::{Evidence, LogKind, activity::Tokens};

/// Fewer days of one person say nothing of what is usual.
const DAYS: usize = 10;
/// Times the usual day from which a day stands out, and times the usual difference between days.
const TIMES: u64 = 5;
const SPREADS: u64 = 10;

/// Everything that the records say of usage.
#[derive(Default)]
pub struct UsageSeen {
    /// By user and day.
    pub rows: BTreeMap<(String, Date), Tokens>,
    /// Requests, or data points of metrics, that could not be given to a user and day.
    pub elsewhere: u64,
    pub evidence: Vec<Evidence>,
}

/// One person's day that is far from that person's usual one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlier {
    pub user: String,
    pub day: Date,
    pub what: &'static str,
    pub value: u64,
    pub usual: u64,
}

impl Facts<'_> {
    /// Usage by user and day: of the logs' events, or where these carry none, of their metrics, or else of the session
    /// files. Never two of them: they tell of the same requests.
    pub fn usage(&self) -> UsageSeen {
        let of = |wanted: fn(&LogKind) -> bool| {
            let mut seen = UsageSeen::default();
            for records in self.records().iter().filter(|records| wanted(&records.seen.kind)) {
                let activity = records.activity();
                for usage in &activity.usage {
                    match usage.day {
                        Some(day) => {
                            seen.rows.entry((usage.user.clone(), day)).or_default().add(&usage.tokens);
                        }
                        None => seen.elsewhere += usage.tokens.requests,
                    }
                }
                seen.elsewhere += activity.usage_not_listed.requests;
                if !activity.usage.is_empty() {
                    seen.evidence.push(records.evidence.clone());
                }
            }
            seen
        };
        let logged = of(|kind| matches!(kind, LogKind::Logs));
        if !logged.rows.is_empty() {
            return logged;
        }
        let metered = self.metered();
        if metered.rows.is_empty() { of(|kind| matches!(kind, LogKind::Transcripts { .. })) } else { metered }
    }

    /// What the client's metrics count.
    fn metered(&self) -> UsageSeen {
        let mut seen = UsageSeen::default();
        for records in self.records().iter().filter(|records| matches!(records.seen.kind, LogKind::Logs)) {
            let activity = records.activity();
            for metered in &activity.metered {
                match metered.day {
                    Some(day) => {
                        seen.rows.entry((metered.user.clone(), day)).or_default().add(&metered.tokens);
                    }
                    None => seen.elsewhere += 1,
                }
            }
            seen.elsewhere += activity.metered_not_listed;
            if !activity.metered.is_empty() {
                seen.evidence.push(records.evidence.clone());
            }
        }
        seen
    }
}

impl UsageSeen {
    /// Days that stand out, by user and day.
    pub fn outliers(&self) -> Vec<Outlier> {
        let mut by_user: BTreeMap<&str, Vec<(Date, &Tokens)>> = BTreeMap::new();
        for ((user, day), tokens) in &self.rows {
            by_user.entry(user).or_default().push((*day, tokens));
        }
        let mut found = Vec::new();
        for (user, days) in by_user {
            let measures: [(&'static str, fn(&Tokens) -> u64); 2] = [
                ("cost in millionths of a dollar", |tokens| tokens.cost_micros),
                ("tokens", |tokens| tokens.input.saturating_add(tokens.output)),
            ];
            for (what, measure) in measures {
                let values: Vec<u64> = days.iter().map(|(_, tokens)| measure(tokens)).collect();
                let Some((usual, limit)) = limit(&values) else { continue };
                let out = days.iter().zip(&values).filter(|(_, value)| **value > limit);
                found.extend(out.map(|((day, _), value)| Outlier {
                    user: user.to_owned(),
                    day: *day,
                    what,
                    value: *value,
                    usual,
                }));
            }
        }
        found
    }

    /// People with enough days to say what is usual, and people without.
    pub fn people(&self) -> (usize, usize) {
        let mut days: BTreeMap<&str, usize> = BTreeMap::new();
        for (user, _) in self.rows.keys() {
            *days.entry(user).or_default() += 1;
        }
        let enough = days.values().filter(|days| **days >= DAYS).count();
        (enough, days.len() - enough)
    }
}

/// The median of the days and the value above which one stands out: by the median difference too, because a person
/// whose days differ much has no usual one.
fn limit(values: &[u64]) -> Option<(u64, u64)> {
    if values.len() < DAYS {
        return None;
    }
    let usual = median(values.to_vec());
    let spread = median(values.iter().map(|value| value.abs_diff(usual)).collect());
    let limit = usual.saturating_mul(TIMES).max(usual.saturating_add(spread.saturating_mul(SPREADS)));
    (usual > 0).then_some((usual, limit))
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn usage(costs: &[u64]) -> UsageSeen {
        let mut seen = UsageSeen::default();
        for (day, cost) in costs.iter().enumerate() {
            let tokens = Tokens { cost_micros: *cost, ..Tokens::default() };
            let day = date(2026, 7, 1).checked_add(jiff::Span::new().days(day as i64)).expect("a day");
            seen.rows.insert(("dev".to_owned(), day), tokens);
        }
        seen
    }

    #[test]
    fn a_day_far_from_the_persons_own_days_stands_out() {
        let mut costs = vec![100, 90, 110, 105, 95, 100, 98, 102, 97, 103, 101];
        assert!(usage(&costs).outliers().is_empty());
        costs.push(900);
        let out = usage(&costs).outliers();
        assert_eq!((out.len(), out[0].value, out[0].usual), (1, 900, 101));
        // Three times the usual is a busy day.
        *costs.last_mut().expect("days") = 300;
        assert!(usage(&costs).outliers().is_empty());
    }

    #[test]
    fn few_days_have_no_usual_one() {
        assert!(usage(&[1, 1, 1000]).outliers().is_empty());
        assert_eq!(usage(&[1, 1, 1000]).people(), (0, 1));
    }

    #[test]
    fn days_that_always_differ_much_do_not_stand_out() {
        let costs: Vec<u64> = (0..12).map(|n| [10, 400, 900, 1500][n % 4]).collect();
        assert!(usage(&costs).outliers().is_empty());
    }
}
