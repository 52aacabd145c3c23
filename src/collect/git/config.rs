//! What git's configuration says of hooks, for one person: every file that git reads, in its order, with what they include.

use std::path::{Component, Path, PathBuf};

use gix::bstr::{BStr, ByteSlice};

use super::{GitFolders, Repository};
use crate::collect::{
    environment::folder_of,
    host::Host,
    intake::{Intake, Missed},
    naming::shown,
    tree::Tree,
};
use crate::model::{UnclearHooks, UserHome};

/// Git's own limit on files that include files.
const INCLUDES: usize = 10;
/// Configuration files of the system, where distributions and installers of git put them.
const OF_THE_SYSTEM: &[&str] = &[
    "Library/Developer/CommandLineTools/usr/share/git-core/gitconfig",
    "Applications/Xcode.app/Contents/Developer/usr/share/git-core/gitconfig",
    "opt/homebrew/etc/gitconfig",
    "usr/local/etc/gitconfig",
    "Program Files/Git/etc/gitconfig",
    "etc/gitconfig",
];

/// What all files together say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Configured {
    /// The last `core.hooksPath`.
    pub hooks_path: Option<String>,
    /// `hook.<name>.event` with the place of its command: the event, then the place.
    pub commands: Vec<(String, String)>,
    /// Why the files may say more.
    pub unclear: Vec<UnclearHooks>,
}

/// Where paths of a repository and of its host lead.
pub(super) struct Places<'a> {
    pub repository: &'a Repository,
    pub host: &'a Host,
    pub git: &'a GitFolders,
}

impl<'a> Places<'a> {
    /// The tree that a path lies in, and the path there. Absolute paths are the host's; those below the repository's own
    /// place are the repository's, also where it was not found below the host's root.
    pub fn find(&self, path: &Path) -> Option<(&'a Tree, PathBuf)> {
        let path = normal(path)?;
        let repository = self.repository;
        let trees = [
            (&repository.path, &repository.tree),
            (&self.git.own_path, &self.git.own),
            (&self.git.common_path, &self.git.common),
        ];
        for (top, tree) in trees {
            if let Some(inside) = normal(top).and_then(|top| path.strip_prefix(top).ok().map(Path::to_owned))
            {
                return Some((tree, inside));
            }
        }
        let below = path.strip_prefix("/").ok()?;
        match repository.below_root.as_ref().and_then(|top| below.strip_prefix(top).ok()) {
            Some(inside) => Some((&repository.tree, inside.to_owned())),
            None => Some((&self.host.tree, below.to_owned())),
        }
    }

    /// The names under which conditions may know the git folder.
    fn git_folders(&self) -> Vec<PathBuf> {
        let own = normal(&self.git.own_path).unwrap_or_default();
        let on_host = self.repository.below_root.as_ref().and_then(|top| {
            let inside = own.strip_prefix(&self.repository.path).ok()?;
            Some(Path::new("/").join(top).join(inside))
        });
        std::iter::once(own).chain(on_host).collect()
    }
}

/// A path without `.` and `..`; nothing where it leads above the top.
pub(super) fn normal(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !plain.pop() {
                    return None;
                }
            }
            other => plain.push(other),
        }
    }
    Some(plain)
}

/// Reads every configuration file that git reads for this person in this repository.
pub(super) fn read(
    places: &Places<'_>,
    person: Option<&UserHome>,
    branch: Option<&str>,
    intake: &mut Intake,
) -> Configured {
    let home = person.map(|person| Path::new("/").join(&person.home));
    let own = places.git.common_path.join("config");
    let mut reader = Reader {
        places,
        home: home.as_deref(),
        branch,
        remotes: Vec::new(),
        per_worktree: false,
        found: Configured::default(),
    };
    reader.remotes = reader.remotes_of(&own, intake);
    for file in OF_THE_SYSTEM {
        reader.file(&Path::new("/").join(file), INCLUDES, intake);
    }
    for file in person.map(|person| files_of(person, places.host, intake)).unwrap_or_default() {
        reader.file(&file, INCLUDES, intake);
    }
    reader.file(&own, INCLUDES, intake);
    if reader.per_worktree {
        reader.file(&places.git.own_path.join("config.worktree"), INCLUDES, intake);
    }
    reader.found
}

/// The person's own files, in the order in which git reads them.
fn files_of(person: &UserHome, host: &Host, intake: &mut Intake) -> Vec<PathBuf> {
    let mut moved = |variable| folder_of(variable, &host.tree, host.os, person, intake);
    if let Some(one) = moved("GIT_CONFIG_GLOBAL") {
        return vec![Path::new("/").join(one)];
    }
    let home = Path::new("/").join(&person.home);
    let folder = moved("XDG_CONFIG_HOME").map_or(home.join(".config"), |folder| Path::new("/").join(folder));
    vec![folder.join("git/config"), home.join(".gitconfig")]
}

struct Reader<'a, 'p> {
    places: &'p Places<'a>,
    home: Option<&'p Path>,
    branch: Option<&'p str>,
    /// Addresses of the remotes, which conditions may ask for.
    remotes: Vec<Vec<u8>>,
    /// `extensions.worktreeConfig`: without it git does not read the work tree's own file.
    per_worktree: bool,
    found: Configured,
}

impl Reader<'_, '_> {
    fn unclear(&mut self, why: String) {
        self.found.unclear.push(UnclearHooks { event: None, why });
    }

    /// A file as configuration, and how reports name it. A file that is not there says nothing, as for git.
    fn open(&mut self, path: &Path, intake: &mut Intake) -> Option<(gix::config::File, String)> {
        let Some((tree, inside)) = self.places.find(path) else {
            self.unclear(format!("{} could not be looked for", shown(path)));
            return None;
        };
        let source = tree.source(&inside);
        let file = match intake.open(tree, &inside) {
            Ok(file) => file,
            Err(Missed::Absent) => return None,
            Err(Missed::Noted) => {
                self.unclear(format!("{source} cannot be read, and it may move the hooks"));
                return None;
            }
        };
        let metadata = gix::config::file::Metadata::from(gix::config::Source::Local);
        match gix::config::File::from_bytes_no_includes(&file.raw, metadata, Default::default()) {
            Ok(config) => Some((config, source)),
            Err(_) => {
                self.unclear(format!("{source} cannot be read as git's configuration"));
                None
            }
        }
    }

    fn remotes_of(&mut self, path: &Path, intake: &mut Intake) -> Vec<Vec<u8>> {
        // What is wrong with the file is said when it is read in its turn.
        let known = self.found.clone();
        let config = self.open(path, intake);
        self.found = known;
        let sections = config.iter().flat_map(|(config, _)| config.sections_by_name("remote")).flatten();
        sections.flat_map(|section| section.values("url")).map(|url| url.to_vec()).collect()
    }

    fn file(&mut self, path: &Path, depth: usize, intake: &mut Intake) {
        let Some((config, source)) = self.open(path, intake) else { return };
        for section in config.sections() {
            let header = section.header();
            let name = header.name().to_string().to_ascii_lowercase();
            let sub = header.subsection_name().map(BStr::to_owned);
            match (name.as_str(), sub) {
                ("include", None) => {
                    for target in section.values("path") {
                        self.include(target.as_ref(), path, &source, depth, intake);
                    }
                }
                ("includeif", Some(condition)) => match self.holds(&condition.to_str_lossy(), path) {
                    Some(false) => {}
                    Some(true) => {
                        for target in section.values("path") {
                            self.include(target.as_ref(), path, &source, depth, intake);
                        }
                    }
                    None => self.unclear(format!(
                        "{source} includes a file if `{condition}`, which cannot be told here"
                    )),
                },
                ("core", None) => {
                    if let Some(value) = section.value("hooksPath") {
                        self.found.hooks_path = Some(value.to_str_lossy().into_owned());
                    }
                }
                ("extensions", None) => {
                    if let Some(value) = section.value_implicit("worktreeConfig") {
                        self.per_worktree = value.is_none_or(|value| is_true(value.as_ref()));
                    }
                }
                ("hook", Some(name)) if section.value("command").is_some() => {
                    let events = section.values("event");
                    let place = format!("hook.{name}.command of {source}");
                    self.found.commands.extend(
                        events.iter().map(|event| (event.to_str_lossy().into_owned(), place.clone())),
                    );
                }
                _ => {}
            }
        }
    }

    fn include(&mut self, target: &BStr, by: &Path, source: &str, depth: usize, intake: &mut Intake) {
        if depth == 0 {
            return self.unclear(format!("{source} includes files more than {INCLUDES} deep"));
        }
        let target = target.to_str_lossy();
        match self.expanded(&target, by) {
            Some(path) => self.file(&path, depth - 1, intake),
            None => self.unclear(format!("{source} includes {target}, whose place is not known")),
        }
    }

    /// What a path in a configuration file stands for: relative ones lie beside the file.
    fn expanded(&self, text: &str, by: &Path) -> Option<PathBuf> {
        match text.strip_prefix("~/") {
            Some(rest) => self.home.map(|home| home.join(rest)),
            None if text.starts_with('~') || text.starts_with("%(prefix)") => None,
            None => Some(by.parent()?.join(text)),
        }
    }

    /// Whether the condition of an `includeIf` holds (git-config(1), "Conditional includes").
    fn holds(&self, condition: &str, by: &Path) -> Option<bool> {
        use gix::glob::wildmatch::Mode;
        let matches = |pattern: &str, text: &[u8], mode: Mode| {
            gix::glob::wildmatch(pattern.into(), text.into(), mode | Mode::NO_MATCH_SLASH_LITERAL)
        };
        let folder = |pattern: &str, mode: Mode| -> Option<bool> {
            let pattern = self.folder_pattern(pattern, by)?;
            let folders = self.places.git_folders();
            Some(folders.iter().any(|folder| matches(&pattern, folder.as_os_str().as_encoded_bytes(), mode)))
        };
        if let Some(pattern) = condition.strip_prefix("gitdir:") {
            return folder(pattern, Mode::empty());
        }
        if let Some(pattern) = condition.strip_prefix("gitdir/i:") {
            return folder(pattern, Mode::IGNORE_CASE);
        }
        if let Some(pattern) = condition.strip_prefix("onbranch:") {
            let pattern = with_everything_below(pattern.to_owned());
            return Some(
                self.branch.is_some_and(|branch| matches(&pattern, branch.as_bytes(), Mode::empty())),
            );
        }
        if let Some(pattern) = condition.strip_prefix("hasconfig:remote.*.url:") {
            return Some(self.remotes.iter().any(|url| matches(pattern, url, Mode::empty())));
        }
        None
    }

    fn folder_pattern(&self, pattern: &str, by: &Path) -> Option<String> {
        let pattern = if let Some(rest) = pattern.strip_prefix("~/") {
            format!("{}/{rest}", self.home?.display())
        } else if let Some(rest) = pattern.strip_prefix("./") {
            format!("{}/{rest}", by.parent()?.display())
        } else if pattern.starts_with('~') {
            return None;
        } else if pattern.starts_with('/') {
            pattern.to_owned()
        } else {
            format!("**/{pattern}")
        };
        Some(with_everything_below(pattern))
    }
}

fn is_true(value: &BStr) -> bool {
    gix::config::Boolean::try_from(value).is_ok_and(|value| value.0)
}

fn with_everything_below(pattern: String) -> String {
    if pattern.ends_with('/') { pattern + "**" } else { pattern }
}
