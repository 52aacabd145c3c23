//! All integration tests in one binary.

mod client_truth;
mod repository;
mod shared;
