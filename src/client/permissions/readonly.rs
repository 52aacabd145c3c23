//! The built-in read-only set: commands that run without a prompt in every mode (client-contract 2.3).

use crate::client::shell::{Part, Word, wrappers};

/// Commands whose every option only reads; unquoted globs do no harm.
const ALWAYS: &[&str] = &[
    "cat",
    "head",
    "tail",
    "wc",
    "stat",
    "strings",
    "hexdump",
    "od",
    "nl",
    "id",
    "uname",
    "free",
    "df",
    "du",
    "locale",
    "groups",
    "nproc",
    "basename",
    "dirname",
    "realpath",
    "cut",
    "paste",
    "tr",
    "column",
    "tac",
    "rev",
    "fold",
    "expand",
    "unexpand",
    "fmt",
    "comm",
    "cmp",
    "numfmt",
    "readlink",
    "diff",
    "true",
    "false",
    "sleep",
    "which",
    "type",
    "expr",
    "test",
    "seq",
    "tsort",
    "pr",
    "echo",
    "ls",
    "cd",
    "cal",
    "uptime",
    "grep",
    "egrep",
    "fgrep",
    "sha256sum",
    "sha1sum",
    "md5sum",
    "pgrep",
    "netstat",
];

/// Commands that read only without operands.
const BARE: &[&str] = &["pwd", "whoami", "history", "arch"];

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
    match name {
        _ if ALWAYS.contains(&name) => true,
        _ if BARE.contains(&name) => args.is_empty(),
        "uniq" => args.iter().all(|w| w.value.starts_with('-')),
        "find" => !globs && !find_acts(words),
        "sort" => !globs && !has(&["-o", "--output", "--compress-program"]),
        "sed" => !globs && sed_reads(args),
        "rg" => !has(&["--pre", "--search-zip", "-z", "--hostname-bin", "--files"]),
        "fd" | "fdfind" => !has(&["-x", "-X", "--exec", "--exec-batch"]),
        "file" => !has(&["-C", "--compile"]),
        "[" | "[[" => !words.iter().any(|w| w.raw.contains('$')),
        "printf" => !has(&["-v"]),
        "getconf" => args.iter().all(|w| !w.value.starts_with('-')),
        "ps" => args.iter().all(|w| w.value.starts_with('-') || !w.value.contains('e')),
        "ifconfig" => {
            args.len() <= 1 && args.iter().all(|w| w.value.starts_with(|c: char| c.is_ascii_alphabetic()))
        }
        "docker" => {
            matches!(args.first().map(|w| w.value.as_str()), Some("ps" | "images" | "logs" | "inspect"))
        }
        "pyright" => !globs && !has(&["-w", "--watch", "--createstub"]),
        "base64" | "tree" => !has(&["-o", "--output"]),
        "date" => {
            let given = |w: &&Word| matches!(w.value.as_str(), "-d" | "--date" | "-r" | "--reference");
            let values = args.iter().filter(given).count();
            !has(&["-s", "--set", "-f", "--file"])
                && !args.iter().any(|w| matches!(w.value.as_str(), "--iso-8601" | "--rfc-3339"))
                && args.iter().filter(|w| !w.value.starts_with(['-', '+'])).count() <= values
        }
        "hostname" => args.iter().all(|w| {
            matches!(w.value.as_str(), "-f" | "-i" | "-I" | "-s" | "-d" | "-a" | "-A" | "--fqdn" | "--short")
        }),
        "jq" => {
            !jq_reads_files(args)
                && !args.iter().any(|w| names_word(&w.value, "env") || w.value.contains("$ENV"))
        }
        "lsof" | "ss" | "man" | "help" | "tput" => !globs,
        "git" => !globs && git(args),
        _ => WHOLE.contains(&part.normalised().as_str()),
    }
}

/// The command that `xargs` runs where its options are known to do no harm.
fn fed_command(words: &[Word]) -> Option<&[Word]> {
    let mut at = 1;
    while let Some(option) = words.get(at).map(|w| w.value.as_str()).filter(|w| w.starts_with('-')) {
        at += match option {
            "-0" | "-r" | "-t" | "-x" => 1,
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

/// Read-only forms of git. A global option before the subcommand, such as `-C` or `-c`, is never read-only.
fn git(args: &[Word]) -> bool {
    let words: Vec<&str> = args.iter().map(|w| w.value.as_str()).collect();
    let Some((sub, rest)) = words.split_first() else { return false };
    let has = |flags: &[&str]| {
        rest.iter()
            .any(|w| flags.iter().any(|f| w == f || w.strip_prefix(f).is_some_and(|r| r.starts_with('='))))
    };
    let operands = rest.iter().filter(|w| !w.starts_with('-')).count();
    if has(&[
        "--output",
        "--ext-diff",
        "--textconv",
        "--exec",
        "--upload-pack",
        "--open-files-in-pager",
        "-O",
    ]) {
        return false;
    }
    match *sub {
        "status" | "log" | "diff" | "show" | "shortlog" | "blame" | "ls-files" | "merge-base"
        | "rev-parse" | "rev-list" | "describe" | "for-each-ref" | "grep" => *sub != "log" || !has(&["-c"]),
        "cat-file" => !has(&["--batch", "--batch-check", "--batch-command"]),
        "ls-remote" => operands == 0,
        "reflog" => !rest.iter().any(|w| matches!(*w, "expire" | "delete" | "exists")),
        "stash" => matches!(rest.first(), Some(&("list" | "show"))),
        "worktree" => rest.first() == Some(&"list"),
        "remote" => operands == 0,
        "config" => has(&["--get", "--get-all"]) && operands <= 1,
        "branch" => {
            !has(&[
                "-d",
                "-D",
                "-m",
                "-M",
                "-c",
                "-C",
                "-f",
                "--delete",
                "--move",
                "--copy",
                "--force",
                "--set-upstream-to",
                "-u",
                "--unset-upstream",
                "--edit-description",
                "--track",
                "-t",
            ]) && (operands == 0
                || has(&[
                    "--list",
                    "-l",
                    "--contains",
                    "--no-contains",
                    "--merged",
                    "--no-merged",
                    "--points-at",
                ]))
        }
        "tag" => {
            (operands == 0 || has(&["-l", "--list", "--contains", "--points-at", "--merged"]))
                && !has(&["-d", "--delete", "-f", "--force", "-a", "-s", "-m", "-n", "--annotate", "--sign"])
        }
        _ => false,
    }
}
