//! The tables for machines that are made from what was seen: hosts, hooks, MCP servers, retention.

use serde_json::Value;

use super::Table;
use super::build::os_name;
use super::tables::{joined, table};
use super::wording::UNKNOWN;
use crate::model::{
    Assessment, Digest, FileSeen, ManagedOrigin, Observation, Owner, OwnerBasis, Role, Seen, SettingsScope,
    Snapshot,
};

fn files(snapshot: &Snapshot) -> impl Iterator<Item = (&Observation, &FileSeen)> {
    snapshot.observations.iter().filter_map(|observation| match &observation.seen {
        Seen::File(file) => Some((observation, file.as_ref())),
        _ => None,
    })
}

/// Settings files that are JSON objects, with their scope; what does not parse is among the gaps and findings.
fn settings(snapshot: &Snapshot) -> impl Iterator<Item = (&Observation, &SettingsScope, Value)> {
    files(snapshot).filter_map(|(observation, file)| match &file.role {
        Role::Settings { scope } => {
            let value: Value = serde_json::from_str(file.text.as_deref()?).ok()?;
            value.is_object().then_some((observation, scope, value))
        }
        _ => None,
    })
}

fn scope_word(scope: &SettingsScope) -> &'static str {
    match scope {
        SettingsScope::Managed { .. } => "managed",
        SettingsScope::User { .. } => "user",
        SettingsScope::Project { .. } => "project",
        SettingsScope::Local { .. } => "local",
        SettingsScope::UnreadByClient { .. } => "not read by the client",
    }
}

fn origin_word(origin: ManagedOrigin) -> &'static str {
    match origin {
        ManagedOrigin::Server => "server",
        ManagedOrigin::Mdm => "mdm",
        ManagedOrigin::File => "file",
        ManagedOrigin::DropIn => "drop-in",
        ManagedOrigin::UserRegistry => "user registry",
    }
}

/// The digest of the bytes on disk, or that it was not obtained.
pub(super) fn file_digest(file: &FileSeen) -> String {
    file.sha256.as_ref().map_or_else(|| UNKNOWN.to_owned(), |digest| digest.hex().to_owned())
}

/// `0:0`, or that the copy did not keep it.
pub(super) fn owner(owner: &Owner) -> String {
    let id = |id: Option<u32>| id.map_or_else(|| UNKNOWN.to_owned(), |id| id.to_string());
    match owner.basis {
        OwnerBasis::Unknown => UNKNOWN.to_owned(),
        OwnerBasis::FileSystem | OwnerBasis::Mtree => format!("{}:{}", id(owner.uid), id(owner.gid)),
    }
}

/// Permission bits as `chmod` takes them.
pub(super) fn mode(mode: u32) -> String {
    format!("{mode:04o}")
}

/// How a host is named in tables: by a digest of its name, so that tables can be shared.
pub(super) fn host_id(snapshot: &Snapshot) -> String {
    snapshot
        .observations
        .iter()
        .find_map(|observation| match &observation.seen {
            Seen::Host(host) => {
                let name = host.hostname.as_deref()?;
                Some(format!("host-{}", Digest::of_bytes(name.as_bytes()).short()))
            }
            _ => None,
        })
        .unwrap_or_else(|| UNKNOWN.to_owned())
}

/// One row a host.
pub(super) fn hosts(assessment: &Assessment, snapshot: &Snapshot) -> Table {
    let mut origins: Vec<&str> = Vec::new();
    let mut digests: Vec<&str> = Vec::new();
    for (_, file) in files(snapshot) {
        if let Role::Settings { scope } = &file.role {
            digests.extend(file.sha256.as_ref().map(Digest::hex));
            if let SettingsScope::Managed { origin, .. } = scope {
                origins.push(origin_word(*origin));
            }
        }
    }
    origins.sort_unstable();
    origins.dedup();
    digests.sort_unstable();
    let as_of = assessment.run.as_of.to_string();
    let id = host_id(snapshot);
    let rows = snapshot.observations.iter().filter_map(|observation| match &observation.seen {
        Seen::Host(host) => Some(vec![
            id.clone(),
            id.clone(),
            os_name(host.os).to_owned(),
            "this collection".to_owned(),
            "true".to_owned(),
            UNKNOWN.to_owned(),
            UNKNOWN.to_owned(),
            if host.client_versions.is_empty() { UNKNOWN.to_owned() } else { joined(&host.client_versions) },
            joined(&origins),
            if digests.is_empty() {
                String::new()
            } else {
                Digest::of_bytes(digests.join("\n").as_bytes()).hex().to_owned()
            },
            as_of.clone(),
            as_of.clone(),
            "true".to_owned(),
            String::new(),
        ]),
        _ => None,
    });
    table(
        "hosts",
        "host_id,hostname_pseudonym,os,inventory_source,in_scope,owner_id,role_profile,claude_version,\
         managed_source,settings_hash,last_seen,collected_at,reachable,result",
        rows.collect(),
    )
}

fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// One row a configured hook, whether or not the client honours it, and one a git hook.
pub(super) fn hooks(snapshot: &Snapshot) -> Table {
    let host = host_id(snapshot);
    let scripts: Vec<(&Observation, &FileSeen)> =
        files(snapshot).filter(|(_, file)| matches!(file.role, Role::Script { .. })).collect();
    let mut rows = Vec::new();
    for (_, scope, value) in settings(snapshot) {
        let managed = matches!(scope, SettingsScope::Managed { .. });
        for (event, groups) in value.get("hooks").and_then(Value::as_object).into_iter().flatten() {
            for group in groups.as_array().into_iter().flatten() {
                for hook in group.get("hooks").and_then(Value::as_array).into_iter().flatten() {
                    let command = match text(hook.get("command")) {
                        empty if empty.is_empty() => text(hook.get("url")),
                        command => command,
                    };
                    let script =
                        scripts.iter().find(|(seen, _)| command.contains(&format!("/{}", seen.source)));
                    rows.push(vec![
                        host.clone(),
                        event.clone(),
                        text(group.get("matcher")),
                        text(hook.get("type")),
                        command.clone(),
                        scope_word(scope).to_owned(),
                        managed.to_string(),
                        script.map(|(seen, _)| seen.source.clone()).unwrap_or_else(|| UNKNOWN.to_owned()),
                        script.map_or_else(|| UNKNOWN.to_owned(), |(_, file)| file_digest(file)),
                        script.map_or_else(|| UNKNOWN.to_owned(), |(_, file)| owner(&file.owner)),
                        script.map_or_else(|| UNKNOWN.to_owned(), |(_, file)| mode(file.mode)),
                        script.map_or_else(
                            || UNKNOWN.to_owned(),
                            |(_, file)| (file.mode & 0o022 != 0).to_string(),
                        ),
                        script.map_or_else(
                            || UNKNOWN.to_owned(),
                            |(_, file)| (file.mode & 0o111 != 0).to_string(),
                        ),
                        text(hook.get("timeout")),
                        text(hook.get("async")),
                        text(hook.get("onFailure")),
                        UNKNOWN.to_owned(),
                        UNKNOWN.to_owned(),
                    ]);
                }
            }
        }
    }
    for observation in &snapshot.observations {
        let Seen::Repository(repository) = &observation.seen else { continue };
        for hook in &repository.hooks {
            rows.push(vec![
                host.clone(),
                hook.event.clone(),
                String::new(),
                "git".to_owned(),
                hook.why_not.clone().map(|why| format!("not run by git: {why}")).unwrap_or_default(),
                format!("repository {}", repository.name),
                "false".to_owned(),
                hook.path.clone(),
                hook.sha256.as_ref().map_or_else(|| UNKNOWN.to_owned(), |digest| digest.hex().to_owned()),
                UNKNOWN.to_owned(),
                UNKNOWN.to_owned(),
                UNKNOWN.to_owned(),
                hook.executable.to_string(),
                String::new(),
                String::new(),
                String::new(),
                UNKNOWN.to_owned(),
                UNKNOWN.to_owned(),
            ]);
        }
    }
    table(
        "hooks",
        "host_id,event,matcher,type,command,scope,managed,script_path,script_sha256,owner,mode,writable_by_others,\
         executable,timeout,async,on_failure,replay_vectors_passed,replay_vectors_failed",
        rows,
    )
}

/// One row a configured MCP server.
pub(super) fn mcp_servers(snapshot: &Snapshot) -> Table {
    let host = host_id(snapshot);
    let mut rows = Vec::new();
    for (_, file) in files(snapshot) {
        let scope = match &file.role {
            Role::ManagedMcp => "managed".to_owned(),
            Role::ProjectMcp { repository } => format!("project {repository}"),
            Role::GlobalConfig { user } => format!("user {user}"),
            _ => continue,
        };
        let Some(value) = file.text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok())
        else {
            continue;
        };
        let mut places = vec![(scope.clone(), value.get("mcpServers"))];
        for (path, project) in value.get("projects").and_then(Value::as_object).into_iter().flatten() {
            places.push((format!("{scope}, folder {path}"), project.get("mcpServers")));
        }
        for (scope, servers) in places {
            for (name, server) in servers.and_then(Value::as_object).into_iter().flatten() {
                let command = match server.get("command") {
                    Some(command) => {
                        let arguments = server.get("args").and_then(Value::as_array).into_iter().flatten();
                        let words = arguments.map(|argument| text(Some(argument)));
                        std::iter::once(text(Some(command))).chain(words).collect::<Vec<_>>().join(" ")
                    }
                    None => text(server.get("url")),
                };
                let transport = match text(server.get("type")) {
                    named if !named.is_empty() => named,
                    _ if server.get("command").is_some() => "stdio".to_owned(),
                    _ => UNKNOWN.to_owned(),
                };
                let mut row = vec![host.clone(), name.clone(), transport, command, scope.clone()];
                row.extend(std::iter::repeat_n(UNKNOWN.to_owned(), 6));
                row.push(String::new());
                rows.push(row);
            }
        }
    }
    table(
        "mcp_servers",
        "host_id,server_name,transport,url_or_command,scope,approved_register_id,approved_version_or_hash,\
         vetted_by,vetted_at,vetting_expires,allow_rule_kind,result",
        rows,
    )
}

/// One row a retention setting: transcripts by the client's own key, and every rotation file that was seen.
pub(super) fn retention(snapshot: &Snapshot) -> Table {
    let unknown = || UNKNOWN.to_owned();
    let mut rows = Vec::new();
    let mut push = |class: &str, location: String, days: String| {
        let mut row = vec![class.to_owned(), location, unknown(), days];
        row.extend(std::iter::repeat_n(unknown(), 10));
        row.extend([String::new(), String::new()]);
        rows.push(row);
    };
    for (observation, scope, value) in settings(snapshot) {
        if let (Some(days), false) =
            (value.get("cleanupPeriodDays"), matches!(scope, SettingsScope::UnreadByClient { .. }))
        {
            let location = format!("{} /cleanupPeriodDays", observation.source);
            push("transcripts", location, text(Some(days)));
        }
    }
    for (observation, file) in files(snapshot) {
        if matches!(file.role, Role::Rotation { .. }) {
            push("logs", observation.source.clone(), unknown());
        }
    }
    rows.extend(super::logs::observed(snapshot));
    table(
        "retention",
        "log_class,location,declared_days,configured_days,oldest_record,newest_record,observed_days,archive_days,\
         backup_days,effective_days,floor_days,floor_source,ceiling_days,ceiling_source,result,decision_id",
        rows,
    )
}
