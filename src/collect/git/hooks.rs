//! The hooks that git would really run: where it looks, what lies there, and why a file that looks like one is none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::config::{Configured, Places};
use super::managers::{Managed, manager_of};
use super::{HOOK_NAMES, Repository};
use crate::collect::intake::{Intake, Missed, decode};
use crate::collect::naming::shown;
use crate::collect::redact::redact;
use crate::collect::tree::{EntryKind, Tree};
use crate::model::{Digest, GapReason, GitHookSeen, UnclearHooks, UserHome};

/// Folders in which repositories keep hooks that somebody has to put in force.
const USUAL: &[&str] = &[".husky", ".githooks", "githooks", "hooks", ".hooks"];
const DEFAULT: &str = ".git/hooks";

/// Where git looks for hooks.
struct Folder<'a> {
    tree: &'a Tree,
    path: PathBuf,
    /// Below the repository, or absolute below the root.
    name: String,
}

/// What of the hooks' surroundings decides, beside their own files.
pub(super) struct Around<'a> {
    pub places: &'a Places<'a>,
    pub managed: &'a [Managed],
}

/// The hooks of one person, and why they may be others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub hooks: Vec<GitHookSeen>,
    pub unclear: Vec<UnclearHooks>,
}

/// Finds the hooks that the configuration puts in force, and the files that it leaves aside.
pub(super) fn find(
    around: &Around<'_>,
    configured: &Configured,
    person: Option<&UserHome>,
    intake: &mut Intake,
) -> Found {
    let places = around.places;
    let mut look = Look { around, found: Found::default(), intake };
    look.found.unclear.clone_from(&configured.unclear);
    let default = Folder { tree: &places.git.common, path: PathBuf::from("hooks"), name: DEFAULT.to_owned() };
    let folder = match &configured.hooks_path {
        None => Some(default),
        Some(value) => {
            let folder = named(places, value, person);
            if folder.as_ref().is_ok_and(|folder| folder.name != DEFAULT) {
                let why = format!("core.hooksPath is {value}; git does not look here");
                look.folder(&default, Some(&why));
            }
            folder.map_err(|why| look.unclear(None, why)).ok()
        }
    };
    if let Some(folder) = &folder {
        look.folder(folder, None);
        if folder.path.ends_with("_") {
            look.husky(folder);
        }
    }
    look.left_aside(folder.as_ref());
    for (event, place) in &configured.commands {
        let why = format!("{place} names a command for {event}: whether it runs depends on git's version");
        look.unclear(Some(event.clone()), why);
    }
    let mut found = look.found;
    found.hooks.sort_by(|a, b| (&a.event, &a.path).cmp(&(&b.event, &b.path)));
    found
}

/// The folder that a value of `core.hooksPath` means; a relative one lies below the folder that git runs hooks in.
fn named<'a>(places: &Places<'a>, value: &str, person: Option<&UserHome>) -> Result<Folder<'a>, String> {
    let unknown = |why: &str| Err(format!("core.hooksPath is `{value}`, {why}"));
    let plain = value.strip_prefix(":(optional)").unwrap_or(value);
    if plain.is_empty() {
        return unknown("which leads nowhere that is known");
    }
    let path = match plain.strip_prefix("~/") {
        Some(rest) => match person {
            Some(person) => Path::new("/").join(&person.home).join(rest),
            None => return unknown("a place in somebody's home; whose is not known"),
        },
        None if plain.starts_with('~') || plain.starts_with("%(prefix)") => {
            return unknown("which the accounts and programs of the host decide");
        }
        None => places.repository.path.join(plain),
    };
    let Some((tree, inside)) = places.find(&path) else { return unknown("which leads out of the host") };
    if inside.as_os_str().is_empty() && !Path::new(plain).is_absolute() {
        return Ok(Folder { tree, path: PathBuf::from("."), name: ".".to_owned() });
    }
    let is_host = std::ptr::eq(tree, &places.host.tree);
    if is_host && !Path::new(plain).is_absolute() && !plain.starts_with("~/") && !places.host.here {
        return unknown("which leads out of the repository");
    }
    let in_git = std::ptr::eq(tree, &places.git.own) || std::ptr::eq(tree, &places.git.common);
    let name = match (is_host, in_git) {
        (true, _) => format!("/{}", shown(&inside)),
        (_, true) => format!(".git/{}", shown(&inside)),
        _ => shown(&inside),
    };
    Ok(Folder { tree, path: inside, name })
}

struct Look<'a, 'i> {
    around: &'i Around<'a>,
    found: Found,
    intake: &'i mut Intake,
}

impl Look<'_, '_> {
    fn unclear(&mut self, event: Option<String>, why: String) {
        self.found.unclear.push(UnclearHooks { event, why: redact(&why).text });
    }

    /// The hooks in a folder that git uses, or why it does not.
    fn folder(&mut self, folder: &Folder<'_>, why_not: Option<&str>) {
        let Some(listing) = self.intake.list(folder.tree, &folder.path) else {
            let there = folder.tree.resolve(&folder.path).is_ok_and(|place| place.is_folder());
            if why_not.is_none() && there {
                self.unclear(None, format!("{} cannot be read", folder.name));
            } else if why_not.is_none() && folder.name != DEFAULT {
                let detail = "core.hooksPath points here; no hook runs";
                self.intake.gap(folder.tree.source(&folder.path), GapReason::Absent, detail);
            }
            return;
        };
        for entry in listing.entries.iter().filter(|entry| entry.kind != EntryKind::Folder) {
            let file_name = entry.shown();
            let event = file_name.strip_suffix(".sample").unwrap_or(&file_name);
            if !HOOK_NAMES.contains(&event) {
                continue;
            }
            let sample = event.len() < file_name.len();
            let why =
                why_not.map(str::to_owned).or_else(|| sample.then(|| "the name ends in .sample".to_owned()));
            let file = HookFile {
                tree: folder.tree,
                path: folder.path.join(&entry.name),
                event,
                shown: format!("{}/{file_name}", folder.name),
                runs_by_mode: true,
            };
            self.hook(&file, why);
        }
    }

    /// Husky 9: git starts the generated files of `.husky/_`, and these start `.husky/NAME` with `sh`, whatever its
    /// mode. A generated file without one behind it does nothing.
    fn husky(&mut self, folder: &Folder<'_>) {
        let top = folder.path.parent().unwrap_or(Path::new("")).to_owned();
        let name = folder.name.trim_end_matches("/_").to_owned();
        let runner = ["h", "husky.sh"].iter().any(|file| folder.tree.has(folder.path.join(file)));
        for event in HOOK_NAMES {
            let generated = format!("{}/{event}", folder.name);
            let Some(at) = self.found.hooks.iter().position(|hook| hook.path == generated) else {
                if folder.tree.has(top.join(event)) {
                    let why = "husky's generated files are not in this clone";
                    self.delegate(folder, &top, &name, event, Some(why.to_owned()));
                }
                continue;
            };
            let wrapper = &mut self.found.hooks[at];
            if !wrapper.text.as_deref().is_some_and(|text| text.contains("/h\"") || text.contains("husky.sh"))
            {
                continue;
            }
            if !folder.tree.has(top.join(event)) {
                let why = format!("husky has no {name}/{event} to start, so it does nothing");
                (wrapper.in_force, wrapper.why_not) = (false, Some(why));
                continue;
            }
            let why =
                if runner { wrapper.why_not.clone() } else { Some("husky's runner is not there".to_owned()) };
            // What git starts only hands over: the script behind it is the hook.
            self.found.hooks.remove(at);
            self.delegate(folder, &top, &name, event, why);
        }
    }

    fn delegate(&mut self, folder: &Folder<'_>, top: &Path, name: &str, event: &str, why: Option<String>) {
        let file = HookFile {
            tree: folder.tree,
            path: top.join(event),
            event,
            shown: format!("{name}/{event}"),
            runs_by_mode: false,
        };
        self.hook(&file, why);
    }

    /// Hooks that are committed in the usual folders, where git's configuration does not point to them.
    fn left_aside(&mut self, in_force: Option<&Folder<'_>>) {
        let tree = &self.around.places.repository.tree;
        for folder in USUAL {
            if in_force.is_some_and(|known| known.name == *folder) {
                continue;
            }
            for event in HOOK_NAMES {
                let shown = format!("{folder}/{event}");
                let path = Path::new(folder).join(event);
                if tree.has(&path) && self.found.hooks.iter().all(|known| known.path != shown) {
                    let why = "core.hooksPath does not point here in this clone".to_owned();
                    self.hook(&HookFile { tree, path, event, shown, runs_by_mode: true }, Some(why));
                }
            }
        }
    }

    fn hook(&mut self, file: &HookFile<'_>, why_not: Option<String>) {
        let place = file.tree.resolve(&file.path).ok();
        let is_file = place.as_ref().is_none_or(|place| place.is_file());
        let executable = place
            .is_some_and(|place| place.is_file() && file.tree.mode(&place.path, &place.stat) & 0o111 != 0);
        let sample = why_not.as_deref().is_some_and(|why| why.contains(".sample"));
        let read = if sample { Err(Missed::Noted) } else { self.intake.open(file.tree, &file.path) };
        if read.as_ref().err() == Some(&Missed::Absent) {
            self.intake.gap(file.tree.source(&file.path), GapReason::Absent, "the link leads nowhere");
        }
        let text = read.as_ref().ok().map(|file| decode(&file.raw).0);
        let unreadable = read.is_err() && !sample;
        let why_not = why_not
            .or_else(|| (!is_file).then(|| "it is no file".to_owned()))
            .or_else(|| unreadable.then(|| "it cannot be read".to_owned()))
            .or_else(|| {
                (file.runs_by_mode && !executable)
                    .then(|| "it is not executable; git passes over it".to_owned())
            })
            .or_else(|| text.as_deref().and_then(|text| self.hollow(text, file.event)));
        self.found.hooks.push(GitHookSeen {
            event: file.event.to_owned(),
            path: redact(&file.shown).text,
            executable,
            in_force: why_not.is_none(),
            why_not: why_not.map(|why| redact(&why).text),
            sha256: read.as_ref().ok().map(|file| Digest::of_bytes(&file.raw)),
            text: text.map(|text| redact(&text).text),
        });
    }

    /// Why a file that a hook manager installed does nothing: its configuration has nothing for this event.
    fn hollow(&self, text: &str, event: &str) -> Option<String> {
        let manager = manager_of(text)?;
        let managed = self.around.managed.iter().find(|managed| managed.manager == manager)?;
        let known = managed.unclear.is_none() && !managed.at_any && !managed.events.contains(event);
        known.then(|| format!("{manager} put it there, and {} has nothing for {event}", managed.file))
    }
}

struct HookFile<'a> {
    tree: &'a Tree,
    path: PathBuf,
    event: &'a str,
    shown: String,
    /// Whether git starts it itself, for which it needs the execute bit.
    runs_by_mode: bool,
}

/// What manager's configuration says, as files that no one starts by themselves.
pub(super) fn configured(
    repository: &Repository,
    managed: &Managed,
    intake: &mut Intake,
) -> Vec<GitHookSeen> {
    let path = Path::new(managed.file);
    let read = intake.open(&repository.tree, path).ok();
    let row = |event: &String| GitHookSeen {
        event: event.clone(),
        path: managed.file.to_owned(),
        executable: false,
        in_force: false,
        why_not: Some(format!("the configuration of {}; a hook of git has to start it", managed.manager)),
        sha256: read.as_ref().map(|file| Digest::of_bytes(&file.raw)),
        text: read.as_ref().map(|file| redact(&decode(&file.raw).0).text),
    };
    managed.events.iter().map(row).collect()
}

/// The hooks that everybody has: where git looks in other places for different people, a hook that one of them would
/// not run is not in force.
pub(super) fn together(each: Vec<(String, Found)>) -> Found {
    let mut each = each.into_iter();
    let Some((first, mut all)) = each.next() else { return Found::default() };
    for (person, found) in each {
        if found == all {
            continue;
        }
        all.unclear.extend(
            found.unclear.iter().filter(|why| !all.unclear.contains(why)).cloned().collect::<Vec<_>>(),
        );
        let events: BTreeSet<String> =
            all.hooks.iter().chain(&found.hooks).map(|hook| hook.event.clone()).collect();
        for event in events {
            combine(&mut all, &first, &found, &person, &event);
        }
    }
    all.hooks.sort_by(|a, b| (&a.event, &a.path).cmp(&(&b.event, &b.path)));
    all
}

fn combine(all: &mut Found, first: &str, found: &Found, person: &str, event: &str) {
    let running = |hooks: &[GitHookSeen]| -> Vec<String> {
        let mine = hooks.iter().filter(|hook| hook.event == event && hook.in_force);
        mine.map(|hook| hook.path.clone()).collect()
    };
    let (before, now) = (running(&all.hooks), running(&found.hooks));
    for hook in found.hooks.iter().filter(|hook| hook.event == event) {
        if all.hooks.iter().all(|known| (&known.event, &known.path) != (&hook.event, &hook.path)) {
            all.hooks.push(hook.clone());
        }
    }
    if before == now {
        return;
    }
    if !before.is_empty() && !now.is_empty() {
        let why = format!("{first} would run {} and {person} {}", before.join(", "), now.join(", "));
        all.unclear.push(UnclearHooks { event: Some(event.to_owned()), why });
        return;
    }
    let (without, theirs) = if now.is_empty() { (person, &found.hooks) } else { (first, &all.hooks) };
    let reasons: BTreeMap<String, String> = before
        .iter()
        .chain(&now)
        .map(|path| {
            let known = theirs.iter().find(|hook| hook.event == event && hook.path == *path);
            let why = known.and_then(|hook| hook.why_not.as_deref()).unwrap_or("git does not look there");
            (path.clone(), format!("for {without}: {why}"))
        })
        .collect();
    for hook in all.hooks.iter_mut().filter(|hook| hook.event == event) {
        if let Some(why) = reasons.get(&hook.path) {
            (hook.in_force, hook.why_not) = (false, Some(why.clone()));
        }
    }
}
