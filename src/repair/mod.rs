//! The changes that would make failing checks pass: which files, what in them, and for which checks. Nothing is written here.

mod edit;
pub mod kit;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    catalog::{AtCited, Catalog, Repair, placeholder},
    client::dead_rules,
    model::{
        Assessment, Basis, CheckId, Evidence, Finding, Host, ManagedOrigin, Os, Role, Seen, SettingsScope,
        Snapshot, Verdict,
    },
};
use edit::Text;

/// What a file that is put out of the way is called afterwards.
pub const ASIDE: &str = ".disabled";

/// One file that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Below the root, or below `repo:NAME/`.
    pub source: String,
    /// The text that the change was made for; nothing where the file is not there.
    pub before: Option<String>,
    /// The text after it; nothing where the file is put out of the way.
    pub after: Option<String>,
    /// Whether it must be executable.
    pub executable: bool,
    /// The checks that it is for, and what each found.
    pub because: BTreeMap<CheckId, String>,
}

/// A failing check that no change of ours makes pass.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    pub check: CheckId,
    pub subject: String,
    /// What a person does.
    pub what: String,
}

/// All changes, by file, and what is left to people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub changes: Vec<FileChange>,
    pub left: BTreeSet<Left>,
}

/// What a plan is made from.
pub struct Given<'a> {
    pub assessment: &'a Assessment,
    pub snapshot: &'a Snapshot,
    pub catalog: &'a Catalog,
    /// Values that only the organisation knows, by name.
    pub values: &'a BTreeMap<String, String>,
    /// The checks that are to be repaired; all where empty.
    pub only: &'a BTreeSet<CheckId>,
    /// The text of a file as it stands now; an error where it may not be touched.
    pub read: &'a dyn Fn(&str) -> Result<Option<String>, String>,
}

/// One file while changes gather.
struct Draft {
    before: Option<String>,
    after: Option<String>,
    /// Places of JSON that are taken out at the end, all at once: each taken alone would shift the ones behind it.
    gone: BTreeSet<String>,
    executable: bool,
    because: BTreeMap<CheckId, String>,
}

/// The changes for every failing enforced check.
pub fn plan(given: &Given<'_>) -> Plan {
    let mut drafts = Drafts { given, files: BTreeMap::new(), left: BTreeSet::new(), touched: false };
    let failing = given.assessment.findings.iter().filter(|finding| {
        finding.basis == Basis::Enforced
            && finding.verdict == Verdict::Fail
            && (given.only.is_empty() || given.only.contains(&finding.check))
    });
    for finding in failing {
        match given.catalog.card(&finding.check).and_then(|card| card.repair.as_ref()) {
            // An update of the client mends it, and that is no change of a file.
            Some(_) if finding.message.starts_with("impaired: ") => drafts.leave(finding, None),
            Some(repair) => drafts.repair(finding, repair),
            None => drafts.leave(finding, None),
        }
    }
    drafts.finish()
}

struct Drafts<'g> {
    given: &'g Given<'g>,
    files: BTreeMap<String, Draft>,
    left: BTreeSet<Left>,
    /// Whether the repair at hand found something to change.
    touched: bool,
}

impl Drafts<'_> {
    fn leave(&mut self, finding: &Finding, why: Option<String>) {
        let what = why.or_else(|| finding.fix.clone()).unwrap_or_default();
        self.left.insert(Left { check: finding.check.clone(), subject: finding.subject.clone(), what });
    }

    fn repair(&mut self, finding: &Finding, repair: &Repair) {
        let missing: Vec<&str> = repair
            .wanted_values()
            .into_iter()
            .filter(|name| !self.given.values.contains_key(*name))
            .collect();
        if let Some(name) = missing.first() {
            let why = format!("needs a value that only the organisation knows: --value {name}=…");
            return self.leave(finding, Some(why));
        }
        self.touched = false;
        let mut done = self.managed(finding, repair);
        done = done.and_then(|()| self.git_hook(finding, repair));
        done = done.and_then(|()| self.at_cited(finding, repair));
        match done {
            Ok(()) if self.touched => {}
            Ok(()) => self.leave(finding, None),
            Err(why) => self.leave(finding, Some(why)),
        }
    }

    fn managed(&mut self, finding: &Finding, repair: &Repair) -> Result<(), String> {
        if repair.set.is_empty() && repair.include.is_empty() && repair.hooks.is_empty() {
            return Ok(());
        }
        let host = self.host().ok_or("the snapshot holds no host")?;
        if let Some(stronger) = self.stronger_source() {
            return Err(format!("managed settings come from {stronger}, which shadows files: set it there"));
        }
        if !repair.hooks.is_empty() && host.os != Os::Linux {
            return Err(
                "the hooks of samples/hardened are written for Linux: adapt and install them by hand"
                    .to_owned(),
            );
        }
        let path = match host.os {
            Os::Linux => "etc/claude-code/managed-settings.json",
            Os::MacOs => "Library/Application Support/ClaudeCode/managed-settings.json",
            Os::Windows => "Program Files/ClaudeCode/managed-settings.json",
        };
        let values = self.given.values;
        let filled = |value: &Value| match placeholder(value) {
            Some(name) => values.get(name).map_or_else(|| value.clone(), |text| Value::String(text.clone())),
            None => value.clone(),
        };
        self.json(path, finding, |text| {
            for (key, value) in &repair.set {
                text.set(key, &filled(value));
            }
            for (key, items) in &repair.include {
                text.include(key, &items.iter().map(filled).collect::<Vec<_>>());
            }
            for (event, scripts) in &repair.hooks {
                for entry in scripts.iter().filter_map(|script| kit::registration(event, script)) {
                    text.register(event, entry);
                }
            }
        })?;
        for script in repair.hooks.values().flatten() {
            let text = kit::hook(script).ok_or_else(|| format!("samples/hardened has no hook {script}"))?;
            self.install(&format!("{}/{script}", kit::HOOK_FOLDER), text, finding)?;
        }
        Ok(())
    }

    fn git_hook(&mut self, finding: &Finding, repair: &Repair) -> Result<(), String> {
        let Some(event) = &repair.git_hook else { return Ok(()) };
        let text = kit::git_hook(event).ok_or_else(|| format!("samples/hardened has no git hook {event}"))?;
        let named = finding.subject.strip_prefix("repository ").ok_or("the finding names no repository")?;
        let repository =
            self.given.snapshot.observations.iter().find_map(|observation| match &observation.seen {
                Seen::Repository(repository) if repository.name == named => Some(repository),
                _ => None,
            });
        let folder =
            repository.and_then(|repository| repository.hooks_path.as_deref()).unwrap_or(".git/hooks");
        if folder.starts_with(['/', '~', '$']) {
            return Err(format!(
                "core.hooksPath is {folder}, outside of the repository: install the hook there by hand"
            ));
        }
        self.install(&format!("repo:{named}/{folder}/{event}"), text, finding)
    }

    fn at_cited(&mut self, finding: &Finding, repair: &Repair) -> Result<(), String> {
        let mut places: BTreeMap<&str, Vec<&Evidence>> = BTreeMap::new();
        for evidence in &finding.evidence {
            places.entry(&evidence.source).or_default().push(evidence);
        }
        for (source, cited) in places {
            let pointers: BTreeSet<String> = located(&cited, '/').map(str::to_owned).collect();
            let lines: BTreeSet<usize> = located(&cited, 'L').filter_map(|at| at[1..].parse().ok()).collect();
            match repair.cited {
                Some(AtCited::Remove) if !pointers.is_empty() => self.take_out(source, finding, pointers)?,
                Some(AtCited::Remove) if self.is_unread(source) => self.put_aside(source, finding)?,
                Some(AtCited::MendRule) => {
                    let mut hopeless = BTreeSet::new();
                    self.json(source, finding, |text| hopeless = mend_rules(text, &pointers))?;
                    self.take_out(source, finding, hopeless)?;
                }
                Some(AtCited::NameSecret) => self.lines(source, finding, &lines, name_secret)?,
                Some(AtCited::Remove) | None => {}
            }
            if !repair.replace.is_empty() {
                self.lines(source, finding, &lines, |line| {
                    repair.replace.iter().fold(line.to_owned(), |line, (from, to)| line.replace(from, to))
                })?;
            }
        }
        Ok(())
    }

    /// Changes a JSON file.
    fn json(&mut self, source: &str, finding: &Finding, change: impl FnOnce(&Text)) -> Result<(), String> {
        let draft = self.draft(source)?;
        let text = Text::read(draft.after.as_deref().unwrap_or_default())
            .map_err(|why| format!("{source} cannot be changed: {why}"))?;
        change(&text);
        draft.after = Some(text.text());
        draft.because.insert(finding.check.clone(), finding.message.clone());
        let changes = draft.before != draft.after;
        self.touched |= changes;
        Ok(())
    }

    /// Takes values out of a JSON file, where they are there.
    fn take_out(
        &mut self,
        source: &str,
        finding: &Finding,
        pointers: BTreeSet<String>,
    ) -> Result<(), String> {
        let draft = self.draft(source)?;
        let text = Text::read(draft.before.as_deref().unwrap_or_default())
            .map_err(|why| format!("{source} cannot be changed: {why}"))?;
        let there: Vec<String> = pointers.into_iter().filter(|pointer| text.at(pointer).is_some()).collect();
        if !there.is_empty() {
            draft.gone.extend(there);
            draft.because.insert(finding.check.clone(), finding.message.clone());
            self.touched = true;
        }
        Ok(())
    }

    /// Changes lines of a text file, by number from 1.
    fn lines(
        &mut self,
        source: &str,
        finding: &Finding,
        numbers: &BTreeSet<usize>,
        change: impl Fn(&str) -> String,
    ) -> Result<(), String> {
        let draft = self.draft(source)?;
        let Some(text) = draft.after.as_deref() else {
            return Err(format!("{source} is not there any more"));
        };
        let changed = text
            .split_inclusive('\n')
            .zip(1..)
            .map(|(line, number)| if numbers.contains(&number) { change(line) } else { line.to_owned() });
        draft.after = Some(changed.collect());
        draft.because.insert(finding.check.clone(), finding.message.clone());
        let changes = draft.before != draft.after;
        self.touched |= changes;
        Ok(())
    }

    fn install(&mut self, source: &str, text: &str, finding: &Finding) -> Result<(), String> {
        let draft = self.draft(source)?;
        draft.after = Some(text.to_owned());
        draft.executable = true;
        draft.because.insert(finding.check.clone(), finding.message.clone());
        let changes = draft.before != draft.after;
        self.touched |= changes;
        Ok(())
    }

    fn put_aside(&mut self, source: &str, finding: &Finding) -> Result<(), String> {
        let draft = self.draft(source)?;
        draft.after = None;
        draft.because.insert(finding.check.clone(), finding.message.clone());
        let changes = draft.before != draft.after;
        self.touched |= changes;
        Ok(())
    }

    fn draft(&mut self, source: &str) -> Result<&mut Draft, String> {
        if !self.files.contains_key(source) {
            let before = (self.given.read)(source)?;
            let draft = Draft {
                after: before.clone(),
                before,
                gone: BTreeSet::new(),
                executable: false,
                because: BTreeMap::new(),
            };
            self.files.insert(source.to_owned(), draft);
        }
        self.files.get_mut(source).ok_or_else(|| format!("{source} is not there"))
    }

    fn host(&self) -> Option<&Host> {
        self.given.snapshot.observations.iter().find_map(|observation| match &observation.seen {
            Seen::Host(host) => Some(host),
            _ => None,
        })
    }

    /// A managed source that beats the managed files.
    fn stronger_source(&self) -> Option<&str> {
        self.roles().find_map(|(source, role)| match role {
            Role::Settings {
                scope: SettingsScope::Managed { origin: ManagedOrigin::Server | ManagedOrigin::Mdm, .. },
            } => Some(source),
            _ => None,
        })
    }

    /// Whether a whole file is one that the client does not read.
    fn is_unread(&self, source: &str) -> bool {
        self.roles().any(|(named, role)| {
            let unread = matches!(
                role,
                Role::Unread { .. } | Role::Settings { scope: SettingsScope::UnreadByClient { .. } }
            );
            named == source && unread
        })
    }

    fn roles(&self) -> impl Iterator<Item = (&str, &Role)> {
        self.given.snapshot.observations.iter().filter_map(|observation| match &observation.seen {
            Seen::File(file) => Some((observation.source.as_str(), &file.role)),
            _ => None,
        })
    }

    fn finish(self) -> Plan {
        let mut changes = Vec::new();
        for (source, draft) in self.files {
            let Draft { before, mut after, gone, executable, because } = draft;
            if let (false, Some(text)) =
                (gone.is_empty(), after.as_deref().and_then(|text| Text::read(text).ok()))
            {
                text.remove(&gone);
                after = Some(text.text());
            }
            if before != after {
                changes.push(FileChange { source, before, after, executable, because });
            }
        }
        Plan { changes, left: self.left }
    }
}

/// The places of a kind: `/pointer` or `L7`.
fn located<'e>(cited: &[&'e Evidence], kind: char) -> impl Iterator<Item = &'e str> {
    let all: Vec<&'e str> = cited.iter().filter_map(|evidence| evidence.locator.as_deref()).collect();
    all.into_iter().filter(move |at| at.starts_with(kind))
}

/// Writes dead rules in the form that works, and returns those that have none.
fn mend_rules(text: &Text, pointers: &BTreeSet<String>) -> BTreeSet<String> {
    let mut hopeless = BTreeSet::new();
    for pointer in pointers {
        let Some(Value::String(rule)) = text.at(pointer) else { continue };
        let works = dead_rules::of_text(&rule).and_then(|(_, works)| works);
        // Some forms are described in words: those are for people.
        match works.filter(|works| works.ends_with(')') || !works.contains(' ')) {
            Some(works) => _ = text.replace(pointer, &works),
            None => _ = hopeless.insert(pointer.clone()),
        }
    }
    hopeless
}

/// Puts `${NAME}` in the place of the value that a line gives NAME.
fn name_secret(line: &str) -> String {
    let named = || {
        let (before, after) = line.split_once("\":")?;
        let name = before.rsplit('"').next()?;
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let value = after.trim_start().strip_prefix('"')?;
        let rest = &value[value.find('"')? + 1..];
        (!name.is_empty() && name.chars().all(plain)).then(|| format!("{before}\": \"${{{name}}}\"{rest}"))
    };
    named().unwrap_or_else(|| line.to_owned())
}

#[cfg(test)]
mod tests;
