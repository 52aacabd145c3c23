//! No environment variable that looks like a control is one that nothing reads.

use std::collections::BTreeMap;

use crate::{
    client::environment::{self, Reading},
    facts::Facts,
    model::{Conclusion, Evidence, Findings, Judgement, Role},
};

/// What one file's variables came to.
#[derive(Default)]
struct OfFile {
    looked: usize,
    inert: BTreeMap<String, (Evidence, String)>,
    unknown: Vec<String>,
}

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut files: BTreeMap<&str, (Evidence, OfFile)> = BTreeMap::new();
    for (file, settings) in facts.settings_objects() {
        for (base, holder) in [("", Some(settings)), ("/managedSettings", wrapped(settings))] {
            for name in holder
                .and_then(|holder| holder.get("env")?.as_object())
                .into_iter()
                .flatten()
                .map(|(name, _)| name)
            {
                let (_, of) =
                    files.entry(file.source).or_insert_with(|| (file.evidence(), OfFile::default()));
                of.take(facts, name, file.evidence().at(format!("{base}/env/{name}")));
            }
        }
    }
    for variable in facts.login_names() {
        let (_, of) =
            files.entry(variable.source).or_insert_with(|| (variable.evidence.clone(), OfFile::default()));
        of.take(facts, &variable.name, variable.evidence);
    }
    let unseen = facts.unseen_as(|role| matches!(role, Role::Environment { .. } | Role::Settings { .. }));
    if files.is_empty() && unseen.is_empty() {
        let message = "no settings file and no login file sets a variable of the client";
        return Findings::one(Conclusion::not_applicable("deployment", message));
    }
    let conclusions = files.into_iter().map(|(source, (evidence, of))| of.conclude(source, evidence));
    Findings::of(conclusions.chain(unseen).collect(), "no variable")
}

fn wrapped(
    settings: &serde_json::Map<String, serde_json::Value>,
) -> Option<&serde_json::Map<String, serde_json::Value>> {
    settings.get("managedSettings")?.as_object()
}

impl OfFile {
    fn take(&mut self, facts: &Facts<'_>, name: &str, evidence: Evidence) {
        self.looked += 1;
        match environment::reading(name) {
            Reading::Read => {}
            // The organisation's own scripts may read names of their own.
            Reading::Inert { .. } | Reading::Unknown if read_by_a_script(facts, name) => {}
            Reading::Inert { instead } => drop(self.inert.insert(name.to_owned(), (evidence, instead))),
            Reading::Unknown => self.unknown.push(name.to_owned()),
        }
    }

    fn conclude(self, source: &str, evidence: Evidence) -> Conclusion {
        if !self.inert.is_empty() {
            let said: Vec<String> =
                self.inert.keys().map(|name| format!("{name} is read by nothing")).collect();
            let works: Vec<String> =
                self.inert.iter().map(|(name, (_, instead))| format!("{name}: {instead}")).collect();
            let cited = self.inert.into_values().map(|(evidence, _)| evidence).collect();
            return Conclusion::fail(source, cited, said.join("; ")).fix(works.join("\n"));
        }
        if !self.unknown.is_empty() {
            let message = format!(
                "the list of the client's variables does not hold {}: a newer client may read them",
                self.unknown.join(", ")
            );
            return Conclusion::undetermined(source, message);
        }
        let message =
            format!("{} variables, none of which looks like a control that nothing reads", self.looked);
        Conclusion::pass(source, evidence, message)
    }
}

fn read_by_a_script(facts: &Facts<'_>, name: &str) -> bool {
    facts.files_as(|role| matches!(role, Role::Script { .. } | Role::SecretsManager | Role::Incident)).any(
        |script| {
            script.text().contains(&format!("${name}"))
                || script.text().contains(&format!("${{{name}"))
                || script.text().contains(&format!("\"{name}\""))
        },
    )
}
