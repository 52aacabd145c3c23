//! Variables that decide what a hook's interpreter does before its script begins, and who may set them or what they
//! name.

use std::sync::LazyLock;

use regex::Regex;

use super::{Changeable, Facts, Programs, RegisteredHook, Session};
use crate::client::hooks::{Handler, NO_HOOKS};
use crate::client::settings::Os;
use crate::model::Evidence;

/// A variable by which another program takes a hook's place, or the hook is not run at all (measured on 2.1.197).
struct Opening {
    name: &'static str,
    reach: Reach,
}

/// Which hooks a variable reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Every hook of every system: the client itself reads it.
    Every,
    /// Every program that is started on these systems.
    On(&'static [Os]),
    /// Hooks that find programs by name.
    ByName,
    /// Scripts of an interpreter.
    Of(&'static str),
}

/// Not held against a deployment as taken over: where it is set, no hook is in force.
const HOOKS_OFF: Opening = opening(NO_HOOKS, Reach::Every);
const OPENINGS: [Opening; 13] = [
    opening("CLAUDE_CODE_SHELL_PREFIX", Reach::Every),
    opening("DYLD_INSERT_LIBRARIES", Reach::On(&[Os::MacOs])),
    opening("LD_AUDIT", Reach::On(&[Os::Linux])),
    opening("LD_LIBRARY_PATH", Reach::On(&[Os::Linux])),
    opening("LD_PRELOAD", Reach::On(&[Os::Linux])),
    opening("PATH", Reach::ByName),
    opening("BASH_ENV", Reach::Of("bash")),
    opening("SHELLOPTS", Reach::Of("bash")),
    opening("NODE_OPTIONS", Reach::Of("node")),
    opening("PERL5OPT", Reach::Of("perl")),
    opening("PYTHONHOME", Reach::Of("python")),
    opening("PYTHONPATH", Reach::Of("python")),
    opening("RUBYOPT", Reach::Of("ruby")),
];

const fn opening(name: &'static str, reach: Reach) -> Opening {
    Opening { name, reach }
}

/// Beginnings of the places where every user of a host can put a file.
const OPEN_PLACES: [&str; 12] = [
    "/tmp",
    "/var/tmp",
    "/private/tmp",
    "/dev/shm",
    "/home/",
    "/Users/",
    "~",
    "$HOME",
    "${HOME",
    ".",
    "%USERPROFILE%",
    "%TEMP%",
];

/// Whether others than administrators decide what the interpreters of hooks do.
pub enum TakenOver {
    No,
    /// How, and where it stands.
    Yes(String, Evidence),
    Unknown(String),
}

impl Facts<'_> {
    /// A variable that settings put into every hook's environment (client-contract 3.4), and by which others take these
    /// hooks over without changing it: a user's or a repository's own, or a managed one that names a file of theirs.
    pub fn hooks_taken_over(&self, session: &Session<'_>, hooks: &[&RegisteredHook<'_>]) -> TakenOver {
        let mut unknown = None;
        for Opening { name, .. } in OPENINGS.iter().filter(|opening| opening.reach.meets(session, hooks)) {
            match self.taken_over_by(session, name) {
                TakenOver::No => {}
                TakenOver::Unknown(why) => unknown = unknown.or(Some(why)),
                yes @ TakenOver::Yes(..) => return yes,
            }
        }
        unknown.map_or(TakenOver::No, TakenOver::Unknown)
    }

    /// The variables that managed settings leave to settings of users and repositories, and by which those keep a hook
    /// from running or run something in its place.
    pub fn left_open(&self, session: &Session<'_>, hooks: &[&RegisteredHook<'_>]) -> Vec<&'static str> {
        let open = |opening: &&Opening| session.administered(&format!("env.{}", opening.name)).is_none();
        let all = std::iter::once(&HOOKS_OFF).chain(&OPENINGS);
        let met = all.filter(|opening| opening.reach.meets(session, hooks));
        met.filter(open).map(|opening| opening.name).collect()
    }

    fn taken_over_by(&self, session: &Session<'_>, name: &str) -> TakenOver {
        let key = format!("env.{name}");
        let Some(value) = session.effective.value(&key) else { return TakenOver::No };
        let evidence = session.cite(&value);
        if session.administered(&key).is_none() {
            let message = format!(
                "{} sets {name} for every hook, by which a hook's interpreter can be made to do something else first",
                session.shown(value.source)
            );
            return TakenOver::Yes(message, evidence);
        }
        let text = value.value.as_str().unwrap_or_default();
        if let Some(place) = text.split([':', ' ', '=', ';', ',']).find(|part| is_open(part)) {
            let message = format!(
                "managed settings set {name} to {place}, where users can put a file that the interpreter of every hook runs first"
            );
            return TakenOver::Yes(message, evidence);
        }
        let by = format!("{}#{}", evidence.source, evidence.locator.as_deref().unwrap_or_default());
        let Programs { scripts, missing, unseen } = self.programs_of(&by);
        for script in scripts {
            match script.changeable() {
                Changeable::ByAdministrators => {}
                Changeable::ByOthers(how) => {
                    let message =
                        format!("managed settings set {name}, and the file that it names is not safe: {how}");
                    return TakenOver::Yes(message, evidence);
                }
                Changeable::Unknown(why) => return TakenOver::Unknown(why),
            }
        }
        match missing.first().or(unseen.first()) {
            Some(gap) => TakenOver::Unknown(format!("{name} names a file: {}", gap.sentence())),
            None => TakenOver::No,
        }
    }
}

impl Reach {
    fn meets(self, session: &Session<'_>, hooks: &[&RegisteredHook<'_>]) -> bool {
        match self {
            Self::Every => true,
            Self::On(systems) => systems.contains(&session.effective.environment.os),
            Self::ByName => hooks.iter().any(|hook| finds_programs_by_name(hook)),
            Self::Of(interpreter) => hooks.iter().any(|hook| hook.names(interpreter)),
        }
    }
}

impl RegisteredHook<'_> {
    /// Whether it is, or starts, a program of an interpreter; one that could not be read may.
    fn names(&self, interpreter: &str) -> bool {
        let command = self.command_line();
        let script_does = |text: &str| match text.lines().next() {
            Some(first) if first.starts_with("#!") && !first.contains("sh") => text.contains(interpreter),
            first => first.is_some_and(|first| first.contains(interpreter)) || starts(text, interpreter),
        };
        !self.unseen.is_empty()
            || starts(&command, interpreter)
            || self.scripts.iter().any(|script| script_does(script.text()))
    }

    /// The command with its arguments.
    fn command_line(&self) -> String {
        match &self.hook.handler {
            Handler::Command { command, args } => {
                let words: Vec<&str> =
                    std::iter::once(command).chain(args.iter().flatten()).map(String::as_str).collect();
                words.join(" ")
            }
            _ => String::new(),
        }
    }
}

/// An interpreter where a command begins: at the start of a line, behind an operator or a word of the shell, with the
/// folder before it and the version behind it. A word of a pattern (`a|perl|b`) has no blank behind it.
static STARTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?m)(?:^|[;|&(`{]|!\s|\b(?:if|then|do|else|elif|while|until|exec|env|sudo|time|command|timeout\s+\w+)\s)",
        r#"\s*(?:\w+=\S*\s+)*["']?(?:[^\s"'|;&()]*/)?(bash|node|perl|python|ruby)[0-9.]*["']?(?:\s|$)"#,
    ))
    .expect("the pattern is a constant")
});

fn starts(text: &str, program: &str) -> bool {
    STARTED.captures_iter(text).any(|found| &found[1] == program)
}

/// Whether the search path decides what a hook runs: unless it is one program by its full path, and every script of it
/// says itself where its programs are.
fn finds_programs_by_name(hook: &RegisteredHook<'_>) -> bool {
    let command = hook.command_line();
    if command.is_empty() {
        return false;
    }
    let one_by_path = command.trim_start_matches(['"', '\'']).starts_with('/')
        && !command.contains(['|', ';', '&', '$', '`']);
    let says_where = |text: &str| {
        !text.starts_with("#!/usr/bin/env")
            && text.lines().any(|line| {
                let line = line.trim_start();
                line.strip_prefix("export ").unwrap_or(line).starts_with("PATH=/")
            })
    };
    !one_by_path || !hook.unseen.is_empty() || !hook.scripts.iter().all(|script| says_where(script.text()))
}

fn is_open(part: &str) -> bool {
    let part = part.trim_matches(['"', '\'']);
    OPEN_PLACES.iter().any(|place| part.starts_with(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_a_script_starts_are_told_from_words() {
        for started in [
            "python3 -c 1",
            "x=$(python3 x)",
            "cat | /usr/bin/python3.11 -",
            "if ! python3 x; then",
            "A=1 timeout 5 python x",
            "echo x|python x",
        ] {
            assert!(starts(started, "python"), "{started}");
        }
        for not in [
            "grep -E 'a|python3|b'",
            "# python3 x",
            "echo python3",
            "'(python[0-9.]*|perl|ruby) +x'",
            "pythonic x",
        ] {
            assert!(!starts(not, "python"), "{not}");
        }
    }
}
