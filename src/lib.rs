//! Workpaper turns a Claude Code deployment into audit evidence.
#![forbid(unsafe_code)]

pub mod catalog;
pub mod checks;
pub mod client;
pub mod collect;
pub mod evaluate;
pub mod facts;
pub mod model;
pub mod pack;
pub mod policy;
pub mod render;
pub mod repair;
pub mod report;
pub mod selftest;
pub mod store;
