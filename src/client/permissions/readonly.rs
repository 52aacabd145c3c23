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
    "getconf",
    "seq",
    "tsort",
    "pr",
    "echo",
    "printf",
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
    "ps",
    "pgrep",
    "netstat",
];

/// Commands that read only without operands.
const BARE: &[&str] = &["pwd", "whoami", "alias", "history", "arch"];

/// Whole commands.
const WHOLE: &[&str] = &[
    "node -v",
    "node --version",
    "python --version",
    "python3 --version",
    "claude -h",
    "claude --help",
    "ip addr",
    "docker ps",
    "docker images",
];

/// Whether a part is read-only. Redirections are checked elsewhere.
pub fn part(part: &Part) -> bool {
    if part.words.is_empty() || !wrappers::only_safe_assignments(part) {
        return false;
    }
    if part.words.iter().any(|w| w.dynamic) {
        return false;
    }
    let from = wrappers::inner(part, false, false).last().map_or(0, |i| i.from);
    let through_xargs = part.words[..from].iter().any(|w| w.value == "xargs");
    let words = &part.words[from..];
    let Some((program, args)) = words.split_first() else { return false };
    let name = program.value.as_str();
    if through_xargs && !matches!(name, "echo" | "printf" | "wc" | "grep" | "head" | "tail") {
        return false;
    }
    let globs = args.iter().any(|w| w.glob);
    let has = |flags: &[&str]| args.iter().any(|w| flags.iter().any(|f| flag(&w.value, f)));
    match name {
        _ if ALWAYS.contains(&name) => true,
        _ if BARE.contains(&name) => {
            args.is_empty() || (name == "pwd" && args.iter().all(|w| matches!(w.value.as_str(), "-P" | "-L")))
        }
        "uniq" => args.iter().filter(|w| !w.value.starts_with('-')).count() <= 1,
        "find" => !globs && !find_acts(words),
        "sort" => !globs && !has(&["-o", "--output", "--compress-program", "-T", "--temporary-directory"]),
        "sed" => !globs && !sed_edits(args) && sed_prints(args),
        "rg" => !has(&["--pre", "--search-zip", "-z", "--hostname-bin"]),
        "file" => !has(&["-m", "--magic-file", "-f", "--files-from", "-C", "--compile"]),
        "base64" | "tree" => !has(&["-o", "--output"]),
        "date" => {
            !has(&["-s", "--set", "-f", "--file", "-r"])
                && args.iter().all(|w| w.value.starts_with(['-', '+']))
        }
        "hostname" => args.iter().all(|w| {
            matches!(w.value.as_str(), "-f" | "-i" | "-I" | "-s" | "-d" | "-a" | "-A" | "--fqdn" | "--short")
        }),
        "jq" => {
            !has(&["-f", "--from-file", "--rawfile", "--slurpfile", "-L", "--library-path", "--run-tests"])
                && !args.iter().any(|w| w.value.contains("env") && !w.value.starts_with(['.', '/']))
        }
        "lsof" | "ss" | "man" | "help" | "info" | "tput" => !globs,
        "git" => !globs && git(args),
        _ => WHOLE.contains(&part.normalised().as_str()),
    }
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

/// Whether a `sed` edits its files.
pub fn sed_edits(args: &[Word]) -> bool {
    args.iter().any(|w| {
        w.value == "--in-place"
            || w.value.starts_with("--in-place=")
            || (w.value.starts_with('-') && !w.value.starts_with("--") && w.value.contains('i'))
    })
}

/// Whether the scripts of a `sed` only print lines or substitute without writing or running.
fn sed_prints(args: &[Word]) -> bool {
    let quiet = args.iter().any(|w| {
        matches!(w.value.as_str(), "-n" | "--quiet" | "--silent")
            || (w.value.starts_with('-') && !w.value.starts_with("--") && w.value.contains('n'))
    });
    let Some(script) = args.iter().find(|w| !w.value.starts_with('-')) else { return false };
    if args.iter().any(|w| matches!(w.value.as_str(), "-f" | "--file" | "-s" | "--separate")) {
        return false;
    }
    let print = |command: &str| {
        let body = command.trim();
        body.strip_suffix('p').is_some_and(|range| {
            !range.is_empty() && range.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '$' | ' '))
        })
    };
    if quiet && script.value.split(';').all(print) {
        return true;
    }
    substitutes(&script.value)
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
        | "rev-parse" | "rev-list" | "describe" | "cat-file" | "for-each-ref" | "grep" => true,
        "ls-remote" => operands <= 1 && !rest.iter().any(|w| w.contains("://") || w.contains('@')),
        "reflog" => !rest.iter().any(|w| matches!(*w, "expire" | "delete" | "exists")),
        "stash" => matches!(rest.first(), Some(&("list" | "show"))),
        "worktree" => rest.first() == Some(&"list"),
        "remote" => {
            operands == 0
                || (rest.first() == Some(&"show") && operands == 2)
                || (rest.first() == Some(&"get-url") && operands == 2)
        }
        "config" => has(&["--get", "--get-all", "--list", "-l", "--get-regexp"]) && operands <= 1,
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
                && !has(&["-d", "--delete", "-f", "--force", "-a", "-s", "-m", "--annotate", "--sign"])
        }
        _ => false,
    }
}
