//! Every deny rule can match something and is consulted by the client.

use std::collections::BTreeMap;

use crate::{
    client::{dead_rules, permissions::Effect},
    facts::Facts,
    model::{Conclusion, Evidence, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut files: BTreeMap<String, (Evidence, usize, Vec<(String, String)>)> = BTreeMap::new();
    let mut conclusions = Vec::new();
    for session in facts.sessions() {
        if let Some(doubt) = session.doubt() {
            conclusions.push(Conclusion::undetermined(&*session.subject, doubt));
            continue;
        }
        let dead = dead_rules::find(&session.effective);
        for source in session.effective.sources() {
            let path = &source.source.path;
            let written = source
                .written
                .get("permissions")
                .and_then(|p| p.get("deny"))
                .and_then(|list| list.as_array());
            let Some(written) = written.filter(|list| !list.is_empty()) else { continue };
            let entry = files
                .entry(session.shown(path))
                .or_insert_with(|| (session.cite_at(path, "/permissions/deny"), written.len(), Vec::new()));
            for rule in dead.iter().filter(|rule| rule.effect == Effect::Deny && rule.at.source == *path) {
                let instead =
                    rule.instead.as_ref().map(|form| format!(" (works: {form})")).unwrap_or_default();
                let found = (rule.at.pointer.clone(), format!("{}: {}{instead}", rule.at.rule, rule.why));
                if !entry.2.contains(&found) {
                    entry.2.push(found);
                }
            }
        }
    }
    conclusions.extend(files.into_iter().map(|(source, (evidence, written, dead))| {
        if dead.is_empty() {
            return Conclusion::pass(
                source,
                evidence,
                format!("{written} of {written} deny rules are consulted"),
            );
        }
        let cited = dead.iter().map(|(pointer, _)| evidence.at(pointer)).collect();
        let reasons: Vec<&str> = dead.iter().map(|(_, why)| why.as_str()).collect();
        Conclusion::fail(
            source,
            cited,
            format!("{} of {written} deny rules stop nothing: {}", dead.len(), reasons.join("; ")),
        )
    }));
    if conclusions.is_empty() {
        let message = "no file that the client reads holds a deny rule";
        return Findings::one(Conclusion::not_applicable("deployment", message));
    }
    Findings::of(conclusions, "no file")
}
