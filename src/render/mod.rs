//! Turns a report into bytes: one file a format. Escaping is the renderer's real job.

pub mod pdf;
