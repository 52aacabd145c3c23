//! All integration tests in one binary.

mod cards;
mod repository;
mod shared;
