//! Programs that run another program, and how far the client looks behind them (measured on 2.1.197).

use super::{Part, Word};

/// A command behind wrappers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inner {
    /// Where its first word stands.
    pub from: usize,
    /// It stands behind `xargs`: rules for one exact command do not cover it.
    pub fed: bool,
    /// Its text, where the words of the part do not tell it (`--split-string=…`).
    pub text: Option<String>,
}

/// Wrappers that run their argument, behind which deny and ask rules look, and allow rules do not.
const RUNNERS: &[&str] = &[
    "env",
    "sudo",
    "doas",
    "exec",
    "watch",
    "ionice",
    "setsid",
    "flock",
    "unshare",
    "nsenter",
    "taskset",
    "chrt",
    "strace",
    "ltrace",
    "pkexec",
    "script",
    "nocorrect",
    "command",
    "builtin",
    "noglob",
    "timeout",
    "time",
    "nohup",
];

/// Those of them that the client knows only without further options.
const TRANSPARENT: &[&str] = &["command", "builtin", "noglob", "timeout", "time", "nohup"];

/// Wrappers that no prefix or wildcard allow rule covers, since they run what they are given.
pub const NEVER_BY_PREFIX: &[&str] = &[
    "watch", "ionice", "setsid", "flock", "unshare", "nsenter", "taskset", "chrt", "strace", "ltrace",
    "script",
];

/// Most wrappers that are looked behind.
const MAX_WRAPPERS: usize = 16;

/// The commands behind the wrappers that every rule looks behind, outermost first.
pub fn stripped(words: &[Word]) -> Vec<Inner> {
    let mut out = Vec::new();
    strip_from(words, 0, false, &mut out);
    out
}

/// The commands that deny and ask rules see behind wrappers. `runners`: this version looks behind programs that run
/// their argument.
pub fn revealed(words: &[Word], runners: bool) -> Vec<Inner> {
    let mut out = Vec::new();
    strip_from(words, 0, true, &mut out);
    let mut at = 0;
    while runners && at < words.len() && out.len() < MAX_WRAPPERS {
        let Some(found) = behind_runner(words, at) else { break };
        at = found.from;
        let in_text = found.text.is_some();
        out.push(found);
        if in_text {
            break;
        }
        strip_from(words, at, true, &mut out);
    }
    out
}

fn strip_from(words: &[Word], start: usize, assignments: bool, out: &mut Vec<Inner>) {
    let mut at = start;
    while out.len() < MAX_WRAPPERS {
        let skipped =
            words[at..].iter().take_while(|w| assignments && at > start && is_assignment(&w.value)).count();
        let Some(program) = words.get(at + skipped) else { return };
        if skipped > 0 {
            out.push(Inner { from: at + skipped, fed: false, text: None });
        }
        at += skipped;
        let rest = &words[at + 1..];
        if program.value == "xargs" {
            if rest.first().is_some_and(|w| !w.value.starts_with('-')) {
                out.push(Inner { from: at + 1, fed: true, text: None });
            }
            return;
        }
        let Some(own) = transparent(&program.value, rest).filter(|own| *own < rest.len()) else { return };
        at += 1 + own;
        out.push(Inner { from: at, fed: false, text: None });
    }
}

/// How many words after a wrapper that changes nothing of the command are its own; `None` where it is no such wrapper,
/// or not one written as the client knows it.
fn transparent(program: &str, rest: &[Word]) -> Option<usize> {
    let word = |i: usize| rest.get(i).map_or("", |w| w.value.as_str());
    let own = match program {
        "timeout" => {
            let mut i = 0;
            loop {
                match word(i) {
                    "--foreground" | "--preserve-status" | "--verbose" | "-v" => i += 1,
                    "-k" | "-s" | "--kill-after" | "--signal" => i += 2,
                    w if w.starts_with("--kill-after=") || w.starts_with("--signal=") => i += 1,
                    w if w.len() > 2 && (w.starts_with("-k") || w.starts_with("-s")) => i += 1,
                    _ => break,
                }
            }
            i += usize::from(word(i) == "--");
            return duration(word(i)).then_some(i + 1);
        }
        "nice" => match word(0) {
            "-n" => {
                word(1).parse::<i32>().ok()?;
                2
            }
            w => usize::from(
                w.strip_prefix('-').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())),
            ),
        },
        "stdbuf" => {
            let buffering = |w: &&Word| {
                let bytes = w.value.as_bytes();
                bytes.len() > 2
                    && bytes[0] == b'-'
                    && matches!(bytes[1], b'i' | b'o' | b'e')
                    && bytes[2..].iter().all(|b| matches!(b, b'L' | b'N' | b'0'..=b'9'))
            };
            rest.iter().take_while(buffering).count().checked_sub(1)? + 1
        }
        "command" => usize::from(word(0) == "-p"),
        "time" | "nohup" | "builtin" | "noglob" => 0,
        _ => return None,
    };
    let own = own + usize::from(word(own) == "--");
    (!word(own).starts_with('-')).then_some(own)
}

fn duration(text: &str) -> bool {
    let number = text.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or(text);
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(part)
}

/// The command that a runner at `at` would run.
fn behind_runner(words: &[Word], at: usize) -> Option<Inner> {
    let program = words.get(at)?.value.as_str();
    if !RUNNERS.contains(&program) {
        return None;
    }
    if let Some(own) = transparent(program, &words[at + 1..]) {
        let after = at + 1 + own;
        let assigned = words.get(after..)?.iter().take_while(|w| is_assignment(&w.value)).count();
        let from = after + assigned;
        return (from < words.len()).then_some(Inner { from, fed: false, text: None });
    }
    if TRANSPARENT.contains(&program) {
        return None;
    }
    let word = |i: usize| words.get(i).map(|w| w.value.as_str());
    let plain = |from: usize| (from < words.len()).then_some(Inner { from, fed: false, text: None });
    let mut i = at + 1;
    let mut positions = usize::from(matches!(program, "flock" | "script"));
    while let Some(option) = word(i) {
        if option == "--" {
            i += 1;
            break;
        }
        let split = option
            .strip_prefix("--split-string=")
            .or_else(|| option.strip_prefix("-S").filter(|t| !t.is_empty()));
        let text = match split.filter(|_| program == "env") {
            Some(first) => {
                let rest = words[i + 1..].iter().map(|w| w.value.as_str());
                Some(std::iter::once(first).chain(rest).collect::<Vec<_>>().join(" "))
            }
            None if runs_text(program, option) => Some(words.get(i + 1)?.value.clone()),
            None => None,
        };
        if let Some(text) = text {
            return Some(Inner { from: words.len(), fed: false, text: Some(without_assignments(&text)) });
        }
        if option.starts_with('-') && option.len() > 1 {
            i += 1 + usize::from(takes_value(program, option));
        } else if is_assignment(option) {
            i += 1;
        } else if positions > 0 {
            positions -= 1;
            i += 1;
        } else if matches!(program, "taskset" | "chrt") && option.starts_with(|c: char| c.is_ascii_digit()) {
            i += 1;
        } else {
            break;
        }
    }
    plain(i)
}

fn without_assignments(text: &str) -> String {
    text.split_whitespace().skip_while(|w| is_assignment(w)).collect::<Vec<_>>().join(" ")
}

/// Whether an option is followed by the text of a command.
fn runs_text(program: &str, option: &str) -> bool {
    match program {
        "env" => matches!(option, "-S" | "--split-string"),
        "flock" => matches!(option, "-c" | "--command"),
        "script" => {
            option == "--command"
                || (option.starts_with('-') && !option.starts_with("--") && option.ends_with('c'))
        }
        _ => false,
    }
}

/// Whether the value of an option is the next word.
fn takes_value(program: &str, option: &str) -> bool {
    let values: &[&str] = match program {
        "sudo" => &[
            "-u",
            "-g",
            "-h",
            "-p",
            "-C",
            "-r",
            "-t",
            "-T",
            "-U",
            "-D",
            "-R",
            "--user",
            "--group",
            "--host",
            "--prompt",
            "--role",
            "--type",
            "--chdir",
            "--chroot",
            "--close-from",
            "--command-timeout",
            "--other-user",
        ],
        "doas" => &["-u", "-C"],
        "env" => &["-u", "-C", "--unset", "--chdir"],
        "exec" => &["-a"],
        "watch" => &["-n", "--interval"],
        "ionice" => &["-c", "-n", "-p", "-P", "-u", "--class", "--classdata", "--pid"],
        "flock" => &["-w", "-E", "--timeout", "--wait", "--conflict-exit-code"],
        "nsenter" => &["-t", "-S", "-G", "--target"],
        "strace" | "ltrace" => &["-e", "-o", "-p", "-s", "-u", "-E", "-a", "-P", "-S"],
        "pkexec" => &["--user"],
        _ => &[],
    };
    values.contains(&option)
}

/// Whether a word is `NAME=value`, `NAME+=value` or `NAME[i]=value`.
pub fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        let name = name.split_once('[').filter(|(_, index)| index.ends_with(']')).map_or(name, |(n, _)| n);
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// Environment variables whose assignment an allow rule looks past (client-contract 2.3).
const SAFE_VARIABLES: &[&str] = &[
    "NODE_ENV",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "GOOS",
    "GOARCH",
    "GOEXPERIMENT",
    "CGO_ENABLED",
    "GO111MODULE",
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "PYTEST_DEBUG",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_TIME",
    "CHARSET",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "FORCE_COLOR",
    "TZ",
    "LS_COLORS",
    "LSCOLORS",
    "GREP_COLOR",
    "GREP_COLORS",
    "GCC_COLORS",
    "TIME_STYLE",
    "BLOCK_SIZE",
    "BLOCKSIZE",
    "ANTHROPIC_API_KEY",
];

/// Whether all leading assignments of a part are of variables that an allow rule looks past.
pub fn only_safe_assignments(part: &Part) -> bool {
    part.assignments
        .iter()
        .all(|(name, raw)| SAFE_VARIABLES.contains(&name.as_str()) && !raw.contains(['$', '`', '(', ' ']))
}
