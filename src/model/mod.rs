//! The nouns of the program: plain values without I/O, clock or parsing of the world.

pub mod activity;
mod assessment;
pub mod change;
pub mod change_set;
mod digest;
pub mod drift;
mod effective;
mod finding;
pub mod forge;
mod guard_card;
pub mod history;
mod hook_run;
mod id;
mod layers;
mod log_evidence;
mod log_trace;
mod mechanism;
mod observation;
mod operation;
mod period;
mod reconciliation;
mod records;
pub mod sample;
mod snapshot;
mod usage;
mod verdict;

pub use assessment::{
    Assessment, BasisResults, ControlResult, Counts, Coverage, Inputs, LeftOut, RequirementResult, Run,
    RunScope, SCHEMA, Subjects, Tool,
};
pub use digest::{Digest, canonical_json};
pub use effective::EffectiveSetting;
pub use finding::{Conclusion, Evidence, Finding, Findings, Fingerprint, Judgement};
pub use guard_card::{GuardCard, Score};
pub use hook_run::{Aim, CanaryRun, End, HookRun, Isolation, PROBE_SESSION, Programs, Written};
pub use id::{CheckId, ControlId, FrameworkId, RequirementId};
pub use layers::{Layer, LayeredCall, Stand};
pub use log_evidence::{Bound, Comparison, ConflictRow, Decided, LogEvidence, Loss, RetentionRow};
pub use log_trace::{Continued, Continuity, LogTrace, traces};
pub use mechanism::Mechanism;
pub use observation::{
    DirectorySeen, FileFault, FileSeen, GitHookSeen, Host, LaunchFlag, ManagedOrigin, Observation, Os, Owner,
    OwnerBasis, ParentSeen, RepositorySeen, Role, RotationKind, SecretHit, Seen, SettingsScope, UnclearHooks,
    UserHome,
};
pub use operation::{ActivitySeen, CallEnd, CallOutcomes, CallPlace, Ended, LogKind};
pub use period::Period;
pub use reconciliation::{CallPopulation, CommitTie, Lack, Pair, Reconciliation, RecordKind, Tie, Unmatched};
pub use snapshot::{Gap, GapReason, Scope, Snapshot};
pub use verdict::{Basis, Severity, Status, Verdict};
