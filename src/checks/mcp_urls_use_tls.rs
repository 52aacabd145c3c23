//! Every remote MCP server is reached over TLS.

use crate::{
    facts::{Facts, ServerOrigin},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let servers = facts.mcp_servers()?;
    let mut conclusions = Vec::new();
    let mut kept_off = 0;
    for server in &servers {
        let Some(url) = server.url() else { continue };
        if server.origin != ServerOrigin::Managed && facts.mcp_start(server).is_kept_off() {
            kept_off += 1;
            continue;
        }
        let url = url.trim();
        let lower = url.to_ascii_lowercase();
        let evidence = server.evidence.clone();
        conclusions.push(
            if lower.starts_with("https://") || lower.starts_with("wss://") || is_loopback(&lower) {
                Conclusion::pass(server.subject(), evidence, "the address uses TLS, or stays on the host")
            } else if lower.starts_with("${") {
                Conclusion::undetermined(server.subject(), "the address comes from a variable")
            } else {
                let scheme =
                    lower.split_once("://").map_or(String::new(), |(scheme, _)| format!(" ({scheme}://)"));
                Conclusion::fail(
                    server.subject(),
                    vec![evidence],
                    format!("the address does not use TLS{scheme}"),
                )
            },
        );
    }
    if conclusions.is_empty() {
        let message = format!(
            "{} MCP servers are declared; none that would start is remote ({kept_off} kept off)",
            servers.len()
        );
        return Findings::one(Conclusion::not_applicable("deployment", message));
    }
    Findings::of(conclusions, "no MCP server")
}

pub(super) fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("ws://")) else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = if host.starts_with('[') {
        host.split(']').next().unwrap_or_default()
    } else {
        host.split(':').next().unwrap_or_default()
    };
    matches!(host, "localhost" | "127.0.0.1" | "[::1")
}
