//! The effective settings: which files count, what each drops, and where every value comes from.

mod flags;
pub(in crate::client) mod json;
pub mod keys;
mod load;
mod nested;
pub mod positions;
mod problems;
pub mod shape;

use std::sync::OnceLock;

use serde_json::{Map, Value};

pub use flags::Flags;
pub use load::{LoadedSource, settings_path};
pub use problems::{Problem, ProblemKind};

use super::hooks::Hook;
use super::permissions::RuleSet;
use super::version::ClientVersion;
use positions::Positions;

/// Scope of a settings source, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Managed,
    CommandLine,
    Local,
    Project,
    User,
}

impl Scope {
    /// The name used in answers: `managed`, `command_line`, `local`, `project`, `user`.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Managed => "managed",
            Scope::CommandLine => "command_line",
            Scope::Local => "local",
            Scope::Project => "project",
            Scope::User => "user",
        }
    }

    /// Whether the file travels with the repository or the working folder.
    pub fn of_the_repository(self) -> bool {
        matches!(self, Scope::Project | Scope::Local)
    }
}

/// Where a managed source came from, in the order in which the client looks (client-contract 1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ManagedOrigin {
    /// The cache of server-managed settings.
    Server,
    /// A macOS preference domain or the HKLM registry value.
    Mdm,
    /// `managed-settings.json`.
    File,
    /// One file of `managed-settings.d`; belongs to `File`.
    DropIn,
    /// The user-writable registry value.
    Hkcu,
}

/// One settings text as found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SettingsSource {
    pub scope: Scope,
    /// Only for [`Scope::Managed`]; `None` there means `File`.
    pub origin: Option<ManagedOrigin>,
    /// Absolute path as the client sees it.
    pub path: String,
    pub text: String,
}

/// Operating system of the host that is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Os {
    Linux,
    MacOs,
    Windows,
}

/// What surrounds a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Environment {
    /// Absolute home folder.
    pub home: String,
    /// Absolute folder in which the session starts.
    pub start_dir: String,
    pub git_root: Option<String>,
    /// Whether the trust dialog of the folder was accepted.
    pub trusted: bool,
    /// Command-line flags of the session, one word an element.
    pub flags: Vec<String>,
    pub os: Os,
    pub client: ClientVersion,
    /// Whether the operating system sandbox can start here; decides whether sandboxed commands skip the prompt.
    pub sandbox_available: bool,
}

impl Environment {
    /// Whether what a file of this scope allows counts already. Without trust of the folder it waits, but for local
    /// settings in a repository, which keeps them apart from what is committed (measured).
    pub fn trusts(&self, scope: Scope) -> bool {
        self.trusted
            || match scope {
                Scope::Project => false,
                Scope::Local => self.git_root.is_some(),
                _ => true,
            }
    }
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced<'a> {
    pub value: &'a Value,
    pub scope: Scope,
    pub source: &'a str,
    pub pointer: String,
    pub line: u32,
    /// Lower sources that set the same key to another value: path and value.
    pub overrode: Vec<(&'a str, &'a Value)>,
}

/// The settings as the client would use them.
#[derive(Debug)]
pub struct Effective {
    pub environment: Environment,
    sources: Vec<LoadedSource>,
    problems: Vec<Problem>,
    rules: RuleSet,
    flags: Flags,
    doubts: load::Doubts,
    hooks: OnceLock<Vec<Hook>>,
    otherwise: Option<Box<Effective>>,
}

/// Keys that the client reads from every administrator source, also from those that lost (client-contract 1.4).
const EVERY_ADMIN_SOURCE: &[&str] = &[
    "sandbox.network.allowManagedDomainsOnly",
    "sandbox.filesystem.allowManagedReadPathsOnly",
    "allowAllClaudeAiMcps",
    "sandbox.bwrapPath",
    "sandbox.socatPath",
    "sandbox.ripgrep",
    "sandbox.filesystem.disabled",
    "sandbox.network.strictAllowlist",
    "forceRemoteSettingsRefresh",
];

impl Effective {
    /// Loads sources in any order, as the client would at the start of a session.
    pub fn load(sources: Vec<SettingsSource>, environment: Environment) -> Effective {
        let mut out = Self::load_as(sources.clone(), environment.clone(), false);
        let doubtful = |s: &LoadedSource| s.faults.iter().any(|f| f.doubtful);
        if out.sources.iter().any(doubtful) {
            out.otherwise = Some(Box::new(Self::load_as(sources, environment, true)));
        }
        out
    }

    fn load_as(sources: Vec<SettingsSource>, environment: Environment, lenient: bool) -> Effective {
        let flags = Flags::parse(&environment.flags);
        let (sources, doubts) = load::load_all(sources, &environment, &flags, lenient);
        let mut out = Effective {
            environment,
            sources,
            problems: Vec::new(),
            rules: RuleSet::default(),
            flags,
            doubts,
            hooks: OnceLock::new(),
            otherwise: None,
        };
        out.rules = RuleSet::build(&out);
        out.problems = problems::find(&out);
        out
    }

    /// All sources, strongest first, also those that were dropped or lost.
    pub fn sources(&self) -> &[LoadedSource] {
        &self.sources
    }

    /// Sources whose values count, strongest first.
    pub fn in_force(&self) -> impl Iterator<Item = &LoadedSource> {
        self.sources.iter().filter(|s| s.in_force())
    }

    /// The managed sources that count, and those that another managed source shadows.
    pub fn managed(&self) -> (Vec<&LoadedSource>, Vec<&LoadedSource>) {
        self.sources.iter().filter(|s| s.scope() == Scope::Managed).partition(|s| s.in_force())
    }

    /// Why it is not known which managed source counts, where it is not.
    pub fn managed_doubt(&self) -> Option<&str> {
        self.doubts.managed.as_deref()
    }

    /// Why it is not known what the command line sets, where it is not.
    pub fn flag_doubt(&self) -> Option<&str> {
        self.doubts.flags.as_deref()
    }

    /// The same sources, read as if the faults of which it is not known whether the client minds were none.
    pub fn otherwise(&self) -> Option<&Effective> {
        self.otherwise.as_deref()
    }

    /// Everything that is wrong with the sources.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The permission rules in force.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// All configured hooks, strongest source first, also those that never run.
    pub fn hooks(&self) -> &[Hook] {
        self.hooks.get_or_init(|| super::hooks::list(self))
    }

    /// The flags of the session.
    pub fn flags(&self) -> &Flags {
        &self.flags
    }

    /// The winning value of a dotted key (`permissions.defaultMode`), with its provenance.
    /// Sources that may not set the key are left out.
    pub fn value(&self, dotted: &str) -> Option<Sourced<'_>> {
        let shadowed_too = EVERY_ADMIN_SOURCE.contains(&dotted);
        let mut found: Option<Sourced<'_>> = None;
        for source in &self.sources {
            let counts = source.in_force() || (shadowed_too && source.shadowed());
            if !counts || !may_set(dotted, source.scope()) {
                continue;
            }
            let Some(value) = shape::lookup(&source.settings, dotted) else { continue };
            match &mut found {
                None => {
                    let pointer = shape::pointer_of(dotted);
                    found = Some(Sourced {
                        value,
                        scope: source.scope(),
                        source: &source.source.path,
                        line: source.positions.line(&pointer),
                        pointer,
                        overrode: Vec::new(),
                    });
                }
                Some(winner) if winner.value != value => winner.overrode.push((&source.source.path, value)),
                Some(_) => {}
            }
        }
        found
    }

    /// Whether a boolean key is on.
    pub fn flag(&self, dotted: &str) -> bool {
        self.value(dotted).is_some_and(|v| v.value == &Value::Bool(true))
    }

    /// The elements of a list key over all sources in force, strongest first; the first of equal elements stays.
    pub fn list(&self, dotted: &str) -> Vec<Sourced<'_>> {
        let mut out: Vec<Sourced<'_>> = Vec::new();
        let base = shape::pointer_of(dotted);
        for source in self.in_force().filter(|s| may_set(dotted, s.scope())) {
            let Some(items) = shape::lookup(&source.settings, dotted).and_then(Value::as_array) else {
                continue;
            };
            for (i, value) in items.iter().enumerate() {
                if out.iter().any(|seen| seen.value == value) {
                    continue;
                }
                let pointer = format!("{base}/{i}");
                out.push(Sourced {
                    value,
                    scope: source.scope(),
                    source: &source.source.path,
                    line: source.positions.line(&pointer),
                    pointer,
                    overrode: Vec::new(),
                });
            }
        }
        out
    }

    /// The whole settings objects in force, strongest first.
    pub fn objects(&self) -> impl Iterator<Item = (&SettingsSource, &Map<String, Value>, &Positions)> {
        self.in_force().map(|s| (&s.source, &s.settings, &s.positions))
    }
}

fn may_set(dotted: &str, scope: Scope) -> bool {
    let mut name = dotted;
    loop {
        if let Some(key) = keys::find(name)
            && !key.may_be_set_in(scope)
        {
            return false;
        }
        match name.rfind('.') {
            Some(cut) => name = &name[..cut],
            None => return true,
        }
    }
}

#[cfg(test)]
mod tests;
