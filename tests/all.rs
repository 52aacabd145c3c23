//! All integration tests in one binary.

mod architecture;
mod cards;
mod client_truth;
mod repository;
mod formats;
mod program;
mod samples;
mod operated;
mod shared;
mod source;
