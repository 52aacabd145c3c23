//! All integration tests in one binary.

mod architecture;
mod cards;
mod client_truth;
mod shared;
mod source;
