//! Looks at the world once: everything below reads, nothing writes.

pub mod forge;
pub mod repository;
