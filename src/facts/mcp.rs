//! MCP servers that files declare, from every place that the client reads (`client-contract` 5).

use serde_json::{Map, Value};

use super::{Facts, File, Session};
use crate::{
    client::mcp::{self, Connects, McpOrigin, Transport},
    model::{Evidence, Gap, GapReason, Role},
};

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
            source.ends_with("managed-mcp.json")
                || source.ends_with(".mcp.json")
                || source.ends_with(".claude.json")
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
                    for (folder, entry) in
                        all.get("projects").and_then(Value::as_object).into_iter().flatten()
                    {
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

/// Whether a declared server would start for anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// For at least one person, at once or after an approval.
    Would,
    /// For nobody, and why.
    KeptOff(String),
    /// A settings source that decides it was not seen, or the entry is neither command nor address.
    Unknown(String),
}

impl Start {
    /// Whether it is certain that the server starts for nobody.
    pub fn is_kept_off(&self) -> bool {
        matches!(self, Self::KeptOff(_))
    }
}

impl Facts<'_> {
    /// The file that makes the managed servers the only ones, where it is there (`client-contract` 5).
    pub fn exclusive_mcp_file(&self) -> Option<&File<'_>> {
        self.files_as(|role| matches!(role, Role::ManagedMcp)).next()
    }

    /// Whether the client would start a declared server for anybody who could meet it.
    pub fn mcp_start(&self, server: &McpServer) -> Start {
        let exclusive = self.exclusive_mcp_file().is_some();
        let asked = server.as_the_client_reads_it();
        let mut why_not = None;
        let mut unknown = None;
        for session in self.sessions().iter().filter(|session| server.is_met_in(session)) {
            if let Some(doubt) = session.doubt() {
                unknown.get_or_insert(doubt);
                continue;
            }
            for answer in mcp::judge(&session.effective, std::slice::from_ref(&asked), exclusive) {
                match answer {
                    Connects::Yes { .. } | Connects::AfterApproval { .. } => return Start::Would,
                    Connects::No { why } => _ = why_not.get_or_insert(why),
                    Connects::Undetermined { why } => _ = unknown.get_or_insert(why),
                }
            }
        }
        match (unknown, why_not) {
            (None, Some(why)) => Start::KeptOff(why),
            (Some(why), _) => Start::Unknown(why),
            (None, None) => Start::Unknown("no session was found that would meet it".to_owned()),
        }
    }
}

impl McpServer {
    fn is_met_in(&self, session: &Session<'_>) -> bool {
        let of = |user: &str| session.user.is_none_or(|seen| seen.name == user);
        match &self.origin {
            ServerOrigin::Managed => true,
            ServerOrigin::Project { repository } => session.repository == Some(repository),
            ServerOrigin::User { user } | ServerOrigin::Local { user, .. } => of(user),
        }
    }

    fn as_the_client_reads_it(&self) -> mcp::McpServer {
        let transport = match (self.url(), self.command()) {
            (Some(url), _) => Transport::Remote(url.to_owned()),
            (None, Some(words)) => Transport::Stdio(words.into_iter().map(str::to_owned).collect()),
            (None, None) => Transport::Unknown,
        };
        mcp::McpServer {
            name: self.name.clone(),
            origin: match self.origin {
                ServerOrigin::Managed => McpOrigin::ManagedFile,
                ServerOrigin::Project { .. } => McpOrigin::Project,
                ServerOrigin::User { .. } => McpOrigin::User,
                ServerOrigin::Local { .. } => McpOrigin::Local,
            },
            transport,
            source: self.evidence.source.clone(),
            pointer: self.evidence.locator.clone().unwrap_or_default(),
            line: 0,
            powerless_fields: Vec::new(),
        }
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
            evidence: file
                .evidence()
                .at(format!("{base}/mcpServers/{}", name.replace('~', "~0").replace('/', "~1"))),
        });
    }
}
