//! Shell commands: every part of a command against rules, paths and the read-only set.

use crate::client::settings::Effective;
use crate::client::shell::{self, Analysis, Grasp, Nesting, Part, ShellContext, Word, wrappers};
use crate::client::version::Behaviour;

use super::commands;
use super::path::Files;
use super::readonly;
use super::rule::{CommandPattern, RuleKind};
use super::ruleset::{ActiveRule, Effect, RuleRef};
use super::unsound;
use super::{Check, Mode};

/// Judges a shell command up to, but not including, whole-tool rules and modes.
pub fn check(effective: &Effective, command: &str, files: &dyn Files, mode: Mode) -> Check {
    if command.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Check::Unknown(
            "the client refuses a command with control characters as malformed".to_owned(),
        );
    }
    let environment = &effective.environment;
    let context = ShellContext { home: &environment.home, cwd: &environment.start_dir };
    let analysis = shell::analyse(command, context);
    let whole = command.trim();
    match analysis.grasp {
        Grasp::Empty => Check::Allow(None, "the command is empty".to_owned()),
        Grasp::Whole => whole_grasp(effective, whole, &analysis, files, mode),
        Grasp::TooComplex(why) => opaque(effective, whole, &analysis, why),
        Grasp::Unparseable => opaque(effective, whole, &analysis, "it cannot be parsed"),
        Grasp::TooLong => opaque(effective, whole, &analysis, "it is longer than the client analyses"),
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

/// A command that the client does not take apart: rules see its whole text, deny rules also what stands in the list.
fn opaque(effective: &Effective, whole: &str, analysis: &Analysis, why: &str) -> Check {
    let head = match analysis.document_at.and_then(|at| whole.get(..at)) {
        Some(head) => head.trim(),
        None => whole,
    };
    let texts = opaque_texts(effective, head);
    let apart = analysis.grasp == Grasp::Whole;
    // A single command is also seen by its words.
    let words =
        analysis.parts.first().filter(|_| apart && analysis.parts.len() == 1).map(|p| seen(effective, p));
    let covers = |effect: Effect| {
        rules(effective, effect)
            .find(|(_, p)| {
                texts.iter().any(|t| p.matches(t)) || words.as_ref().is_some_and(|w| w.covered_by(p))
            })
            .map(|(rule, _)| rule.at.clone())
    };
    if let Some(rule) = covers(Effect::Deny) {
        return Check::Deny(rule, format!("a deny rule covers the whole text; {why}"));
    }
    for part in analysis.parts.iter().filter(|p| apart || p.nesting == Nesting::Top) {
        if let Some(rule) = part_rule(effective, Effect::Deny, part) {
            return Check::Deny(
                rule,
                format!("a deny rule covers the part `{}`; {why}", shorten(&part.text)),
            );
        }
    }
    if let Some(rule) = covers(Effect::Ask) {
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
    let joined = whole.replace("\\\n", "");
    let mut out = vec![whole.to_owned(), collapsed(&joined), collapsed(&joined.replace(['\'', '"'], ""))];
    let runners = effective.environment.client.has(Behaviour::DenySeesExecWrappers);
    for i in 0..out.len() {
        let words: Vec<Word> = out[i]
            .split_whitespace()
            .map(|w| Word { raw: w.to_owned(), value: w.to_owned(), glob: false, dynamic: false })
            .collect();
        let known =
            |w: &&Word| wrappers::is_assignment(&w.raw) && !w.raw.contains(['$', '`', '(', ';', '&', '|']);
        let assigned = words.iter().take_while(known).count();
        let words = &words[assigned..];
        if assigned > 0 {
            out.push(join(words, |w| &w.raw));
        }
        for inner in wrappers::revealed(words, runners) {
            out.push(inner.text.unwrap_or_else(|| join(&words[inner.from..], |w| &w.raw)));
        }
    }
    out.dedup();
    out
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
        if let Some(rule) = exact(effective, Effect::Ask, whole) {
            return Check::AskRule(rule);
        }
        if let Some(rule) = exact(effective, Effect::Allow, whole) {
            return Check::Allow(Some(rule), "an allow rule names exactly this command".to_owned());
        }
        return Check::Ask("the client asks about subshells".to_owned());
    }
    if let Some(why) = analysis.parts.iter().find_map(unsound::reason) {
        return opaque(effective, whole, analysis, &why);
    }
    for part in &analysis.parts {
        if let Some(rule) = part_rule(effective, Effect::Deny, part) {
            return Check::Deny(rule, format!("a deny rule covers the part `{}`", shorten(&part.text)));
        }
    }
    let paths = commands::paths(effective, analysis, files, mode);
    if let Some((rule, why)) = paths.deny {
        return Check::Deny(rule, why);
    }
    if let Some(rule) = exact(effective, Effect::Ask, whole) {
        return Check::AskRule(rule);
    }
    if let Some(why) = moves_and_runs_git(effective, analysis) {
        return Check::Ask(why);
    }
    let asked = || analysis.parts.iter().find_map(|p| part_rule(effective, Effect::Ask, p));
    if let Some(rule) = asked().or(paths.ask_rule) {
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
    if let Some(why) = paths.ask {
        return Check::Ask(why);
    }
    if let Some(why) = compound(effective, analysis) {
        return Check::Ask(why);
    }
    let all_read = analysis.parts.iter().all(|p| p.words.is_empty() || readonly::part(p));
    let mut by = None;
    for part in &analysis.parts {
        let runs_inner = part.words.iter().any(|w| w.dynamic);
        if part.words.is_empty() {
            continue;
        }
        if let Some(rule) = allow_rule(effective, part) {
            by = by.or(Some(rule));
        } else if !(readonly::part(part) && (all_read || !runs_inner)
            || mode.accepts_edits() && commands::edits_files(part))
        {
            return Check::Pass(format!("no rule allows `{}`", shorten(&part.text)));
        }
    }
    if analysis.has_background {
        return Check::Safety("`&` lets a command run on after it was approved".to_owned());
    }
    let why = if by.is_some() {
        "allow rules or the read-only set cover every part"
    } else {
        "every part is in the read-only set"
    };
    Check::Allow(by, why.to_owned())
}

/// How often a command changes the directory.
fn moves(effective: &Effective, analysis: &Analysis) -> usize {
    analysis.parts.iter().filter(|p| p.program() == "cd" && !commands::stays(effective, p)).count()
}

/// The client asks about git in another directory before it looks at the ask rules of the parts (measured).
fn moves_and_runs_git(effective: &Effective, analysis: &Analysis) -> Option<String> {
    let runs_git = analysis.parts.iter().any(|p| p.program() == "git");
    (runs_git && moves(effective, analysis) == 1).then(|| "cd together with git".to_owned())
}

/// Combinations that the client asks about although each part is harmless.
fn compound(effective: &Effective, analysis: &Analysis) -> Option<String> {
    let parts = &analysis.parts;
    let moves = moves(effective, analysis);
    if moves > 1 {
        return Some("several changes of directory".to_owned());
    }
    if moves == 1 {
        if parts.iter().any(|p| p.redirects.iter().any(|r| r.writes && r.target.value != "/dev/null")) {
            return Some("cd together with a redirection".to_owned());
        }
        if parts.iter().any(commands::edits_files) {
            return Some("cd together with a command that changes files".to_owned());
        }
    }
    None
}

/// The texts of a part that rules are compared with.
#[derive(Default)]
struct Texts {
    /// For rules of any form.
    all: Vec<String>,
    /// For prefixes and wildcards only.
    loose: Vec<String>,
}

impl Texts {
    fn covered_by(&self, pattern: &CommandPattern) -> bool {
        self.all.iter().any(|t| pattern.matches(t))
            || (!pattern.is_exact() && self.loose.iter().any(|t| pattern.matches(t)))
    }

    /// Adds the words from `from` on: as written, with single spaces, and as the shell would read them.
    fn add(&mut self, raw: String, words: &[Word], fed: bool) {
        let collapsed = collapsed(&raw);
        if collapsed != raw {
            self.loose.push(collapsed);
        }
        if words.iter().any(|w| w.raw != w.value) {
            let read = words.iter().map(requoted).collect::<Vec<_>>().join(" ");
            if fed { self.loose.push(read) } else { self.all.push(read) }
        }
        if fed { self.loose.push(raw) } else { self.all.push(raw) }
    }
}

/// A word without its quotes where it needs none, otherwise in single quotes.
fn requoted(word: &Word) -> String {
    if word.value.is_empty()
        || word.value.contains(|c: char| c.is_whitespace() || "\"'\\$`;|&<>(){}".contains(c))
    {
        format!("'{}'", word.value.replace('\'', "'\\''"))
    } else {
        word.value.clone()
    }
}

/// What deny and ask rules see of a part.
fn seen(effective: &Effective, part: &Part) -> Texts {
    let mut out = Texts::default();
    let raw = if part.assignments.is_empty() { part.text.clone() } else { join(&part.words, |w| &w.raw) };
    if !part.assignments.is_empty() {
        out.add(part.text.clone(), &[], false);
    }
    if part.words.is_empty() {
        return out;
    }
    out.add(raw, &part.words, false);
    let runners = effective.environment.client.has(Behaviour::DenySeesExecWrappers);
    for inner in wrappers::revealed(&part.words, runners) {
        let words = &part.words[inner.from..];
        out.add(inner.text.unwrap_or_else(|| join(words, |w| &w.raw)), words, inner.fed);
        if !words.is_empty() {
            out.loose.push(join(words, |w| &w.value));
        }
    }
    out
}

fn join(words: &[Word], text: impl Fn(&Word) -> &str) -> String {
    words.iter().map(text).collect::<Vec<_>>().join(" ")
}

/// The first deny or ask rule that covers a part.
fn part_rule(effective: &Effective, effect: Effect, part: &Part) -> Option<RuleRef> {
    let mut rules = rules(effective, effect).peekable();
    rules.peek()?;
    let texts = seen(effective, part);
    rules.find(|(_, pattern)| texts.covered_by(pattern)).map(|(rule, _)| rule.at.clone())
}

/// The first allow rule that covers a part.
fn allow_rule(effective: &Effective, part: &Part) -> Option<RuleRef> {
    let mut rules = rules(effective, Effect::Allow).peekable();
    rules.peek()?;
    let mut texts = vec![(part.text.clone(), 0, false)];
    if !part.words.is_empty() && wrappers::only_safe_assignments(part) {
        if !part.assignments.is_empty() {
            texts.push((join(&part.words, |w| &w.raw), 0, false));
        }
        texts.extend(
            wrappers::stripped(&part.words)
                .into_iter()
                .map(|i| (join(&part.words[i.from..], |w| &w.raw), i.from, i.fed)),
        );
    }
    let found = rules.find(|(_, pattern)| {
        texts.iter().any(|(text, from, fed)| {
            let program = part.words.get(*from).map_or("", |w| w.value.as_str());
            let exact_only = wrappers::NEVER_BY_PREFIX.contains(&program)
                || (program == "find" && readonly::find_acts(&part.words));
            pattern.matches(text) && if pattern.is_exact() { !fed } else { !exact_only }
        })
    });
    found.map(|(rule, _)| rule.at.clone())
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
