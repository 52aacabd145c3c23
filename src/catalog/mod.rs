//! Reads and validates the data files in `controls/`.

pub mod patterns;
