//! The rules that hold across the catalogue's files: nothing unknown, nothing untested without a reason.

use std::collections::{BTreeMap, BTreeSet};

use serde_saphyr::Spanned;

use super::{
    Problem,
    source::{Sources, stem},
};
use crate::model::{Basis, CheckId, Verdict};

/// How many items the guide's checklist has.
const ITEMS: u8 = 15;

/// Adds every mistake that only the files together, or a value's meaning, can show.
pub(super) fn validate(sources: &Sources, problems: &mut Vec<Problem>) {
    frameworks(sources, problems);
    cards(sources, problems);
    controls(sources, problems);
    mappings(sources, problems);
    checklist(sources, problems);
}

fn line<T>(part: &Spanned<T>) -> u64 {
    part.referenced.line()
}

/// A file that could not be read is a mistake of its own; what refers to it is not another.
fn is_broken(sources: &Sources, folder: &str, name: &str) -> bool {
    sources.broken.iter().any(|path| path.starts_with(folder) && stem(path) == name)
}

fn frameworks(sources: &Sources, problems: &mut Vec<Problem>) {
    for source in &sources.frameworks {
        if source.value.id.as_str() != source.stem() {
            let message =
                format!("the file is named `{}` and the id is `{}`", source.stem(), source.value.id);
            problems.push(Problem::new(&source.path, line(&source.lines.id), message, "make them the same"));
        }
        let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
        for requirement in &source.lines.requirements {
            for id in std::iter::once(&requirement.id).chain(&requirement.aliases) {
                if let Some(first) = seen.insert(&id.value, line(id)) {
                    let message = format!("`{}` names a requirement twice", id.value.escape_debug());
                    let hint = format!("it is already an id or alias on line {first}");
                    problems.push(Problem::new(&source.path, line(id), message, hint));
                }
            }
        }
    }
}

fn cards(sources: &Sources, problems: &mut Vec<Problem>) {
    let named: BTreeSet<&CheckId> =
        sources.controls.iter().flat_map(|control| control.value.checks.iter()).collect();
    let every_control_was_read = !sources.broken.iter().any(|path| path.starts_with("controls/"));
    for source in &sources.cards {
        let top = line(&source.lines.title);
        match CheckId::parse(source.stem()) {
            Err(why) => problems.push(Problem::new(&source.path, 0, why, "rename the file")),
            Ok(id) if every_control_was_read && !named.contains(&id) => {
                let message = format!("no control names the check `{id}`");
                problems.push(Problem::new(
                    &source.path,
                    top,
                    message,
                    "add it to the controls that it tests",
                ));
            }
            Ok(_) => {}
        }
        for wanted in [Verdict::Pass, Verdict::Fail] {
            if !source.value.examples.iter().any(|example| example.expect == wanted) {
                let message = format!("no example that must {}", wanted.word());
                problems.push(Problem::new(
                    &source.path,
                    top,
                    message,
                    "add a small deployment with that verdict",
                ));
            }
        }
        if source.value.revision == 0 {
            problems.push(Problem::new(&source.path, top, "the revision is 0", "revisions start at 1"));
        }
        let mut names = BTreeSet::new();
        for (example, at) in source.value.examples.iter().zip(&source.lines.examples) {
            let at = line(&at.name);
            if !names.insert(&example.name) {
                problems.push(Problem::new(
                    &source.path,
                    at,
                    "two examples have this name",
                    "names are unique",
                ));
            }
            let paths = example.given.keys().chain(example.modes.keys()).chain(example.owners.keys());
            for path in paths.filter(|path| !is_example_path(path)) {
                let message = format!("`{}` is not a path of an example", path.escape_debug());
                problems.push(Problem::new(
                    &source.path,
                    at,
                    message,
                    "write root/… or repos/NAME/…, without `..`",
                ));
            }
            for mode in example.modes.values() {
                if u32::from_str_radix(mode, 8).is_err() || mode.len() > 5 {
                    let message = format!("`{}` is not a mode", mode.escape_debug());
                    problems.push(Problem::new(&source.path, at, message, "write it in octal: \"0644\""));
                }
            }
        }
    }
}

fn is_example_path(path: &str) -> bool {
    let below = path.strip_prefix("root/").or_else(|| path.strip_prefix("repos/"));
    below.is_some_and(|rest| rest.split('/').all(|part| !matches!(part, "" | "." | "..")))
}

fn controls(sources: &Sources, problems: &mut Vec<Problem>) {
    let bases: BTreeMap<&str, Basis> =
        sources.cards.iter().map(|card| (card.stem(), card.value.basis)).collect();
    let mut ids = BTreeMap::new();
    let mut items = BTreeMap::new();
    for source in &sources.controls {
        let (control, lines, path) = (&source.value, &source.lines, &source.path);
        if control.id.as_str() != source.stem() {
            let message = format!("the file is named `{}` and the id is `{}`", source.stem(), control.id);
            problems.push(Problem::new(path, line(&lines.id), message, "make them the same"));
        }
        if let Some(first) = ids.insert(&control.id, path) {
            let message = format!("`{}` is the id of two controls", control.id);
            problems.push(Problem::new(
                path,
                line(&lines.id),
                message,
                format!("controls/{first} has it too"),
            ));
        }
        if let (Some(item), Some(at)) = (control.item, &lines.item)
            && let Some(first) = items.insert(item, path)
        {
            let message = format!("item {item} is on the checklist twice");
            problems.push(Problem::new(path, line(at), message, format!("controls/{first} has it too")));
        }
        if control.id.as_str().starts_with("CL-") != control.item.is_some() {
            let message = "controls CL-… have an item number and the others have none";
            problems.push(Problem::new(path, line(&lines.id), message, "add or remove `item`"));
        }

        let mut tested = BTreeSet::new();
        let mut unsure = false;
        let mut seen = BTreeSet::new();
        for (check, at) in control.checks.iter().zip(&lines.checks) {
            if !seen.insert(check) {
                let message = format!("`{check}` is named twice");
                problems.push(Problem::new(path, line(at), message, "once is enough"));
            }
            if let Some(basis) = bases.get(check.as_str()) {
                tested.insert(*basis);
            } else if is_broken(sources, "checks/", check.as_str()) {
                unsure = true;
            } else {
                let message = format!("there is no check `{check}`");
                problems.push(Problem::new(path, line(at), message, format!("write checks/{check}.yaml")));
                unsure = true;
            }
        }
        for basis in Basis::ALL {
            let reason = lines.untested.get(basis.word());
            match (tested.contains(basis), reason) {
                (false, None) if !unsure => {
                    let message = format!("no check on the basis {basis}, and no reason");
                    let hint = format!("name a check, or say why under `untested: {basis}:`");
                    problems.push(Problem::new(path, line(&lines.id), message, hint));
                }
                (_, Some(reason)) if reason.value.trim().is_empty() => {
                    let message = format!("the reason why {basis} is untested is empty");
                    problems.push(Problem::new(path, line(reason), message, "say why in a sentence"));
                }
                (true, Some(reason)) => {
                    let message = format!("{basis} has a check and a reason for having none");
                    problems.push(Problem::new(path, line(reason), message, "remove the reason"));
                }
                _ => {}
            }
        }
        for (basis, at) in control.requires.iter().zip(&lines.requires) {
            if !tested.contains(basis) && !unsure && control.attestation.is_none() {
                let message = format!("requires {basis}, which nothing tests and nobody attests");
                problems.push(Problem::new(
                    path,
                    line(at),
                    message,
                    "add a check or an attestation, or do not require it",
                ));
            }
        }
        if control.requires.is_empty() && control.attestation.is_none() {
            let message = "nothing is required of this control, so nothing could make it pass";
            problems.push(Problem::new(path, line(&lines.id), message, "add `requires` or `attestation`"));
        }
    }
}

fn mappings(sources: &Sources, problems: &mut Vec<Problem>) {
    for source in &sources.controls {
        let mut seen = BTreeSet::new();
        for (edge, at) in source.value.requirements.iter().zip(&source.lines.requirements) {
            let framework = sources.frameworks.iter().find(|framework| framework.value.id == edge.framework);
            let Some(framework) = framework else {
                if !is_broken(sources, "frameworks/", edge.framework.as_str()) {
                    let message = format!("there is no framework `{}`", edge.framework);
                    let hint = format!("write frameworks/{}.yaml", edge.framework);
                    problems.push(Problem::new(&source.path, line(&at.framework), message, hint));
                }
                continue;
            };
            let requirements = &framework.value.requirements;
            if !requirements.iter().any(|requirement| requirement.id == edge.id) {
                let message = format!("{} has no requirement `{}`", edge.framework, edge.id);
                let other = requirements.iter().find(|requirement| requirement.aliases.contains(&edge.id));
                let hint = match other {
                    Some(requirement) => {
                        format!("write `{}`: the other spelling is an alias", requirement.id)
                    }
                    None => format!("add it to {}", framework.path),
                };
                problems.push(Problem::new(&source.path, line(&at.id), message, hint));
            }
            if !seen.insert((&edge.framework, &edge.id)) {
                let message = format!("`{}` is mapped twice", edge.id);
                problems.push(Problem::new(&source.path, line(&at.id), message, "keep one mapping"));
            }
            if edge.why.trim().is_empty() {
                problems.push(Problem::new(
                    &source.path,
                    line(&at.why),
                    "no reason",
                    "say why in a sentence",
                ));
            }
        }
    }
}

fn checklist(sources: &Sources, problems: &mut Vec<Problem>) {
    const FILE: &str = "checklist.yaml";
    let Some(source) = &sources.checklist else {
        if !sources.broken.iter().any(|path| path == FILE) {
            problems.push(Problem::new(FILE, 0, "missing", "it holds the fifteen items of the guide"));
        }
        return;
    };
    let mut seen = BTreeSet::new();
    for (item, at) in source.value.items.iter().zip(&source.lines.items) {
        if !(1..=ITEMS).contains(&item.item) {
            let message = format!("item {} is not on the guide's checklist", item.item);
            problems.push(Problem::new(FILE, line(&at.item), message, format!("items are 1 to {ITEMS}")));
        }
        if !seen.insert(item.item) {
            let message = format!("item {} is on the checklist twice", item.item);
            problems.push(Problem::new(FILE, line(&at.item), message, "keep one"));
        }
        let control = sources.controls.iter().find(|control| control.value.id == item.control);
        let Some(control) = control else {
            if !is_broken(sources, "controls/", item.control.as_str()) {
                let message = format!("there is no control `{}`", item.control);
                let hint = format!("write controls/{}.yaml", item.control);
                problems.push(Problem::new(FILE, line(&at.control), message, hint));
            }
            continue;
        };
        if control.value.item != Some(item.item) {
            let message = format!("`{}` does not say that it is item {}", item.control, item.item);
            problems.push(Problem::new(FILE, line(&at.item), message, format!("see {}", control.path)));
        }
        if control.value.text != item.text {
            let message = format!("the text differs from that of {}", control.path);
            problems.push(Problem::new(FILE, line(&at.text), message, "the guide's words stand in both"));
            let message = "the text differs from that of checklist.yaml";
            problems.push(Problem::new(
                &control.path,
                line(&control.lines.text),
                message,
                "the guide's words stand in both",
            ));
        }
    }
    for missing in (1..=ITEMS).filter(|item| !seen.contains(item)) {
        let message = format!("item {missing} is missing");
        problems.push(Problem::new(FILE, 0, message, "the checklist has all fifteen items"));
    }
}
