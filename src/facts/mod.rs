//! Typed facts out of what was collected.

pub mod rotation;
