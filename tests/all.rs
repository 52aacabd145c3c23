//! All integration tests in one binary.

mod architecture;
mod cards;
mod cli;
mod client_truth;
mod corpora;
mod docs;
mod formats;
mod operated;
mod probe;
mod program;
mod repository;
mod samples;
mod scope;
mod shared;
mod source;
mod unseen;
