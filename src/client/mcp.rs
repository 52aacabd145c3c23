//! MCP servers: which are configured, and which would connect under the allow and deny lists (client-contract 5).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::permissions::glob::Glob;
use super::settings::positions::{Positions, escape, too_deep};
use super::settings::{Effective, Scope, Sourced};

/// Where a server is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum McpOrigin {
    /// `managed-mcp.json`: where it exists, no other origin counts.
    ManagedFile,
    /// `.mcp.json` of the start folder.
    Project,
    /// `projects.<path>.mcpServers` of `~/.claude.json`.
    Local,
    /// `mcpServers` of `~/.claude.json`.
    User,
    Plugin,
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// The program and its arguments.
    Stdio(Vec<String>),
    Remote(String),
    /// Neither a command nor a URL.
    Unknown,
}

/// One configured server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct McpServer {
    pub name: String,
    pub origin: McpOrigin,
    pub transport: Transport,
    pub source: String,
    pub pointer: String,
    pub line: u32,
    /// Fields that look like limits and are none.
    pub powerless_fields: Vec<String>,
}

/// Whether a server would connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connects {
    Yes {
        why: String,
    },
    /// Only after a person approves it; non-interactive sessions connect it at once.
    AfterApproval {
        why: String,
    },
    No {
        why: String,
    },
    Undetermined {
        why: String,
    },
}

const POWERLESS: &[&str] =
    &["allowedPaths", "allowNetworkAccess", "allowedDomains", "blockedPaths", "permissions"];

/// Reads the `mcpServers` object of a file. Variables in commands and URLs are expanded from `variables`.
///
/// # Errors
/// Says why the text holds no servers: not JSON, or the wrong shape.
pub fn read_servers(
    text: &str,
    source: &str,
    origin: McpOrigin,
    variables: &BTreeMap<String, String>,
) -> Result<Vec<McpServer>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if too_deep(text) {
        return Err("nested too deeply to be read".to_owned());
    }
    let value: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let Some(servers) = value.get("mcpServers") else { return Ok(Vec::new()) };
    let Some(servers) = servers.as_object() else { return Err("mcpServers must be an object".to_owned()) };
    let positions = Positions::scan(text);
    Ok(servers
        .iter()
        .map(|(name, entry)| {
            let pointer = format!("/mcpServers/{}", escape(name));
            let fields = entry.as_object();
            let powerless =
                fields.into_iter().flat_map(Map::keys).filter(|k| POWERLESS.contains(&k.as_str()));
            McpServer {
                name: name.clone(),
                origin,
                transport: transport(entry, variables),
                source: source.to_owned(),
                line: positions.line(&pointer),
                powerless_fields: powerless.cloned().collect(),
                pointer,
            }
        })
        .collect())
}

fn transport(entry: &Value, variables: &BTreeMap<String, String>) -> Transport {
    let text = |v: &Value| v.as_str().map(|s| expand(s, variables));
    if let Some(url) = entry.get("url").and_then(text) {
        return Transport::Remote(url);
    }
    match entry.get("command").and_then(text) {
        Some(command) => {
            let args = entry.get("args").and_then(Value::as_array);
            Transport::Stdio(
                std::iter::once(command).chain(args.into_iter().flatten().filter_map(text)).collect(),
            )
        }
        None => Transport::Unknown,
    }
}

/// Expands `${NAME}` and `${NAME:-default}`; what is not set stays as written.
fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(start) = rest.find("${") {
        let Some(end) = rest[start..].find('}') else { break };
        let inner = &rest[start + 2..start + end];
        let (name, default) = inner.split_once(":-").map_or((inner, None), |(n, d)| (n, Some(d)));
        out.push_str(&rest[..start]);
        match (variables.get(name), default) {
            (Some(value), _) => out.push_str(value),
            (None, Some(default)) => out.push_str(default),
            (None, None) => out.push_str(&rest[start..=start + end]),
        }
        rest = &rest[start + end + 1..];
    }
    out + rest
}

/// Judges servers: the managed file's exclusiveness, then the deny list, then the allow list, then approval.
/// `managed_file` says whether a `managed-mcp.json` exists.
pub fn judge(effective: &Effective, servers: &[McpServer], managed_file: bool) -> Vec<Connects> {
    let denied = effective.list("deniedMcpServers");
    let allowed = allow_list(effective);
    servers.iter().map(|server| one(effective, server, managed_file, &denied, allowed.as_deref())).collect()
}

/// The allow list; `None` where none is set, which allows every server.
fn allow_list(effective: &Effective) -> Option<Vec<Sourced<'_>>> {
    effective.value("allowedMcpServers")?;
    let mut list = effective.list("allowedMcpServers");
    if effective.flag("allowManagedMcpServersOnly") {
        list.retain(|e| e.scope == Scope::Managed);
        let set = effective
            .in_force()
            .any(|s| s.scope() == Scope::Managed && s.settings.contains_key("allowedMcpServers"));
        return set.then_some(list);
    }
    Some(list)
}

fn one(
    effective: &Effective,
    server: &McpServer,
    managed_file: bool,
    denied: &[Sourced<'_>],
    allowed: Option<&[Sourced<'_>]>,
) -> Connects {
    if managed_file && server.origin != McpOrigin::ManagedFile {
        return Connects::No { why: "managed-mcp.json exists: no other server counts".to_owned() };
    }
    if let Some(entry) = denied.iter().find(|e| entry_names(e.value, server)) {
        return Connects::No {
            why: format!("deniedMcpServers of {} line {} names it", entry.source, entry.line),
        };
    }
    if server.transport == Transport::Unknown {
        return Connects::Undetermined { why: "the entry has neither a command nor a URL".to_owned() };
    }
    let mut why = "no allow list is set: every server is allowed".to_owned();
    if let Some(allowed) = allowed {
        match allowed_by(allowed, server) {
            Ok(by) => why = by,
            Err(not) => return Connects::No { why: not },
        }
    }
    if server.origin == McpOrigin::Project {
        return project(effective, server, why);
    }
    Connects::Yes { why }
}

/// Once the list holds one entry of the server's kind (URL, command), names alone no longer allow that kind.
fn allowed_by(allowed: &[Sourced<'_>], server: &McpServer) -> Result<String, String> {
    let strict = match &server.transport {
        Transport::Remote(_) => "serverUrl",
        _ => "serverCommand",
    };
    let kind_listed = allowed.iter().any(|e| e.value.get(strict).is_some());
    let hit = allowed
        .iter()
        .find(|e| entry_names(e.value, server) && (!kind_listed || e.value.get(strict).is_some()));
    match hit {
        Some(entry) => {
            let weak = if entry.value.get("serverName").is_some() {
                ", by a name that its owner chooses"
            } else {
                ""
            };
            Ok(format!("allowedMcpServers of {} line {} names it{weak}", entry.source, entry.line))
        }
        None if allowed.is_empty() => Err("allowedMcpServers is empty: no server is allowed".to_owned()),
        None if kind_listed => Err(format!("no {strict} entry of allowedMcpServers matches it")),
        None => Err("allowedMcpServers does not name it".to_owned()),
    }
}

fn entry_names(entry: &Value, server: &McpServer) -> bool {
    if let Some(name) = entry.get("serverName").and_then(Value::as_str) {
        return name == server.name;
    }
    match &server.transport {
        Transport::Remote(url) => {
            entry.get("serverUrl").and_then(Value::as_str).is_some_and(|p| Glob::new(p).matches(url))
        }
        Transport::Stdio(words) => entry.get("serverCommand").and_then(Value::as_array).is_some_and(|list| {
            list.len() == words.len() && list.iter().zip(words).all(|(a, b)| a.as_str() == Some(b))
        }),
        Transport::Unknown => false,
    }
}

fn project(effective: &Effective, server: &McpServer, why: String) -> Connects {
    let named = |key: &str, from_repository: bool| {
        effective
            .list(key)
            .iter()
            .any(|e| e.value.as_str() == Some(&server.name) && (from_repository || e.scope != Scope::Project))
    };
    if named("disabledMcpjsonServers", true) {
        return Connects::No { why: "disabledMcpjsonServers names it".to_owned() };
    }
    // A repository does not approve its own servers in a folder without trust.
    let trusted = effective.environment.trusted;
    let all = effective
        .value("enableAllProjectMcpServers")
        .is_some_and(|v| v.value == &Value::Bool(true) && (trusted || v.scope != Scope::Project));
    if all || named("enabledMcpjsonServers", trusted) {
        return Connects::Yes { why: format!("{why}; project servers are approved by settings") };
    }
    Connects::AfterApproval { why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::settings::{Environment, Os, SettingsSource};
    use crate::client::version::CONTRACT;

    fn run(managed: &str, user: &str, managed_file: bool) -> Vec<bool> {
        let source =
            |scope, text: &str| SettingsSource { scope, origin: None, path: "/s".into(), text: text.into() };
        let environment = Environment {
            home: "/h".into(),
            start_dir: "/p".into(),
            git_root: None,
            trusted: true,
            flags: vec![],
            os: Os::Linux,
            client: CONTRACT,
            sandbox_available: false,
        };
        let effective =
            Effective::load(vec![source(Scope::Managed, managed), source(Scope::User, user)], environment);
        let text = "{\"mcpServers\": {\"a\": {\"command\": \"npx\", \"args\": [\"x\"]}, \"b\": {\"url\": \"https://${H:-b.org}/mcp\"}}}";
        let servers = read_servers(text, "/m", McpOrigin::User, &BTreeMap::new()).unwrap();
        judge(&effective, &servers, managed_file).iter().map(|c| matches!(c, Connects::Yes { .. })).collect()
    }

    #[test]
    fn lists() {
        assert_eq!(run("{}", "{}", false), [true, true]);
        assert_eq!(run("{}", "{}", true), [false, false]);
        assert_eq!(run("{\"allowedMcpServers\": []}", "{}", false), [false, false]);
        assert_eq!(
            run(
                "{\"allowedMcpServers\": [{\"serverUrl\": \"https://*.org/*\"}, {\"serverName\": \"a\"}]}",
                "{}",
                false
            ),
            [true, true]
        );
        assert_eq!(
            run(
                "{\"allowedMcpServers\": [{\"serverUrl\": \"https://c.org/*\"}, {\"serverName\": \"b\"}]}",
                "{}",
                false
            ),
            [false, false]
        );
        assert_eq!(
            run("{\"allowedMcpServers\": [{\"serverCommand\": [\"npx\", \"x\"]}]}", "{}", false),
            [true, false]
        );
        assert_eq!(run("{\"deniedMcpServers\": [{\"serverName\": \"a\"}]}", "{}", false), [false, true]);
    }

    #[test]
    fn the_lock_leaves_out_lists_of_users() {
        let user = "{\"allowedMcpServers\": [{\"serverName\": \"a\"}]}";
        assert_eq!(run("{\"allowedMcpServers\": [{\"serverName\": \"b\"}]}", user, false), [true, true]);
        let locked =
            "{\"allowManagedMcpServersOnly\": true, \"allowedMcpServers\": [{\"serverName\": \"b\"}]}";
        assert_eq!(run(locked, user, false), [false, true]);
    }
}
