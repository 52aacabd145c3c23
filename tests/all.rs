//! All integration tests in one binary.

mod architecture;
mod cards;
mod client_truth;
mod repository;
mod formats;
mod probe;
mod program;
mod samples;
mod shared;
mod source;
