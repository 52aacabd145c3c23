//! File tools: path rules, working folders and protected paths.

use crate::client::settings::Effective;
use crate::client::version::Behaviour;

use super::path::{self, Files};
use super::ruleset::{Effect, RuleRef};
use super::{Check, Mode};

/// The folders in which files may be read without a prompt: the start folder and the added ones.
pub fn working_dirs(effective: &Effective) -> Vec<String> {
    let environment = &effective.environment;
    let clean = |p: &str| path::absolute(p, &environment.start_dir, &environment.home);
    let mut out = vec![clean(&environment.start_dir)];
    for dir in effective.list("permissions.additionalDirectories") {
        if environment.trusts(dir.scope)
            && let Some(text) = dir.value.as_str()
        {
            out.push(clean(text));
        }
    }
    out.extend(effective.flags().add_dirs.iter().map(|d| clean(d)));
    out
}

/// Whether every form of a path lies in a working folder.
pub fn inside(effective: &Effective, forms: &[String]) -> bool {
    let dirs = working_dirs(effective);
    forms.iter().all(|f| dirs.iter().any(|d| path::under(f, d).is_some()))
}

/// What the path rules of one tool name say of a path: the first match of deny, ask and allow.
pub enum PathRule {
    Deny(RuleRef),
    Ask(RuleRef),
    Allow(RuleRef),
    None,
}

/// Looks a path up. Deny and ask rules fire on any form of it, allow rules need all.
pub fn path_rule(effective: &Effective, tool: &str, forms: &[String]) -> PathRule {
    let of = |effect: Effect| effective.rules().list(effect).iter().filter(|r| r.parsed.tool == tool);
    if let Some(rule) = of(Effect::Deny).find(|r| forms.iter().any(|f| r.covers_path(f))) {
        return PathRule::Deny(rule.at.clone());
    }
    if let Some(rule) = of(Effect::Ask).find(|r| forms.iter().any(|f| r.covers_path(f))) {
        return PathRule::Ask(rule.at.clone());
    }
    if let Some(rule) = of(Effect::Allow).find(|r| forms.iter().all(|f| r.covers_path(f))) {
        return PathRule::Allow(rule.at.clone());
    }
    PathRule::None
}

/// Reading a file or searching a folder.
pub fn read(effective: &Effective, given: &str, files: &dyn Files) -> Check {
    let environment = &effective.environment;
    let forms = path::forms(&path::absolute(given, &environment.start_dir, &environment.home), files);
    let rule = path_rule(effective, "Read", &forms);
    match rule {
        PathRule::Deny(rule) => return Check::Deny(rule, "a deny rule covers the path".to_owned()),
        PathRule::Ask(rule) => return Check::AskRule(rule),
        PathRule::Allow(_) | PathRule::None => {}
    }
    if inside(effective, &forms) {
        return Check::Allow(None, "reading within the working folders needs no prompt".to_owned());
    }
    if let PathRule::Allow(rule) = rule {
        return Check::Allow(Some(rule), "an allow rule covers the path".to_owned());
    }
    // What may be edited may be read; the places that the path leads through may be open for different reasons.
    let mut by = None;
    for form in &forms {
        let form = std::slice::from_ref(form);
        let open = |tool: &&str| *tool == "Read" || !path::protected(&form[0]);
        let mut rules =
            ["Read", "Edit"].into_iter().filter(open).map(|tool| path_rule(effective, tool, form));
        match rules.find_map(|r| if let PathRule::Allow(rule) = r { Some(rule) } else { None }) {
            Some(rule) => by = by.or(Some(rule)),
            None if inside(effective, form) => {}
            None => return Check::Pass("the path is outside the working folders".to_owned()),
        }
    }
    Check::Allow(by, "rules and working folders open every place that the path leads through".to_owned())
}

/// Writing or editing a file.
pub fn edit(effective: &Effective, tool: &str, given: &str, files: &dyn Files, mode: Mode) -> Check {
    let environment = &effective.environment;
    let forms = path::forms(&path::absolute(given, &environment.start_dir, &environment.home), files);
    let rule = path_rule(effective, "Edit", &forms);
    if let PathRule::Deny(rule) = rule {
        return Check::Deny(rule, "a deny rule covers the path".to_owned());
    }
    let read_too = match tool {
        "Edit" | "MultiEdit" => environment.client.has(Behaviour::ReadDenyBlocksEdit),
        "Write" => environment.client.has(Behaviour::ReadDenyBlocksWrite),
        _ => false,
    };
    if read_too && let PathRule::Deny(rule) = path_rule(effective, "Read", &forms) {
        return Check::Deny(rule, "a Read deny rule covers the path, and blocks edits of it too".to_owned());
    }
    if let PathRule::Ask(rule) = rule {
        return Check::AskRule(rule);
    }
    if let Some(form) = forms.iter().find(|f| path::protected(f)) {
        return Check::Safety(format!("{form} is a protected path: no allow rule opens it"));
    }
    if mode.accepts_edits() && inside(effective, &forms) {
        return Check::Allow(None, "the mode accepts edits within the working folders".to_owned());
    }
    if let PathRule::Allow(rule) = rule {
        return Check::Allow(Some(rule), "an allow rule covers the path".to_owned());
    }
    Check::Pass("no rule allows editing the path".to_owned())
}
