//! Reads the mutations that the program was built with, and says every mistake in them at once.

use std::collections::{BTreeMap, BTreeSet};

use include_dir::{Dir, include_dir};

use super::{
    deployment::Deployment,
    edit,
    mutation::{Edit, Mutant, Mutations},
};
use crate::{
    catalog::Catalog,
    evaluate::known_ids,
    model::{CheckId, ControlId},
    policy::Policy,
};

static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/mutations");

/// Every file of mutations, by name; or every mistake, as `mutations/FILE:LINE: what is wrong`, sorted.
pub fn builtin(catalog: &Catalog) -> Result<Vec<Mutations>, Vec<String>> {
    let files = BUILTIN.files().map(|file| {
        let name = file.path().to_string_lossy().into_owned();
        (name, file.contents_utf8().unwrap_or_default().to_owned())
    });
    parse(&files.collect(), catalog)
}

/// Reads and validates files of mutations, by name; or says every mistake in them.
pub fn parse(files: &BTreeMap<String, String>, catalog: &Catalog) -> Result<Vec<Mutations>, Vec<String>> {
    let (mut found, mut mistakes) = (Vec::new(), Vec::new());
    for (name, text) in files {
        let options = serde_saphyr::options! { with_snippet: false };
        match serde_saphyr::from_str_with_options::<Mutations>(text, options) {
            Ok(mut mutations) => {
                name.trim_end_matches(".yaml").clone_into(&mut mutations.control);
                found.push(mutations);
            }
            Err(error) => {
                let line = error.location().map_or(0, |location| location.line());
                mistakes.push(format!("mutations/{name}:{line}: {}", error.without_snippet()));
            }
        }
    }
    let mut ids = BTreeSet::new();
    for mutations in &found {
        let text = &files[&format!("{}.yaml", mutations.control)];
        let mut reading = Reading { mutations, text, catalog, mistakes: &mut mistakes };
        reading.file();
        for mutant in mutations.mutants.iter().chain(&mutations.harmless) {
            if !ids.insert(&mutant.id) {
                reading.wrong(&mutant.id, "the id is used twice");
            }
        }
    }
    mistakes.sort();
    if mistakes.is_empty() { Ok(found) } else { Err(mistakes) }
}

/// One file, and what is wrong in it.
struct Reading<'a> {
    mutations: &'a Mutations,
    text: &'a str,
    catalog: &'a Catalog,
    mistakes: &'a mut Vec<String>,
}

impl Reading<'_> {
    fn wrong(&mut self, id: &str, what: impl std::fmt::Display) {
        let (inline, key) = (format!("id: {id}"), format!("  {id}:"));
        let at = |line: &&str| line.trim_end().ends_with(&inline) || line.starts_with(&key);
        let line = self.text.lines().position(|line| at(&line)).map_or(0, |before| before + 1);
        self.mistakes.push(format!("mutations/{}.yaml:{line}: {id}: {what}", self.mutations.control));
    }

    fn file(&mut self) {
        let mutations = self.mutations;
        let control = match ControlId::parse(&mutations.control) {
            Ok(id) if self.catalog.control(&id).is_some() => id,
            _ => {
                let what =
                    format!("`{}` is no control of the catalogue: it names the file", mutations.control);
                return self.mistakes.push(format!("mutations/{}.yaml:0: {what}", mutations.control));
            }
        };
        for (name, scene) in &mutations.scenes {
            self.sentence(name, &scene.what);
            self.edits(name, &scene.edits);
            if let Some(policy) = &scene.policy
                && let Err(problems) = Policy::parse(policy, "policy", &known_ids(self.catalog))
            {
                problems.iter().for_each(|problem| self.wrong(name, problem));
            }
            let used = |mutant: &Mutant| mutant.scene.as_ref() == Some(name);
            if !mutations.mutants.iter().chain(&mutations.harmless).any(used) {
                self.wrong(name, "no mutant uses the scene");
            }
        }
        for mutant in &mutations.mutants {
            self.change(mutant);
            self.kills(mutant, &control);
        }
        for mutant in &mutations.harmless {
            self.change(mutant);
            if !mutant.kills.is_empty() || !mutant.also.is_empty() {
                self.wrong(&mutant.id, "a harmless change kills nothing");
            }
        }
    }

    fn change(&mut self, mutant: &Mutant) {
        self.sentence(&mutant.id, &mutant.what);
        if CheckId::parse(&mutant.id).is_err() {
            self.wrong(&mutant.id, "write the id in lower-case words joined by underscores");
        }
        if mutant.edits.is_empty() {
            self.wrong(&mutant.id, "it changes nothing");
        }
        self.edits(&mutant.id, &mutant.edits);
        match mutant.scene.as_ref().map(|name| (name, self.mutations.scenes.get(name))) {
            Some((name, None)) => self.wrong(&mutant.id, format!("there is no scene `{name}` in this file")),
            Some((_, Some(scene))) => self.applies(mutant, &scene.edits),
            None => self.applies(mutant, &[]),
        }
    }

    /// Whether the edits find what they change: in memory, so that it costs nothing.
    fn applies(&mut self, mutant: &Mutant, scene: &[Edit]) {
        let mut deployment = Deployment::sample();
        let done =
            edit::apply(scene, &mut deployment).and_then(|()| edit::apply(&mutant.edits, &mut deployment));
        if let Err(why) = done {
            self.wrong(&mutant.id, why);
        }
    }

    fn sentence(&mut self, id: &str, what: &str) {
        if what.trim().len() < 10 {
            self.wrong(id, "say in a sentence what is changed");
        }
    }

    fn edits(&mut self, id: &str, edits: &[Edit]) {
        for edit in edits {
            for path in edit.paths().into_iter().filter(|path| !is_inside(path)) {
                self.wrong(id, format!("`{path}` is not below root/ or repos/"));
            }
            match edit {
                Edit::Set { at, .. } | Edit::Unset { at, .. } | Edit::Drop { at, .. }
                    if !at.starts_with('/') =>
                {
                    self.wrong(id, format!("`{at}` is no JSON pointer"));
                }
                Edit::Mode { mode, .. } if u32::from_str_radix(mode, 8).is_err() => {
                    self.wrong(id, format!("`{mode}` is not a mode: write it in octal, \"0644\""));
                }
                _ => {}
            }
        }
    }

    fn kills(&mut self, mutant: &Mutant, control: &ControlId) {
        for check in mutant.kills.iter().filter(|check| self.catalog.card(check).is_none()) {
            self.wrong(&mutant.id, format!("there is no check `{check}`"));
        }
        let red = reddened(mutant, self.catalog);
        if !red.contains(control) {
            self.wrong(&mutant.id, format!("none of the checks that it kills serves {control}"));
        }
        for (also, why) in &mutant.also {
            if self.catalog.control(also).is_none() {
                self.wrong(&mutant.id, format!("there is no control `{also}`"));
            } else if red.contains(also) {
                self.wrong(&mutant.id, format!("{also} turns red by what it kills; it needs no excuse"));
            }
            self.sentence(&mutant.id, why);
        }
    }
}

/// The controls that turn red when the checks fail that a mutant kills.
pub(super) fn reddened(mutant: &Mutant, catalog: &Catalog) -> BTreeSet<ControlId> {
    let serves = |check| catalog.controls_of_check(check).map(|control| control.id.clone());
    mutant.kills.iter().flat_map(serves).collect()
}

fn is_inside(path: &str) -> bool {
    let below = path.strip_prefix("root/").or_else(|| path.strip_prefix("repos/"));
    below.is_some_and(|rest| rest.split('/').all(|part| !matches!(part, "" | "." | "..")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        Catalog::builtin().unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    #[test]
    fn the_built_in_mutations_are_whole() {
        let found = builtin(&catalog()).unwrap_or_else(|mistakes| panic!("{}", mistakes.join("\n")));
        let count = |of: fn(&Mutations) -> usize| found.iter().map(of).sum::<usize>();
        assert!(count(|file| file.mutants.len()) >= 120 && count(|file| file.harmless.len()) >= 15);
    }

    #[test]
    fn says_every_mistake() {
        let text = r#"
scenes:
  unused: {what: "A scene that no mutant uses"}
mutants:
  - id: one
    what: "The mode is another one"
    in: nowhere
    do: [{set: {at: /permissions/defaultMode, to: plan}}]
    kills: [no_such_check]
  - id: two
    what: "short"
    do: [{remove: {path: ../outside}}, {mode: {path: root/etc/group, mode: "9"}}]
    kills: [auto_mode_locked_off]
    also: {CL-01: "it is red by itself"}
  - id: two
    what: "The text is not there"
    do: [{replace: {text: "no such text", with: ""}}]
    kills: [auto_mode_locked_off]
harmless:
  - id: three
    what: "Nothing is changed at all"
    do: []
"#;
        let files = BTreeMap::from([
            ("CL-01.yaml".to_owned(), text.to_owned()),
            ("XX-01.yaml".to_owned(), "mutants: []".to_owned()),
            ("CL-02.yaml".to_owned(), "nonsense: 1".to_owned()),
        ]);
        let said = parse(&files, &catalog()).expect_err("mistakes").join("\n");
        for wanted in [
            "CL-01.yaml:3: unused: no mutant uses",
            "CL-01.yaml:5: one: there is no scene `nowhere`",
            "one: there is no check `no_such_check`",
            "one: none of the checks that it kills serves CL-01",
            "two: say in a sentence",
            "two: `../outside` is not below",
            "two: `9` is not a mode",
            "two: CL-01 turns red by what it kills",
            "two: the id is used twice",
            "does not hold `no such text`",
            "three: it changes nothing",
            "mutations/XX-01.yaml:0: `XX-01` is no control",
            "mutations/CL-02.yaml:1",
        ] {
            assert!(said.contains(wanted), "{wanted} is not said:\n{said}");
        }
    }
}
