//! All integration tests in one binary.

mod architecture;
mod cards;
mod cli;
mod client_truth;
mod repository;
mod formats;
mod program;
mod samples;
mod operated;
mod corpora;
mod docs;
mod formats;
mod program;
mod repository;
mod samples;
mod shared;
mod source;
