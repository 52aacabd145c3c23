//! The closed sets of answers: bases, verdicts, statuses, severities, and how verdicts combine.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($name:ident { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $name {
            /// Every value, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in every format.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(self.word())
            }
        }
    };
}

/// Which of the three questions a check answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Is it written down, in the guide's words or the organisation's?
    Declared,
    /// Does the client really do it, on this host, now?
    Enforced,
    /// Did it work through the whole period?
    Operated,
}
words!(Basis { Declared => "declared", Enforced => "enforced", Operated => "operated" });

/// What one check concluded about one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Pass,
    Fail,
    Undetermined,
    NotApplicable,
}
words!(Verdict { Pass => "pass", Fail => "fail", Undetermined => "undetermined", NotApplicable => "not_applicable" });

impl Verdict {
    /// The verdict over several subjects or checks: one failure fails; failing none, one unknown makes the whole
    /// unknown; only then can a pass stand. Nothing at all is unknown, never a pass.
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = None;
        for verdict in verdicts {
            all = Some(match (all, verdict) {
                (None, verdict) => verdict,
                (Some(Self::Fail), _) | (_, Self::Fail) => Self::Fail,
                (Some(Self::Undetermined), _) | (_, Self::Undetermined) => Self::Undetermined,
                (Some(Self::Pass), _) | (_, Self::Pass) => Self::Pass,
                (Some(Self::NotApplicable), Self::NotApplicable) => Self::NotApplicable,
            });
        }
        all.unwrap_or(Self::Undetermined)
    }
}

/// What is known of a control or a requirement: the verdicts, and the states that only people can bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pass,
    Fail,
    Undetermined,
    NotApplicable,
    /// A named person vouches for it, until a date.
    Attested,
    /// Only a person can vouch for it, and nobody has.
    AwaitingAttestation,
    /// Somebody vouched for it once; the statement has lapsed.
    Expired,
    /// Two rules in scope cannot both be met.
    Conflict,
}
words!(Status {
    Pass => "pass",
    Fail => "fail",
    Undetermined => "undetermined",
    NotApplicable => "not_applicable",
    Attested => "attested",
    AwaitingAttestation => "awaiting_attestation",
    Expired => "expired",
    Conflict => "conflict",
});

impl From<Verdict> for Status {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Fail => Self::Fail,
            Verdict::Undetermined => Self::Undetermined,
            Verdict::NotApplicable => Self::NotApplicable,
        }
    }
}

/// How much a failing check matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Critical,
    High,
    Medium,
    Low,
}
words!(Severity { Critical => "critical", High => "high", Medium => "medium", Low => "low" });

#[cfg(test)]
mod tests {
    use super::Verdict::{self, Fail, NotApplicable, Pass, Undetermined};

    #[test]
    fn nothing_tested_is_never_a_pass() {
        assert_eq!(Verdict::worst([]), Undetermined);
    }

    #[test]
    fn unknown_beats_pass_and_fail_beats_unknown() {
        assert_eq!(Verdict::worst([Pass, Undetermined, Pass]), Undetermined);
        assert_eq!(Verdict::worst([Undetermined, Fail, Pass]), Fail);
        assert_eq!(Verdict::worst([NotApplicable, Pass]), Pass);
        assert_eq!(Verdict::worst([NotApplicable, NotApplicable]), NotApplicable);
    }
}
