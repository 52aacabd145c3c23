//! No MCP server relies on a restriction that the client does not know.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement},
};

/// Fields that look like limits and are read by nothing (`client-contract` 5).
const INERT: [&str; 7] = [
    "allowedPaths",
    "allowNetworkAccess",
    "allowedDomains",
    "blockedDomains",
    "deniedPaths",
    "sandbox",
    "permissions",
];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let servers = facts.mcp_servers()?;
    let written = facts.written(&["mcpServers"]);
    let mut conclusions: Vec<Conclusion> = written
        .iter()
        .filter(|block| block.value.as_object().is_none_or(|block| !block.is_empty()))
        .map(|block| {
            let message = "mcpServers stands in a settings file, where the client reads no servers: its limits and its servers count for nothing";
            Conclusion::fail(block.file.source, vec![block.evidence()], message)
        })
        .collect();
    conclusions.extend(facts.settings_not_understood());
    conclusions.extend(servers.iter().map(|server| {
        let inert: Vec<&str> = INERT.into_iter().filter(|field| server.entry.contains_key(*field)).collect();
        if inert.is_empty() {
            Conclusion::pass(
                server.subject(),
                server.evidence.clone(),
                "the entry holds no restriction that is read by nothing",
            )
        } else {
            let message =
                format!("{} limits nothing: the server runs with the user's full rights", inert.join(", "));
            Conclusion::fail(server.subject(), vec![server.evidence.clone()], message)
        }
    }));
    if conclusions.is_empty() {
        return Findings::one(Conclusion::not_applicable("deployment", "no file declares an MCP server"));
    }
    Findings::of(conclusions, "no MCP server")
}
