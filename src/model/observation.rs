//! Observations: one thing seen, redacted, exactly as it stands in the pack.

use serde::{Deserialize, Serialize};

use super::{ActivitySeen, Continuity, Digest, HookRun, Reconciliation, change_set::HistorySeen};

/// One thing seen, with where and by which collector. Named by the digest of its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    pub id: Digest,
    /// A path below the root (no leading slash), or below `repo:NAME/`.
    pub source: String,
    /// A JSON pointer, a line (`L12`) or a name inside the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locator: Option<String>,
    pub collector: String,
    pub seen: Seen,
}

impl Observation {
    /// Makes the observation and its name.
    pub fn new(source: impl Into<String>, locator: Option<String>, collector: &str, seen: Seen) -> Self {
        let (source, collector) = (source.into(), collector.to_owned());
        let id = Digest::of_value(&(&source, &locator, &collector, &seen));
        Self { id, source, locator, collector, seen }
    }

    /// Whether the name still belongs to the content.
    pub fn is_intact(&self) -> bool {
        self.id == Digest::of_value(&(&self.source, &self.locator, &self.collector, &self.seen))
    }
}

/// The kinds of thing that can be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    Host(Host),
    File(Box<FileSeen>),
    Directory(DirectorySeen),
    Repository(Box<RepositorySeen>),
    LaunchFlag(LaunchFlag),
    HookRun(Box<HookRun>),
    /// What the logs at one place say was done.
    Activity(Box<ActivitySeen>),
    /// How the records of tool calls agree with each other.
    Reconciliation(Box<Reconciliation>),
    /// What became of the logs that an earlier reading knew.
    Continuity(Box<Continuity>),
    /// What landed in one repository in the period.
    History(Box<HistorySeen>),
}

/// An operating system that the client runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Os {
    Linux,
    MacOs,
    Windows,
}

/// The host under examination, as its file layout shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    pub os: Os,
    /// The path or paths that decided which system this is.
    pub recognised_by: Vec<String>,
    pub hostname: Option<String>,
    /// Home folders of people, sorted by name.
    pub users: Vec<UserHome>,
    /// Versions of the client found installed, sorted.
    pub client_versions: Vec<String>,
    /// Whether file owners below this root are those of the host, or those of whoever copied it.
    pub owners_preserved: bool,
}

/// One person's home on the host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserHome {
    pub name: String,
    /// Below the root, no leading slash.
    pub home: String,
    pub uid: Option<u32>,
    /// Where this user's client keeps its files, below the root: `HOME/.claude` unless `CLAUDE_CONFIG_DIR` moves it.
    pub config_dir: String,
    /// Names of the groups the user is in, sorted; empty where no group file was seen.
    pub groups: Vec<String>,
}

/// What a file is for. The collectors assign it from the place where the file stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Role {
    /// A settings source of the client, or of the guide's (`client-contract` 1.1).
    Settings { scope: SettingsScope },
    /// `managed-mcp.json`.
    ManagedMcp,
    /// `.mcp.json` of a repository.
    ProjectMcp { repository: String },
    /// `~/.claude.json`: MCP servers and trusted folders; nothing else of it is kept.
    GlobalConfig { user: String },
    /// `CLAUDE.md` of the managed directory: guidance, never enforcement.
    ManagedMemory,
    /// A credential store of the client; its content is never read.
    Credentials { user: String },
    /// A cloud provider's credential file in a home; the names that it sets are kept, no value.
    CloudCredentials { user: String },
    /// A program that a hook or a helper key of the settings names.
    Script { named_by: Vec<String> },
    /// Log rotation and retention configuration.
    Rotation { kind: RotationKind },
    /// Configuration of a program that carries records on: a system log, a log shipper.
    Forwarder { program: String },
    /// A log of the deployment; the content is read by the log readers, not kept here.
    Log,
    /// A file that sets environment variables for logins.
    Environment { user: Option<String> },
    /// A secrets-manager integration (Vault, a cloud's manager).
    SecretsManager,
    /// A file that may start the client: CI workflow, Dockerfile, script, alias file.
    Launcher { repository: Option<String> },
    /// A document of the organisation that the policy names.
    Document { id: String },
    /// A sub-agent or skill definition whose front matter may set a mode or hooks.
    AgentDefinition { repository: Option<String>, user: Option<String> },
    /// A plugin's `hooks.json` or manifest.
    Plugin { user: String },
    /// Account and group files of the host.
    Accounts,
    /// An incident register or playbook artefact.
    Incident,
    /// A file that looks like the client's and that it does not read.
    Unread { why: String, instead: String },
}

/// Which settings source a file is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "scope")]
pub enum SettingsScope {
    Managed {
        origin: ManagedOrigin,
        /// The user whose file this is: a server cache, a per-user preference or HKCU.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
    },
    User {
        user: String,
    },
    Project {
        repository: String,
    },
    Local {
        repository: String,
    },
    /// A place that the guide names and the client does not read.
    UnreadByClient {
        why: String,
    },
}

/// How managed settings reach the client (`client-contract` 1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManagedOrigin {
    /// `remote-settings.json`, the cache of what the server delivers.
    Server,
    /// macOS managed preferences, or HKLM on Windows.
    Mdm,
    /// `managed-settings.json`.
    File,
    /// `managed-settings.d/*.json`.
    DropIn,
    /// HKCU: the user can write it.
    UserRegistry,
}

/// Which retention mechanism a file configures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RotationKind {
    Logrotate,
    LogrotateState,
    Journald,
    Newsyslog,
}

/// Who owns a file, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub basis: OwnerBasis,
}

/// How an owner is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerBasis {
    /// The file system says so, and it is the host's own or a faithful copy.
    FileSystem,
    /// An mtree list made with the copy says so.
    Mtree,
    /// The copy did not keep owners, and no list came with it.
    Unknown,
}

/// A folder above a file, up to the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParentSeen {
    pub path: String,
    pub owner: Owner,
    /// Permission bits, such as `0o755`.
    pub mode: u32,
}

/// An ordinary file, read once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSeen {
    pub role: Role,
    /// The text with every secret replaced; nothing where the role keeps no content.
    pub text: Option<String>,
    pub bytes: u64,
    /// Of the bytes on disk, before redaction; nothing where the content was not read.
    pub sha256: Option<Digest>,
    pub owner: Owner,
    /// Permission bits, such as `0o644`.
    pub mode: u32,
    /// Where the path is a symbolic link: what it resolves to, below the root.
    pub link_target: Option<String>,
    /// The folders above the file, nearest first; not kept for launchers, of which there are thousands.
    pub parents: Vec<ParentSeen>,
    pub faults: Vec<FileFault>,
    pub secrets: Vec<SecretHit>,
}

/// What is wrong with a file's bytes, although it could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFault {
    ByteOrderMark,
    InvalidUtf8,
    NulBytes,
    /// A script's `#!` line ends in a carriage return: no interpreter has such a name.
    CarriageReturns,
}

/// A literal secret that was found and replaced.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretHit {
    /// The pattern's id.
    pub class: String,
    /// From 1.
    pub line: u64,
    /// The first four characters of the value's SHA-256 and its length: enough to tell two apart, not to guess one.
    pub fingerprint: String,
}

/// A directory whose facts matter: the log directory, the managed directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectorySeen {
    pub owner: Owner,
    pub mode: u32,
    /// The file system's kind where it can be known: `tmpfs` does not persist.
    pub file_system: Option<String>,
    pub link_target: Option<String>,
    pub parents: Vec<ParentSeen>,
    /// Names of the entries, sorted, at most 1,000.
    pub entries: Vec<String>,
}

/// A git repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepositorySeen {
    pub name: String,
    pub head: Option<String>,
    pub branch: Option<String>,
    /// Commits reachable from HEAD; nothing where the walk was cut off.
    pub commits: Option<u64>,
    pub shallow: bool,
    /// `core.hooksPath` as git's files have it together: the system's, the person's, the repository's.
    pub hooks_path: Option<String>,
    pub hooks: Vec<GitHookSeen>,
    /// Why other hooks than these may be in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks_unclear: Vec<UnclearHooks>,
    /// Hook managers whose configuration is committed: `husky`, `lefthook`, `pre-commit`.
    pub managers: Vec<String>,
    /// Why their configuration may ask for more hooks than are listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managers_unclear: Vec<String>,
    /// Whether `.claude/settings.local.json` is tracked by git.
    pub local_settings_tracked: bool,
}

/// Why it is not known what git would run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnclearHooks {
    /// Of one hook; without, of all.
    pub event: Option<String>,
    pub why: String,
}

/// One git hook that git would run, or a file that looks like one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitHookSeen {
    /// `pre-commit`, `commit-msg`, `pre-push` …
    pub event: String,
    /// Below the repository, or absolute below the root.
    pub path: String,
    pub executable: bool,
    /// Whether git would really run it: right place, right name, executable.
    pub in_force: bool,
    pub why_not: Option<String>,
    pub sha256: Option<Digest>,
    pub text: Option<String>,
}

/// A place that starts the client with a flag that skips permissions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaunchFlag {
    /// From 1.
    pub line: u64,
    /// The flag, such as `--dangerously-skip-permissions`.
    pub flag: String,
}
