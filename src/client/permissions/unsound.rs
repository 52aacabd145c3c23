//! Commands that the client takes apart and still does not judge by their words (measured on 2.1.197).

use crate::client::shell::{Part, Word, wrappers};

use super::readonly;

/// Builtins that run, or change, what later words mean.
const EVALUATES: &[&str] = &[
    "eval",
    "source",
    ".",
    "exec",
    "fc",
    "coproc",
    "nocorrect",
    "trap",
    "enable",
    "mapfile",
    "readarray",
    "hash",
    "bind",
    "complete",
    "compgen",
    "alias",
    "let",
];

/// Builtins of another shell, or switches of this one, that change what is safe.
const SWITCHES: &[&str] = &[
    "shopt", "zmodload", "emulate", "sysopen", "sysread", "syswrite", "sysseek", "zpty", "ztcp", "zsocket",
    "zf_rm", "zf_mv", "zf_ln", "zf_chmod", "zf_chown", "zf_mkdir", "zf_rmdir", "zf_chgrp",
];

/// Why a part makes the client ask about the whole command, where it does.
pub fn reason(part: &Part) -> Option<String> {
    if part.words.iter().any(|w| w.value.contains("/proc/") && w.value.contains("/environ")) {
        return Some("it reads the environment of a process".to_owned());
    }
    let hides = |w: &Word| w.value.split('\n').skip(1).any(|line| line.trim_start().starts_with('#'));
    if part.words.iter().any(hides) {
        return Some("a line within quotes begins with `#`".to_owned());
    }
    let Ok(at) = behind(&part.words) else {
        return Some("a wrapper has options that are not known".to_owned());
    };
    let words = part.words.get(at..)?;
    let (program, args) = words.split_first()?;
    let name = program.value.as_str();
    let text = match name {
        "" if program.raw != program.value => "the program has no name".to_owned(),
        _ if name.starts_with(['-', '|', '&']) => "it looks like a piece of a command".to_owned(),
        "compgen" if args.iter().all(|w| !matches!(w.value.as_str(), "-C" | "-F" | "-W")) => return None,
        _ if EVALUATES.contains(&name) => format!("`{name}` evaluates its arguments"),
        _ if SWITCHES.contains(&name) => format!("`{name}` changes what is safe"),
        _ if wrappers::NEVER_BY_PREFIX.contains(&name) => format!("`{name}` runs its argument"),
        "find" if readonly::find_acts(words) => return None,
        "jq" if args.iter().any(|w| w.value.contains("system(")) => "a jq program calls system()".to_owned(),
        "jq" if readonly::jq_reads_files(args) => "options of jq read files or run code".to_owned(),
        _ => return None,
    };
    Some(text)
}

/// A wrapper has options by which it is not known where the command begins.
#[derive(Debug)]
pub struct UnknownOptions;

/// Where the command behind the wrappers begins that the client reads by their words; an error where it cannot.
pub fn behind(words: &[Word]) -> Result<usize, UnknownOptions> {
    let word = |i: usize| words.get(i).map_or("", |w| w.value.as_str());
    let mut at = 0;
    loop {
        match word(at) {
            "time" | "nohup" | "builtin" | "noglob" => at += 1,
            "command" if matches!(word(at + 1), "-v" | "-V") => return Ok(at),
            "command" => at += 1 + usize::from(word(at + 1) == "-p"),
            "timeout" => {
                at += 1;
                while word(at).starts_with('-') {
                    match word(at) {
                        "--foreground" | "--preserve-status" | "--verbose" | "-v" => at += 1,
                        "-k" | "-s" | "--kill-after" | "--signal" => at += 2,
                        "--" => {
                            at += 1;
                            break;
                        }
                        w if w.starts_with("--kill-after=") || w.starts_with("--signal=") => at += 1,
                        w if w.starts_with("-k") || w.starts_with("-s") => at += 1,
                        _ => return Err(UnknownOptions),
                    }
                }
                at += 1;
            }
            "nice" => {
                let number = |w: &str| {
                    w.strip_prefix('-')
                        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
                };
                at += match word(at + 1) {
                    "-n" => 3,
                    w if number(w) => 2,
                    _ => 1,
                };
            }
            "stdbuf" => {
                at += 1;
                while word(at).starts_with('-') {
                    at += if matches!(word(at), "-i" | "-o" | "-e") { 2 } else { 1 };
                }
            }
            "env" => {
                at += 1;
                loop {
                    match word(at) {
                        "-i" | "-0" | "-v" => at += 1,
                        "-u" => at += 2,
                        w if w.starts_with('-') => return Err(UnknownOptions),
                        w if wrappers::is_assignment(w) => at += 1,
                        _ => break,
                    }
                }
            }
            _ => return Ok(at),
        }
    }
}
