//! Hook matchers: exact names where the text is plain, otherwise regular expressions.

use crate::client::permissions::rule::{canonical, former_names};
use crate::client::version::{Behaviour, ClientVersion};

use super::TOOLS;
use super::expression::Expression;

/// Whether a matcher covers a tool, under any of its names. `None`: the expression cannot be evaluated here.
pub fn matches(matcher: &str, name: &str, client: ClientVersion) -> Option<bool> {
    if matcher.is_empty() || matcher == "*" {
        return Some(true);
    }
    let tool = canonical(name);
    match names(matcher, client) {
        Some(names) => Some(names.into_iter().any(|name| canonical(name) == tool)),
        None => match Expression::read(matcher) {
            Expression::Known(regex) => {
                Some(regex.is_match(tool) || former_names(tool).any(|name| regex.is_match(name)))
            }
            Expression::Refused => Some(false),
            Expression::Unknown => None,
        },
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
        None => match Expression::read(matcher) {
            Expression::Refused => Some(format!(
                "`{}` is no valid regular expression: the client runs the hook for no tool",
                shorten(matcher)
            )),
            Expression::Known(regex) => {
                let hit = TOOLS.iter().any(|t| regex.is_match(t)) || matcher.contains("mcp");
                (!hit).then(|| {
                    format!("`{}` is a regular expression that matches no tool; a command is chosen by `if`, not here", shorten(matcher))
                })
            }
            Expression::Unknown => None,
        },
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}
