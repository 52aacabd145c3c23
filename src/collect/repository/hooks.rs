//! Finds the git hooks that would really run: where git looks, what lies there, and what is only configured.

use std::{
    io::Read as _,
    path::{Component, Path, PathBuf},
};

use super::Repository;
use crate::model::{
    Digest,
    git_hook::{GitHook, HookFault, HookManager, HooksInForce, ManagedHooks, Script},
};

/// The names under which git starts a hook on the client side (githooks(5)), sorted.
pub(in crate::collect) const HOOK_NAMES: &[&str] = &[
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "sendemail-validate",
    "update",
];
/// Of one script, this much is digested and this much is kept as text.
const MAX_SCRIPT: u64 = 1 << 20;
const MAX_TEXT: usize = 64 << 10;
/// Configuration files of hook managers are small.
const MAX_CONFIG: u64 = 1 << 20;

/// What of the host decides, besides the repository.
#[derive(Clone, Debug, Default)]
pub struct HookContext {
    /// Configuration files outside the repository, weakest first: the system's, then the user's.
    pub outer_configs: Vec<PathBuf>,
    /// What `~/` in `core.hooksPath` stands for.
    pub home: Option<PathBuf>,
}

/// Finds the hooks in force. Reads only; an unreadable place is said in `uncertain`.
pub fn hooks_in_force(repository: &Repository, context: &HookContext) -> HooksInForce {
    let inner = &repository.inner;
    let base = inner.workdir().unwrap_or(inner.git_dir()).to_owned();
    let default_folder = inner.common_dir().join("hooks");
    let mut answer = HooksInForce {
        folder: String::new(),
        hooks_path: None,
        hooks: Vec::new(),
        managers: Vec::new(),
        config_commands: Vec::new(),
        uncertain: Vec::new(),
    };
    let hooks_path = configured_path(repository, context, &mut answer);
    if context.outer_configs.is_empty() && hooks_path.is_none() {
        answer.uncertain.push("only the repository's configuration was read; a user's or the system's core.hooksPath would win over the default folder".to_owned());
    }
    let folder = match &hooks_path {
        Some((_, value)) => resolve(value, &base, context, &mut answer.uncertain),
        None => Some(default_folder.clone()),
    };
    let shown = |path: &Path| shown(path, &base);
    answer.hooks_path = hooks_path.map(|(file, value)| (shown(&file), value));
    if let Some(folder) = &folder {
        answer.folder = shown(folder);
        collect(folder, true, &base, &mut answer);
        if !same_folder(folder, &default_folder) {
            collect(&default_folder, false, &base, &mut answer);
        }
    }
    answer.hooks.sort_by(|a, b| (!a.in_force, &a.name, &a.path).cmp(&(!b.in_force, &b.name, &b.path)));
    answer.managers = managers(inner.workdir(), &answer.hooks);
    answer
}

/// The last `core.hooksPath` of the given files and the repository's own, with the file that says it.
fn configured_path(
    repository: &Repository,
    context: &HookContext,
    answer: &mut HooksInForce,
) -> Option<(PathBuf, String)> {
    let inner = &repository.inner;
    let mut files = context.outer_configs.clone();
    files.push(inner.common_dir().join("config"));
    let per_worktree = inner.config_snapshot().boolean("extensions.worktreeConfig").unwrap_or(false);
    if per_worktree {
        files.push(inner.git_dir().join("config.worktree"));
    }
    let mut found = None;
    for file in files {
        let bytes = match read_regular(&file, MAX_CONFIG) {
            Ok(Some((bytes, _))) => bytes,
            Ok(None) => continue,
            Err(reason) => {
                answer.uncertain.push(format!("{}: {reason}", shown(&file, repository.path())));
                continue;
            }
        };
        let metadata = gix::config::file::Metadata::from(gix::config::Source::Local);
        let Ok(config) = gix::config::File::from_bytes_no_includes(&bytes, metadata, Default::default())
        else {
            answer
                .uncertain
                .push(format!("{} cannot be read as git configuration", shown(&file, repository.path())));
            continue;
        };
        for section in config.sections() {
            let name = section.header().name().to_string().to_ascii_lowercase();
            match name.as_str() {
                "include" | "includeif" => answer.uncertain.push(format!(
                    "{} includes another file ({}), which was not followed",
                    shown(&file, repository.path()),
                    section
                        .value("path")
                        .map(|path| super::commit::escape_non_utf8(&path))
                        .unwrap_or_default()
                )),
                "hook" => {
                    if let Some(command) = section.value("command") {
                        answer.config_commands.push(super::commit::escape_non_utf8(&command));
                    }
                }
                "core" if section.header().subsection_name().is_none() => {
                    if let Some(value) = section.value("hooksPath") {
                        found = Some((file.clone(), super::commit::escape_non_utf8(&value)));
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// What a value of `core.hooksPath` means: `~/` is the user's home, a relative path is below the folder that git runs
/// hooks in (the top of the work tree, or the bare repository).
fn resolve(value: &str, base: &Path, context: &HookContext, uncertain: &mut Vec<String>) -> Option<PathBuf> {
    if value.is_empty() {
        uncertain.push("core.hooksPath is empty".to_owned());
        return Some(base.to_owned());
    }
    if let Some(rest) = value.strip_prefix("~/") {
        if context.home.is_none() {
            uncertain.push(format!(
                "core.hooksPath is `{}` and the home folder is not known",
                value.escape_debug()
            ));
        }
        return context.home.as_ref().map(|home| home.join(rest));
    }
    if value.starts_with('~') || value.starts_with("%(prefix)") {
        uncertain
            .push(format!("core.hooksPath is `{}`, which this host's accounts decide", value.escape_debug()));
        return None;
    }
    Some(base.join(value))
}

fn same_folder(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn shown(path: &Path, base: &Path) -> String {
    let plain: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    let bytes = plain.strip_prefix(base).unwrap_or(&plain).as_os_str().as_encoded_bytes().to_vec();
    if bytes.is_empty() { ".".to_owned() } else { super::commit::escape_non_utf8(&bytes) }
}

fn collect(folder: &Path, in_effect: bool, base: &Path, answer: &mut HooksInForce) {
    for name in HOOK_NAMES {
        let path = folder.join(name);
        if std::fs::symlink_metadata(&path).is_err() {
            continue;
        }
        let mut hook = GitHook {
            name: (*name).to_owned(),
            path: shown(&path, base),
            manager: HookManager::Plain,
            in_force: false,
            faults: Vec::new(),
            scripts: Vec::new(),
        };
        match std::fs::metadata(&path) {
            Ok(metadata) if !metadata.is_file() => hook.faults.push(HookFault::NotAFile),
            Ok(metadata) if !is_executable(&metadata) => hook.faults.push(HookFault::NotExecutable),
            Ok(_) => read_hook(&mut hook, &path, folder, base),
            Err(_) => hook.faults.push(HookFault::NotAFile),
        }
        if !in_effect {
            hook.faults.push(HookFault::Shadowed);
        }
        let stops = |fault: &HookFault| !matches!(fault, HookFault::NoInterpreter);
        hook.in_force = !hook.faults.iter().any(stops);
        answer.hooks.push(hook);
    }
}

fn read_hook(hook: &mut GitHook, path: &Path, folder: &Path, base: &Path) {
    let Some((script, bytes)) = script(path, base) else {
        hook.faults.push(HookFault::Unreadable);
        return;
    };
    hook.scripts.push(script);
    if !bytes.starts_with(b"#!") {
        hook.faults.push(HookFault::NoInterpreter);
    }
    let has = |mark: &str| bytes.windows(mark.len()).any(|window| window == mark.as_bytes());
    // Husky 9 keeps wrappers in `.husky/_` that run `.husky/NAME`; its file there is ordinary and needs no bit.
    let husky_wrapper = folder.file_name().is_some_and(|name| name == "_") && has("/h\"");
    hook.manager = if husky_wrapper || has("husky.sh") || has("husky") && folder.ends_with(".husky") {
        HookManager::Husky
    } else if has("lefthook") {
        HookManager::Lefthook
    } else if has("File generated by pre-commit") || has("pre_commit hook-impl") || has("pre-commit.com") {
        HookManager::PreCommit
    } else if has("OVERCOMMIT") || has("overcommit") {
        HookManager::Overcommit
    } else if has("SKIP_SIMPLE_GIT_HOOKS") {
        HookManager::SimpleGitHooks
    } else {
        HookManager::Plain
    };
    if husky_wrapper {
        match folder
            .parent()
            .map(|parent| parent.join(&hook.name))
            .and_then(|target| self::script(&target, base))
        {
            Some((target, _)) => hook.scripts.push(target),
            None => hook.faults.push(HookFault::DelegateMissing),
        }
    }
}

fn script(path: &Path, base: &Path) -> Option<(Script, Vec<u8>)> {
    let (bytes, size) = read_regular(path, MAX_SCRIPT).ok()??;
    let mut end = bytes.len().min(MAX_TEXT);
    while end > 0 && end < bytes.len() && bytes[end] & 0xC0 == 0x80 {
        end -= 1;
    }
    let text = std::str::from_utf8(&bytes[..end]).ok().filter(|text| !text.contains('\0')).map(str::to_owned);
    let script = Script {
        path: shown(path, base),
        bytes: size,
        digest: Digest::of_bytes(&bytes),
        text,
        truncated: size > bytes.len() as u64 || end < bytes.len(),
    };
    Some((script, bytes))
}

/// The beginning of a regular file and its whole size. Anything else, also a pipe that would never end, is refused.
fn read_regular(path: &Path, limit: u64) -> Result<Option<(Vec<u8>, u64)>, String> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("is no regular file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(Some((bytes, metadata.len())))
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    true
}

/// The hook managers configured in the work tree, each with the hooks in force that it runs.
fn managers(workdir: Option<&Path>, hooks: &[GitHook]) -> Vec<ManagedHooks> {
    let Some(workdir) = workdir else { return Vec::new() };
    let exists = |name: &&&str| workdir.join(name).is_file();
    let listed = |names: &[&'static str]| -> Vec<String> {
        names.iter().filter(exists).map(|name| (*name).to_owned()).collect()
    };
    let package = read_regular(&workdir.join("package.json"), MAX_CONFIG)
        .ok()
        .flatten()
        .and_then(|(bytes, _)| serde_json::from_slice::<serde_json::Value>(&bytes).ok())
        .unwrap_or_default();
    let package_key = |key: &str| package.get(key).is_some().then(|| format!("package.json#/{key}"));
    let mut found = Vec::new();
    let mut add = |manager, config: Vec<String>, configured: Vec<String>| {
        if !config.is_empty() {
            let runs = |hook: &&GitHook| hook.in_force && hook.manager == manager;
            let installed = hooks.iter().filter(runs).map(|hook| hook.name.clone()).collect();
            found.push(ManagedHooks { manager, config, installed, configured });
        }
    };
    let husky: Vec<&str> =
        HOOK_NAMES.iter().copied().filter(|name| workdir.join(".husky").join(name).is_file()).collect();
    let husky_config =
        husky.iter().map(|name| format!(".husky/{name}")).chain(package_key("husky")).collect::<Vec<_>>();
    add(HookManager::Husky, husky_config, husky.iter().map(|name| (*name).to_owned()).collect());
    let lefthook = listed(&[
        "lefthook.yml",
        "lefthook.yaml",
        "lefthook.toml",
        "lefthook.json",
        ".lefthook.yml",
        ".lefthook.yaml",
        ".lefthook.toml",
        ".lefthook.json",
        ".config/lefthook.yml",
    ]);
    let named = top_level_names(workdir, lefthook.first());
    add(HookManager::Lefthook, lefthook, named);
    let pre_commit = listed(&[".pre-commit-config.yaml", ".pre-commit-config.yml"]);
    add(HookManager::PreCommit, pre_commit, Vec::new());
    add(HookManager::Overcommit, listed(&[".overcommit.yml"]), Vec::new());
    let simple = listed(&[".simple-git-hooks.json", ".simple-git-hooks.js", "simple-git-hooks.json"]);
    let simple = simple.into_iter().chain(package_key("simple-git-hooks")).collect();
    add(HookManager::SimpleGitHooks, simple, Vec::new());
    found
}

/// The hook names that start a line of a configuration file, as lefthook's YAML and TOML have them.
fn top_level_names(workdir: &Path, config: Option<&String>) -> Vec<String> {
    let Some((bytes, _)) =
        config.and_then(|name| read_regular(&workdir.join(name), MAX_CONFIG).ok().flatten())
    else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&bytes);
    let starts = |name: &&&str| {
        text.lines().any(|line| {
            let line = line.trim_start_matches(['[', '"']);
            line.strip_prefix(**name).is_some_and(|rest| rest.starts_with([':', ']', '.', '"', ' ']))
        })
    };
    HOOK_NAMES.iter().filter(starts).map(|name| (*name).to_owned()).collect()
}
