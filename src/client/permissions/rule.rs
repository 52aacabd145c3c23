//! The grammar of permission rules: `Tool`, `Tool(specifier)` and what the specifier of each tool means.

use crate::client::version::{Behaviour, ClientVersion};

use super::glob::Glob;

/// A parsed permission rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The tool as written, aliases resolved (`Task` is `Agent`).
    pub tool: String,
    pub kind: RuleKind,
}

/// What a rule asks of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleKind {
    /// Any call of the tool (or of every tool that the name glob matches).
    Tool,
    /// A shell command.
    Command(CommandPattern),
    /// A path, in gitignore syntax, for `Read`, `Edit` or `Cd`.
    Path(String),
    /// A host, for `WebFetch`.
    Domain(String),
    /// A top-level input parameter with a value pattern; deny and ask only.
    Param { name: String, value: String },
    /// Any other specifier: a subagent, a skill.
    Specifier(String),
    /// Accepted by the client and never looked at, with the reason.
    NeverConsulted(&'static str),
    /// Skipped by the client, with the reason.
    Invalid(String),
}

/// How a `Bash` or `PowerShell` rule names commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandPattern {
    Exact(String),
    /// `git log:*`: the prefix itself or the prefix and a space.
    Prefix(String),
    /// Text with `*` for any text.
    Wildcard(Glob),
}

impl CommandPattern {
    fn parse(content: &str) -> Result<Self, String> {
        if let Some(prefix) = content.strip_suffix(":*") {
            if prefix.is_empty() {
                return Err("the prefix before `:*` is empty".to_owned());
            }
            return Ok(Self::Prefix(prefix.to_owned()));
        }
        if content.contains(":*") {
            return Err("`:*` counts at the end alone".to_owned());
        }
        let glob = Glob::command(content);
        Ok(if glob.has_star() { Self::Wildcard(glob) } else { Self::Exact(Glob::new(content).literal()) })
    }

    /// Whether the pattern covers the command text as it is.
    pub fn matches(&self, command: &str) -> bool {
        match self {
            Self::Exact(text) => text == command,
            Self::Prefix(prefix) => command
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')),
            Self::Wildcard(pattern) => pattern.matches(command),
        }
    }

    /// Whether the pattern names one exact command.
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Exact(_))
    }
}

/// Input fields that hold a tool's main content: a parameter rule for one of them is ignored.
const MAIN_FIELDS: &[&str] = &["command", "file_path", "path", "notebook_path", "url"];

/// Tools whose path rules the client accepts and never consults (client-contract 2.2).
const UNCONSULTED: &[&str] = &["Write", "NotebookEdit", "Glob", "MultiEdit"];

/// Former names of tools, with those of today.
const RENAMED: &[(&str, &str)] = &[
    ("Task", "Agent"),
    ("KillShell", "TaskStop"),
    ("KillBash", "TaskStop"),
    ("AgentOutputTool", "TaskOutput"),
    ("BashOutputTool", "TaskOutput"),
    ("AgentOutput", "TaskOutput"),
    ("BashOutput", "TaskOutput"),
];

/// The name under which the client knows a tool today.
pub fn canonical(tool: &str) -> &str {
    RENAMED.iter().find(|(former, _)| *former == tool).map_or(tool, |(_, today)| today)
}

/// The names that a tool had before.
pub fn former_names(tool: &str) -> impl Iterator<Item = &'static str> {
    RENAMED.iter().filter(move |(_, today)| *today == tool).map(|(former, _)| *former)
}

impl Rule {
    /// Parses one element of a permission list.
    pub fn parse(text: &str, client: ClientVersion) -> Rule {
        let (tool, content) = match split(text) {
            Ok(parts) => parts,
            Err(why) => return Rule { tool: text.to_owned(), kind: RuleKind::Invalid(why) },
        };
        if tool.starts_with("mcp__") && content.is_some() {
            let why = "MCP rules take no specifier: name the tool, as mcp__server__tool".to_owned();
            return Rule { tool, kind: RuleKind::Invalid(why) };
        }
        let tool = canonical(&tool).to_owned();
        let kind = match Self::kind(&tool, content.as_deref(), client) {
            Ok(kind) => kind,
            Err(why) => RuleKind::Invalid(why),
        };
        Rule { tool, kind }
    }

    fn kind(tool: &str, content: Option<&str>, client: ClientVersion) -> Result<RuleKind, String> {
        let first = tool.chars().next().ok_or("the rule is empty")?;
        if tool.contains('*') && !client.has(Behaviour::ToolNameGlobs) && !tool.starts_with("mcp__") {
            return Err("tool-name globs are not known to this version".to_owned());
        }
        if first.is_whitespace() || tool.ends_with(char::is_whitespace) {
            return Err("blanks before or after the tool name are taken as part of it".to_owned());
        }
        if !first.is_ascii_uppercase() && first != '*' && !tool.starts_with("mcp__") {
            return Err(format!(
                "tool names are case-sensitive and start with a capital: `{}`",
                capitalised(tool)
            ));
        }
        let Some(content) = content.filter(|c| *c != "*") else { return Ok(RuleKind::Tool) };
        if content.trim().is_empty() {
            return Err("the parentheses are empty".to_owned());
        }
        if UNCONSULTED.contains(&tool) {
            return Ok(RuleKind::NeverConsulted(if tool == "Glob" {
                "the client checks paths against Read(path) and Edit(path) only: use Read(path)"
            } else {
                "the client checks paths against Read(path) and Edit(path) only: use Edit(path)"
            }));
        }
        if let Some(param) = parameter(tool, content) {
            return Ok(param);
        }
        match tool {
            "Bash" | "PowerShell" | "Monitor" => CommandPattern::parse(content).map(RuleKind::Command),
            "Read" | "Edit" | "Cd" => {
                if content.contains(":*") {
                    return Err(
                        "`:*` is for commands only; paths use gitignore patterns such as dir/**".to_owned()
                    );
                }
                Ok(RuleKind::Path(content.to_owned()))
            }
            "WebFetch" => match content.strip_prefix("domain:") {
                Some(host) if !host.is_empty() => Ok(RuleKind::Domain(host.to_ascii_lowercase())),
                _ => Err("WebFetch takes domain:host".to_owned()),
            },
            "WebSearch" if content.contains('*') => Err("WebSearch takes no wildcards".to_owned()),
            _ => Ok(RuleKind::Specifier(content.to_owned())),
        }
    }

    /// Whether the rule's tool name covers the tool, also through a name glob or an MCP server name.
    pub fn names(&self, tool: &str) -> bool {
        if self.tool == tool {
            return true;
        }
        if self.tool.contains('*') {
            return Glob::new(&self.tool).matches(tool);
        }
        self.tool.starts_with("mcp__")
            && !self.tool["mcp__".len()..].contains("__")
            && tool.strip_prefix(self.tool.as_str()).is_some_and(|rest| rest.starts_with("__"))
    }

    /// Whether an allow list may hold this rule: a name glob only after a literal `mcp__server__`.
    pub fn allowable(&self) -> bool {
        match self.tool.find('*') {
            None => true,
            Some(star) => {
                self.tool.strip_prefix("mcp__").and_then(|rest| rest.find("__")).is_some_and(|i| star > i + 5)
            }
        }
    }
}

fn capitalised(tool: &str) -> String {
    let tool: String = tool.chars().take(40).collect();
    let mut chars = tool.chars();
    chars.next().map(|c| c.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

/// `Tool(param:value)`: a plain parameter name before the first colon, on a tool where that cannot be content.
fn parameter(tool: &str, content: &str) -> Option<RuleKind> {
    let (name, value) = content.split_once(':')?;
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let prefix = tool == "Skill" && value == "*";
    if !plain || prefix || value.is_empty() {
        return None;
    }
    if MAIN_FIELDS.contains(&name) && tool != "Agent" {
        return Some(RuleKind::NeverConsulted("a parameter rule for the main field of a tool is ignored"));
    }
    let known = match tool {
        "Bash" => {
            matches!(name, "dangerouslyDisableSandbox" | "run_in_background" | "timeout" | "description")
        }
        "WebFetch" => name == "prompt",
        "Read" => matches!(name, "offset" | "limit" | "pages"),
        "Edit" => matches!(name, "old_string" | "new_string" | "replace_all"),
        "Agent" | "Skill" | "WebSearch" => name != "domain",
        _ => true,
    };
    known.then(|| RuleKind::Param { name: name.to_owned(), value: value.to_owned() })
}

/// Splits `Tool(content)`; parentheses may be escaped with a backslash.
fn split(text: &str) -> Result<(String, Option<String>), String> {
    if text.trim().is_empty() {
        return Err("the rule is empty".to_owned());
    }
    let (opening, closing) = (unescaped(text, '('), unescaped(text, ')'));
    if opening.len() != closing.len() {
        return Err("the parentheses do not match".to_owned());
    }
    let Some(open) = opening.first().copied() else { return Ok((text.to_owned(), None)) };
    if opening.iter().any(|at| closing.contains(&(at + 1))) {
        return Err("the parentheses are empty".to_owned());
    }
    if closing.last().is_none_or(|close| close + 1 != text.len()) {
        return Err("there is text after the closing parenthesis".to_owned());
    }
    let tool = &text[..open];
    if tool.is_empty() {
        return Err("the tool name is missing".to_owned());
    }
    let content =
        text[open + 1..text.len() - 1].replace("\\(", "(").replace("\\)", ")").replace("\\\\", "\\");
    Ok((tool.to_owned(), Some(content)))
}

/// Where a parenthesis stands that no backslash escapes.
fn unescaped(text: &str, parenthesis: char) -> Vec<usize> {
    let escaped = |at: usize| text[..at].bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1;
    text.match_indices(parenthesis).map(|(at, _)| at).filter(|at| !escaped(*at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::version::CONTRACT;

    fn kind(text: &str) -> RuleKind {
        Rule::parse(text, CONTRACT).kind
    }

    #[test]
    fn forms() {
        assert_eq!(kind("Bash"), RuleKind::Tool);
        assert_eq!(kind("Bash(*)"), RuleKind::Tool);
        assert_eq!(kind("Bash(npm run:*)"), RuleKind::Command(CommandPattern::Prefix("npm run".into())));
        assert_eq!(kind("Bash(echo \\(1\\))"), RuleKind::Command(CommandPattern::Exact("echo (1)".into())));
        assert_eq!(kind("WebFetch(domain:X.org)"), RuleKind::Domain("x.org".into()));
        assert!(matches!(kind("Write(src/**)"), RuleKind::NeverConsulted(_)));
        assert!(matches!(kind("Bash(dangerouslyDisableSandbox:true)"), RuleKind::Param { .. }));
        for bad in [
            "",
            "bash(touch *)",
            "read",
            "Bash(touch *",
            "Bash()",
            "Bash(:*)",
            "WebFetch(http://x)",
            "Read(x) y",
            "Bash(git:* push)",
            "Bash(f() *)",
            " Bash(touch *)",
            "mcp__server(*)",
        ] {
            assert!(matches!(kind(bad), RuleKind::Invalid(_)), "{bad}");
        }
    }

    #[test]
    fn names_and_globs() {
        let rule = |t: &str| Rule::parse(t, CONTRACT);
        assert!(rule("mcp__git").names("mcp__git__push") && !rule("mcp__git").names("mcp__github__push"));
        assert!(rule("mcp__*").names("mcp__x__y") && !rule("mcp__*").allowable());
        assert!(rule("mcp__x__get_*").allowable() && rule("*").names("Bash") && !rule("*").allowable());
        assert!(rule("Task(Explore)").names("Agent"));
    }

    #[test]
    fn word_boundary_of_a_trailing_star() {
        let p = |t: &str| CommandPattern::parse(t).unwrap();
        assert!(p("ls *").matches("ls -la") && p("ls *").matches("ls") && !p("ls *").matches("lsof"));
        assert!(p("ls*").matches("lsof") && p("ls:*").matches("ls -l") && !p("ls:*").matches("lsof"));
        assert!(p("git * main").matches("git push origin main") && !p("* a *").matches("x a"));
    }
}
