//! No MCP server relies on a restriction that the client does not know.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement},
};

/// Fields that the client reads of an entry (`client-contract` 5).
const READ: [&str; 12] = [
    "type",
    "command",
    "args",
    "env",
    "url",
    "headers",
    "headersHelper",
    "timeout",
    "oauth",
    "alwaysLoad",
    "cwd",
    "scopes",
];
/// Words of which one stands in the name of a field that is meant as a limit.
const LIMITS: [&str; 17] = [
    "allow",
    "deny",
    "denied",
    "block",
    "restrict",
    "permission",
    "sandbox",
    "readonly",
    "read_only",
    "approv",
    "disabled",
    "enabled",
    "trust",
    "network",
    "paths",
    "domains",
    "scope",
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
        let inert: Vec<&str> =
            server.entry.keys().map(String::as_str).filter(|field| is_limit_of_nothing(field)).collect();
        if server.url().is_none() && server.command().is_none() {
            let limits = if inert.is_empty() { String::new() } else { format!("; {} limits nothing", inert.join(", ")) };
            let message =
                format!("the entry has neither a command nor a url: the client starts nothing by it{limits}");
            let fix = "A command or a url for the server; or, where a list of servers was meant, allowedMcpServers in managed settings, and WebFetch(domain:...) rules for addresses.";
            Conclusion::fail(server.subject(), vec![server.evidence.clone()], message).fix(fix)
        } else if inert.is_empty() {
            Conclusion::pass(
                server.subject(),
                server.evidence.clone(),
                "the entry holds no restriction that is read by nothing",
            )
        } else {
            let message =
                format!("{} limits nothing: the server runs with the user's full rights", inert.join(", "));
            let entry = server.evidence.locator.as_deref().unwrap_or_default();
            let cited = inert.iter().map(|field| server.evidence.at(format!("{entry}/{field}"))).collect();
            Conclusion::fail(server.subject(), cited, message)
        }
    }));
    if conclusions.is_empty() {
        return Findings::one(Conclusion::not_applicable("deployment", "no file declares an MCP server"));
    }
    Findings::of(conclusions, "no MCP server")
}

/// Whether a field's name promises a limit that the client does not know.
fn is_limit_of_nothing(field: &str) -> bool {
    let lower = field.to_ascii_lowercase();
    !READ.contains(&field) && LIMITS.iter().any(|word| lower.contains(word))
}
