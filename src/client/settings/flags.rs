//! Flags of the command line that decide what a session may do.

use super::Scope;

/// The command-line flags that the model knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    pub permission_mode: Option<String>,
    pub skip_permissions: bool,
    /// Whether the user may switch to bypass mode (`--allow-dangerously-skip-permissions`).
    pub may_skip_permissions: bool,
    pub bare: bool,
    pub safe_mode: bool,
    pub allowed_tools: Vec<String>,
    pub disallowed_tools: Vec<String>,
    pub add_dirs: Vec<String>,
    /// Files, or settings as JSON.
    pub settings: Vec<String>,
    /// The scopes of `--setting-sources`; without the flag all are read.
    pub setting_sources: Option<Vec<String>>,
    /// The tools of `--tools`; without the flag, and for `default`, all are offered.
    pub tools: Option<Vec<String>>,
}

/// How many values a flag takes.
#[derive(PartialEq, Eq)]
enum Takes {
    One,
    Many,
}

/// Flags with values, in the spellings that the client knows.
fn takes(flag: &str) -> Option<Takes> {
    match flag {
        "--permission-mode" | "--settings" | "--setting-sources" => Some(Takes::One),
        "--allowedTools" | "--allowed-tools" | "--disallowedTools" | "--disallowed-tools" | "--add-dir"
        | "--tools" => Some(Takes::Many),
        _ => None,
    }
}

impl Flags {
    /// Reads the known flags, in both the `--flag value` and `--flag=value` spellings.
    pub fn parse(args: &[String]) -> Flags {
        let mut out = Flags::default();
        let mut rest = args.iter().peekable();
        while let Some(arg) = rest.next() {
            let (name, inline) = match arg.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
                _ => (arg.as_str(), None),
            };
            let Some(takes) = takes(name) else {
                out.skip_permissions |= name == "--dangerously-skip-permissions";
                out.may_skip_permissions |= name == "--allow-dangerously-skip-permissions";
                out.bare |= name == "--bare";
                out.safe_mode |= name == "--safe-mode";
                continue;
            };
            let mut values: Vec<String> = inline.into_iter().collect();
            if values.is_empty() {
                while let Some(value) = rest.next_if(|next| !next.starts_with("--")) {
                    values.push(value.clone());
                    if takes == Takes::One {
                        break;
                    }
                }
            }
            out.set(name, values);
        }
        out
    }

    fn set(&mut self, name: &str, mut values: Vec<String>) {
        match name {
            "--permission-mode" => self.permission_mode = values.pop(),
            "--settings" => self.settings.extend(values),
            "--setting-sources" => {
                let given = values.pop().unwrap_or_default();
                self.setting_sources = Some(
                    given.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect(),
                );
            }
            "--tools" => {
                let given = split_tools(&values);
                self.tools = (given != ["default"]).then_some(given);
            }
            "--add-dir" => self.add_dirs.extend(values),
            "--allowedTools" | "--allowed-tools" => self.allowed_tools.extend(split_tools(&values)),
            _ => self.disallowed_tools.extend(split_tools(&values)),
        }
    }

    /// Whether files of a scope are read: managed ones and those of the command line always are.
    pub fn reads(&self, scope: Scope) -> bool {
        match (scope, &self.setting_sources) {
            (Scope::Managed | Scope::CommandLine, _) | (_, None) => true,
            (_, Some(listed)) => listed.iter().any(|name| name == scope.name()),
        }
    }

    /// Whether a built-in tool is offered at all.
    pub fn offers(&self, tool: &str) -> bool {
        tool.starts_with("mcp__")
            || self.tools.as_ref().is_none_or(|listed| listed.iter().any(|name| name == tool))
    }
}

/// Splits tool lists at commas and spaces outside parentheses.
fn split_tools(values: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    for value in values {
        let (mut depth, mut current) = (0u32, String::new());
        for c in value.chars() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                ',' | ' ' if depth == 0 => {
                    if !current.is_empty() {
                        out.push(std::mem::take(&mut current));
                    }
                    continue;
                }
                _ => {}
            }
            current.push(c);
        }
        if !current.is_empty() {
            out.push(current);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Flags {
        Flags::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn flags_are_read_in_both_spellings() {
        let flags = parse(&[
            "--permission-mode=plan",
            "--allowedTools",
            "Bash(git log *),Read",
            "Edit",
            "--add-dir",
            "/x",
        ]);
        assert_eq!(flags.permission_mode.as_deref(), Some("plan"));
        assert_eq!(flags.allowed_tools, ["Bash(git log *)", "Read", "Edit"]);
        assert_eq!(flags.add_dirs, ["/x"]);
    }

    #[test]
    fn sources_and_tools_are_limited() {
        let flags = parse(&["--setting-sources", "user,local", "--tools", "Read,Bash"]);
        assert!(flags.reads(Scope::User) && flags.reads(Scope::Managed) && !flags.reads(Scope::Project));
        assert!(flags.offers("Bash") && !flags.offers("Write") && flags.offers("mcp__a__b"));
        assert!(!parse(&["--setting-sources", ""]).reads(Scope::User));
        assert!(parse(&["--tools", "default"]).offers("Write"));
    }
}
