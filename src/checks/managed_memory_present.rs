//! The organisation's managed CLAUDE.md is in place.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Role},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut files = facts.files_as(|role| matches!(role, Role::ManagedMemory));
    Findings::one(match files.next() {
        Some(file) if !file.text().trim().is_empty() => {
            let message = "the managed CLAUDE.md is there; it guides the model and enforces nothing";
            Conclusion::pass("deployment", file.evidence(), message)
        }
        Some(file) => Conclusion::fail("deployment", vec![file.evidence()], "the managed CLAUDE.md is empty"),
        None => Conclusion::fail("deployment", facts.looked_at(), "there is no managed CLAUDE.md"),
    })
}
