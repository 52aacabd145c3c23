//! Where the client's credentials come from: helpers, logins, variables of settings and of login files.

use serde_json::Value;

use super::{Facts, File, Session};
use crate::model::{Evidence, Role};

/// Settings keys that name a program which prints a credential.
pub const HELPERS: [&str; 5] =
    ["apiKeyHelper", "awsAuthRefresh", "awsCredentialExport", "gcpAuthRefresh", "otelHeadersHelper"];

/// Variables that send the client to a cloud provider, where its identities hold.
pub const PROVIDERS: [&str; 5] = [
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_MANTLE",
    "CLAUDE_CODE_USE_ANTHROPIC_AWS",
];

/// A variable that a login file sets.
pub struct LoginVariable {
    pub name: &'static str,
    /// Whether a program fetches the value at each login.
    pub fetched: bool,
    pub evidence: Evidence,
    /// The file's person; nothing where it is everybody's.
    pub user: Option<String>,
}

/// A name that a login file gives a value, whatever the name.
pub struct LoginName<'f> {
    pub name: String,
    pub source: &'f str,
    pub value: String,
    pub evidence: Evidence,
}

impl Facts<'_> {
    /// Every variable that a kept line of a login file sets, by file and line.
    pub fn login_names(&self) -> Vec<LoginName<'_>> {
        let mut found = Vec::new();
        for file in self.files_as(|role| matches!(role, Role::Environment { .. })) {
            for (number, line) in (1..).zip(file.text().lines()) {
                let Some(name) = name_set(line) else { continue };
                let Some(value) = assigned(line, name) else { continue };
                let (name, value) = (name.to_owned(), value.to_owned());
                found.push(LoginName { name, source: file.source, value, evidence: file.line(number) });
            }
        }
        found
    }

    /// The credential files of cloud providers that hold a key without an end of its own, with the place of the key.
    pub fn static_cloud_keys(&self) -> Vec<(&str, &File<'_>, Evidence)> {
        let mut found = Vec::new();
        for file in self.files() {
            let Role::CloudCredentials { user } = &file.seen.role else { continue };
            if let Some(line) = static_key(file.text()) {
                let place = file.line(line);
                found.push((user.as_str(), file, place));
            }
        }
        found
    }

    /// The variables of these names that login files set to a value, by file and line.
    pub fn login_variables(&self, names: &[&'static str]) -> Vec<LoginVariable> {
        let mut found = Vec::new();
        for file in self.files() {
            let Role::Environment { user } = &file.seen.role else { continue };
            for (number, line) in (1..).zip(file.text().lines()) {
                for &name in names {
                    let Some(value) = assigned(line, name) else { continue };
                    found.push(LoginVariable {
                        name,
                        fetched: value.starts_with("$(") || value.starts_with('`'),
                        evidence: file.line(number),
                        user: user.clone(),
                    });
                }
            }
        }
        found
    }
}

impl Session<'_> {
    /// The provider that the effective settings choose, with its place.
    pub fn provider(&self) -> Option<(&'static str, Evidence)> {
        PROVIDERS.iter().find_map(|name| {
            let value = self.effective.value(&format!("env.{name}"))?;
            let on = matches!(value.value, Value::String(text) if matches!(text.as_str(), "1" | "true"))
                || *value.value == true
                || *value.value == 1;
            on.then(|| (*name, self.cite(&value)))
        })
    }

    /// Where managed settings restrict login to organisations, or to the gateway, as the client enforces it.
    pub fn organisation_login(&self) -> Option<Evidence> {
        let method = self.administered("forceLoginMethod")?;
        if method.value == "gateway" {
            return Some(self.cite(&method));
        }
        let organisation = self.administered("forceLoginOrgUUID")?;
        (method.value == "claudeai" && names_organisations(organisation.value)).then(|| self.cite(&method))
    }
}

/// The line of a secret key that no session token limits, of names as the collector keeps them.
fn static_key(names: &str) -> Option<usize> {
    let mut key = None;
    let lines = (1..).zip(names.lines());
    for (number, name) in lines.flat_map(|(number, line)| line.split(' ').map(move |name| (number, name))) {
        match name {
            "private_key" => return Some(number),
            "aws_secret_access_key" => key = Some(number),
            "aws_session_token" => key = None,
            "[section]" if key.is_some() => return key,
            _ => {}
        }
    }
    key
}

/// Whether the value is one UUID or a list of them, the only forms that let anybody log in.
pub fn names_organisations(value: &Value) -> bool {
    match value {
        Value::String(text) => is_uuid(text),
        Value::Array(items) => {
            !items.is_empty() && items.iter().all(|item| item.as_str().is_some_and(is_uuid))
        }
        _ => false,
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The name that a line of a shell, fish or environment file sets.
fn name_set(line: &str) -> Option<&str> {
    let words = line.trim().trim_start_matches("export ").trim_start();
    let name = match words.strip_prefix("setenv ").or_else(|| words.strip_prefix("set ")) {
        Some(rest) => rest.split_whitespace().find(|word| !word.starts_with('-'))?,
        None => words.split_once('=')?.0.trim(),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

/// The value that a line of a shell, fish or environment file gives a variable.
fn assigned<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let at = line.match_indices(name).map(|(at, _)| at).find(|&at| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        before.is_none_or(|c| c.is_whitespace() || matches!(c, ';' | '"' | ':'))
            && matches!(after, Some('=' | ' ' | '\t'))
    })?;
    let rest = line[at + name.len()..].trim_start();
    let fish = line[..at].trim_start().starts_with("set") || line.contains("setenv ");
    let value = match rest.strip_prefix('=') {
        Some(value) => value,
        None if fish => rest,
        None => return None,
    };
    let value = value.trim().trim_start_matches(['"', '\'']);
    let value = value.split([';']).next().unwrap_or_default().trim_end_matches(['"', '\'']).trim();
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_login_files_set() {
        for (line, value) in [
            ("ANTHROPIC_API_KEY=abc", Some("abc")),
            ("export ANTHROPIC_API_KEY=\"abc\"", Some("abc")),
            ("export ANTHROPIC_API_KEY=$(vault kv get x)", Some("$(vault kv get x)")),
            ("set -gx ANTHROPIC_API_KEY abc", Some("abc")),
            ("export ANTHROPIC_API_KEY=", None),
            ("unset ANTHROPIC_API_KEY", None),
            ("# ANTHROPIC_API_KEY=abc", None),
            ("export MY_ANTHROPIC_API_KEY=abc", None),
            ("export X=$ANTHROPIC_API_KEY", None),
        ] {
            assert_eq!(assigned(line, "ANTHROPIC_API_KEY"), value, "{line}");
        }
    }

    #[test]
    fn only_uuids_name_an_organisation() {
        let uuid = "4f1f6a1e-2f4b-4c8e-9d57-0c1d2e3f4a5b";
        assert!(
            names_organisations(&serde_json::json!(uuid)) && names_organisations(&serde_json::json!([uuid]))
        );
        for wrong in [
            serde_json::json!("org-12345"),
            serde_json::json!([]),
            serde_json::json!([uuid, "x"]),
            serde_json::json!(7),
        ] {
            assert!(!names_organisations(&wrong), "{wrong}");
        }
    }
}
