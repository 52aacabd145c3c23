//! What follows from assessments: the gate, and the difference between two.

mod baseline;
mod diff;
mod gate;

pub use diff::{Change, ControlChange, Diff, FindingChange, Move, diff};
pub use gate::{Gate, GateError, Reason, ReasonClass, gate, read_baseline};
