//! Windows policy: `.reg` exports that came with the copy, kept as the settings JSON that they hold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::host::Host;
use super::intake::{Intake, Keep, decode};
use super::settings::COLLECTOR;
use super::tree::EntryKind;
use crate::model::{GapReason, ManagedOrigin, Role, SettingsScope};

const KEY: &str = "\\software\\policies\\claudecode";
const FILES: usize = 200;

/// Reads every export at the root and below a `Registry` folder.
pub fn collect(host: &Host, intake: &mut Intake) {
    let exports = exports(host, intake);
    if exports.is_empty() {
        intake.gap(
            "HKLM\\SOFTWARE\\Policies\\ClaudeCode",
            GapReason::NotCollected,
            "no registry export came with the copy; add `reg export HKLM\\SOFTWARE\\Policies\\ClaudeCode hklm.reg` at its root",
        );
    }
    for path in exports {
        export(host, &path, intake);
    }
}

fn exports(host: &Host, intake: &mut Intake) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![(PathBuf::new(), 0)];
    while let Some((folder, depth)) = pending.pop() {
        for entry in intake.list(&host.tree, &folder).map(|listing| listing.entries).unwrap_or_default() {
            let (path, name) = (folder.join(&entry.name), entry.shown().to_ascii_lowercase());
            match entry.kind {
                EntryKind::File | EntryKind::Link if name.ends_with(".reg") => found.push(path),
                EntryKind::Folder if depth < 3 && (depth > 0 || name == "registry") => {
                    pending.push((path, depth + 1))
                }
                _ => {}
            }
            if found.len() > FILES {
                intake.gap(
                    "Registry",
                    GapReason::TooLarge,
                    format!("more than {FILES} exports; the rest was not read"),
                );
                return found;
            }
        }
    }
    found.sort();
    found
}

fn export(host: &Host, path: &Path, intake: &mut Intake) {
    let machine = Role::Settings { scope: SettingsScope::Managed { origin: ManagedOrigin::Mdm, user: None } };
    let Ok(file) = intake.open_as(&host.tree, path, &machine) else { return };
    let keys = match parse(&decode(&file.raw).0) {
        Ok(keys) => keys,
        Err(problem) => {
            let detail = format!("the registry export cannot be read: {problem}");
            intake.gap_of(&file.source, machine, GapReason::Malformed, detail);
            return;
        }
    };
    for (key, values) in keys {
        let Some(hive) = key.to_ascii_lowercase().strip_suffix(KEY).map(str::to_owned) else { continue };
        let (origin, user) = match hive.as_str() {
            "hkey_local_machine" | "hklm" => (ManagedOrigin::Mdm, None),
            "hkey_current_user" | "hkcu" => (ManagedOrigin::UserRegistry, user_of(host, path)),
            other => match other.strip_prefix("hkey_users\\") {
                Some(sid) => (ManagedOrigin::UserRegistry, Some(sid.to_ascii_uppercase())),
                None => continue,
            },
        };
        let mut others = serde_json::Map::new();
        for (name, data) in values {
            match data {
                Data::Text(text) if name.eq_ignore_ascii_case("Settings") => {
                    let role =
                        Role::Settings { scope: SettingsScope::Managed { origin, user: user.clone() } };
                    let locator = format!("{key}, value Settings");
                    intake.keep(&file, role, Keep::Instead(&text), Some(locator), COLLECTOR);
                }
                Data::Text(text) => {
                    others.insert(name, Value::String(text));
                }
                Data::Other(kind) => {
                    others.insert(name, Value::String(format!("({kind})")));
                }
            }
        }
        if !others.is_empty() {
            let why =
                "the client reads only the value Settings of this key, as text (REG_SZ or REG_EXPAND_SZ)";
            let role = Role::Settings { scope: SettingsScope::UnreadByClient { why: why.to_owned() } };
            let text = serde_json::to_string_pretty(&others).unwrap_or_default();
            intake.keep(
                &file,
                role,
                Keep::Instead(&text),
                Some(format!("{key}, other values, as JSON")),
                COLLECTOR,
            );
        }
    }
}

/// Whose HKCU an export is, where its name says so (`Registry/HKCU-jane.reg`, `jane.reg`).
fn user_of(host: &Host, path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?.to_ascii_lowercase();
    let named = |name: &str| {
        stem == name || stem.ends_with(&format!("-{name}")) || stem.ends_with(&format!("_{name}"))
    };
    host.users.iter().find(|user| named(&user.name.to_ascii_lowercase())).map(|user| user.name.clone())
}

#[derive(Debug, PartialEq, Eq)]
enum Data {
    Text(String),
    /// The type, where it is no text.
    Other(String),
}

type Keys = BTreeMap<String, BTreeMap<String, Data>>;

/// Reads the export format: `[key]`, `"name"="text"`, `"name"=hex(2):…`, `"name"=dword:…`.
fn parse(text: &str) -> Result<Keys, String> {
    if !text.trim_start().starts_with("Windows Registry Editor") && !text.trim_start().starts_with("REGEDIT4")
    {
        return Err("it does not begin with `Windows Registry Editor Version 5.00`".to_owned());
    }
    let mut keys = Keys::new();
    let mut current: Option<String> = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if let Some(key) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            current = (!key.starts_with('-')).then(|| key.to_owned());
            if let Some(key) = &current {
                keys.entry(key.clone()).or_default();
            }
            continue;
        }
        let (Some(key), true) = (&current, trimmed.starts_with(['"', '@'])) else { continue };
        let (name, rest) = match trimmed.strip_prefix('@') {
            Some(rest) => (String::new(), rest.to_owned()),
            None => match quoted(&trimmed[1..]) {
                Some((name, rest)) => (name, rest.to_owned()),
                None => continue,
            },
        };
        let Some(value) = rest.trim_start().strip_prefix('=') else { continue };
        let mut value = value.trim().to_owned();
        let data = if let Some(start) = value.strip_prefix('"') {
            // Text may run over lines.
            let mut whole = String::new();
            let mut part = start;
            loop {
                if let Some((end, _)) = quoted(part) {
                    whole.push_str(&end);
                    break Data::Text(whole);
                }
                let Some(more) = lines.next() else {
                    return Err(format!("the text of `{}` does not end", name.escape_debug()));
                };
                whole.push_str(&unescaped(part));
                whole.push('\n');
                part = more;
            }
        } else {
            while let Some(start) = value.strip_suffix('\\') {
                let Some(more) = lines.next() else { break };
                value = start.to_owned() + more.trim();
            }
            binary(&value)
        };
        keys.entry(key.clone()).or_default().insert(name, data);
    }
    Ok(keys)
}

fn unescaped(text: &str) -> String {
    let mut chars = text.chars();
    std::iter::from_fn(|| match chars.next()? {
        '\\' => chars.next(),
        other => Some(other),
    })
    .collect()
}

/// The text up to the closing quote, escapes undone, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, next)) = chars.next() {
        match next {
            '"' => return Some((out, &text[at + 1..])),
            '\\' => out.push(chars.next()?.1),
            other => out.push(other),
        }
    }
    None
}

/// `hex(1)` and `hex(2)` are text in UTF-16; everything else is named by its type.
fn binary(value: &str) -> Data {
    let Some((kind, digits)) = value.split_once(':') else {
        return Data::Other(value.chars().take(40).collect());
    };
    if !matches!(kind, "hex(1)" | "hex(2)") {
        return Data::Other(value.chars().take(40).collect());
    }
    let bytes: Option<Vec<u8>> = digits
        .split(',')
        .map(str::trim)
        .filter(|digits| !digits.is_empty())
        .map(|digits| u8::from_str_radix(digits, 16).ok())
        .collect();
    let Some(bytes) = bytes else { return Data::Other("damaged hex data".to_owned()) };
    let (text, _) = decode(&[b"\xff\xfe".as_slice(), &bytes].concat());
    Data::Text(text.trim_end_matches('\0').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_export() {
        let keys = parse(
            "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\ClaudeCode]\r\n\
             \"PermissionMode\"=\"plan\"\r\n\"Settings\"=\"{\\\"a\\\":\\\"C:\\\\\\\\x\\\"}\"\r\n\"N\"=dword:00000001\r\n\
             \"E\"=hex(2):7b,00,\\\r\n  7d,00,00,00\r\n[-HKEY_CURRENT_USER\\x]\r\n\"gone\"=\"1\"\r\n",
        )
        .expect("an export");
        let values = &keys["HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\ClaudeCode"];
        assert_eq!(values["PermissionMode"], Data::Text("plan".to_owned()));
        assert_eq!(values["Settings"], Data::Text(r#"{"a":"C:\\x"}"#.to_owned()));
        assert_eq!(values["E"], Data::Text("{}".to_owned()));
        assert_eq!(values["N"], Data::Other("dword:00000001".to_owned()));
        assert_eq!(keys.len(), 1);
        assert!(parse("hello").is_err());
    }
}
