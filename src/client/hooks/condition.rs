//! The `if` of a hook: one rule, read otherwise than the permission rules (measured on 2.1.197).
//!
//! Wrappers are not looked behind, `Write` is not `Edit`, and a rule for a tool without patterns of its own never holds.
//! What the client cannot take apart holds for every rule.

use serde_json::Value;

use crate::client::permissions::glob::Glob;
use crate::client::permissions::rule::canonical;
use crate::client::permissions::{ToolCall, path, path_matches};
use crate::client::settings::Effective;
use crate::client::shell::{self, Grasp, Part, ShellContext};

/// Whether a hook with this `if` runs for a call. `None`: not certain.
pub(super) fn holds(effective: &Effective, condition: &str, call: &ToolCall) -> Option<bool> {
    if condition.is_empty() {
        return Some(true);
    }
    let (tool, content) = parse(condition);
    if canonical(tool) != canonical(&call.tool) {
        return Some(false);
    }
    let Some(content) = content else { return Some(true) };
    let text = |name: &str| call.input.get(name).and_then(Value::as_str);
    match canonical(tool) {
        "Bash" => text("command").map_or(Some(false), |command| shell_rule(effective, &content, command)),
        "Read" | "Write" | "Edit" => {
            Some(text("file_path").is_some_and(|p| file_rule(effective, &content, p)))
        }
        "NotebookEdit" => Some(text("notebook_path").is_some_and(|p| file_rule(effective, &content, p))),
        "Grep" | "Glob" => Some(text("pattern").is_some_and(|p| Glob::command(&content).matches(p))),
        "PowerShell" => None,
        _ => Some(false),
    }
}

/// The tool and the content of a rule; anything but `Tool(content)` is a tool's name, which no tool may have.
fn parse(rule: &str) -> (&str, Option<String>) {
    let bytes = rule.as_bytes();
    let unescaped = |at: &usize| bytes[..*at].iter().rev().take_while(|b| **b == b'\\').count() % 2 == 0;
    let open = (0..bytes.len()).filter(|at| bytes[*at] == b'(').find(unescaped);
    let close = (0..bytes.len()).filter(|at| bytes[*at] == b')').rfind(unescaped);
    match (open, close) {
        (Some(open), Some(close)) if open > 0 && open < close && close + 1 == bytes.len() => {
            let content = &rule[open + 1..close];
            let whole = content.is_empty() || content == "*";
            let plain = || content.replace("\\(", "(").replace("\\)", ")").replace("\\\\", "\\");
            (&rule[..open], (!whole).then(plain))
        }
        _ => (rule, None),
    }
}

/// One command of the text is enough, by its words: no assignments, no redirections, no quotes.
fn shell_rule(effective: &Effective, content: &str, command: &str) -> Option<bool> {
    let environment = &effective.environment;
    let context = ShellContext { home: &environment.home, cwd: &environment.start_dir };
    let analysis = shell::analyse(command, context);
    let covered = analysis.parts.iter().any(|part| covers(content, part));
    match analysis.grasp {
        Grasp::Whole | Grasp::Empty => Some(covered),
        Grasp::TooLong => Some(true),
        // Of some substitutions the client reads the commands, for rules that name a program and nothing else.
        Grasp::TooComplex(_) if covered || !names_a_program(content) => Some(true),
        Grasp::TooComplex(_) | Grasp::Unparseable => None,
    }
}

fn names_a_program(content: &str) -> bool {
    match content.strip_suffix(":*") {
        Some(prefix) => !prefix.contains(char::is_whitespace),
        None => content
            .strip_suffix('*')
            .map(str::trim_end)
            .is_some_and(|p| !p.is_empty() && !p.contains(|c: char| c.is_whitespace() || "*?[".contains(c))),
    }
}

fn covers(content: &str, part: &Part) -> bool {
    if part.words.is_empty() {
        return false;
    }
    let text = part.normalised();
    let fed = text.strip_prefix("xargs ");
    let mut seen = [Some(text.as_str()), fed].into_iter().flatten();
    match content.strip_suffix(":*") {
        Some(prefix) => seen.any(|text| {
            text.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        }),
        None => {
            let pattern = Glob::command(&single_blanks(content));
            seen.any(|text| pattern.matches(&single_blanks(text)))
        }
    }
}

fn single_blanks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' | '\t' if out.ends_with(' ') => {}
            '\t' => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}

/// A path rule as the permission rules read it; one that begins with a star, or has none, may also be the path itself.
fn file_rule(effective: &Effective, content: &str, given: &str) -> bool {
    let environment = &effective.environment;
    let absolute = path::absolute(given, &environment.start_dir, &environment.home);
    if path_matches(content, effective, std::slice::from_ref(&absolute)) {
        return true;
    }
    let pattern = Glob::command(content);
    let literal = !pattern.has_star() && !content.trim().ends_with(":*");
    (content.trim().starts_with('*') || literal) && pattern.matches(&absolute)
}
