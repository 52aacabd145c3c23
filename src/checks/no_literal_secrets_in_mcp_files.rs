//! No MCP configuration holds a literal secret.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Role},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let is_mcp =
        |role: &Role| matches!(role, Role::ManagedMcp | Role::ProjectMcp { .. } | Role::GlobalConfig { .. });
    let conclusions = facts.without_secrets(is_mcp);
    if conclusions.is_empty() {
        return Findings::one(Conclusion::not_applicable("deployment", "there is no MCP configuration"));
    }
    Findings::of(conclusions, "no MCP configuration")
}
