//! Shell commands: every part of a command against rules, paths and the read-only set.

use crate::client::settings::Effective;
use crate::client::shell::{self, Analysis, Grasp, Nesting, Part, ShellContext, Word, wrappers};
use crate::client::version::Behaviour;

use super::commands;
use super::path::Files;
use super::readonly;
use super::rule::{CommandPattern, RuleKind};
use super::ruleset::{ActiveRule, Effect, RuleRef};
use super::{Check, Mode};

/// Judges a shell command up to, but not including, whole-tool rules and modes.
pub fn check(effective: &Effective, command: &str, files: &dyn Files, mode: Mode) -> Check {
    let environment = &effective.environment;
    let context = ShellContext { home: &environment.home, cwd: &environment.start_dir };
    let analysis = shell::analyse(command, context);
    let whole = command.trim();
    match analysis.grasp {
        Grasp::Empty => Check::Allow(None, "the command is empty".to_owned()),
        Grasp::Whole => whole_grasp(effective, whole, &analysis, files, mode),
        Grasp::TooComplex(why) => opaque(effective, whole, &analysis, files, why),
        Grasp::Unparseable => opaque(effective, whole, &analysis, files, "it cannot be parsed"),
        Grasp::TooLong => opaque(effective, whole, &analysis, files, "it is longer than the client analyses"),
    }
}

fn rules(effective: &Effective, effect: Effect) -> impl Iterator<Item = (&ActiveRule, &CommandPattern)> {
    effective.rules().list(effect).iter().filter_map(|rule| match &rule.parsed.kind {
        RuleKind::Command(pattern) if rule.parsed.names("Bash") => Some((rule, pattern)),
        _ => None,
    })
}

fn exact(effective: &Effective, effect: Effect, whole: &str) -> Option<RuleRef> {
    rules(effective, effect).find(|(_, p)| p.is_exact() && p.matches(whole)).map(|(r, _)| r.at.clone())
}

/// A command that the client does not take apart: rules see its whole text only.
fn opaque(effective: &Effective, whole: &str, analysis: &Analysis, files: &dyn Files, why: &str) -> Check {
    let texts = opaque_texts(effective, whole);
    let covers = |effect: Effect| {
        rules(effective, effect)
            .find(|(_, p)| texts.iter().any(|t| p.matches(t)))
            .map(|(rule, _)| rule.at.clone())
    };
    if let Some(rule) = covers(Effect::Deny) {
        return Check::Deny(rule, format!("a deny rule covers the whole text; {why}"));
    }
    if let Some(doubt) = hidden_deny(effective, analysis, files) {
        return Check::Unknown(format!("{doubt}, and the client does not take the command apart: {why}"));
    }
    if let Some(rule) = covers(Effect::Ask) {
        let bypass = super::mode::start_mode(effective).mode == Mode::BypassPermissions;
        if bypass || effective.rules().whole_tool(Effect::Allow, "Bash").is_some() {
            return Check::Unknown(format!(
                "whether the ask rule {} holds for the whole text was not measured; {why}",
                rule.rule
            ));
        }
        return Check::AskRule(rule);
    }
    if let Some(rule) = exact(effective, Effect::Allow, whole) {
        return Check::Allow(Some(rule), "an allow rule names exactly this command".to_owned());
    }
    Check::Ask(format!("the client asks about what it cannot take apart: {why}"))
}

/// The texts that stand for an opaque command: as written, with single spaces, and with quotes taken away,
/// each also behind leading assignments and wrappers.
fn opaque_texts(effective: &Effective, whole: &str) -> Vec<String> {
    let mut out = vec![whole.to_owned(), collapsed(whole), collapsed(&whole.replace(['\'', '"'], ""))];
    for i in 0..out.len() {
        let words: Vec<Word> = out[i]
            .split_whitespace()
            .map(|w| Word { raw: w.to_owned(), value: w.to_owned(), glob: false, dynamic: false })
            .collect();
        let assigned = words.iter().take_while(|w| is_assignment(&w.raw)).count();
        let part = Part {
            text: out[i].clone(),
            assignments: Vec::new(),
            words: words[assigned..].to_vec(),
            redirects: Vec::new(),
            nesting: Nesting::Top,
        };
        if assigned > 0 {
            out.push(part.normalised());
        }
        let exec = effective.environment.client.has(Behaviour::DenySeesExecWrappers);
        for inner in wrappers::inner(&part, true, exec).iter().filter(|i| i.sure == wrappers::Sure::Yes) {
            out.push(part.words[inner.from..].iter().map(|w| w.raw.as_str()).collect::<Vec<_>>().join(" "));
        }
    }
    out.dedup();
    out
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=')
        .is_some_and(|(n, _)| !n.is_empty() && n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        && !word.contains(['$', '`', '('])
}

/// A deny rule that covers a part which stands in the list itself, although the client does not take the list apart.
fn hidden_deny(effective: &Effective, analysis: &Analysis, files: &dyn Files) -> Option<String> {
    let list = analysis.parts.len() > 1;
    let top = analysis.parts.iter().filter(|p| p.nesting == Nesting::Top && list);
    let covered = |p: &Part| {
        part_rule(effective, Effect::Deny, p)
            .map(|(rule, _)| rule)
            .or_else(|| commands::denied(effective, p, files))
    };
    let (rule, part) = top.filter_map(|p| Some((covered(p)?, p))).next()?;
    Some(format!("the rule {} covers the part `{}`", rule.rule, shorten(&part.text)))
}

fn whole_grasp(
    effective: &Effective,
    whole: &str,
    analysis: &Analysis,
    files: &dyn Files,
    mode: Mode,
) -> Check {
    if let Some(rule) = exact(effective, Effect::Deny, whole) {
        return Check::Deny(rule, "a deny rule names exactly this command".to_owned());
    }
    if analysis.has_subshell {
        if let Some(doubt) = hidden_deny(effective, analysis, files) {
            return Check::Unknown(format!(
                "{doubt}, and the client does not take a command with a subshell apart"
            ));
        }
        if let Some(rule) = exact(effective, Effect::Ask, whole) {
            return Check::AskRule(rule);
        }
        if let Some(rule) = exact(effective, Effect::Allow, whole) {
            return Check::Allow(Some(rule), "an allow rule names exactly this command".to_owned());
        }
        return Check::Ask("the client asks about subshells".to_owned());
    }
    let mut doubt = None;
    for part in &analysis.parts {
        match part_rule(effective, Effect::Deny, part) {
            Some((rule, true)) => {
                return Check::Deny(rule, format!("a deny rule covers the part `{}`", shorten(&part.text)));
            }
            Some((rule, false)) => {
                doubt.get_or_insert(format!(
                    "whether {} covers the part `{}` was not measured",
                    rule.rule,
                    shorten(&part.text)
                ));
            }
            None => {}
        }
    }
    let paths = commands::paths(effective, analysis, files, mode);
    if let Some((rule, why)) = paths.deny {
        return Check::Deny(rule, why);
    }
    if let Some(why) = doubt.or(paths.unknown) {
        return Check::Unknown(why);
    }
    if let Some(rule) = exact(effective, Effect::Ask, whole) {
        return Check::AskRule(rule);
    }
    if let Some((rule, sure)) = analysis.parts.iter().find_map(|p| part_rule(effective, Effect::Ask, p)) {
        if sure {
            return Check::AskRule(rule);
        }
        return Check::Unknown(format!("whether the ask rule {} covers a part was not measured", rule.rule));
    }
    if let Some(rule) = paths.ask_rule {
        return Check::AskRule(rule);
    }
    if let Some(why) = paths.critical {
        return Check::Critical(why);
    }
    if let Some(why) = paths.safety {
        return Check::Safety(why);
    }
    if let Some(rule) = exact(effective, Effect::Allow, whole).filter(|_| paths.ask.is_none()) {
        return Check::Allow(Some(rule), "an allow rule names exactly this command".to_owned());
    }
    if let Some(why) = paths.ask.or_else(|| compound(effective, analysis)) {
        return Check::Ask(why);
    }
    let mut by = None;
    for part in &analysis.parts {
        if let Some(rule) = allow_rule(effective, part) {
            by = by.or(Some(rule));
        } else if !(readonly::part(part) || mode.accepts_edits() && commands::edits_files(part)) {
            let what = format!("no rule allows `{}`", shorten(&part.text));
            return if analysis.has_loop { Check::Ask(what) } else { Check::Pass(what) };
        }
    }
    let why = if by.is_some() {
        "allow rules or the read-only set cover every part"
    } else {
        "every part is in the read-only set"
    };
    Check::Allow(by, why.to_owned())
}

/// Combinations that the client asks about although each part is harmless.
fn compound(effective: &Effective, analysis: &Analysis) -> Option<String> {
    let parts = &analysis.parts;
    if let Some(part) =
        parts.iter().find(|p| matches!(p.program(), "eval" | "source" | "." | "exec" | "trap" | "enable"))
    {
        return Some(format!("`{}` runs text that is not known", part.program()));
    }
    let moves = parts.iter().filter(|p| p.program() == "cd" && !commands::stays(effective, p)).count();
    if moves > 1 {
        return Some("several changes of directory".to_owned());
    }
    if moves == 1 {
        if parts.iter().any(|p| p.program() == "git") {
            return Some("cd together with git".to_owned());
        }
        if parts.iter().any(|p| p.redirects.iter().any(|r| r.writes && r.target.value != "/dev/null")) {
            return Some("cd together with a redirection".to_owned());
        }
        if parts.iter().any(commands::edits_files) {
            return Some("cd together with a command that changes files".to_owned());
        }
    }
    None
}

/// The first deny or ask rule that covers a part, and whether it surely does.
fn part_rule(effective: &Effective, effect: Effect, part: &Part) -> Option<(RuleRef, bool)> {
    let mut forms = forms(effective, part);
    if effect == Effect::Ask {
        // The changelog speaks of deny rules only where exec wrappers are looked behind.
        let surely = wrappers::inner(part, false, false);
        for (from, sure) in &mut forms {
            *sure &= *from == 0 || surely.iter().any(|i| i.from == *from);
        }
    }
    let mut unsure = None;
    for (rule, pattern) in rules(effective, effect) {
        match covers_part(pattern, part, &forms) {
            Some(true) => return Some((rule.at.clone(), true)),
            Some(false) => unsure = unsure.or_else(|| Some((rule.at.clone(), false))),
            None => {}
        }
    }
    unsure
}

/// Where the commands of a part begin, seen with and without its wrappers, and whether the client surely looks there.
fn forms(effective: &Effective, part: &Part) -> Vec<(usize, bool)> {
    let exec = effective.environment.client.has(Behaviour::DenySeesExecWrappers);
    let mut out = vec![(0, true)];
    out.extend(wrappers::inner(part, true, exec).iter().map(|i| (i.from, i.sure == wrappers::Sure::Yes)));
    out
}

/// Whether a deny or ask pattern covers a part: surely, perhaps (`Some(false)`), or not.
fn covers_part(pattern: &CommandPattern, part: &Part, forms: &[(usize, bool)]) -> Option<bool> {
    let inner = part.nesting == Nesting::Inner;
    if !part.assignments.is_empty()
        && (pattern.matches(&part.text) || pattern.matches(&collapsed(&part.text)))
    {
        return Some(!inner);
    }
    if part.words.is_empty() {
        return None;
    }
    let mut perhaps = None;
    for (from, sure) in forms {
        match covers(pattern, part, *from) {
            Some(hit) if hit && *sure && !inner => return Some(true),
            Some(_) => perhaps = Some(false),
            None => {}
        }
    }
    perhaps
}

/// Whether a pattern covers a command or a part of it, as the `if` of a hook asks. `None`: not certain.
pub fn pattern_covers(effective: &Effective, pattern: &CommandPattern, command: &str) -> Option<bool> {
    let environment = &effective.environment;
    let analysis =
        shell::analyse(command, ShellContext { home: &environment.home, cwd: &environment.start_dir });
    if pattern.matches(command.trim()) {
        return Some(true);
    }
    if analysis.grasp != Grasp::Whole {
        return None;
    }
    let mut perhaps = Some(false);
    for part in &analysis.parts {
        match covers_part(pattern, part, &forms(effective, part)) {
            Some(true) => return Some(true),
            Some(false) => perhaps = None,
            None => {}
        }
    }
    perhaps
}

/// Whether a pattern covers the words from `from` on; `Some(false)`: only when quotes are taken off words with spaces.
fn covers(pattern: &CommandPattern, part: &Part, from: usize) -> Option<bool> {
    let words = &part.words[from..];
    let raw = if from == 0 && part.assignments.is_empty() {
        part.text.clone()
    } else {
        words.iter().map(|w| w.raw.as_str()).collect::<Vec<_>>().join(" ")
    };
    if pattern.matches(&raw) || (!pattern.is_exact() && pattern.matches(&collapsed(&raw))) {
        return Some(true);
    }
    if words.iter().all(|w| w.raw == w.value) {
        return None;
    }
    let bare = words.iter().map(|w| w.value.as_str()).collect::<Vec<_>>().join(" ");
    if pattern.matches(&bare) {
        return Some(words.iter().all(|w| w.raw == w.value || !w.value.contains(char::is_whitespace)));
    }
    None
}

/// The first allow rule that covers a part.
fn allow_rule(effective: &Effective, part: &Part) -> Option<RuleRef> {
    let mut texts: Vec<(String, usize)> = vec![(part.text.clone(), 0)];
    if !part.words.is_empty() && wrappers::only_safe_assignments(part) {
        let raw =
            |from: usize| part.words[from..].iter().map(|w| w.raw.as_str()).collect::<Vec<_>>().join(" ");
        if !part.assignments.is_empty() {
            texts.push((raw(0), 0));
        }
        texts.extend(wrappers::inner(part, false, false).iter().map(|i| (raw(i.from), i.from)));
    }
    for (rule, pattern) in rules(effective, Effect::Allow) {
        for (text, from) in &texts {
            let program = part.words.get(*from).map_or("", |w| w.value.as_str());
            let exact_only = wrappers::NEVER_BY_PREFIX.contains(&program)
                || (program == "find" && readonly::find_acts(&part.words));
            if pattern.matches(text) && (pattern.is_exact() || !exact_only) {
                return Some(rule.at.clone());
            }
        }
    }
    None
}

fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shorten(text: &str) -> String {
    let mut out: String = text.chars().take(60).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}
