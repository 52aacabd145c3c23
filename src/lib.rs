//! Workpaper turns a Claude Code deployment into audit evidence.
#![forbid(unsafe_code)]

pub mod catalog;
pub mod client;
pub mod collect;
pub mod evaluate;
pub mod model;
pub mod render;
pub mod report;
