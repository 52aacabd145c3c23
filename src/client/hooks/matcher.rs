//! Hook matchers: exact names where the text is plain, otherwise regular expressions.

use crate::client::version::{Behaviour, ClientVersion};

use super::TOOLS;

/// Whether a matcher covers a name. `None`: the expression cannot be evaluated here.
pub fn matches(matcher: &str, name: &str, client: ClientVersion) -> Option<bool> {
    if matcher.is_empty() || matcher == "*" {
        return Some(true);
    }
    match names(matcher, client) {
        Some(names) => Some(names.contains(&name)),
        None if broken(matcher) => Some(false),
        None => Some(expression(matcher)?.is_match(name)),
    }
}

/// Whether JavaScript refuses the expression too: the client then runs the hook for nothing. What only one of the two
/// languages knows (look-around, back-references) is no such fault.
fn broken(matcher: &str) -> bool {
    let faults = [
        "unclosed group",
        "unopened group",
        "unclosed character class",
        "missing expression",
        "incomplete escape",
    ];
    match regex::Regex::new(matcher) {
        Err(regex::Error::Syntax(said)) => faults.iter().any(|fault| said.contains(fault)),
        _ => false,
    }
}

/// The names of a plain matcher; `None` where it is a regular expression.
fn names(matcher: &str, client: ClientVersion) -> Option<Vec<&str>> {
    let plain = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '_' | '|' | ' ')
            || (c == ',' && client.has(Behaviour::CommaMatchers))
            || (c == '-' && client.has(Behaviour::HyphenExactMatchers))
    };
    matcher
        .chars()
        .all(plain)
        .then(|| matcher.split(['|', ',']).map(str::trim).filter(|n| !n.is_empty()).collect())
}

/// JavaScript and Rust agree on the expressions in use, except for look-around and back-references.
fn expression(matcher: &str) -> Option<regex::Regex> {
    regex::RegexBuilder::new(matcher).size_limit(1 << 20).build().ok()
}

/// Why a matcher of a tool event matches no tool at all, where it matches none.
pub fn never(matcher: &str, client: ClientVersion) -> Option<String> {
    if matcher.is_empty() || matcher == "*" {
        return None;
    }
    match names(matcher, client) {
        Some(names) => {
            if names
                .iter()
                .any(|n| TOOLS.contains(n) || (n.starts_with("mcp__") && n.matches("__").count() >= 2))
            {
                return None;
            }
            let meant = names.iter().find_map(|n| TOOLS.iter().find(|t| t.eq_ignore_ascii_case(n)));
            Some(match meant {
                Some(tool) => {
                    format!("no tool is named `{}`: names are case-sensitive, use {tool}", names.join("|"))
                }
                None if names.iter().any(|n| n.starts_with("mcp__")) => {
                    "an MCP server name alone matches no tool: use mcp__server__.*".to_owned()
                }
                None => format!("no tool is named `{}`", shorten(matcher)),
            })
        }
        None if broken(matcher) => Some(format!(
            "`{}` is no valid regular expression: the client runs the hook for no tool",
            shorten(matcher)
        )),
        None => {
            let expression = expression(matcher)?;
            let hit = TOOLS.iter().any(|t| expression.is_match(t)) || matcher.contains("mcp");
            (!hit).then(|| {
                format!("`{}` is a regular expression that matches no tool; a command is chosen by `if`, not here", shorten(matcher))
            })
        }
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}
