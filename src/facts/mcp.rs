//! MCP servers that files declare, from every place that the client reads (`client-contract` 5).

use serde_json::{Map, Value};

use super::{Facts, File};
use crate::model::{Evidence, Gap, GapReason, Role};

/// Where a server is declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerOrigin {
    /// `managed-mcp.json`.
    Managed,
    /// `.mcp.json` of a repository.
    Project { repository: String },
    /// The top level of a user's `~/.claude.json`.
    User { user: String },
    /// A folder's entry in a user's `~/.claude.json`.
    Local { user: String, folder: String },
}

impl ServerOrigin {
    /// In words, for subjects and messages.
    pub fn words(&self) -> String {
        match self {
            Self::Managed => "managed".to_owned(),
            Self::Project { repository } => format!("repository {repository}"),
            Self::User { user } => format!("user {user}"),
            Self::Local { user, folder } => format!("user {user}, folder {folder}"),
        }
    }
}

/// One declared server.
#[derive(Clone, Debug)]
pub struct McpServer {
    pub name: String,
    pub origin: ServerOrigin,
    /// The entry as written, secrets replaced.
    pub entry: Map<String, Value>,
    pub evidence: Evidence,
}

impl McpServer {
    /// The address of a remote server.
    pub fn url(&self) -> Option<&str> {
        self.entry.get("url").and_then(Value::as_str)
    }

    /// The command and its arguments, of a server that is started here.
    pub fn command(&self) -> Option<Vec<&str>> {
        let program = self.entry.get("command").and_then(Value::as_str)?;
        let arguments = self.entry.get("args").and_then(Value::as_array);
        let arguments = arguments.into_iter().flatten().filter_map(Value::as_str);
        Some(std::iter::once(program).chain(arguments).collect())
    }

    /// `MCP server tickets (repository shop)`: stable between runs.
    pub fn subject(&self) -> String {
        format!("MCP server {} ({})", self.name, self.origin.words())
    }
}

impl Facts<'_> {
    /// Every server that a file declares. A file that cannot be read hides servers, so it is a gap for the whole.
    pub fn mcp_servers(&self) -> Result<Vec<McpServer>, Gap> {
        let is_mcp = |source: &str| {
            source.ends_with("managed-mcp.json") || source.ends_with(".mcp.json") || source.ends_with(".claude.json")
        };
        if let Some(gap) = self.unseen_below("").find(|gap| is_mcp(&gap.source)) {
            return Err(gap.clone());
        }
        let mut servers = Vec::new();
        for file in self.files() {
            match &file.seen.role {
                Role::ManagedMcp => declared(file, &object(file)?, "", ServerOrigin::Managed, &mut servers),
                Role::ProjectMcp { repository } => {
                    let origin = ServerOrigin::Project { repository: repository.clone() };
                    declared(file, &object(file)?, "", origin, &mut servers);
                }
                Role::GlobalConfig { user } => {
                    let all = object(file)?;
                    declared(file, &all, "", ServerOrigin::User { user: user.clone() }, &mut servers);
                    for (folder, entry) in all.get("projects").and_then(Value::as_object).into_iter().flatten() {
                        let Some(entry) = entry.as_object() else { continue };
                        let base = format!("/projects/{}", folder.replace('~', "~0").replace('/', "~1"));
                        let origin = ServerOrigin::Local { user: user.clone(), folder: folder.clone() };
                        declared(file, entry, &base, origin, &mut servers);
                    }
                }
                _ => {}
            }
        }
        Ok(servers)
    }
}

fn object(file: &File<'_>) -> Result<Map<String, Value>, Gap> {
    serde_json::from_str(file.text())
        .map_err(|error| Gap::new(file.source, GapReason::Malformed, format!("not a JSON object: {error}")))
}

fn declared(
    file: &File<'_>,
    holder: &Map<String, Value>,
    base: &str,
    origin: ServerOrigin,
    servers: &mut Vec<McpServer>,
) {
    for (name, entry) in holder.get("mcpServers").and_then(Value::as_object).into_iter().flatten() {
        servers.push(McpServer {
            name: name.clone(),
            origin: origin.clone(),
            entry: entry.as_object().cloned().unwrap_or_default(),
            evidence: file.evidence().at(format!("{base}/mcpServers/{}", name.replace('~', "~0").replace('/', "~1"))),
        });
    }
}
