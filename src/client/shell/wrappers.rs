//! Programs that run another program, and how far the client looks behind them.

use super::Part;

/// How sure it is that the client looks behind a wrapper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    Yes,
    /// The changelog names the wrapper only as "similar", or the wrapper carries options that were not measured.
    Unknown,
}

/// A command behind wrappers: the words from `from` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inner {
    pub from: usize,
    pub sure: Sure,
}

/// Wrappers that allow, ask and deny rules look behind (client-contract 2.3).
const STRIPPED: &[&str] =
    &["timeout", "time", "nice", "nohup", "stdbuf", "command", "builtin", "noglob", "xargs"];
/// Wrappers that only deny and ask rules look behind (2.1.113; `env`, `sudo` and `exec` were measured).
const DENY_ONLY: &[&str] = &["env", "sudo", "exec", "watch", "ionice", "setsid"];
/// Programs of the same sort that neither the changelog names nor a measurement covers.
const PERHAPS: &[&str] = &[
    "doas",
    "flock",
    "unshare",
    "systemd-run",
    "taskset",
    "nocache",
    "bwrap",
    "chrt",
    "chroot",
    "strace",
    "ltrace",
    "unbuffer",
    "setarch",
    "prlimit",
    "numactl",
    "fakeroot",
    "firejail",
    "runuser",
    "gosu",
    "pkexec",
    "caffeinate",
    "arch",
    "script",
    "su",
    "proxychains",
    "torsocks",
    "faketime",
    "eatmydata",
    "catchsegv",
    "nsenter",
    "parallel",
    "coproc",
    "nocorrect",
];

/// Wrappers that no prefix or wildcard allow rule covers.
pub const NEVER_BY_PREFIX: &[&str] = &["watch", "setsid", "ionice", "flock"];

/// Every command that stands behind the wrappers of a part, outermost first.
/// `deny` looks as far as deny and ask rules do, otherwise only as far as allow rules do.
pub fn inner(part: &Part, deny: bool, exec_wrappers: bool) -> Vec<Inner> {
    let words: Vec<&str> = part.words.iter().map(|w| w.value.as_str()).collect();
    let (mut out, mut from, mut sure) = (Vec::new(), 0, Sure::Yes);
    while out.len() < 16 {
        let Some(program) = words.get(from) else { break };
        let known = STRIPPED.contains(program) || (deny && exec_wrappers && DENY_ONLY.contains(program));
        let perhaps = deny && !known && (PERHAPS.contains(program) || DENY_ONLY.contains(program));
        if !known && !perhaps {
            break;
        }
        let Some((skip, certain)) = skip_options(program, &words[from + 1..]) else { break };
        if perhaps || !certain {
            sure = Sure::Unknown;
        }
        from += 1 + skip;
        if from >= words.len() || (!deny && sure == Sure::Unknown) {
            break;
        }
        out.push(Inner { from, sure });
    }
    out
}

/// How many words after the wrapper are its own, and whether that reading is certain. `None`: nothing is run.
fn skip_options(program: &str, rest: &[&str]) -> Option<(usize, bool)> {
    match program {
        "xargs" => match rest.first() {
            Some(first) if !first.starts_with('-') => Some((0, true)),
            _ => None,
        },
        "command" => match rest.first() {
            Some(first) if first.starts_with("-p") => Some((1, false)),
            Some(first) if first.starts_with('-') => None,
            _ => Some((0, true)),
        },
        "timeout" => {
            let (mut i, mut certain) = (0, true);
            while let Some(word) = rest.get(i).filter(|w| w.starts_with('-')) {
                match *word {
                    "--foreground" | "--preserve-status" | "--verbose" | "-v" => i += 1,
                    "-k" | "-s" | "--kill-after" | "--signal" => i += 2,
                    "--" => {
                        i += 1;
                        break;
                    }
                    w if w.starts_with("--kill-after=") || w.starts_with("--signal=") => i += 1,
                    w if w.starts_with("-k") || w.starts_with("-s") => i += 1,
                    _ => {
                        certain = false;
                        i += 1;
                    }
                }
            }
            let duration = rest.get(i)?;
            certain &= duration.starts_with(|c: char| c.is_ascii_digit());
            Some((i + 1, certain))
        }
        "nice" => match rest.first() {
            Some(&"-n") => Some((2, true)),
            Some(w)
                if w.strip_prefix('-')
                    .is_some_and(|n| n.trim_start_matches(['-', 'n']).parse::<i32>().is_ok()) =>
            {
                Some((1, true))
            }
            Some(w) if w.starts_with('-') => Some((1, false)),
            _ => Some((0, true)),
        },
        "stdbuf" => {
            let own = rest.iter().take_while(|w| w.starts_with('-')).count();
            let certain =
                rest[..own].iter().all(|w| w.len() > 2 && matches!(w.as_bytes()[1], b'i' | b'o' | b'e'));
            Some((own, certain))
        }
        "env" => {
            let own = rest.iter().take_while(|w| w.starts_with('-') || assignment(w)).count();
            let certain = !rest[..own].iter().any(|w| w.starts_with('-'));
            Some((own, certain))
        }
        "time" | "nohup" | "builtin" | "noglob" => {
            let own = rest.iter().take_while(|w| w.starts_with('-')).count();
            Some((own, own == 0 || rest[..own] == ["--"]))
        }
        _ => {
            // Options of the others may take values: try the first word that looks like a program.
            let own = rest.iter().take_while(|w| w.starts_with('-') || assignment(w)).count();
            let values = usize::from(own > 0 && takes_value(program, rest[own - 1]));
            let lock = usize::from(program == "flock" || program == "taskset" || program == "chroot");
            Some((own + values + lock, own == 0))
        }
    }
}

fn takes_value(program: &str, option: &str) -> bool {
    match program {
        "sudo" => {
            matches!(option, "-u" | "-g" | "-h" | "-p" | "-C" | "-r" | "-t" | "-T" | "-U" | "-D" | "-R")
        }
        "watch" => matches!(option, "-n" | "--interval"),
        "ionice" => matches!(option, "-c" | "-n" | "-p"),
        "exec" => option == "-a",
        "doas" => matches!(option, "-u" | "-C"),
        _ => false,
    }
}

fn assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
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
