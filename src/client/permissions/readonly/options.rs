//! The options with which a read-only program stays one, as data.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::client::table::rows;

const TABLE: &str = include_str!("../../../../controls/client/read-only-options.tsv");

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Text,
    Number,
}

/// The options of one program, or of one of its subcommands.
#[derive(Debug)]
pub(super) struct Options {
    /// `--` ends them.
    dashes: bool,
    listed: BTreeMap<&'static str, Takes>,
}

/// By the program, its subcommands, the longest first, each with its options.
type Subcommands = Vec<(Vec<&'static str>, Options)>;

static PROGRAMS: LazyLock<BTreeMap<&'static str, Subcommands>> = LazyLock::new(|| {
    let mut programs: BTreeMap<&'static str, Subcommands> = BTreeMap::new();
    for cells in rows(TABLE) {
        let mut words = cells[0].split(' ');
        let program = words.next().unwrap_or_default();
        let dashes = cells.get(1) != Some(&"no");
        let kinds = [Takes::Nothing, Takes::Text, Takes::Number];
        let of =
            |(cell, takes): (&&'static str, Takes)| cell.split_whitespace().map(move |name| (name, takes));
        let listed = cells.iter().skip(2).zip(kinds).flat_map(of).collect();
        programs.entry(program).or_default().push((words.collect(), Options { dashes, listed }));
    }
    for subcommands in programs.values_mut() {
        subcommands.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
    }
    programs
});

/// The options of the program that a command names, with how many words name it.
pub(super) fn of(words: &[&str]) -> Option<(&'static Options, usize)> {
    let (program, rest) = words.split_first()?;
    let (named, options) = PROGRAMS.get(*program)?.iter().find(|(words, _)| rest.starts_with(words))?;
    Some((options, 1 + named.len()))
}

impl Options {
    /// Whether every option among the arguments of a program is listed and has what it takes.
    pub(super) fn cover(&self, program: &str, args: &[&str]) -> bool {
        let mut rest = args.iter().copied().peekable();
        while let Some(word) = rest.next() {
            if word == "--" && self.dashes {
                return true;
            }
            if !is_option(word) {
                continue;
            }
            let (name, inline) = word.split_once('=').map_or((word, None), |(name, text)| (name, Some(text)));
            let fits = match (self.listed.get(name), inline) {
                (None, _) => self.joined(program, name),
                (Some(Takes::Nothing), inline) => inline.is_none(),
                // Only here: what stands alone and begins with a dash is no text of an option.
                (Some(_), Some(order)) if name == "--sort" && program == "git" && order.starts_with('-') => {
                    true
                }
                (Some(takes), Some(text)) => takes.accepts(text) && shows(program, name, text),
                (Some(takes), None) => rest
                    .next_if(|text| !is_option(text))
                    .is_some_and(|text| takes.accepts(text) && shows(program, name, text)),
            };
            if !fits {
                return false;
            }
        }
        true
    }

    /// Several options in one word, a number behind its option, or a number that is one.
    fn joined(&self, program: &str, name: &str) -> bool {
        let Some(letters) = name.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
            return false;
        };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if program == "git" && digits(letters) {
            return true;
        }
        let searches = matches!(program, "grep" | "egrep" | "fgrep" | "rg");
        if let Some((head, number)) = name.split_at_checked(2)
            && searches
            && digits(number)
            && self.listed.get(head).is_some_and(|takes| *takes != Takes::Nothing)
        {
            return true;
        }
        let alone = |letter: char| {
            let mut name = [b'-', 0, 0, 0, 0];
            let end = 1 + letter.encode_utf8(&mut name[1..]).len();
            std::str::from_utf8(&name[..end]).is_ok_and(|name| self.listed.get(name) == Some(&Takes::Nothing))
        };
        letters.chars().count() > 1 && letters.chars().all(alone)
    }
}

impl Takes {
    fn accepts(self, text: &str) -> bool {
        match self {
            Takes::Nothing => false,
            Takes::Text => !text.starts_with('-'),
            Takes::Number => !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()),
        }
    }
}

/// Whether the text of an option for output is one of the formats that print what git has at hand: `%G` runs a program
/// that verifies signatures, and any other name may be one that a configuration defines.
fn shows(program: &str, option: &str, text: &str) -> bool {
    let named = ["", "oneline", "short", "medium", "full", "fuller", "raw", "email"];
    match option {
        "--format" | "--pretty" if program == "git" => {
            let text = text.trim_matches(['\'', '"']);
            !text.contains("%G")
                && (named.contains(&text) || text.contains('%') || text.starts_with("format:"))
        }
        _ => true,
    }
}

fn is_option(word: &str) -> bool {
    word.strip_prefix('-')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(command: &str) -> bool {
        let words: Vec<&str> = command.split(' ').collect();
        let (options, named) = of(&words).expect("a listed program");
        options.cover(words[0], &words[named..])
    }

    #[test]
    fn options_are_listed_and_have_what_they_take() {
        for reads in [
            "git log -5 --oneline",
            "git log --pretty=format:%h",
            "git stash list -n 3",
            "grep -A3 x",
            "sort -k 2",
            "git branch --sort=-refname",
            "git diff -- -x",
        ] {
            assert!(covers(reads), "{reads}");
        }
        for asks in [
            "git log --output=x",
            "git log --format=%G?",
            "grep -rnA3 x",
            "git branch --sort -refname",
            "git log --oneline=5",
            "grep -A x a",
            "netstat -tlnp",
            "sort -o x",
            "git log -n",
            "rg --pre sh x",
        ] {
            assert!(!covers(asks), "{asks}");
        }
    }

    #[test]
    fn every_row_is_read() {
        let all: Vec<&Options> = PROGRAMS.values().flatten().map(|(_, options)| options).collect();
        assert!(all.len() > 40 && all.iter().all(|options| !options.listed.is_empty()));
    }
}
