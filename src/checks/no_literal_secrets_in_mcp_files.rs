//! No MCP configuration holds a literal secret.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Role},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let is_mcp =
        |role: &Role| matches!(role, Role::ManagedMcp | Role::ProjectMcp { .. } | Role::GlobalConfig { .. });
    let mut conclusions = facts.without_secrets(is_mcp);
    let unseen = facts.unseen_below("").filter(|gap| gap.source.contains("mcp.json"));
    conclusions.extend(unseen.map(|gap| Conclusion::undetermined(&*gap.source, gap.sentence())));
    if conclusions.is_empty() {
        return Findings::one(Conclusion::not_applicable("deployment", "there is no MCP configuration"));
    }
    Findings::of(conclusions, "no MCP configuration")
}
