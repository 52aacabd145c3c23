//! The change population of one repository: what landed on a protected branch in a period, and how sure that list is.

mod population;

use std::fmt;

use jiff::{Timestamp, tz::Offset};
use serde::{Deserialize, Serialize};

pub use population::{AnomalousLanding, ChangeGap, FilterStep, HistoryState, Population, TieOut};

/// The full hexadecimal name of a git object (SHA-1 or SHA-256), lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectName(String);

impl ObjectName {
    /// Parses 40 or 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, String> {
        if matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        {
            Ok(Self(text.to_owned()))
        } else {
            Err("an object name is 40 or 64 lower-case hexadecimal digits".to_owned())
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ObjectName {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<ObjectName> for String {
    fn from(name: ObjectName) -> Self {
        name.0
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// An instant as a commit claims it: seconds since 1970 and the claimed zone. Both are the committer's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClaimedTime {
    pub seconds: i64,
    pub offset_seconds: i32,
}

impl ClaimedTime {
    /// The instant in UTC; none where the claim is outside the years that can be written.
    pub fn timestamp(self) -> Option<Timestamp> {
        Timestamp::from_second(self.seconds).ok()
    }
}

impl fmt::Display for ClaimedTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.timestamp(), Offset::from_seconds(self.offset_seconds)) {
            (Some(at), Ok(offset)) => write!(out, "{}", at.display_with_offset(offset)),
            _ => write!(out, "@{} {}", self.seconds, self.offset_seconds),
        }
    }
}

impl From<ClaimedTime> for String {
    fn from(time: ClaimedTime) -> Self {
        time.to_string()
    }
}

impl TryFrom<String> for ClaimedTime {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let problem = || format!("`{}` is not a commit time", text.escape_debug());
        if let Some((seconds, offset)) = text.strip_prefix('@').and_then(|rest| rest.split_once(' ')) {
            let seconds = seconds.parse().map_err(|_| problem())?;
            return Ok(Self { seconds, offset_seconds: offset.parse().map_err(|_| problem())? });
        }
        let at: Timestamp = text.parse().map_err(|_| problem())?;
        let zone = text.get(text.len().saturating_sub(6)..).unwrap_or_default();
        let offset = match (zone.get(..1), zone.get(1..3), zone.get(4..)) {
            (Some(sign @ ("+" | "-")), Some(hours), Some(minutes)) => {
                let hours: i32 = hours.parse().map_err(|_| problem())?;
                let minutes: i32 = minutes.parse().map_err(|_| problem())?;
                (hours * 3600 + minutes * 60) * if sign == "-" { -1 } else { 1 }
            }
            _ => 0,
        };
        Ok(Self { seconds: at.as_second(), offset_seconds: offset })
    }
}

/// A name and an address as a commit claims them. Bytes that are no text are written `\xNN`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub name: String,
    pub email: String,
}

/// How a change came onto the branch. Git alone cannot tell a rebase from a direct push: both are `Unknown` until a
/// forge export decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    Merge,
    Squash,
    Rebase,
    Direct,
    Unknown,
}

/// Where the pull-request number comes from. A number in a message is text that anyone can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrSource {
    Message,
    Api,
    None,
}

/// What is odd about a commit's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeAnomaly {
    /// Committed earlier than the commit it stands on.
    BeforeParent,
    /// Outside the period because it was committed later than the commit that stands on it.
    AfterChild,
    /// Written long after it was committed.
    AuthoredAfterCommit,
    /// Committed after the moment of the examination.
    InFuture,
    /// The header cannot be read as a time, so no period holds it.
    Unreadable,
}

/// The kind of signature a commit carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureKind {
    Gpg,
    Ssh,
    X509,
    Unknown,
}

/// What is known of a commit's signature. Nothing but `Trusted` says who signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureStatus {
    None,
    /// There is one; nobody verified it.
    PresentUnverified,
    /// It does not belong to this commit.
    Invalid,
    /// It belongs to this commit, by a key that the organisation did not list.
    Valid,
    /// It belongs to this commit, by a listed signer, in force at the claimed time.
    Trusted,
}

/// A commit's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub status: SignatureStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<SignatureKind>,
    /// The principal of the allowed-signers file, or the key's fingerprint where no principal is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
}

/// What shows that an agent took part. `None` proves nothing: the trailer can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AiEvidence {
    Trailer,
    Telemetry,
    Label,
    None,
}

/// The kinds of control that a change can touch; such changes are a stratum of their own, tested in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlKind {
    /// `.claude/`, `.mcp.json`, `CLAUDE.md`.
    Settings,
    /// Git hooks and what installs them.
    Hooks,
    /// Pipelines.
    Ci,
    /// Who must review, and what a review shows (`CODEOWNERS`, `.gitattributes`).
    CodeOwners,
    /// The client's managed settings.
    Managed,
}

/// Whether someone independent approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Segregation {
    Segregated,
    SelfApproved,
    NoApprovalFound,
    /// The only possible answer from git alone.
    UnknownNoForgeData,
    /// The forge has approvals, but a contributor of the change has no known forge account, so that nobody can say
    /// whether the approver is that contributor.
    UnknownIdentity,
}

/// Which sources a row rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceSource {
    Git,
    Forge,
    Both,
}

/// What the forge recorded about a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgeFacts {
    pub author: Option<String>,
    /// Accounts whose approval stood at the merge, sorted; also those that do not count.
    pub approvers: Vec<String>,
    /// In the order of `approvers`.
    pub approval_times: Vec<String>,
    /// Unknown where the forge did not record what was approved.
    pub approved_after_last_push: Option<bool>,
    pub self_approved: bool,
    pub merged_by: Option<String>,
    pub merged_at: Option<String>,
    /// `success`, `failure`, `pending`; none where the export has no checks.
    pub ci_status: Option<String>,
    /// Where someone independent reviewed after the merge.
    pub post_review_at: Option<String>,
    pub labels: Vec<String>,
}

/// Size of a change against its first parent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeSize {
    pub files_changed: u64,
    /// Text files within the size limit only.
    pub lines_added: u64,
    pub lines_deleted: u64,
    /// Files without line counts: binary ones, submodules, and those over the size limit.
    pub files_uncounted: u64,
}

/// One landing on the protected branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub commit: ObjectName,
    pub parents: Vec<ObjectName>,
    pub topology: Topology,
    pub pr_number: Option<u64>,
    pub pr_source: PrSource,
    pub author: Person,
    pub author_time: Option<ClaimedTime>,
    pub committer: Person,
    /// Always known: a landing whose time cannot be read is in [`Population::undated`] instead.
    pub committer_time: ClaimedTime,
    /// The author and the committer as the branch's own `.mailmap` renames them, where it does. Not evidence of who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_mapped: Option<Person>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committer_mapped: Option<Person>,
    pub time_anomalies: Vec<TimeAnomaly>,
    pub subject: String,
    /// Some byte of the message or the names was no text in the encoding it claims.
    pub text_damaged: bool,
    pub ticket_ids: Vec<String>,
    /// None where the format does not apply: merges, reverts and bots.
    pub ticket_format_ok: Option<bool>,
    pub signature: Signature,
    /// The co-author that is an agent, as written.
    pub ai_coauthor: Option<String>,
    pub ai_evidence: AiEvidence,
    pub co_authors: Vec<Person>,
    /// Reviewer trailers (`Reviewed-by:`): claims in the message, never approvals.
    pub claimed_reviewers: Vec<String>,
    pub is_bot: bool,
    pub is_revert: bool,
    pub is_emergency: bool,
    pub emergency_ref: Option<String>,
    /// None where it could not be read; the reason is in the population's gaps.
    pub size: Option<ChangeSize>,
    /// Which controls it touches, and the paths, sorted (at most [`MAX_CONTROL_PATHS`]).
    pub touches_controls: Vec<ControlKind>,
    pub control_paths: Vec<String>,
    pub segregation: Segregation,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forge: Option<ForgeFacts>,
    pub evidence_source: EvidenceSource,
}

/// The most control paths kept of one change.
pub const MAX_CONTROL_PATHS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claimed_times_survive_json() {
        for (seconds, offset_seconds, shown) in [
            (1_767_225_600, 7200, "2026-01-01T02:00:00+02:00"),
            (1_767_225_600, -12_600, "2025-12-31T20:30:00-03:30"),
            (0, 0, "1970-01-01T00:00:00+00:00"),
            (i64::MAX, 0, "@9223372036854775807 0"),
        ] {
            let time = ClaimedTime { seconds, offset_seconds };
            assert_eq!(time.to_string(), shown);
            let json = serde_json::to_string(&time).expect("writes");
            assert_eq!(serde_json::from_str::<ClaimedTime>(&json).expect("reads"), time);
        }
    }

    #[test]
    fn object_names_are_whole() {
        assert!(ObjectName::parse("abc123").is_err());
        assert!(ObjectName::parse(&"g".repeat(40)).is_err());
        assert!(ObjectName::parse(&"a".repeat(64)).is_ok());
    }
}
