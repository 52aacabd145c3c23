//! Which programs a hook's command line names: just enough shell to find them, never to run them.

/// Commands taken apart in one line, and words in one command.
const PARTS: usize = 500;
/// How often a shell may start a shell inside one line.
const DEPTH: usize = 3;

/// Stands for a dollar sign that the shell would not expand.
const PLAIN_DOLLAR: char = '\u{1}';

/// A program that a command line starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// As written, quotes removed, variables not yet replaced.
    pub word: String,
    /// The folder that the line changes to first, as written.
    pub folder: Option<String>,
    /// Whether it is looked up in `PATH`.
    pub bare: bool,
}

const SHELLS: &[&str] = &["bash", "sh", "zsh", "dash", "ksh", "fish", "ash"];
const INTERPRETERS: &[&str] = &[
    "python",
    "python2",
    "python3",
    "node",
    "nodejs",
    "ruby",
    "perl",
    "php",
    "deno",
    "bun",
    "tsx",
    "ts-node",
    "pwsh",
    "powershell",
    "powershell.exe",
    "pwsh.exe",
    "osascript",
    "Rscript",
    "lua",
];
/// They start the command that follows.
const WRAPPERS: &[&str] = &[
    "env", "sudo", "doas", "nice", "nohup", "exec", "command", "builtin", "timeout", "gtimeout", "time",
    "stdbuf", "setsid", "xargs", "ionice", "uv", "uvx", "poetry", "pipenv", "npx", "bunx", "if", "then",
    "else", "elif", "do", "while", "until", "!", "{", "(",
];
/// Options that take the next word as their value.
const VALUED: &[&str] = &[
    "-o",
    "-O",
    "-W",
    "-X",
    "-r",
    "--require",
    "--import",
    "--loader",
    "-I",
    "-u",
    "-n",
    "-s",
    "-k",
    "--signal",
    "-ExecutionPolicy",
    "-executionpolicy",
    "--with",
    "--python",
    "-p",
    "--package",
    "--init-file",
    "--rcfile",
];
/// What every shell does itself, or is no program.
const BUILTINS: &[&str] = &[
    "echo", "printf", "exit", "test", "[", "[[", "true", "false", ":", "read", "export", "set", "unset",
    "local", "return", "trap", "wait", "type", "hash", "eval", "shift", "pwd", "fi", "done", "esac", "for",
    "case", "in", "function", "}", ")", "declare", "let", "umask", "ulimit", "alias", "popd", "pushd",
];

/// The programs of a shell command line.
pub fn programs(line: &str) -> Vec<Program> {
    let mut found = Vec::new();
    in_line(line, 0, &mut found);
    found.dedup();
    found
}

/// The programs of a command that is started without a shell.
pub fn programs_of_words(words: &[String]) -> Vec<Program> {
    let mut found = Vec::new();
    let words: Vec<String> = words.iter().take(PARTS).cloned().collect();
    in_command(&words, &mut None, 0, &mut found);
    found
}

fn in_line(line: &str, depth: usize, found: &mut Vec<Program>) {
    let mut folder = None;
    for words in split(line).into_iter().take(PARTS) {
        in_command(&words, &mut folder, depth, found);
    }
}

fn in_command(words: &[String], folder: &mut Option<String>, depth: usize, found: &mut Vec<Program>) {
    let mut words = words.iter().map(String::as_str).peekable();
    let program = loop {
        let Some(word) = words.next() else { return };
        if is_assignment(word) {
            continue;
        }
        if !WRAPPERS.contains(&word) {
            break word;
        }
        while let Some(&next) = words.peek() {
            let duration = matches!(word, "timeout" | "gtimeout")
                && next.starts_with(|first: char| first.is_ascii_digit());
            let subcommand = matches!(word, "uv" | "poetry" | "pipenv") && next == "run";
            if VALUED.contains(&next) {
                words.next();
            } else if !next.starts_with('-') && !duration && !subcommand {
                break;
            }
            words.next();
        }
    };
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    let shell = SHELLS.contains(&name);
    let versioned = name.trim_end_matches(|last: char| last.is_ascii_digit() || last == '.');
    let interpreter = shell || INTERPRETERS.contains(&name) || INTERPRETERS.contains(&versioned);
    if program == "cd" {
        *folder = words.find(|word| !word.starts_with('-')).map(str::to_owned);
        return;
    }
    let add = |word: &str, bare: bool, found: &mut Vec<Program>| {
        if found.len() < PARTS && !word.is_empty() {
            found.push(Program { word: word.to_owned(), folder: folder.clone(), bare });
        }
    };
    if program == "source" || program == "." {
        if let Some(word) = words.next() {
            add(word, false, found);
        }
        return;
    }
    if !interpreter {
        let path =
            program.contains(['/', '\\']) || program.starts_with(['~', '$']) || program.starts_with('%');
        if path || !BUILTINS.contains(&program) {
            add(program, !path, found);
        }
        return;
    }
    while let Some(word) = words.next() {
        let lower = word.to_ascii_lowercase();
        if matches!(name, "deno" | "bun") && word == "run" || lower == "-file" {
            continue;
        }
        let code = shell && word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
        if code {
            if let (Some(line), true) = (words.next(), depth < DEPTH) {
                in_line(&line.replace(PLAIN_DOLLAR, "$"), depth + 1, found);
            }
            return;
        }
        let written_out = !shell
            && (matches!(
                lower.as_str(),
                "-c" | "-e" | "--eval" | "--print" | "-m" | "-command" | "-encodedcommand"
            ) || (matches!(versioned, "perl" | "ruby") && word.starts_with('-') && word.ends_with('e')));
        if written_out || word == "-" {
            return;
        }
        if VALUED.contains(&word)
            && !(shell && matches!(word, "-u" | "-n" | "-s" | "-p" | "-r" | "-k" | "-I"))
            && !(versioned.starts_with("python") && matches!(word, "-u" | "-s" | "-I" | "-O"))
        {
            words.next();
            continue;
        }
        if !word.starts_with('-') {
            add(word, false, found);
            return;
        }
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.as_bytes()[0].is_ascii_digit()
    })
}

/// Splits a line into simple commands and their words. Redirections are left out.
fn split(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    let mut redirected = false;
    let end_word = |word: &mut Option<String>, redirected: &mut bool, commands: &mut Vec<Vec<String>>| {
        if let Some(word) = word.take() {
            if std::mem::take(redirected) {
                return;
            }
            if let Some(words) = commands.last_mut()
                && words.len() < PARTS
            {
                words.push(word);
            }
        }
    };
    while let Some(next) = chars.next() {
        match next {
            '\'' => {
                let word = word.get_or_insert_default();
                for inner in chars.by_ref().take_while(|inner| *inner != '\'') {
                    word.push(if inner == '$' { PLAIN_DOLLAR } else { inner });
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                while let Some(inner) = chars.next() {
                    match inner {
                        '"' => break,
                        '\\' => match chars.next() {
                            Some('$') => word.push(PLAIN_DOLLAR),
                            Some(escaped @ ('"' | '\\' | '`')) => word.push(escaped),
                            Some(other) => word.extend(['\\', other]),
                            None => {}
                        },
                        '$' if chars.peek() == Some(&'(') => substitution(word, &mut chars),
                        other => word.push(other),
                    }
                }
            }
            '\\' => match chars.next() {
                Some('\n') | None => {}
                Some('$') => word.get_or_insert_default().push(PLAIN_DOLLAR),
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            '$' if chars.peek() == Some(&'(') => substitution(word.get_or_insert_default(), &mut chars),
            '$' if chars.peek() == Some(&'{') => {
                let word = word.get_or_insert_default();
                word.push('$');
                for inner in chars.by_ref() {
                    word.push(inner);
                    if inner == '}' {
                        break;
                    }
                }
            }
            '#' if word.is_none() => {
                for inner in chars.by_ref() {
                    if inner == '\n' {
                        break;
                    }
                }
                commands.push(Vec::new());
            }
            ' ' | '\t' | '\r' => end_word(&mut word, &mut redirected, &mut commands),
            '>' | '<' => {
                if word.as_deref().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit())) {
                    word = None;
                }
                end_word(&mut word, &mut redirected, &mut commands);
                redirected = true;
                while matches!(chars.peek(), Some('>' | '<' | '&')) {
                    chars.next();
                }
            }
            ';' | '|' | '&' | '\n' | '(' | ')' => {
                end_word(&mut word, &mut redirected, &mut commands);
                redirected = false;
                commands.push(Vec::new());
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    end_word(&mut word, &mut redirected, &mut commands);
    commands.retain(|words| !words.is_empty());
    commands
}

/// Copies `$(…)` as it stands, up to its closing bracket.
fn substitution(word: &mut String, chars: &mut std::iter::Peekable<std::str::Chars>) {
    word.push('$');
    let mut open = 0_usize;
    for inner in chars.by_ref() {
        word.push(inner);
        match inner {
            '(' => open += 1,
            ')' => {
                open -= 1;
                if open == 0 {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// What the variables of a command mean.
pub struct Meaning<'a> {
    pub home: Option<&'a str>,
    pub user: Option<&'a str>,
    pub plugin_root: Option<&'a str>,
    /// What stands for the project's folder.
    pub project: &'a str,
}

/// Replaces the variables that are known; the error is the one that is not.
pub fn expand(word: &str, meaning: &Meaning) -> Result<String, String> {
    let mut word = word.to_owned();
    for (name, plain) in [
        ("$(git rev-parse --show-toplevel 2>/dev/null || pwd)", "$CLAUDE_PROJECT_DIR"),
        ("$(git rev-parse --show-toplevel)", "$CLAUDE_PROJECT_DIR"),
        ("$(pwd)", "$CLAUDE_PROJECT_DIR"),
        ("%CLAUDE_PROJECT_DIR%", "$CLAUDE_PROJECT_DIR"),
        ("$env:CLAUDE_PROJECT_DIR", "$CLAUDE_PROJECT_DIR"),
        ("%USERPROFILE%", "$HOME"),
        ("$env:USERPROFILE", "$HOME"),
        ("%ProgramFiles%", "/Program Files"),
        ("%ProgramData%", "/ProgramData"),
    ] {
        word = word.replace(name, plain);
    }
    if let Some(rest) = word.strip_prefix('~')
        && (rest.is_empty() || rest.starts_with('/'))
    {
        word = format!("$HOME{rest}");
    }
    let mut out = String::new();
    let mut rest = word.as_str();
    while let Some(start) = rest.find('$') {
        out.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let (name, fallback, left) = match after.strip_prefix('{') {
            Some(braced) => {
                let Some((inside, left)) = braced.split_once('}') else { return Err(word.clone()) };
                match inside.split_once(":-").or_else(|| inside.split_once('-')) {
                    Some((name, fallback)) => (name, Some(fallback), left),
                    None => (inside, None, left),
                }
            }
            None => {
                let end = after
                    .find(|next: char| !next.is_ascii_alphanumeric() && next != '_')
                    .unwrap_or(after.len());
                (&after[..end], None, &after[end..])
            }
        };
        let value = match name {
            "HOME" => meaning.home,
            "USER" | "LOGNAME" => meaning.user,
            "CLAUDE_PROJECT_DIR" | "PWD" => Some(meaning.project),
            "CLAUDE_PLUGIN_ROOT" => meaning.plugin_root,
            _ => None,
        };
        match (value, fallback) {
            (Some(value), _) => out.push_str(value),
            (None, Some(fallback)) if !fallback.contains('$') => out.push_str(fallback),
            _ => return Err(format!("${name}")),
        }
        rest = left;
    }
    out.push_str(rest);
    if out.contains('`') {
        return Err("a command substitution".to_owned());
    }
    Ok(out.replace(PLAIN_DOLLAR, "$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        programs(line).into_iter().map(|program| program.word).collect()
    }

    #[test]
    fn finds_what_a_line_starts() {
        for (line, expected) in [
            ("/opt/a.sh --x", &["/opt/a.sh"][..]),
            ("bash /opt/a.sh", &["/opt/a.sh"]),
            ("bash -eu /opt/a.sh", &["/opt/a.sh"]),
            ("\"$CLAUDE_PROJECT_DIR\"/.claude/x.sh", &["$CLAUDE_PROJECT_DIR/.claude/x.sh"]),
            ("python3 -u ~/x.py 2>/dev/null", &["~/x.py"]),
            ("FOO=1 timeout 5 node --require y z.js", &["z.js"]),
            ("bash -c 'cd /x && ./y.sh | jq .'", &["./y.sh", "jq"]),
            ("if [ -f a ]; then sh a; fi", &["a"]),
            ("echo hi; exit 0", &[]),
            ("python3 -c 'import os'", &[]),
            ("uv run --with x script.py", &["script.py"]),
            ("sudo -u root /opt/b", &["/opt/b"]),
            ("pwsh -ExecutionPolicy Bypass -File x.ps1", &["x.ps1"]),
            ("cat > /tmp/log", &["cat"]),
            ("# only a comment", &[]),
            ("\"unclosed $(", &["unclosed $("]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
        assert_eq!(programs("cd /x && ./y.sh")[0].folder.as_deref(), Some("/x"));
    }

    #[test]
    fn replaces_only_what_is_known() {
        let meaning = Meaning { home: Some("/home/dev"), user: Some("dev"), plugin_root: None, project: "@" };
        for (word, expected) in [
            ("~/x", Ok("/home/dev/x")),
            ("${HOME}/x", Ok("/home/dev/x")),
            ("$CLAUDE_PROJECT_DIR/x", Ok("@/x")),
            ("${HOOKS:-/opt/h}/x", Ok("/opt/h/x")),
            ("$HOOKS/x", Err("$HOOKS")),
            ("${CLAUDE_PLUGIN_ROOT}/x", Err("$CLAUDE_PLUGIN_ROOT")),
        ] {
            assert_eq!(expand(word, &meaning).as_deref().map_err(String::as_str), expected, "{word}");
        }
    }

    #[test]
    fn hostile_lines_end() {
        programs(&"bash -c \"".repeat(10_000));
        programs(&"$(".repeat(100_000));
        programs(&"((((((".repeat(100_000));
    }
}
