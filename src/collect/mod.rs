//! Looks at the world once.

pub mod logs;
