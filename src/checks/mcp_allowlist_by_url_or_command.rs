//! The MCP allowlist identifies servers by URL or command.

use serde_json::{Map, Value};

use super::{mcp_launch_commands_pinned, mcp_urls_use_tls};
use crate::{
    facts::{Facts, File, Session},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(|session| identified(facts, session)), "no user was found to test")
}

fn identified(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    // Its servers are the administrators' own, so no list has to tell them apart.
    if let Some(file) = facts.exclusive_mcp_file() {
        return exclusive(session, file);
    }
    let Some(list) = session.administered("allowedMcpServers") else {
        return match session.effective.value("allowedMcpServers") {
            Some(value) => {
                let message = format!(
                    "allowedMcpServers stands in {}, and managed settings do not set it: the user can change it",
                    session.shown(value.source)
                );
                Conclusion::fail(&*session.subject, vec![session.cite(&value)], message)
            }
            None => {
                let message = "allowedMcpServers is not set: every MCP server is allowed";
                Conclusion::fail(&*session.subject, session.sources(), message)
            }
        };
    };
    let entries = session.effective.list("allowedMcpServers");
    let by_name: Vec<_> = entries
        .iter()
        .filter(|entry| entry.value.get("serverUrl").is_none() && entry.value.get("serverCommand").is_none())
        .collect();
    if let Some(entry) = by_name.first() {
        let message = format!(
            "{} of {} entries name servers by serverName alone, a label that the user chooses",
            by_name.len(),
            entries.len()
        );
        return Conclusion::fail(&*session.subject, vec![session.cite(entry)], message);
    }
    if let Some(entry) = entries
        .iter()
        .find(|entry| entry.value.get("serverUrl").and_then(Value::as_str).is_some_and(names_no_host))
    {
        let message = format!("the allowlist entry {} matches servers of anybody", entry.value);
        return Conclusion::fail(&*session.subject, vec![session.cite(entry)], message);
    }
    if let Some((entry, why)) = entries.iter().find_map(|entry| Some((entry, admits_more(entry.value)?))) {
        return Conclusion::fail(&*session.subject, vec![session.cite(entry)], why);
    }
    match entries.first() {
        Some(first) => {
            let message = format!("{} entries, each by URL or command", entries.len());
            Conclusion::pass(&*session.subject, session.cite(first), message)
        }
        None if list.value.is_array() => {
            let message = "allowedMcpServers is empty: no MCP server is allowed";
            Conclusion::pass(&*session.subject, session.cite(&list), message)
        }
        None => Conclusion::undetermined(&*session.subject, "the allowlist was not understood"),
    }
}

/// Why an entry admits more than the server that was meant: whatever a registry hands out today, or whoever stands on
/// the way to an address without TLS.
fn admits_more(entry: &Value) -> Option<String> {
    let url = entry.get("serverUrl").and_then(Value::as_str);
    if let Some(url) = url.map(str::to_ascii_lowercase)
        && url.starts_with("http://")
        && !mcp_urls_use_tls::is_loopback(&url)
    {
        return Some(format!("the allowlist entry {url} admits a server that is reached without TLS"));
    }
    let words: Vec<&str> = entry.get("serverCommand")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let what = mcp_launch_commands_pinned::unpinned(&words)?;
    Some(format!("the allowlist entry {} admits a server of no fixed version: {what}", words.join(" ")))
}

fn exclusive(session: &Session<'_>, file: &File<'_>) -> Conclusion {
    match serde_json::from_str::<Map<String, Value>>(file.text()) {
        Ok(object) if object.get("mcpServers").is_some_and(Value::is_object) => {
            let message = "managed-mcp.json is there, so only the servers that it describes start";
            Conclusion::pass(&*session.subject, file.evidence(), message)
        }
        _ => {
            let message =
                "managed-mcp.json is not an object with mcpServers; what the client then does is not known";
            Conclusion::undetermined(&*session.subject, message)
        }
    }
}

/// Whether the pattern's host is a wildcard, or a wildcard below a top-level domain.
fn names_no_host(pattern: &str) -> bool {
    let rest = pattern.split_once("://").map_or(pattern, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split(':').next().unwrap_or_default();
    let fixed = host.rsplit('*').next().unwrap_or_default();
    host.contains('*') && fixed.trim_matches('.').split('.').filter(|label| !label.is_empty()).count() < 2
        || host.contains('*') && !fixed.starts_with('.')
}
