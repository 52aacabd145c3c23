//! All integration tests in one binary.

mod client_truth;
mod shared;
