//! Cloud providers' credential files in homes: which names they set is kept, never a value.

use std::path::Path;

use serde_json::{Map, Value};

use super::host::Host;
use super::intake::{Intake, Keep, decode};
use crate::model::Role;

const COLLECTOR: &str = "cloud_credentials";
/// Where the tools of the providers that the client knows keep keys, below a home.
const PLACES: [&str; 2] = [".aws/credentials", ".config/gcloud/application_default_credentials.json"];

/// Reads the names in every person's files.
pub fn collect(host: &Host, intake: &mut Intake) {
    for user in &host.users {
        for place in PLACES {
            let role = Role::CloudCredentials { user: user.name.clone() };
            let path = Path::new(&user.home).join(place);
            let Ok(file) = intake.open_as(&host.tree, &path, &role) else { continue };
            let (text, _) = decode(&file.raw);
            intake.keep(&file, role, Keep::Instead(&names(&text)), None, COLLECTOR);
        }
    }
}

/// Sections of an INI file and the names that it, or a JSON object, sets: each on the line where it stands.
fn names(text: &str) -> String {
    if let Ok(object) = serde_json::from_str::<Map<String, Value>>(text) {
        let keys: Vec<&str> = object.keys().map(String::as_str).filter(|name| is_name(name)).collect();
        let kept = |line: &str| {
            let here = keys.iter().filter(|name| line.contains(&format!("\"{name}\"")));
            here.copied().collect::<Vec<_>>().join(" ") + "\n"
        };
        return text.lines().map(kept).collect();
    }
    let kept = |line: &str| {
        let line = line.trim();
        let name = line.split_once('=').map_or("", |(name, _)| name.trim());
        match line.strip_prefix('[') {
            Some(_) => "[section]\n".to_owned(),
            None if is_name(name) => format!("{name}\n"),
            None => "\n".to_owned(),
        }
    };
    text.lines().map(kept).collect()
}

/// What is longer, or holds more than letters, may be a value in the wrong place.
fn is_name(text: &str) -> bool {
    text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_kept_and_lines_stay_where_they_are() {
        let text = "[work]\naws_access_key_id = AKIAQ7ZK4M2XP9LDN3RT\n# note\naws_secret_access_key=r7Kq2LmZ9vB4nT6w\nr7Kq2LmZ9vB4nT6w\n";
        assert_eq!(names(text), "[section]\naws_access_key_id\n\naws_secret_access_key\n\n");
        let account = r#"{"type": "service_account", "private_key": "x", "KEY": 1}"#;
        assert_eq!(names(account), "type private_key\n");
        assert_eq!(names("{\n  \"type\": \"x\",\n  \"private_key\": \"y\"\n}\n"), "\ntype\nprivate_key\n\n");
    }
}
