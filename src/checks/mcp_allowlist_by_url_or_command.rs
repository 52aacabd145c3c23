//! The MCP allowlist identifies servers by URL or command.

use crate::{
    facts::{Facts, Session},
    model::{Conclusion, Findings, Judgement, Role},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(|session| identified(facts, session)), "no user was found to test")
}

fn identified(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    let exclusive = facts.files_as(|role| matches!(role, Role::ManagedMcp)).next();
    if session.effective.value("allowedMcpServers").is_none() {
        return match exclusive {
            Some(file) => {
                let message = "managed-mcp.json is there, so only the servers that it describes start";
                Conclusion::pass(&*session.subject, file.evidence(), message)
            }
            None => {
                let message = "allowedMcpServers is not set: every MCP server is allowed";
                Conclusion::fail(&*session.subject, session.sources(), message)
            }
        };
    }
    let entries = session.effective.list("allowedMcpServers");
    let by_name: Vec<_> = entries
        .iter()
        .filter(|entry| entry.value.get("serverUrl").is_none() && entry.value.get("serverCommand").is_none())
        .collect();
    let wide: Vec<_> = entries
        .iter()
        .filter(|entry| {
            let url = entry.value.get("serverUrl").and_then(serde_json::Value::as_str);
            url.is_some_and(|url| matches!(url.trim(), "*" | "https://*" | "http://*" | "https://*/*" | "*://*/*"))
        })
        .collect();
    if let Some(entry) = by_name.first() {
        let message = format!("{} of {} entries name a label that the user chooses", by_name.len(), entries.len());
        return Conclusion::fail(&*session.subject, vec![session.cite(entry)], message);
    }
    if let Some(entry) = wide.first() {
        let message = format!("the allowlist entry {} matches every server", entry.value);
        return Conclusion::fail(&*session.subject, vec![session.cite(entry)], message);
    }
    match entries.first() {
        Some(first) => {
            let message = format!("{} entries, each by URL or command", entries.len());
            Conclusion::pass(&*session.subject, session.cite(first), message)
        }
        None => {
            let evidence = session.effective.value("allowedMcpServers").map(|value| session.cite(&value));
            let message = "allowedMcpServers is empty: no MCP server is allowed";
            evidence.map_or_else(
                || Conclusion::undetermined(&*session.subject, "the allowlist was not understood"),
                |evidence| Conclusion::pass(&*session.subject, evidence, message),
            )
        }
    }
}
