//! Judges what was collected. Pure: no file, no clock, no chance.

pub mod sampling;
pub mod segregation;
