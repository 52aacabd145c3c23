//! Workpaper turns a Claude Code deployment into audit evidence.
#![forbid(unsafe_code)]

pub mod cli;
pub mod client;
