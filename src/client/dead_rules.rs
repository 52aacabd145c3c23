//! Permission rules that can never match, each with the reason and the form that works.

use serde_json::Value;

use super::hooks::TOOLS;
use super::permissions::rule::{CommandPattern, Rule, RuleKind};
use super::permissions::{Effect, RuleRef};
use super::settings::{Effective, Environment, LoadedSource, Os, Scope};
use super::shell::wrappers::NEVER_BY_PREFIX;
use super::version::CONTRACT;

/// A rule that does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadRule {
    pub at: RuleRef,
    pub effect: Effect,
    pub why: String,
    /// The form that works, where there is one.
    pub instead: Option<String>,
}

/// Why a rule does nothing, and the form that works.
pub type Verdict = Option<(String, Option<String>)>;

/// Finds the dead rules of all sources that were read, strongest source first.
pub fn find(effective: &Effective) -> Vec<DeadRule> {
    let mut out = Vec::new();
    for source in effective.sources() {
        for (list, effect) in [("deny", Effect::Deny), ("ask", Effect::Ask), ("allow", Effect::Allow)] {
            let items = source.written.get("permissions").and_then(|p| p.get(list)).and_then(Value::as_array);
            for (i, item) in items.into_iter().flatten().enumerate() {
                let Some(text) = item.as_str() else { continue };
                let verdict = of_source(effective, source, effect)
                    .or_else(|| of_rule(effective, source.scope(), effect, text));
                if let Some((why, instead)) = verdict {
                    let pointer = format!("/permissions/{list}/{i}");
                    let at = RuleRef {
                        scope: source.scope(),
                        source: source.source.path.clone(),
                        line: source.positions.line(&pointer),
                        pointer,
                        rule: text.to_owned(),
                    };
                    out.push(DeadRule { at, effect, why, instead });
                }
            }
        }
    }
    out
}

/// Reasons that hold for every rule of a file.
fn of_source(effective: &Effective, source: &LoadedSource, effect: Effect) -> Verdict {
    if source.shadowed() {
        return Some(("a stronger managed source shadows the file".to_owned(), None));
    }
    if !source.in_force() {
        return Some(("the client drops the whole file for a fault in it".to_owned(), None));
    }
    if source.settings.get("permissions").is_none() {
        return Some(("the client drops the key permissions for a fault in it".to_owned(), None));
    }
    if effective.rules().managed_only && source.scope() != Scope::Managed {
        let instead = Some("The rule in managed settings.".to_owned());
        return Some((
            "allowManagedPermissionRulesOnly: rules of this file do not count".to_owned(),
            instead,
        ));
    }
    if source.scope() == Scope::Project && effect == Effect::Allow && !effective.environment.trusted {
        return Some((
            "the folder is not trusted: allow rules of this file do not count yet".to_owned(),
            None,
        ));
    }
    None
}

/// Reasons of the rule itself.
pub fn of_rule(effective: &Effective, scope: Scope, effect: Effect, text: &str) -> Verdict {
    let rule = Rule::parse(text, effective.environment.client);
    if effect == Effect::Allow && !rule.allowable() {
        let why = "an allow rule may hold a tool-name glob only after a literal mcp__server__".to_owned();
        return Some((why, Some("Name the tools, or mcp__server__*.".to_owned())));
    }
    let content = text.find('(').map(|open| &text[open + 1..]).unwrap_or_default();
    let content = content.strip_suffix(')').unwrap_or(content);
    match &rule.kind {
        RuleKind::Invalid(why) => {
            Some((format!("the client skips it: {why}"), repaired(&rule.tool, content)))
        }
        RuleKind::NeverConsulted(why) => {
            let instead = match rule.tool.as_str() {
                "Write" | "NotebookEdit" | "MultiEdit" => Some(format!("Edit({content})")),
                "Glob" => Some(format!("Read({content})")),
                _ => None,
            };
            Some(((*why).to_owned(), instead))
        }
        RuleKind::Param { .. } if effect == Effect::Allow => {
            Some(("a parameter rule counts in deny and ask only".to_owned(), None))
        }
        _ => unknown_tool(&rule.tool).or_else(|| match &rule.kind {
            RuleKind::Command(pattern) => command(pattern, content, effect),
            RuleKind::Path(pattern) => path(effective, scope, &rule.tool, pattern),
            RuleKind::Domain(host) => domain(host),
            _ => None,
        }),
    }
}

/// Why a deny rule of managed settings could never match, as far as its text shows.
pub fn of_text(text: &str) -> Verdict {
    let environment = Environment {
        home: "/home/user".to_owned(),
        start_dir: "/home/user/work".to_owned(),
        git_root: None,
        trusted: true,
        flags: Vec::new(),
        os: Os::Linux,
        client: CONTRACT,
        sandbox_available: false,
    };
    of_rule(&Effective::load(Vec::new(), environment), Scope::Managed, Effect::Deny, text)
}

fn repaired(tool: &str, content: &str) -> Option<String> {
    let name = tool.split('(').next().unwrap_or_default().trim();
    let canonical = TOOLS.iter().find(|t| t.eq_ignore_ascii_case(name))?;
    if content.is_empty() {
        return Some((*canonical).to_owned());
    }
    if *canonical == "WebFetch" {
        let host =
            content.split_once("://").map_or(content, |(_, r)| r).split('/').next().unwrap_or_default();
        return Some(format!("WebFetch(domain:{})", host.trim_start_matches("domain:")));
    }
    Some(format!("{canonical}({})", content.replace(":* ", " * ")))
}

fn unknown_tool(tool: &str) -> Verdict {
    if tool.contains(['*', '_']) || TOOLS.contains(&tool) {
        return None;
    }
    let meant =
        TOOLS.iter().find(|t| t.eq_ignore_ascii_case(&tool.replace(' ', ""))).map(|t| (*t).to_owned());
    let meant = meant.or_else(|| (tool == "Update").then(|| "Edit".to_owned()));
    Some((format!("no tool is named {tool}; names are case-sensitive"), meant))
}

fn command(pattern: &CommandPattern, content: &str, effect: Effect) -> Verdict {
    let exact = pattern.is_exact();
    let text =
        if matches!(pattern, CommandPattern::Prefix(_)) { content.trim_end_matches(":*") } else { content };
    let starred = matches!(pattern, CommandPattern::Wildcard(_));
    if (text.starts_with(char::is_whitespace) && !starred) || (exact && text.ends_with(char::is_whitespace)) {
        return Some((
            "commands are compared without leading spaces".to_owned(),
            Some(format!("Bash({})", text.trim())),
        ));
    }
    if !exact && let Some((operator, at)) = operator(text) {
        let head = text[..at].trim();
        let instead = (effect != Effect::Allow && !head.is_empty()).then(|| {
            format!("Bash({})", if head.ends_with('*') { head.to_owned() } else { format!("{head} *") })
        });
        let why = format!("the client splits commands at `{operator}` first, so no part holds it");
        return Some((why, instead));
    }
    if !exact && let Some(at) = redirection(text) {
        let instead = Some("An Edit(path) rule: targets of redirections are checked as edits.".to_owned());
        let what = text[at..].chars().take(1).collect::<String>();
        return Some((
            format!("redirections are taken off before rules are compared, so no part holds `{what}`"),
            instead,
        ));
    }
    let program = text.split_whitespace().next().unwrap_or_default();
    if effect == Effect::Allow && !exact && NEVER_BY_PREFIX.contains(&program) {
        let why = format!("{program} runs other commands: only an exact rule allows it");
        return Some((why, Some("One rule per whole command.".to_owned())));
    }
    None
}

/// The first command separator outside quotes, and where it is.
fn operator(text: &str) -> Option<(&'static str, usize)> {
    outside_quotes(text, |rest, before| {
        for op in ["&&", "||", "|&", ";", "|", "\n"] {
            if rest.starts_with(op) {
                return Some(op);
            }
        }
        // `2>&1` and `&>` are redirections.
        (rest.starts_with('&') && !before.ends_with(['>', '<']) && !rest.starts_with("&>")).then_some("&")
    })
}

fn redirection(text: &str) -> Option<usize> {
    outside_quotes(text, |rest, _| rest.starts_with('>').then_some(">")).map(|(_, at)| at)
}

fn outside_quotes(
    text: &str,
    find: impl Fn(&str, &str) -> Option<&'static str>,
) -> Option<(&'static str, usize)> {
    let (mut quote, mut escaped) = (None, false);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, _) => {
                if let Some(found) = find(&text[i..], &text[..i]) {
                    return Some((found, i));
                }
            }
        }
    }
    None
}

fn path(effective: &Effective, scope: Scope, tool: &str, pattern: &str) -> Verdict {
    let environment = &effective.environment;
    if pattern.starts_with('!') {
        return Some(("a pattern that begins with `!` takes paths out and matches none".to_owned(), None));
    }
    if pattern.contains('{') && pattern.contains('}') && pattern.contains(',') {
        return Some((
            "braces are literal in path patterns".to_owned(),
            Some("One rule per alternative.".to_owned()),
        ));
    }
    if pattern.starts_with('$') {
        let rest = pattern.trim_start_matches(|c: char| c != '/');
        let why = "variables are not expanded in rules".to_owned();
        return Some((why, pattern.starts_with("$HOME").then(|| format!("{tool}(~{rest})"))));
    }
    if pattern.as_bytes().get(1) == Some(&b':') && pattern.starts_with(|c: char| c.is_ascii_alphabetic()) {
        let drive = pattern[..1].to_ascii_lowercase();
        let why = "a Windows path is written with its drive as a folder".to_owned();
        return Some((why, Some(format!("{tool}(//{drive}{})", pattern[2..].replace('\\', "/")))));
    }
    let rooted = pattern.starts_with('/') && !pattern.starts_with("//");
    if rooted && looks_absolute(pattern, &environment.home, &environment.start_dir) {
        let anchor = match scope {
            Scope::User => "the folder of this settings file",
            _ => "the project",
        };
        let why =
            format!("a single leading slash is anchored at {anchor}, not at the root of the file system");
        return Some((why, Some(format!("{tool}(/{pattern})"))));
    }
    None
}

fn looks_absolute(pattern: &str, home: &str, start: &str) -> bool {
    const SYSTEM: &[&str] = &[
        "etc",
        "home",
        "Users",
        "root",
        "var",
        "usr",
        "opt",
        "private",
        "proc",
        "sys",
        "dev",
        "boot",
        "Library",
        "System",
        "Applications",
        "Volumes",
        "mnt",
        "media",
        "srv",
        "tmp",
        "run",
    ];
    let first = pattern[1..].split('/').next().unwrap_or_default();
    let has_more = pattern[1..].contains('/');
    (SYSTEM.contains(&first) && has_more)
        || pattern.starts_with(&format!("{home}/"))
        || pattern.starts_with(&format!("{start}/"))
}

fn domain(host: &str) -> Verdict {
    let plain = host.split_once("://").map_or(host, |(_, r)| r);
    let bare = plain.split(['/', ':', '?']).next().unwrap_or_default();
    (bare != host).then(|| {
        let why = "only the host is compared: no scheme, port or path".to_owned();
        (why, Some(format!("WebFetch(domain:{bare})")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::settings::SettingsSource;
    use serde_json::json;

    fn dead(list: &str, rule: &str) -> Verdict {
        let text = json!({"permissions": {list: [rule]}}).to_string();
        let environment = Environment {
            home: "/home/u".into(),
            start_dir: "/home/u/p".into(),
            git_root: None,
            trusted: true,
            flags: vec![],
            os: Os::Linux,
            client: CONTRACT,
            sandbox_available: false,
        };
        let source = SettingsSource {
            scope: Scope::Project,
            origin: None,
            path: "/home/u/p/.claude/settings.json".into(),
            text,
        };
        find(&Effective::load(vec![source], environment)).pop().map(|d| (d.why, d.instead))
    }

    #[test]
    fn dead_forms_and_what_works() {
        for (list, rule, works) in [
            ("deny", "Bash(curl * | bash)", Some("Bash(curl *)")),
            ("deny", "Write(.env)", Some("Edit(.env)")),
            ("deny", "bash(rm *)", Some("Bash(rm *)")),
            ("deny", "Read(/etc/passwd)", Some("Read(//etc/passwd)")),
            ("deny", "Read(/home/u/p/.env)", Some("Read(//home/u/p/.env)")),
            ("deny", "Read(C:\\keys\\a)", Some("Read(//c/keys/a)")),
            ("deny", "Read($HOME/.ssh/**)", Some("Read(~/.ssh/**)")),
            (
                "deny",
                "Bash(echo * > *)",
                Some("An Edit(path) rule: targets of redirections are checked as edits."),
            ),
            ("deny", "WebFetch(https://evil.org/x)", Some("WebFetch(domain:evil.org)")),
            ("deny", "WebFetch(domain:evil.org/x)", Some("WebFetch(domain:evil.org)")),
            ("deny", "Bash(git:* push)", Some("Bash(git * push)")),
            ("allow", "Bash(watch *)", Some("One rule per whole command.")),
            ("deny", "Read(*.{pem,key})", Some("One rule per alternative.")),
            ("allow", "*", Some("Name the tools, or mcp__server__*.")),
            ("deny", "Bash(rm *", Some("Bash(rm *)")),
        ] {
            assert_eq!(dead(list, rule).and_then(|d| d.1).as_deref(), works, "{rule}");
        }
        for alive in [
            "Bash(rm *)",
            "Read(./.env)",
            "Bash(a && b)",
            "Bash(x 2>&1)",
            "Bash(grep \"a|b\" *)",
            "mcp__x__*",
            "Read(/src/**)",
            "Read",
        ] {
            assert_eq!(dead("deny", alive), None, "{alive}");
        }
    }
}
