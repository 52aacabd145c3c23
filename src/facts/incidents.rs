//! Scripts of the incident response and of log forensics: which there are, and what their text does.

use std::collections::BTreeMap;

use super::{Facts, File};
use crate::model::{Conclusion, Findings, Judgement, Role};

impl<'a> Facts<'a> {
    /// Incident-response scripts, by path.
    pub fn incident_scripts(&self) -> Vec<&File<'a>> {
        self.response_scripts(|name| name.contains("incident") || name.contains("playbook"))
    }

    /// Forensic search scripts, by path.
    pub fn forensic_scripts(&self) -> Vec<&File<'a>> {
        self.response_scripts(|name| name.contains("forensic"))
    }

    /// Whether there is such a script; one may stand where nothing could be read.
    pub fn script_written(&self, scripts: &[&File<'a>], what: &str) -> Judgement {
        if let Some((first, rest)) = scripts.split_first() {
            let message = format!("{} is there", first.source);
            return Findings::one(
                Conclusion::pass("deployment", first.evidence(), message)
                    .citing(rest.iter().map(|script| script.evidence())),
            );
        }
        let message = format!("no {what} script was found where programs of the organisation stand");
        Findings::one(match self.unseen_as(is_response).into_iter().next() {
            Some(unseen) => Conclusion::undetermined("deployment", format!("{message}; {}", unseen.message)),
            None => Conclusion::fail("deployment", self.looked_at(), message),
        })
    }

    fn response_scripts(&self, named: impl Fn(&str) -> bool) -> Vec<&File<'a>> {
        self.files_as(is_response)
            .filter(|file| {
                let name = file.source.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
                named(&name) && is_program(&name, file.text())
            })
            .collect()
    }
}

fn is_response(role: &Role) -> bool {
    matches!(role, Role::Incident | Role::SecretsManager | Role::Script { .. })
}

/// Whether the text is shell, which is read here line by line.
pub fn is_shell(file: &File<'_>) -> bool {
    let first = file.text().lines().next().unwrap_or_default();
    match first.strip_prefix("#!") {
        Some(interpreter) => {
            interpreter.split([' ', '/']).any(|word| matches!(word, "sh" | "bash" | "zsh" | "dash" | "ksh"))
        }
        None => file.source.ends_with(".sh"),
    }
}

fn is_program(name: &str, text: &str) -> bool {
    text.starts_with("#!")
        || [".sh", ".py", ".js", ".mjs", ".rb", ".ps1", ".pl"].iter().any(|end| name.ends_with(end))
}

/// The statements of a shell text, with their line numbers: comments left out, continued lines and quotes over several
/// lines joined.
pub fn statements(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let (start, mut joined) = match open.take() {
            Some((start, before)) => (start, format!("{before}\n{line}")),
            None if line.trim().is_empty() || line.trim_start().starts_with('#') => continue,
            None => (number, line.trim().to_owned()),
        };
        if joined.ends_with('\\') {
            joined.pop();
            open = Some((start, joined));
        } else if has_open_quote(&joined) && joined.len() < 65_536 {
            open = Some((start, joined));
        } else {
            found.push((start, joined));
        }
    }
    found.extend(open);
    found
}

fn has_open_quote(text: &str) -> bool {
    let (mut quote, mut escaped) = (None, false);
    for c in text.chars() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some(c),
            _ => {}
        }
    }
    quote.is_some()
}

/// Variables that the script sets, with their text, quotes taken off.
pub fn variables(statements: &[(usize, String)]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (_, statement) in statements {
        let statement = ["export ", "local ", "readonly ", "declare "]
            .iter()
            .fold(statement.as_str(), |text, word| text.strip_prefix(word).unwrap_or(text));
        let Some((name, value)) = statement.split_once('=') else { continue };
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            found.insert(name.to_owned(), value.trim_matches(['"', '\'']).to_owned());
        }
    }
    found
}

/// A word with the script's own variables put in, as far as they are known.
pub fn expanded(word: &str, variables: &BTreeMap<String, String>) -> String {
    let mut text = word.trim_matches(['"', '\'']).to_owned();
    for _ in 0..4 {
        for (name, value) in variables {
            text = text.replace(&format!("${{{name}}}"), value);
            // A longer name that begins with this one is another variable.
            while let Some(at) = text.find(&format!("${name}")) {
                let end = at + name.len() + 1;
                let longer = text[end..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
                if longer || value.contains(&format!("${name}")) || text.len() > 4_096 {
                    break;
                }
                text.replace_range(at..end, value);
            }
        }
    }
    text
}

/// Where a statement writes: the targets of `>`, `>>` and `tee`, and whether each is appended to.
pub fn targets(statement: &str, variables: &BTreeMap<String, String>) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let spaced =
        statement.replace(">>", " \u{1} ").replace('>', " > ").replace('|', " | ").replace(';', " ; ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).copied().unwrap_or_default();
        match *word {
            "\u{1}" => found.push((expanded(next, variables), true)),
            ">" if !next.starts_with('&') => found.push((expanded(next, variables), false)),
            "tee" => {
                let rest =
                    words[at + 1..].iter().take_while(|word| !matches!(**word, "|" | ";" | ">" | "\u{1}"));
                let append = rest.clone().any(|word| matches!(*word, "-a" | "--append"));
                found.extend(
                    rest.filter(|word| !word.starts_with('-'))
                        .map(|word| (expanded(word, variables), append)),
                );
            }
            _ => {}
        }
    }
    found.retain(|(target, _)| !target.is_empty());
    found
}
