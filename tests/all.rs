//! All integration tests in one binary.

mod architecture;
mod cards;
mod cli;
mod client_measured;
mod client_truth;
mod corpora;
mod defects;
mod docs;
mod fix;
mod formats;
mod fuzzed;
mod fuzzing;
mod generations;
mod layers;
mod operated;
mod probe;
mod program;
mod queries;
mod repository;
mod samples;
mod sandbox;
mod scope;
mod self_test;
mod shared;
mod source;
mod unseen;
