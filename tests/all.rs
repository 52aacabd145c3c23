//! All integration tests in one binary.

mod cards;
mod client_truth;
mod repository;
mod shared;
