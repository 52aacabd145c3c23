//! macOS preferences: property lists and configuration profiles, kept as the settings JSON that they stand for.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::host::Host;
use super::intake::{Intake, Keep};
use super::settings::COLLECTOR;
use super::tree::EntryKind;
use crate::model::{GapReason, ManagedOrigin, Role, SettingsScope};

const DOMAIN: &str = "com.anthropic.claudecode";
const NESTING: usize = 64;
/// Larger property lists are not read, in bytes.
const LIST_LIMIT: usize = 1024 * 1024;
/// Enough for a list of that size that is nothing but nesting, in bytes; only touched where needed.
const READER_STACK: usize = 256 * 1024 * 1024;
const PROFILE_FOLDERS: &[&str] = &[
    "",
    "Library",
    "Library/Managed Preferences",
    "Library/ConfigurationProfiles",
    "private/var/db/ConfigurationProfiles",
    "var/db/ConfigurationProfiles",
];
/// Folders looked through for profiles.
const FOLDERS: usize = 500;

/// Reads per-user managed preferences and configuration profiles.
pub fn collect(host: &Host, intake: &mut Intake) {
    let folder = Path::new("Library/Managed Preferences");
    for entry in intake.list(&host.tree, folder).map(|listing| listing.entries).unwrap_or_default() {
        if entry.kind == EntryKind::Folder {
            let path = folder.join(&entry.name).join(format!("{DOMAIN}.plist"));
            let scope = SettingsScope::Managed { origin: ManagedOrigin::Mdm, user: Some(entry.shown()) };
            keep(host, &path, scope, intake);
        }
    }
    for path in profiles(host, intake) {
        profile(host, &path, intake);
    }
}

/// Keeps one preference list.
pub fn keep(host: &Host, path: &Path, scope: SettingsScope, intake: &mut Intake) {
    let role = Role::Settings { scope };
    let Ok(file) = intake.open_as(&host.tree, path, &role) else { return };
    match to_json(&file.raw) {
        Ok(value) => {
            let locator = Some(format!("property list of {DOMAIN}, as settings JSON"));
            intake.keep(&file, role, Keep::Instead(&pretty(&value)), locator, COLLECTOR);
        }
        Err(problem) => {
            let detail = format!("the property list cannot be read: {problem}");
            intake.gap_of(&file.source, role.clone(), GapReason::Malformed, detail);
            intake.keep(&file, role, Keep::Nothing, None, COLLECTOR);
        }
    }
}

/// Profiles at the root, in Library, and below the store of installed profiles.
fn profiles(host: &Host, intake: &mut Intake) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending: Vec<(PathBuf, usize)> =
        PROFILE_FOLDERS.iter().map(|folder| (PathBuf::from(folder), 0)).collect();
    let mut looked = 0;
    while let Some((folder, depth)) = pending.pop() {
        looked += 1;
        if looked > FOLDERS {
            let detail = format!("more than {FOLDERS} folders; the rest was not searched for profiles");
            intake.gap(host.tree.source(&folder), GapReason::TooLarge, detail);
            break;
        }
        for entry in intake.list(&host.tree, &folder).map(|listing| listing.entries).unwrap_or_default() {
            let path = folder.join(&entry.name);
            let store = folder.ends_with("ConfigurationProfiles") || depth > 0;
            match entry.kind {
                EntryKind::File | EntryKind::Link
                    if entry.shown().to_ascii_lowercase().ends_with(".mobileconfig") =>
                {
                    found.push(path)
                }
                EntryKind::Folder if store && depth < 4 => pending.push((path, depth + 1)),
                _ => {}
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn profile(host: &Host, path: &Path, intake: &mut Intake) {
    let role = Role::Settings { scope: SettingsScope::Managed { origin: ManagedOrigin::Mdm, user: None } };
    let Ok(file) = intake.open_as(&host.tree, path, &role) else { return };
    let value = match to_json(unwrapped(&file.raw)) {
        Ok(value) => value,
        Err(problem) => {
            let detail = format!("the profile cannot be read: {problem}");
            intake.gap_of(&file.source, role, GapReason::Malformed, detail);
            return;
        }
    };
    let payloads = value.get("PayloadContent").and_then(Value::as_array).cloned().unwrap_or_default();
    for (number, payload) in payloads.iter().enumerate() {
        for (settings, inside) in settings_of(payload) {
            let locator = format!("/PayloadContent/{number}{inside} of the profile, as settings JSON");
            intake.keep(&file, role.clone(), Keep::Instead(&pretty(&settings)), Some(locator), COLLECTOR);
        }
    }
}

/// A signed profile carries the list inside its envelope.
fn unwrapped(raw: &[u8]) -> &[u8] {
    let find = |needle: &[u8]| raw.windows(needle.len()).position(|window| window == needle);
    match (find(b"<?xml"), find(b"</plist>")) {
        (Some(start), Some(end)) if start < end => &raw[start..end + b"</plist>".len()],
        _ => raw,
    }
}

/// The settings of a payload: forced (or set once) preferences of the client's domain, or a payload of that type.
fn settings_of(payload: &Value) -> Vec<(Value, String)> {
    let mut found = Vec::new();
    if payload.get("PayloadType").and_then(Value::as_str) == Some(DOMAIN) {
        let mut settings = payload.clone();
        if let Value::Object(keys) = &mut settings {
            keys.retain(|key, _| !key.starts_with("Payload"));
        }
        found.push((settings, String::new()));
    }
    if let Some(forced) =
        payload.pointer(&format!("/PayloadContent/{DOMAIN}/Forced")).and_then(Value::as_array)
    {
        for (number, entry) in forced.iter().enumerate() {
            if let Some(settings) = entry.get("mcx_preference_settings") {
                let inside = format!("/PayloadContent/{DOMAIN}/Forced/{number}/mcx_preference_settings");
                found.push((settings.clone(), inside));
            }
        }
    }
    found
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Any property list as JSON; dates as text, data left out by name.
pub fn to_json(raw: &[u8]) -> Result<Value, String> {
    if raw.len() > LIST_LIMIT {
        return Err(format!("{} bytes; at most {LIST_LIMIT} of a property list are read", raw.len()));
    }
    // Only reading it shows how deeply a list is nested, and even dropping it takes stack for every level.
    let raw = raw.to_vec();
    let reader = std::thread::Builder::new().stack_size(READER_STACK).spawn(move || {
        let value = plist::Value::from_reader(Cursor::new(raw)).map_err(|error| error.to_string())?;
        if is_nested_deeper_than(&value, NESTING) {
            return Err(format!("nested more than {NESTING} deep"));
        }
        Ok(json_of(value))
    });
    reader.map_err(|error| error.to_string())?.join().map_err(|_| "the list is damaged".to_owned())?
}

fn is_nested_deeper_than(value: &plist::Value, limit: usize) -> bool {
    let mut pending = vec![(value, 0)];
    while let Some((value, depth)) = pending.pop() {
        if depth > limit {
            return true;
        }
        match value {
            plist::Value::Array(items) => pending.extend(items.iter().map(|item| (item, depth + 1))),
            plist::Value::Dictionary(keys) => pending.extend(keys.iter().map(|(_, item)| (item, depth + 1))),
            _ => {}
        }
    }
    false
}

fn json_of(value: plist::Value) -> Value {
    match value {
        plist::Value::Array(items) => items.into_iter().map(json_of).collect(),
        plist::Value::Dictionary(keys) => {
            keys.into_iter().map(|(key, value)| (key, json_of(value))).collect()
        }
        plist::Value::Boolean(truth) => Value::Bool(truth),
        plist::Value::Integer(number) => match (number.as_signed(), number.as_unsigned()) {
            (Some(signed), _) => signed.into(),
            (None, Some(unsigned)) => unsigned.into(),
            _ => Value::Null,
        },
        plist::Value::Real(number) => number.into(),
        plist::Value::String(text) => Value::String(text),
        plist::Value::Date(date) => Value::String(date.to_xml_format()),
        _ => Value::String("(binary data)".to_owned()),
    }
}
