//! The nouns of the program: plain values without I/O, clock or parsing of the world.

pub mod activity;
mod assessment;
pub mod change;
mod digest;
mod finding;
pub mod forge;
pub mod git_hook;
pub mod history;
mod id;
mod observation;
mod period;
mod snapshot;
mod verdict;

pub use assessment::{
    Assessment, BasisResults, ControlResult, Counts, Coverage, Inputs, RequirementResult, Run, RunScope,
    SCHEMA, Subjects, Tool,
};
pub use digest::{Digest, canonical_json};
pub use finding::{Conclusion, Evidence, Finding, Findings, Fingerprint, Judgement};
pub use id::{CheckId, ControlId, FrameworkId, RequirementId};
pub use observation::{
    DirectorySeen, FileFault, FileSeen, GitHookSeen, Host, LaunchFlag, ManagedOrigin, Observation, Os, Owner,
    OwnerBasis, ParentSeen, RepositorySeen, Role, RotationKind, SecretHit, Seen, SettingsScope, UserHome,
};
pub use period::Period;
pub use snapshot::{Gap, GapReason, Scope, Snapshot};
pub use verdict::{Basis, Severity, Status, Verdict};
