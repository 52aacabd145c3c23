//! The catalogue: frameworks, controls and check cards, read from `controls/` and validated as a whole.

mod card;
mod control;
mod framework;

pub use card::{Card, Example};
pub use control::{AttestationNeed, Control, Frequency, Mapping, Nature, Purpose, Relation};
pub use framework::{Crosswalk, CrosswalkBasis, Designation, Framework, Requirement};
