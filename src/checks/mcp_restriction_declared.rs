//! A restriction on MCP servers is written down, in the client's words or the guide's.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Role},
};

/// Fields that the guide puts into a server's entry.
const GUIDE_FIELDS: [&str; 3] = ["allowedPaths", "allowNetworkAccess", "allowedDomains"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let written = facts.written(&["allowedMcpServers", "deniedMcpServers", "allowManagedMcpServersOnly"]);
    if let Some(first) = written.first() {
        let message = format!("{} is written down in {}", first.key, first.file.source);
        return Findings::one(Conclusion::pass("deployment", first.evidence(), message));
    }
    if let Some(file) = facts.files_as(|role| matches!(role, Role::ManagedMcp)).next() {
        return Findings::one(Conclusion::pass("deployment", file.evidence(), "a managed-mcp.json is there"));
    }
    let servers = facts.mcp_servers()?;
    let guide =
        servers.iter().find(|server| GUIDE_FIELDS.iter().any(|field| server.entry.contains_key(*field)));
    Findings::one(match guide {
        Some(server) => {
            let message = format!("the entry of {} names what it may reach", server.name);
            Conclusion::pass("deployment", server.evidence.clone(), message)
        }
        None => {
            Conclusion::fail("deployment", facts.looked_at(), "nothing restricts which MCP servers are used")
        }
    })
}
