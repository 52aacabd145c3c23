//! The rules of all sources in one place, with their provenance and their compiled paths.

use std::sync::OnceLock;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::client::settings::{Effective, Scope};

use super::path;
use super::rule::{Rule, RuleKind};

/// A rule and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRef {
    pub scope: Scope,
    /// Path of the file, or the name of the flag.
    pub source: String,
    pub pointer: String,
    pub line: u32,
    /// The rule as written.
    pub rule: String,
}

/// What a list does with a call that one of its rules matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Deny,
    Ask,
    Allow,
}

/// A rule in force.
#[derive(Debug)]
pub struct ActiveRule {
    pub at: RuleRef,
    pub parsed: Rule,
    pub effect: Effect,
    path: Option<PathMatcher>,
}

/// The rules in force, by effect, strongest source first.
#[derive(Debug, Default)]
pub struct RuleSet {
    pub deny: Vec<ActiveRule>,
    pub ask: Vec<ActiveRule>,
    pub allow: Vec<ActiveRule>,
    /// Whether only managed rules count (`allowManagedPermissionRulesOnly`).
    pub managed_only: bool,
}

impl RuleSet {
    /// Collects the rules of all sources in force.
    pub fn build(effective: &Effective) -> RuleSet {
        let managed_only = effective.flag("allowManagedPermissionRulesOnly");
        let mut out = RuleSet { managed_only, ..RuleSet::default() };
        for (source, settings, positions) in effective.objects() {
            if managed_only && source.scope != Scope::Managed {
                continue;
            }
            for (list, effect) in [("deny", Effect::Deny), ("ask", Effect::Ask), ("allow", Effect::Allow)] {
                let waits = !effective.environment.trusts(source.scope);
                if effect == Effect::Allow && waits {
                    continue;
                }
                let items = settings.get("permissions").and_then(|p| p.get(list)).and_then(|l| l.as_array());
                for (i, item) in items.into_iter().flatten().enumerate() {
                    let Some(text) = item.as_str() else { continue };
                    let pointer = format!("/permissions/{list}/{i}");
                    let line = positions.line(&pointer);
                    let (path, rule) = (source.path.clone(), text.to_owned());
                    out.add(
                        effective,
                        effect,
                        RuleRef { scope: source.scope, source: path, pointer, line, rule },
                    );
                }
            }
        }
        let flags = effective.flags();
        for (tools, flag, effect) in [
            (&flags.disallowed_tools, "--disallowedTools", Effect::Deny),
            (&flags.allowed_tools, "--allowedTools", Effect::Allow),
        ] {
            for rule in tools {
                // A whole tool that the command line takes away is not offered, whatever the managed settings say.
                if managed_only && (effect == Effect::Allow || rule.contains('(')) {
                    continue;
                }
                let (source, pointer) = (flag.to_owned(), String::new());
                let at = RuleRef { scope: Scope::CommandLine, source, pointer, line: 0, rule: rule.clone() };
                out.add(effective, effect, at);
            }
        }
        out
    }

    fn add(&mut self, effective: &Effective, effect: Effect, at: RuleRef) {
        let parsed = Rule::parse(&at.rule, effective.environment.client);
        if matches!(parsed.kind, RuleKind::Invalid(_) | RuleKind::NeverConsulted(_)) {
            return;
        }
        if effect == Effect::Allow && (!parsed.allowable() || matches!(parsed.kind, RuleKind::Param { .. })) {
            return;
        }
        let path = match &parsed.kind {
            RuleKind::Path(pattern) => Some(PathMatcher::new(pattern, &at, effect, effective)),
            _ => None,
        };
        let rule = ActiveRule { at, parsed, effect, path };
        match effect {
            Effect::Deny => self.deny.push(rule),
            Effect::Ask => self.ask.push(rule),
            Effect::Allow => self.allow.push(rule),
        }
    }

    /// The list of an effect.
    pub fn list(&self, effect: Effect) -> &[ActiveRule] {
        match effect {
            Effect::Deny => &self.deny,
            Effect::Ask => &self.ask,
            Effect::Allow => &self.allow,
        }
    }

    /// The first rule that covers every call of the tool.
    pub fn whole_tool(&self, effect: Effect, tool: &str) -> Option<&ActiveRule> {
        self.list(effect).iter().find(|r| r.parsed.kind == RuleKind::Tool && r.parsed.names(tool))
    }
}

impl ActiveRule {
    /// Whether this is a path rule that covers an absolute, normalised path.
    pub fn covers_path(&self, absolute: &str) -> bool {
        self.path.as_ref().is_some_and(|m| m.matches(absolute))
    }
}

/// Whether a pattern, anchored as a rule of the start folder, covers any form of a path.
pub fn path_matches(pattern: &str, effective: &Effective, forms: &[String]) -> bool {
    let source = effective.environment.start_dir.clone();
    let at =
        RuleRef { scope: Scope::Project, source, pointer: String::new(), line: 0, rule: pattern.to_owned() };
    let matcher = PathMatcher::new(pattern, &at, Effect::Deny, effective);
    forms.iter().any(|f| matcher.matches(f))
}

/// A compiled gitignore pattern under its anchor.
#[derive(Debug)]
struct PathMatcher {
    root: String,
    pattern: String,
    /// Compiled at the first path that is compared: most rules of most calls are never asked.
    compiled: OnceLock<Option<Gitignore>>,
}

impl PathMatcher {
    fn new(pattern: &str, at: &RuleRef, effect: Effect, effective: &Effective) -> Self {
        let (root, pattern) = anchor(pattern, at, effective);
        let pattern = simplified(&pattern, effect);
        Self { root, pattern, compiled: OnceLock::new() }
    }

    /// Upper and lower case are equal to the client, on every system (measured on Linux).
    fn compile(&self) -> Option<Gitignore> {
        let mut builder = GitignoreBuilder::new("/");
        builder.case_insensitive(true).ok()?;
        // The client's patterns know no alternatives: braces are literal.
        builder.add_line(None, &self.pattern.replace('{', "\\{").replace('}', "\\}")).ok()?;
        builder.build().ok().filter(|g| g.num_ignores() > 0)
    }

    fn matches(&self, absolute: &str) -> bool {
        let Some(relative) = path::under(absolute, &self.root).filter(|r| !r.is_empty()) else {
            return false;
        };
        let compiled = self.compiled.get_or_init(|| self.compile());
        compiled.as_ref().is_some_and(|g| g.matched_path_or_any_parents(relative, false).is_ignore())
    }
}

/// The folder a pattern is anchored at, and the pattern below it (client-contract 2.2).
fn anchor(pattern: &str, at: &RuleRef, effective: &Effective) -> (String, String) {
    let environment = &effective.environment;
    if pattern.starts_with("//") {
        return ("/".to_owned(), pattern[1..].to_owned());
    }
    if let Some(rest) = pattern.strip_prefix("~/") {
        return (environment.home.clone(), format!("/{rest}"));
    }
    if pattern.starts_with('/') {
        let root = match at.scope {
            Scope::User => path::parent(&at.source).to_owned(),
            // A file given on the command line; flags themselves have no path.
            Scope::CommandLine if at.source.starts_with('/') => path::parent(&at.source).to_owned(),
            _ => environment.start_dir.clone(),
        };
        return (root, pattern.to_owned());
    }
    (environment.start_dir.clone(), pattern.strip_prefix("./").unwrap_or(pattern).to_owned())
}

/// `dir/**` stands for the folder: at any depth in deny and ask rules, only here in allow rules.
fn simplified(pattern: &str, effect: Effect) -> String {
    match pattern.strip_suffix("/**") {
        Some("") => "**".to_owned(),
        Some(dir) if effect == Effect::Allow && !dir.contains('/') && dir != "**" => format!("/{dir}"),
        Some("**") => "**".to_owned(),
        Some(dir) => dir.to_owned(),
        None => pattern.to_owned(),
    }
}
