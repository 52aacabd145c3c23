//! The commands that a settings text or an agent's front matter names, however odd its shape.

use serde_json::Value;

use super::commands::{Program, programs, programs_of_words};

/// Brackets deeper than this are no settings.
const NESTING: usize = 100;

/// Settings keys that name a program, besides hooks.
const HELPERS: &[&str] = &[
    "/apiKeyHelper",
    "/awsAuthRefresh",
    "/awsCredentialExport",
    "/gcpAuthRefresh",
    "/otelHeadersHelper",
    "/statusLine/command",
    "/subagentStatusLine/command",
    "/fileSuggestion/command",
    "/policyHelper/path",
];
/// Variables of `env` that name files which an interpreter or the loader runs first.
const VARIABLES: [&str; 7] =
    ["BASH_ENV", "DYLD_INSERT_LIBRARIES", "ENV", "LD_AUDIT", "LD_PRELOAD", "NODE_OPTIONS", "PYTHONSTARTUP"];
/// Options of Node.js that name such a file.
const NODE_LOADS: [&str; 5] = ["--require", "-r", "--import", "--loader", "--experimental-loader"];

/// Commands of a settings text, however odd its shape; the strict reading is the client model's.
pub fn of_settings(text: &str) -> Vec<(String, Vec<Program>)> {
    let mut found = Vec::new();
    let Some(settings) = lenient(text) else { return found };
    for top in ["", "/managedSettings"] {
        if let Some(events) = settings.pointer(&format!("{top}/hooks")).and_then(Value::as_object) {
            for (event, groups) in events {
                let escaped = event.replace('~', "~0").replace('/', "~1");
                in_groups(groups, &format!("{top}/hooks/{escaped}"), 0, &mut found);
            }
        }
        for helper in HELPERS {
            let pointer = format!("{top}{helper}");
            match settings.pointer(&pointer) {
                Some(Value::String(path)) if *helper == "/policyHelper/path" => {
                    found.push((pointer, programs_of_words(std::slice::from_ref(path))))
                }
                Some(Value::String(line)) => found.push((pointer, programs(line))),
                _ => {}
            }
        }
        for name in VARIABLES {
            let pointer = format!("{top}/env/{name}");
            if let Some(Value::String(text)) = settings.pointer(&pointer) {
                let files = loaded_by(name, text).into_iter();
                let files = files.map(|word| Program { word, folder: None, bare: false }).collect();
                found.push((pointer, files));
            }
        }
    }
    found
}

/// The files that a variable has run, where it names them by a path.
fn loaded_by(name: &str, text: &str) -> Vec<String> {
    let words = text.split_whitespace();
    let files: Vec<&str> = match name {
        "NODE_OPTIONS" => {
            let mut after_option = false;
            let mut files = Vec::new();
            for word in words {
                let (option, value) = word.split_once('=').unwrap_or((word, ""));
                if after_option {
                    files.push(word);
                }
                after_option = NODE_LOADS.contains(&word);
                if !value.is_empty() && NODE_LOADS.contains(&option) {
                    files.push(value);
                }
            }
            files
        }
        "BASH_ENV" | "ENV" | "PYTHONSTARTUP" => vec![text],
        _ => words.flat_map(|word| word.split(':')).collect(),
    };
    files.into_iter().filter(|file| file.contains('/')).map(str::to_owned).collect()
}

/// Finds `command` at any of the few levels where people put it.
fn in_groups(value: &Value, pointer: &str, level: usize, found: &mut Vec<(String, Vec<Program>)>) {
    if level > 4 {
        return;
    }
    match value {
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                in_groups(item, &format!("{pointer}/{number}"), level + 1, found);
            }
        }
        Value::Object(keys) => {
            if let Some(Value::String(line)) = keys.get("command") {
                let programs = match keys.get("args").and_then(Value::as_array) {
                    Some(args) => {
                        let args = args.iter().filter_map(Value::as_str).map(str::to_owned);
                        programs_of_words(&std::iter::once(line.clone()).chain(args).collect::<Vec<_>>())
                    }
                    None => programs(line),
                };
                found.push((pointer.to_owned(), programs));
            }
            if let Some(hooks) = keys.get("hooks") {
                in_groups(hooks, &format!("{pointer}/hooks"), level + 1, found);
            }
        }
        _ => {}
    }
}

/// Commands of an agent's front matter: lines `command: …`.
pub fn of_front_matter(text: &str) -> Vec<(String, Vec<Program>)> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim().trim_start_matches("- ");
        if let Some(command) = line.strip_prefix("command:") {
            let command = command.trim();
            let plain = match command.chars().next() {
                Some(quote @ ('"' | '\'')) if command.len() > 1 && command.ends_with(quote) => {
                    command[1..command.len() - 1].replace("\\\"", "\"")
                }
                _ => command.to_owned(),
            };
            found.push((format!("L{number}"), programs(&plain)));
        }
    }
    found
}

/// The text as JSON, comments and trailing commas forgiven.
fn lenient(text: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let mut depth = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > NESTING {
            return None;
        }
    }
    let read = jsonc_parser::parse_to_ast(
        text,
        &jsonc_parser::CollectOptions::default(),
        &jsonc_parser::ParseOptions::default(),
    );
    read.ok()?.value.map(Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_variables_have_run() {
        for (name, text, files) in [
            ("BASH_ENV", "/opt/acme/env.sh", &["/opt/acme/env.sh"][..]),
            (
                "NODE_OPTIONS",
                "--max-old-space-size=4096 --require /opt/x.js --import=/opt/y.mjs",
                &["/opt/x.js", "/opt/y.mjs"],
            ),
            ("NODE_OPTIONS", "--require dotenv", &[]),
            ("LD_PRELOAD", "/opt/a.so:/opt/b.so libc.so", &["/opt/a.so", "/opt/b.so"]),
        ] {
            assert_eq!(loaded_by(name, text), files, "{name}={text}");
        }
    }
}
