//! The built-in read-only set: commands that run without a prompt in every mode (client-contract 2.3).

mod options;

use crate::client::shell::{Part, Word, wrappers};

/// Commands whose every option only reads; unquoted globs do no harm.
const ALWAYS: &[&str] = &[
    "cat", "head", "tail", "wc", "stat", "strings", "hexdump", "od", "nl", "id", "uname", "free", "df", "du",
    "locale", "groups", "nproc", "basename", "dirname", "realpath", "cut", "paste", "tr", "column", "tac",
    "rev", "fold", "expand", "unexpand", "fmt", "comm", "cmp", "numfmt", "readlink", "diff", "true", "false",
    "sleep", "which", "type", "expr", "seq", "tsort", "pr", "echo", "ls", "cd", "cal", "uptime",
];

/// Commands that read only without operands.
const BARE: &[&str] = &["pwd", "whoami"];

/// Whole commands.
const WHOLE: &[&str] = &[
    "node -v",
    "node --version",
    "python --version",
    "python3 --version",
    "claude -h",
    "claude --help",
    "ip addr",
];

/// Whether a part is read-only. Redirections are checked elsewhere.
pub fn part(part: &Part) -> bool {
    if part.words.is_empty() || !wrappers::only_safe_assignments(part) {
        return false;
    }
    let through_xargs = part.program() == "xargs";
    let words = match part.program() {
        "xargs" => match fed_command(&part.words) {
            Some([]) => return true,
            Some(words) => words,
            None => return false,
        },
        "command" => &part.words[1..],
        _ => &part.words[..],
    };
    let Some((program, args)) = words.split_first() else { return false };
    let name = program.value.as_str();
    if through_xargs && !matches!(name, "echo" | "printf" | "wc" | "grep" | "head" | "tail") {
        return false;
    }
    let globs = args.iter().any(|w| w.glob);
    let has = |flags: &[&str]| args.iter().any(|w| flags.iter().any(|f| flag(&w.value, f)));
    let values: Vec<&str> = words.iter().map(|w| w.value.as_str()).collect();
    if let Some((options, named)) = options::of(&values) {
        return !(globs && LITERAL.contains(&name))
            && options.cover(name, &values[named..])
            && operands_read(&values[..named], &values[named..]);
    }
    match name {
        _ if ALWAYS.contains(&name) => true,
        _ if BARE.contains(&name) => args.is_empty(),
        "uniq" => uniq(&values[1..]),
        "find" => !globs && !find_acts(words),
        "sed" => !globs && sed_reads(args),
        "[" | "[[" => !words.iter().any(|w| w.raw.contains('$')),
        "printf" => !has(&["-v", "--help", "--version"]),
        "arch" => args.is_empty() || values[1..] == ["--help"],
        "history" => values[1..].iter().all(|word| word.bytes().all(|b| b.is_ascii_digit())),
        "ifconfig" => {
            args.len() <= 1 && args.iter().all(|w| w.value.starts_with(|c: char| c.is_ascii_alphabetic()))
        }
        "docker" => {
            let elsewhere =
                ["--host", "-H", "--config", "--context", "-c", "--tlscacert", "--tlscert", "--tlskey"];
            matches!(values.get(1), Some(&("ps" | "images"))) && !has(&elsewhere)
        }
        "jq" => {
            !jq_reads_files(args)
                && !args.iter().any(|w| names_word(&w.value, "env") || w.value.contains("$ENV"))
        }
        "git" if values.get(1) == Some(&"remote") => !globs && remote(&values[2..]),
        _ => WHOLE.contains(&part.normalised().as_str()),
    }
}

/// Programs whose unquoted globs could become options or other operands.
const LITERAL: &[&str] = &["sort", "pyright", "lsof", "ss", "man", "help", "tput", "git"];

/// Whether what stands beside the options only reads, where that is in doubt.
fn operands_read(program: &[&str], args: &[&str]) -> bool {
    let operands = || args.iter().filter(|word| !word.starts_with('-'));
    let has =
        |names: &[&str]| args.iter().any(|word| names.contains(&word.split('=').next().unwrap_or(word)));
    match program {
        ["git", "branch"] => {
            operands().count() <= values_given(args, &["--sort", "--format"]) || has(LISTING)
        }
        ["git", "tag"] => {
            operands().count() <= values_given(args, &["--sort", "--format", "-n"]) || has(LISTING)
        }
        ["git", "ls-remote"] => operands().count() == 0,
        ["git", "reflog"] => {
            let drops = ["expire", "delete", "exists", "drop", "write"];
            let first =
                args.first().is_none_or(|word| word.starts_with('-') || matches!(*word, "show" | "list"));
            first && !args.iter().any(|word| drops.contains(word))
        }
        ["hostname"] => operands().count() == 0,
        ["date"] => {
            let given = values_given(args, &["-d", "--date", "-r", "--reference", "--rfc-3339"]);
            operands().filter(|word| !word.starts_with('+')).count() <= given
        }
        ["ps"] => operands().all(|word| !word.contains('e')),
        ["man"] => has(&["-k", "-f", "--apropos", "--whatis"]) || !operands().any(|word| word.contains('/')),
        // The name of a host is looked up.
        ["lsof"] => !args.iter().any(|word| {
            word.split_once('@').is_some_and(|(_, host)| host.contains(|c: char| c.is_ascii_alphabetic()))
        }),
        ["tput"] => !args.iter().any(|word| TERMINAL_CHANGES.contains(word)),
        ["pyright"] => !has(&["-w", "--watch"]),
        _ => true,
    }
}

/// Options with which `git branch` and `git tag` list what they are given a pattern or a commit for.
const LISTING: &[&str] =
    &["--list", "-l", "--contains", "--no-contains", "--merged", "--no-merged", "--points-at"];

/// What `tput` sends to change the terminal, or runs.
const TERMINAL_CHANGES: &[&str] = &[
    "init", "reset", "rs1", "rs2", "rs3", "is1", "is2", "is3", "iprog", "if", "rf", "clear", "flash", "mc0",
    "mc4", "mc5", "mc5i", "mc5p", "pfkey", "pfloc", "pfx", "pfxl", "smcup", "rmcup",
];

/// How many of these options have their text as the next word.
fn values_given(args: &[&str], options: &[&str]) -> usize {
    args.iter().filter(|word| options.contains(word)).count()
}

/// `git remote` that lists, or shows one without asking it.
fn remote(args: &[&str]) -> bool {
    match args {
        ["show", "-n", name] | ["show", name, "-n"] => !name.starts_with('-'),
        _ => args.iter().all(|word| matches!(*word, "-v" | "--verbose")),
    }
}

/// `uniq` that names no file: the second would be written.
fn uniq(args: &[&str]) -> bool {
    let counts = values_given(args, &["-f", "-s", "-w"]);
    args.iter().filter(|word| !word.starts_with('-')).count() <= counts
}

/// The command that `xargs` runs where its options are known to do no harm.
fn fed_command(words: &[Word]) -> Option<&[Word]> {
    let mut at = 1;
    while let Some(option) = words.get(at).map(|w| w.value.as_str()).filter(|w| w.starts_with('-')) {
        at += match option {
            "-0" | "-r" | "-t" | "-x" => 1,
            "-I" => {
                words.get(at + 1).filter(|w| w.value == "{}")?;
                2
            }
            "-d" => {
                words.get(at + 1)?;
                2
            }
            "-n" | "-P" | "-L" | "-s" => {
                words.get(at + 1).filter(|w| w.value.bytes().all(|b| b.is_ascii_digit()))?;
                2
            }
            _ => return None,
        };
    }
    Some(words.get(at..).unwrap_or_default())
}

/// Whether options of a `jq` read files or run code.
pub fn jq_reads_files(args: &[Word]) -> bool {
    let names = ["-f", "--from-file", "--rawfile", "--slurpfile", "-L", "--library-path", "--run-tests"];
    args.iter().any(|w| names.iter().any(|f| flag(&w.value, f)))
}

fn flag(word: &str, flag: &str) -> bool {
    match flag.strip_prefix("--") {
        Some(_) => word == flag || word.strip_prefix(flag).is_some_and(|r| r.starts_with('=')),
        None => {
            let letter = &flag[1..];
            word.starts_with('-') && !word.starts_with("--") && word[1..].contains(letter)
        }
    }
}

/// Whether a `find` runs or removes something, or writes a file.
pub fn find_acts(words: &[Word]) -> bool {
    words.iter().any(|w| {
        matches!(
            w.value.as_str(),
            "-delete"
                | "-exec"
                | "-execdir"
                | "-ok"
                | "-okdir"
                | "-fprint"
                | "-fprint0"
                | "-fls"
                | "-fprintf"
                | "-files0-from"
        )
    })
}

/// Whether a `sed` surely only reads: it prints lines by number, or substitutes in what is piped into it.
pub fn sed_reads(args: &[Word]) -> bool {
    let options = || args.iter().map(|w| w.value.as_str()).filter(|w| w.starts_with('-'));
    let cluster = |w: &str, letters: &str| {
        !w.starts_with("--") && w.len() > 1 && w[1..].chars().all(|c| letters.contains(c))
    };
    let quiet =
        options().any(|w| matches!(w, "--quiet" | "--silent") || (cluster(w, "nErz") && w.contains('n')));
    let mut operands = args.iter().filter(|w| !w.value.starts_with('-'));
    let Some(script) = operands.next() else { return false };
    let prints = |command: &str| {
        command.trim().strip_suffix('p').is_some_and(|range| {
            let number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
            range.is_empty() || range.split_once(',').map_or(number(range), |(a, b)| number(a) && number(b))
        })
    };
    let long = ["--quiet", "--silent", "--regexp-extended", "--zero-terminated", "--posix"];
    if quiet
        && options().all(|w| long.contains(&w) || cluster(w, "nErz"))
        && script.value.split(';').all(prints)
    {
        return true;
    }
    operands.next().is_none()
        && options().all(|w| matches!(w, "--regexp-extended" | "--posix") || cluster(w, "Er"))
        && substitutes(&script.value)
}

fn names_word(text: &str, word: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    text.match_indices(word)
        .any(|(i, _)| !part(text[..i].chars().next_back()) && !part(text[i + word.len()..].chars().next()))
}

/// Whether a `sed` only substitutes, in its files or in what is piped into it.
pub fn sed_substitutes(args: &[Word]) -> bool {
    let known = |w: &str| matches!(w, "-i" | "--in-place" | "-E" | "-r" | "--regexp-extended" | "--posix");
    args.iter().map(|w| w.value.as_str()).filter(|w| w.starts_with('-')).all(known)
        && args.iter().find(|w| !w.value.starts_with('-')).is_some_and(|w| substitutes(&w.value))
}

/// `s/a/b/` with the flags g, p, i, I, m, M or one digit.
fn substitutes(script: &str) -> bool {
    let Some(rest) = script.trim().strip_prefix("s/") else { return false };
    let (mut slashes, mut escaped, mut end) = (0, false, None);
    for (i, c) in rest.char_indices() {
        match c {
            '\n' | ';' | '{' | '}' => return false,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '/' => {
                slashes += 1;
                end = Some(i + 1);
            }
            _ => {}
        }
    }
    slashes == 2
        && end.is_some_and(|e| {
            rest[e..].chars().all(|c| matches!(c, 'g' | 'p' | 'i' | 'I' | 'm' | 'M' | '1'..='9'))
        })
}
