//! The hardened sample in memory, edited there, and laid out as the deployment that it stands for.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use git2::{IndexAddOption, Repository, RepositoryInitOptions, Signature, Time};
use include_dir::{Dir, include_dir};

static SAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/samples/hardened");

/// Who owns what, as the sample brings it.
const OWNERS: &str = "root/.mtree";
/// The moment of each repository's commit: inside the period, and the same in every run.
const COMMITTED: i64 = 1_785_747_600;

/// Every file of a deployment, by its path below the folder that it is laid out in.
#[derive(Clone)]
pub(super) struct Deployment {
    files: BTreeMap<String, Content>,
    /// Permission bits on disk, where they are not those that follow from the file's content.
    modes: BTreeMap<String, u32>,
    /// Each repository's own git configuration; nothing where a setting is taken away.
    git: BTreeMap<(String, String), Option<String>>,
}

#[derive(Clone)]
enum Content {
    Bytes(Vec<u8>),
    Link(String),
}

impl Deployment {
    /// The sample as it is, its repositories with the hooks in force that they bring.
    pub(super) fn sample() -> Self {
        let mut files = BTreeMap::new();
        embedded(&SAMPLE, &mut files);
        let hooked: BTreeSet<&str> =
            files.keys().filter_map(|path| Some(path.split_once("/.githooks/")?.0)).collect();
        let setting =
            |repo: &&str| (((*repo).to_owned(), "core.hooksPath".to_owned()), Some(".githooks".to_owned()));
        let git = hooked.iter().map(setting).collect();
        Self { files, modes: BTreeMap::new(), git }
    }

    /// The text of a file.
    pub(super) fn text(&self, path: &str) -> Result<String, String> {
        match self.files.get(path) {
            Some(Content::Bytes(bytes)) => {
                String::from_utf8(bytes.clone()).map_err(|_| format!("{path} is no text"))
            }
            Some(Content::Link(_)) => Err(format!("{path} is a link")),
            None => Err(format!("there is no file {path}")),
        }
    }

    /// Writes a file; a new one gets the owner that its place has.
    pub(super) fn write(&mut self, path: &str, text: impl Into<Vec<u8>>) {
        self.put(path, Content::Bytes(text.into()));
    }

    /// Makes a symbolic link.
    pub(super) fn link(&mut self, path: &str, to: &str) {
        self.put(path, Content::Link(to.to_owned()));
    }

    fn put(&mut self, path: &str, content: Content) {
        self.files.insert(path.to_owned(), content);
        self.list(path);
    }

    /// Removes a file, or a folder with all that is in it.
    pub(super) fn remove(&mut self, path: &str) -> Result<(), String> {
        let below = format!("{path}/");
        let before = self.files.len();
        self.files.retain(|name, _| name != path && !name.starts_with(&below));
        if self.files.len() == before { Err(format!("there is no {path}")) } else { Ok(()) }
    }

    /// Renames a file or a folder; owners and modes go with it.
    pub(super) fn rename(&mut self, from: &str, to: &str) -> Result<(), String> {
        let below = format!("{from}/");
        let moved: Vec<String> =
            self.files.keys().filter(|name| *name == from || name.starts_with(&below)).cloned().collect();
        if moved.is_empty() {
            return Err(format!("there is no {from}"));
        }
        for name in moved {
            let onto = format!("{to}{}", &name[from.len()..]);
            if let Some(content) = self.files.remove(&name) {
                self.files.insert(onto.clone(), content);
            }
            if let Some(mode) = self.modes.remove(&name) {
                self.modes.insert(onto.clone(), mode);
            }
            if let Some(line) = self.owner_line(&name) {
                self.relist(&onto, &line.keywords);
            } else {
                self.list(&onto);
            }
        }
        Ok(())
    }

    /// Sets permission bits, on disk and in the list of owners.
    pub(super) fn chmod(&mut self, path: &str, mode: u32) -> Result<(), String> {
        self.there(path)?;
        self.modes.insert(path.to_owned(), mode);
        if path.starts_with("root/") {
            self.keyword(path, "mode", &format!("{mode:04o}"));
        }
        Ok(())
    }

    /// Sets the owner, in the list of owners.
    pub(super) fn chown(&mut self, path: &str, uid: u32, gid: u32) -> Result<(), String> {
        self.there(path)?;
        self.keyword(path, "uid", &uid.to_string());
        self.keyword(path, "gid", &gid.to_string());
        Ok(())
    }

    /// Sets a value of a repository's git configuration, or takes it away.
    pub(super) fn configure(&mut self, repo: &str, name: &str, value: Option<&str>) {
        self.git.insert((repo.to_owned(), name.to_owned()), value.map(str::to_owned));
    }

    fn there(&self, path: &str) -> Result<(), String> {
        let below = format!("{path}/");
        if self.files.keys().any(|name| name == path || name.starts_with(&below)) {
            Ok(())
        } else {
            Err(format!("there is no {path}"))
        }
    }

    /// The repositories, by their folder.
    pub(super) fn repositories(&self) -> BTreeSet<String> {
        let named = self.files.keys().filter_map(|path| path.strip_prefix("repos/")?.split('/').next());
        named.map(|name| format!("repos/{name}")).collect()
    }

    /// Writes everything below a folder, with each repository as a real one of a single commit.
    pub(super) fn lay_out(&self, folder: &Path) -> Result<(), String> {
        let shown = |path: &str, error: &dyn std::fmt::Display| format!("{path}: {error}");
        let inside_git = |path: &&String| path.split('/').any(|part| part == ".git");
        for path in self.files.keys().filter(|path| !inside_git(path)) {
            self.lay_out_one(folder, path).map_err(|error| shown(path, &error))?;
        }
        for repo in self.repositories() {
            self.commit(folder, &repo).map_err(|error| shown(&repo, &error))?;
        }
        for path in self.files.keys().filter(inside_git) {
            self.lay_out_one(folder, path).map_err(|error| shown(path, &error))?;
        }
        // Folders last: one that may not be written to must be full by then.
        for (path, mode) in &self.modes {
            let (place, is_folder) = (folder.join(path), !self.files.contains_key(path));
            // Whoever runs this must still be able to read it; the list of owners says what the host says.
            let kept = if is_folder { 0o700 } else { 0o400 };
            fs::set_permissions(place, fs::Permissions::from_mode(mode | kept))
                .map_err(|error| shown(path, &error))?;
        }
        Ok(())
    }

    fn lay_out_one(&self, folder: &Path, path: &str) -> std::io::Result<()> {
        let place: PathBuf = folder.join(path);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        match &self.files[path] {
            Content::Link(to) => symlink(to, place),
            Content::Bytes(bytes) => {
                fs::write(&place, bytes)?;
                // A copy inside a program keeps no bits: what names its interpreter is a program.
                let mode = if bytes.starts_with(b"#!") { 0o755 } else { 0o644 };
                fs::set_permissions(place, fs::Permissions::from_mode(mode))
            }
        }
    }

    fn commit(&self, folder: &Path, repo: &str) -> Result<(), git2::Error> {
        let mut options = RepositoryInitOptions::new();
        options.external_template(false).initial_head("main");
        let repository = Repository::init_opts(folder.join(repo), &options)?;
        let mut index = repository.index()?;
        index.add_all(["*"], IndexAddOption::FORCE, None)?;
        index.write()?;
        let tree = repository.find_tree(index.write_tree()?)?;
        let who = Signature::new("Dana", "dana@example.org", &Time::new(COMMITTED, 0))?;
        repository.commit(Some("HEAD"), &who, &who, "SHOP-1 Start", &tree, &[])?;
        let mut config = repository.config()?;
        for ((_, name), value) in self.git.iter().filter(|((of, _), _)| of == repo) {
            if let Some(value) = value {
                config.set_str(name, value)?;
            }
        }
        Ok(())
    }

    // --- the list of owners

    /// Gives a path that the list does not name, and the folders above it, the owner that the place has.
    fn list(&mut self, path: &str) {
        let Some(inside) = path.strip_prefix("root/") else { return };
        let parts: Vec<&str> = inside.split('/').collect();
        for depth in 1..=parts.len() {
            let part = format!("root/{}", parts[..depth].join("/"));
            if part == OWNERS || self.owner_line(&part).is_some() {
                continue;
            }
            let uid = if inside.starts_with("home/") && depth > 1 { 1000 } else { 0 };
            let program =
                matches!(self.files.get(&part), Some(Content::Bytes(bytes)) if bytes.starts_with(b"#!"));
            let (kind, mode) = match (depth == parts.len(), program) {
                (true, false) => ("file", "0644"),
                (true, true) => ("file", "0755"),
                (false, _) => ("dir", "0755"),
            };
            self.relist(&part, &format!("type={kind} uid={uid} gid={uid} mode={mode}"));
        }
    }

    fn owner_line(&self, path: &str) -> Option<OwnerLine> {
        let name = listed_as(path)?;
        let text = self.text(OWNERS).ok()?;
        text.lines().enumerate().find_map(|(number, line)| {
            let (first, keywords) = line.split_once(' ')?;
            (first == name).then(|| OwnerLine { number, keywords: keywords.to_owned() })
        })
    }

    fn relist(&mut self, path: &str, keywords: &str) {
        let (Some(name), Ok(text)) = (listed_as(path), self.text(OWNERS)) else { return };
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let line = format!("{name} {keywords}");
        match self.owner_line(path) {
            Some(known) => lines[known.number] = line,
            None => lines.push(line),
        }
        self.files.insert(OWNERS.to_owned(), Content::Bytes((lines.join("\n") + "\n").into_bytes()));
    }

    fn keyword(&mut self, path: &str, key: &str, value: &str) {
        self.list(path);
        let Some(line) = self.owner_line(path) else { return };
        let others = line.keywords.split(' ').filter(|word| !word.starts_with(&format!("{key}=")));
        let mut words: Vec<String> = others.map(str::to_owned).collect();
        words.push(format!("{key}={value}"));
        self.relist(path, &words.join(" "));
    }
}

struct OwnerLine {
    number: usize,
    keywords: String,
}

/// How the list of owners names a path; nothing for what is not below the root.
fn listed_as(path: &str) -> Option<String> {
    Some(format!("./{}", path.strip_prefix("root/")?.replace(' ', "\\040")))
}

fn embedded(folder: &Dir<'_>, files: &mut BTreeMap<String, Content>) {
    for file in folder.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        files.insert(path, Content::Bytes(file.contents().to_vec()));
    }
    // The depth is that of our own sample.
    for inner in folder.dirs() {
        embedded(inner, files);
    }
}
