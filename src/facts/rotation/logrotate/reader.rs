//! Walks a configuration the way logrotate does, which is by character: what a directive leaves of its line is read as the next one.

use std::collections::BTreeSet;

use super::directive::{self, Takes, Wrong};
use super::walk::{SCRIPTS, State, Walk};
use super::{Cut, Fault, Rotation, Rules, Section, has_wildcard, value};
use crate::facts::rotation::{Texts, simulate::matches};

/// Deepest include in an include.
const NESTED: usize = 16;
/// Files that are read in all: a file may include itself several times over.
const FILES: usize = 2_000;
/// Larger files are none of logrotate's, in bytes.
const LONGEST: usize = 0xff_ffff;
/// Endings of files that an included folder's files must not have.
const TABOO: &[&str] = &[
    ",v",
    ".bak",
    ".cfsaved",
    ".disabled",
    ".dpkg-bak",
    ".dpkg-del",
    ".dpkg-dist",
    ".dpkg-new",
    ".dpkg-old",
    ".dpkg-tmp",
    ".rhn-cfg-tmp-*",
    ".rpmnew",
    ".rpmorig",
    ".rpmsave",
    ".swp",
    ".ucf-dist",
    ".ucf-new",
    ".ucf-old",
    "~",
];

pub fn read(root: &str, texts: &Texts, logs: &BTreeSet<String>) -> Rotation {
    let taboo = TABOO.iter().map(|ending| format!("*{ending}")).collect();
    let mut parser = Parser { texts, logs, out: Rotation::default(), taboo, files: 0 };
    match texts.get(root) {
        Some(text) => drop(parser.file(root, text, &mut Rules::default(), 0)),
        None => parser.fault(root, 0, "the file is not there", true),
    }
    parser.out
}

struct Parser<'t> {
    texts: &'t Texts,
    logs: &'t BTreeSet<String>,
    out: Rotation,
    /// Globs of names that an included folder's files must not match.
    taboo: Vec<String>,
    files: usize,
}

/// The rest of the file is not read.
struct Stop;

impl Parser<'_> {
    fn fault(&mut self, file: &str, line: u32, message: impl Into<String>, drops: bool) {
        self.out.faults.push(Fault { file: file.into(), line, message: message.into(), drops });
    }

    /// Reads one file; says whether logrotate found nothing to complain about that makes it forget the file's globals.
    fn file(&mut self, name: &str, text: &str, globals: &mut Rules, depth: usize) -> bool {
        self.files += 1;
        if self.files > FILES || text.len() > LONGEST {
            self.fault(name, 0, "too many files, or too large a file", true);
            return false;
        }
        let mut walk = Walk::new(name, text, depth, globals);
        while walk.peek().is_some() {
            let stopped = match walk.state {
                State::Directives => self.directives(&mut walk).is_err(),
                State::RestOfLine => {
                    walk.rest();
                    walk.state = State::Directives;
                    false
                }
                State::Dropped => {
                    self.dropped(&mut walk);
                    false
                }
            };
            if stopped {
                // What is open when reading stops is not in force; what is open at the end of the file is.
                if walk.open.is_some() {
                    self.drop_last();
                }
                return false;
            }
        }
        walk.sound
    }

    /// Whatever a line may begin with.
    fn directives(&mut self, walk: &mut Walk<'_>) -> Result<(), Stop> {
        match walk.peek() {
            Some(b' ' | b'\t' | b'\n') => walk.step(),
            Some(b'#') => drop(walk.rest()),
            Some(b'/' | b'"' | b'\'' | b'~') => return self.section(walk),
            Some(b'}') => {
                walk.step();
                if walk.open.take().is_none() {
                    return Err(self.stop(walk, "unexpected } (missing previous '{')"));
                }
                walk.blanks();
                if walk.peek().is_some_and(|b| b != b'\n') {
                    self.fault(walk.name, walk.line, "text after } is not read", false);
                    walk.state = State::RestOfLine;
                }
            }
            Some(b) if b.is_ascii_alphabetic() => return self.directive(walk),
            _ => {
                let message = "a line begins with neither a directive nor a log's name";
                return self.wrong_at(walk, message.to_owned(), 2);
            }
        }
        Ok(())
    }

    fn stop(&mut self, walk: &Walk<'_>, message: impl Into<String>) -> Stop {
        self.fault(walk.name, walk.line, message, true);
        Stop
    }

    /// An error behind a value that drops the section, or the rest of the file outside of one.
    fn wrong(&mut self, walk: &mut Walk<'_>, message: String) -> Result<(), Stop> {
        self.wrong_at(walk, message, 1)
    }

    /// The same, anywhere: `lost` characters from here on are gone, be they the brace that ends the section. The rest is
    /// looked through for its end.
    fn wrong_at(&mut self, walk: &mut Walk<'_>, message: String, lost: usize) -> Result<(), Stop> {
        if walk.open.is_none() {
            return Err(self.stop(walk, message));
        }
        self.fault(walk.name, walk.line, message, true);
        walk.lose(lost);
        walk.state = State::Dropped;
        walk.sound = false;
        Ok(())
    }

    /// Names of logs up to the brace.
    fn section(&mut self, walk: &mut Walk<'_>) -> Result<(), Stop> {
        if walk.open.is_some() {
            return self.wrong_at(walk, "a log's name inside a section".to_owned(), 2);
        }
        let line = walk.line;
        let names = walk.names();
        match walk.peek() {
            Some(b'{') => walk.step(),
            Some(_) => return Err(self.stop(walk, "unexpected } (missing previous '{')")),
            None => return Err(self.stop(walk, "missing '{' after log files definition")),
        }
        let Some(patterns) = value::words(&names).filter(|patterns| !patterns.is_empty()) else {
            return Err(self.stop(walk, "the names of the logs cannot be read"));
        };
        walk.open = Some(self.out.sections.len());
        self.out.sections.push(Section {
            file: walk.name.to_owned(),
            line,
            patterns,
            rules: walk.globals.clone(),
        });
        walk.sound &= self.claim();
        Ok(())
    }

    /// Gives the last section the logs that it names; says whether no earlier one has any of them.
    fn claim(&mut self) -> bool {
        let Some((section, _)) = self.out.sections.split_last() else { return true };
        let number = self.out.sections.len() - 1;
        let before = self.out.cuts.len();
        for pattern in &section.patterns {
            for log in resolved(pattern, self.logs) {
                match self.out.assigned.get(log) {
                    None => drop(self.out.assigned.insert(log.to_owned(), number)),
                    Some(&earlier) if self.out.sections[earlier].rules.ignore_duplicates => {}
                    Some(_) => {
                        let (pattern, log) = (pattern.clone(), log.to_owned());
                        self.out.cuts.push(Cut {
                            file: section.file.clone(),
                            line: section.line,
                            pattern,
                            log,
                        });
                        break;
                    }
                }
            }
        }
        self.out.cuts.len() == before
    }

    fn drop_last(&mut self) {
        self.out.sections.pop();
        let left = self.out.sections.len();
        self.out.assigned.retain(|_, number| *number < left);
    }

    fn directive(&mut self, walk: &mut Walk<'_>) -> Result<(), Stop> {
        let word = walk.word();
        if !matches!(walk.peek(), None | Some(b'=' | b' ' | b'\t'..=b'\r')) {
            return self.wrong_at(walk, format!("keyword '{word}' not properly separated"), 2);
        }
        match word.as_str() {
            "include" => self.include(walk),
            "tabooext" | "taboopat" => self.taboo(walk, &word),
            script if SCRIPTS.contains(&script) => self.script(walk, word),
            _ => self.plain(walk, &word),
        }
    }

    fn plain(&mut self, walk: &mut Walk<'_>, word: &str) -> Result<(), Stop> {
        let value = match directive::takes(word) {
            Some(Takes::Nothing) => Some(String::new()),
            Some(Takes::Line) => Some(walk.rest()),
            Some(Takes::Optional) => match walk.value().filter(|value| !value.is_empty()) {
                None => {
                    self.fault(walk.name, walk.line, format!("{word} without a value"), false);
                    return Ok(());
                }
                some => some,
            },
            Some(Takes::Value) => walk.value(),
            None => {
                let message = format!("unknown option '{word}' -- ignoring line");
                self.fault(walk.name, walk.line, message, false);
                walk.state = State::RestOfLine;
                return Ok(());
            }
        };
        directive::forget(self.rules(walk), word);
        let Some(value) = value else {
            return self.wrong_at(walk, format!("argument expected after {word}"), 2);
        };
        match directive::apply(self.rules(walk), word, &value) {
            Ok(()) => Ok(()),
            Err(Wrong::Section(message)) => self.wrong(walk, message),
            Err(Wrong::File(message)) => Err(self.stop(walk, message)),
        }
    }

    fn rules<'r>(&'r mut self, walk: &'r mut Walk<'_>) -> &'r mut Rules {
        match walk.open.and_then(|number| self.out.sections.get_mut(number)) {
            Some(section) => &mut section.rules,
            None => walk.globals,
        }
    }

    /// Everything up to the line that begins with `endscript`.
    fn script(&mut self, walk: &mut Walk<'_>, word: String) -> Result<(), Stop> {
        let Some(body) = walk.script() else {
            return Err(self.stop(walk, format!("{word} without endscript")));
        };
        self.rules(walk).scripts.insert(word, body);
        Ok(())
    }

    fn taboo(&mut self, walk: &mut Walk<'_>, word: &str) -> Result<(), Stop> {
        if walk.open.is_some() {
            return self.wrong_at(walk, format!("{word} inside a section"), 2);
        }
        let Some(value) = walk.value() else {
            self.fault(walk.name, walk.line, format!("{word} without a value"), false);
            return Ok(());
        };
        let list = match value.strip_prefix('+') {
            Some(list) => list,
            None => {
                self.taboo.clear();
                &value
            }
        };
        let before = if word == "tabooext" { "*" } else { "" };
        let names = list.split([',', ' ', '\t']).filter(|name| !name.is_empty());
        self.taboo.extend(names.map(|name| format!("{before}{name}")));
        Ok(())
    }

    /// An included file's directives hold from there on, where nothing is wrong with it: in a section for the section.
    fn include(&mut self, walk: &mut Walk<'_>) -> Result<(), Stop> {
        let Some(target) = walk.value() else {
            return self.wrong_at(walk, "argument expected after include".to_owned(), 2);
        };
        if walk.depth >= NESTED {
            self.fault(walk.name, walk.line, "includes lie too deep", false);
            walk.sound = false;
            return Ok(());
        }
        let Some(names) = self.included(&target) else {
            self.fault(walk.name, walk.line, format!("cannot read the include {target}"), false);
            walk.sound = false;
            return Ok(());
        };
        for name in names {
            let Some(text) = self.texts.get(&name) else { continue };
            let mut rules = self.rules(walk).clone();
            let sound = self.file(&name, text, &mut rules, walk.depth + 1);
            walk.sound &= sound;
            match (sound, walk.open) {
                (true, _) => *self.rules(walk) = rules,
                (false, Some(number)) => self.forget_names(number),
                (false, None) => {}
            }
        }
        Ok(())
    }

    /// A section with a faulty include loses its logs.
    fn forget_names(&mut self, number: usize) {
        if let Some(section) = self.out.sections.get_mut(number) {
            section.patterns.clear();
        }
        self.out.assigned.retain(|_, of| *of != number);
    }

    /// The files that an include means, in order; `None` where there is neither such a file nor such a folder.
    fn included(&self, target: &str) -> Option<Vec<String>> {
        if self.texts.contains_key(target) {
            return Some(vec![target.to_owned()]);
        }
        let folder = format!("{}/", target.trim_end_matches('/'));
        let inside = self.texts.keys().filter_map(|path| {
            let name = path.strip_prefix(&folder).filter(|name| !name.is_empty() && !name.contains('/'))?;
            Some((path, name))
        });
        let mut any = false;
        let mut names = Vec::new();
        for (path, name) in inside {
            any = true;
            if !self.taboo.iter().any(|taboo| matches(taboo, name)) {
                names.push(path.clone());
            }
        }
        any.then_some(names)
    }

    /// Looks through a dropped section for its end: a brace that begins a line, outside of scripts.
    fn dropped(&mut self, walk: &mut Walk<'_>) {
        match walk.peek() {
            Some(b'}') => {
                walk.step();
                walk.open = None;
                self.drop_last();
                walk.state = State::Directives;
            }
            Some(b'\n') => walk.step(),
            _ => {
                walk.blanks();
                let word = walk.word();
                if SCRIPTS.contains(&word.as_str()) {
                    if walk.script().is_none() {
                        walk.at = walk.text.len();
                    }
                } else {
                    walk.rest();
                }
            }
        }
    }
}

/// Which logs a pattern stands for: those that are there, or itself where none is.
fn resolved<'k>(pattern: &'k str, logs: &'k BTreeSet<String>) -> Vec<&'k str> {
    if !has_wildcard(pattern) {
        return vec![pattern];
    }
    let found: Vec<&str> = logs.iter().map(String::as_str).filter(|log| matches(pattern, log)).collect();
    if found.is_empty() { vec![pattern] } else { found }
}
