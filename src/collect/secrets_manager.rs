//! Integrations with a secrets manager, and the scripts of the incident response, where organisations keep them.

use std::path::{Path, PathBuf};

use super::host::Host;
use super::intake::{Intake, Keep, decode};
use super::launchers;
use super::tree::EntryKind;
use crate::model::{GapReason, Role};

const COLLECTOR: &str = "secrets_manager";
/// Scripts larger than this are programs, not integrations, in bytes.
const SCRIPT_LIMIT: u64 = 256 * 1024;
const FOLDERS: usize = 400;
const FILES: usize = 2_000;

/// Where to look: folder and depth.
const PLACES: &[(&str, usize)] = &[
    ("etc/vault.d", 2),
    ("etc/vault-agent.d", 2),
    ("etc/vault", 2),
    ("opt", 4),
    ("usr/local/bin", 1),
    ("usr/local/sbin", 1),
    ("etc/claude-code", 3),
];
const SINGLE: &[&str] = &["etc/vault-agent.hcl", "etc/vault.hcl", "etc/gcloud/service-account.json"];

/// What a script that fetches secrets calls.
const CALLS: &[&str] = &[
    "vault kv ",
    "vault read",
    "vault login",
    "vault agent",
    "VAULT_ADDR",
    "X-Vault-Token",
    "secretsmanager",
    "gcloud secrets",
    "az keyvault",
    "op read",
    "ssm get-parameter",
    "chamber ",
    "doppler ",
];

/// Looks for integrations and incident scripts.
pub fn collect(host: &Host, intake: &mut Intake) {
    for path in SINGLE {
        let _ = intake.take(&host.tree, Path::new(path), Role::SecretsManager, COLLECTOR);
    }
    let mut left = FILES;
    for (folder, depth) in PLACES {
        let configuration = folder.starts_with("etc/vault");
        for path in walk(host, Path::new(folder), *depth, &mut left, intake) {
            look(host, &path, configuration, intake);
        }
    }
    for user in &host.users {
        for folder in ["bin", ".local/bin", ".vault.d"] {
            for path in walk(host, &Path::new(&user.home).join(folder), 2, &mut left, intake) {
                look(host, &path, false, intake);
            }
        }
        // A token that the command-line client of Vault leaves in the home: its facts, never its content.
        let _ = super::host::keep_facts(
            &host.tree,
            &Path::new(&user.home).join(".vault-token"),
            Role::SecretsManager,
            COLLECTOR,
            intake,
        );
    }
}

fn look(host: &Host, path: &Path, configuration: bool, intake: &mut Intake) {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let incident = name.contains("incident") || name.contains("forensic") || name.contains("playbook");
    let known = name.contains("vault") || name.contains("secret");
    let script = [".sh", ".py", ".js", ".mjs", ".rb", ".ps1", ".pl"].iter().any(|end| name.ends_with(end));
    let config =
        [".hcl", ".json", ".yaml", ".yml", ".conf", ".env", ".md"].iter().any(|end| name.ends_with(end));
    let plain = !name.contains('.');
    if !(incident || known || script || plain || configuration && config) {
        return;
    }
    let Ok(place) = host.tree.resolve(path) else { return };
    if u64::try_from(place.stat.st_size).unwrap_or(u64::MAX) > SCRIPT_LIMIT
        && !configuration
        && !known
        && !incident
    {
        return;
    }
    let Ok(file) = intake.open_as(&host.tree, path, &Role::SecretsManager) else { return };
    let text = || decode(&file.raw).0;
    if script || file.raw.starts_with(b"#!") {
        launchers::of_person_file(&file, &text(), intake);
    }
    if incident {
        intake.keep(&file, Role::Incident, Keep::Whole, None, COLLECTOR);
    } else if configuration
        || (script || file.raw.starts_with(b"#!"))
            && (known || CALLS.iter().any(|call| text().contains(call)))
    {
        intake.keep(&file, Role::SecretsManager, Keep::Whole, None, COLLECTOR);
    }
}

fn walk(host: &Host, folder: &Path, depth: usize, left: &mut usize, intake: &mut Intake) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![(folder.to_owned(), 1)];
    let mut folders = 0;
    while let Some((folder, level)) = pending.pop() {
        folders += 1;
        if folders > FOLDERS || *left == 0 {
            let detail = "more folders or files than are searched for secrets-manager integrations; the rest was not read";
            intake.gap_of(host.tree.source(&folder), Role::SecretsManager, GapReason::TooLarge, detail);
            break;
        }
        for entry in intake.list(&host.tree, &folder).map(|listing| listing.entries).unwrap_or_default() {
            let path = folder.join(&entry.name);
            match entry.kind {
                EntryKind::Folder if level < depth && entry.name != "node_modules" => {
                    pending.push((path, level + 1))
                }
                EntryKind::File | EntryKind::Link if *left > 0 => {
                    *left -= 1;
                    found.push(path);
                }
                _ => {}
            }
        }
    }
    found.sort();
    found
}
