//! All integration tests in one binary.

mod cards;
mod shared;
