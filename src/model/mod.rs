//! The nouns: plain values that every other layer speaks in.

pub mod activity;
