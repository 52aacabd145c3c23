//! Permission rules as they are written, and whether the client consults them.

use std::collections::BTreeMap;

use super::Facts;
use crate::{
    client::{dead_rules, permissions::Effect},
    model::{Conclusion, Evidence},
};

/// The rules of one file: where they stand, how many, and the dead ones with place, reason and what works.
struct OfFile {
    evidence: Evidence,
    written: usize,
    dead: BTreeMap<String, (String, Option<String>)>,
}

impl Facts<'_> {
    /// One conclusion a file that writes rules of an effect: whether each can match and is consulted.
    pub fn rules_consulted(&self, effect: Effect) -> Vec<Conclusion> {
        let list = match effect {
            Effect::Deny => "deny",
            Effect::Ask => "ask",
            Effect::Allow => "allow",
        };
        let mut files: BTreeMap<String, OfFile> = BTreeMap::new();
        let mut conclusions = Vec::new();
        for session in self.sessions() {
            if let Some(doubt) = session.doubt() {
                conclusions.push(Conclusion::undetermined(&*session.subject, doubt));
                continue;
            }
            let dead = dead_rules::find(&session.effective);
            for source in session.effective.sources() {
                let path = &source.source.path;
                let rules = source.written.get("permissions").and_then(|permissions| permissions.get(list));
                let written = rules.and_then(|rules| rules.as_array()).map_or(0, Vec::len);
                if written == 0 {
                    continue;
                }
                let file = files.entry(session.shown(path)).or_insert_with(|| OfFile {
                    evidence: session.cite_at(path, &format!("/permissions/{list}")),
                    written,
                    dead: BTreeMap::new(),
                });
                for rule in dead.iter().filter(|rule| rule.effect == effect && rule.at.source == *path) {
                    let why = format!("{}: {}", rule.at.rule, rule.why);
                    file.dead.entry(rule.at.pointer.clone()).or_insert((why, rule.instead.clone()));
                }
            }
        }
        conclusions.extend(files.into_iter().map(|(source, file)| file.conclude(&source, list)));
        conclusions
    }
}

impl OfFile {
    fn conclude(self, source: &str, list: &str) -> Conclusion {
        let Self { evidence, written, dead } = self;
        if dead.is_empty() {
            let message = format!("{written} of {written} {list} rules are consulted");
            return Conclusion::pass(source, evidence, message);
        }
        let cited = dead.keys().map(|pointer| evidence.at(pointer)).collect();
        let reasons: Vec<String> = dead
            .values()
            .map(|(why, works)| match works {
                Some(form) => format!("{why} (works: {form})"),
                None => why.clone(),
            })
            .collect();
        let message =
            format!("{} of {written} {list} rules stop nothing: {}", dead.len(), reasons.join("; "));
        Conclusion::fail(source, cited, message)
    }
}
