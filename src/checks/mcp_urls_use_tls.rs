//! Every remote MCP server is reached over TLS.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let servers = facts.mcp_servers()?;
    let mut conclusions = Vec::new();
    for server in &servers {
        let Some(url) = server.url() else { continue };
        let evidence = server.evidence.clone();
        conclusions.push(if url.starts_with("https://") || url.starts_with("wss://") || is_loopback(url) {
            Conclusion::pass(server.subject(), evidence, "the address uses TLS, or stays on the host")
        } else if url.starts_with("${") {
            Conclusion::undetermined(server.subject(), "the address comes from a variable")
        } else {
            Conclusion::fail(server.subject(), vec![evidence], "the address does not use TLS")
        });
    }
    if conclusions.is_empty() {
        let message = format!("{} MCP servers are declared; none is remote", servers.len());
        return Findings::one(Conclusion::not_applicable("deployment", message));
    }
    Findings::of(conclusions, "no MCP server")
}

fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("ws://")) else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = if host.starts_with('[') { host.split(']').next().unwrap_or_default() } else { host.split(':').next().unwrap_or_default() };
    matches!(host, "localhost" | "127.0.0.1" | "[::1")
}
