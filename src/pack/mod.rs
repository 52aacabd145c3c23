//! The evidence pack: a run with its inputs and reports in one folder that a stranger can check.

mod manifest;
mod name;
mod read;
mod reperform;
mod verify;
mod write;

pub use manifest::{Entry, Manifest, SCHEMA};
pub use name::PackName;
pub use reperform::{Difference, PackInputs, Reperformance, inputs, reperform};
pub use verify::{Discrepancy, Verification, verify};
pub use write::{PackContents, WriteError, write};

#[cfg(test)]
mod tests;
