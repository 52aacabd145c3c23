//! Only the managed list decides which MCP servers run.

use serde_json::json;

use crate::{
    facts::{Facts, Session},
    model::{Conclusion, Findings, Judgement, Role},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(|session| locked(facts, session)), "no user was found to test")
}

fn locked(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    // A managed-mcp.json is exclusive: servers of users, repositories, plugins and connectors do not start.
    let exclusive = facts.files_as(|role| matches!(role, Role::ManagedMcp)).next();
    if let Some(file) = exclusive {
        return match serde_json::from_str::<serde_json::Map<_, serde_json::Value>>(file.text()) {
            Ok(object) if object.get("mcpServers").is_some_and(serde_json::Value::is_object) => {
                let message = "managed-mcp.json is there: only its servers start";
                Conclusion::pass(&*session.subject, file.evidence(), message)
            }
            _ => {
                let message = "managed-mcp.json is not an object with mcpServers; what the client then does is not known";
                Conclusion::undetermined(&*session.subject, message)
            }
        };
    }
    if session.effective.value("allowedMcpServers").is_none() {
        let message = "allowedMcpServers is not set: every MCP server is allowed";
        return Conclusion::fail(&*session.subject, session.sources(), message);
    }
    session.require_lock("allowManagedMcpServersOnly", &json!(true))
}
