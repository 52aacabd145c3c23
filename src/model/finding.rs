//! Findings: what one check concluded about one subject, citing what it saw.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Basis, CheckId, Digest, Gap, GapReason, Observation, Severity, Verdict};

/// A pointer to an observation, or to a place inside it. Only an observation can make one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    pub observation: Digest,
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locator: Option<String>,
}

impl Evidence {
    /// Cites the whole observation.
    pub fn of(observation: &Observation) -> Self {
        Self {
            observation: observation.id.clone(),
            source: observation.source.clone(),
            locator: observation.locator.clone(),
        }
    }

    /// Cites a place inside it: a JSON pointer, or a line written `L12`.
    pub fn at(&self, locator: impl Into<String>) -> Self {
        Self { locator: Some(locator.into()), ..self.clone() }
    }
}

/// What a check says of one subject, before the evaluation adds the check's own facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// Who or what was tested, in words that stay the same between runs: `user dev`, `repository shop`.
    pub subject: String,
    pub verdict: Verdict,
    pub message: String,
    /// What to change here; the card's general advice stands where this is absent.
    pub fix: Option<String>,
    pub evidence: Vec<Evidence>,
}

impl Conclusion {
    /// The claim holds for the subject. A pass without evidence cannot be made.
    pub fn pass(subject: impl Into<String>, evidence: Evidence, message: impl Into<String>) -> Self {
        Self::with(subject, Verdict::Pass, message, vec![evidence])
    }

    /// The claim does not hold. Where the evidence is that something is missing, cite what was looked through.
    pub fn fail(subject: impl Into<String>, evidence: Vec<Evidence>, message: impl Into<String>) -> Self {
        Self::with(subject, Verdict::Fail, message, evidence)
    }

    /// It could not be decided, and why.
    pub fn undetermined(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self::with(subject, Verdict::Undetermined, message, Vec::new())
    }

    /// The claim does not concern the subject, and why.
    pub fn not_applicable(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self::with(subject, Verdict::NotApplicable, message, Vec::new())
    }

    /// Adds what to change here.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Adds a further citation.
    #[must_use]
    pub fn citing(mut self, more: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(more);
        self
    }

    fn with(
        subject: impl Into<String>,
        verdict: Verdict,
        message: impl Into<String>,
        evidence: Vec<Evidence>,
    ) -> Self {
        Self { subject: subject.into(), verdict, message: message.into(), fix: None, evidence }
    }
}

/// The conclusions of one check. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings(Vec<Conclusion>);

/// What a check returns: conclusions, or the gap that kept it from any.
pub type Judgement = Result<Findings, Gap>;

impl Findings {
    /// The conclusions; where there are none, the gap says what was missing: zero subjects is never a pass.
    pub fn of(conclusions: Vec<Conclusion>, nothing: &str) -> Judgement {
        if conclusions.is_empty() {
            Err(Gap::new("subjects", GapReason::Absent, nothing))
        } else {
            Ok(Self(conclusions))
        }
    }

    /// A single conclusion.
    pub fn one(conclusion: Conclusion) -> Judgement {
        Ok(Self(vec![conclusion]))
    }

    /// The conclusions.
    pub fn into_conclusions(self) -> Vec<Conclusion> {
        self.0
    }
}

/// Names the same finding in every run: check and subject, never a line number or a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a check's answer for a subject: sixteen hexadecimal digits.
    pub fn of(check: &CheckId, subject: &str) -> Self {
        Self(Digest::of_parts(&[check.as_str().as_bytes(), b"\0", subject.as_bytes()]).hex()[..16].to_owned())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What one check concluded about one subject. Passes are findings too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    pub fingerprint: Fingerprint,
    pub check: CheckId,
    pub basis: Basis,
    pub severity: Severity,
    pub subject: String,
    pub verdict: Verdict,
    pub message: String,
    pub fix: Option<String>,
    pub evidence: Vec<Evidence>,
}
