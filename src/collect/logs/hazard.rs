//! Classifies shell commands by the harm they can do; a classifier of one's own can be given instead.

/// A function that names the class of a dangerous command, or `None`.
pub type Classifier = fn(&str) -> Option<&'static str>;

/// Longest list of words looked at in one simple command.
const WORDS: usize = 256;

/// The class of the first dangerous simple command inside `command`.
///
/// Works on the words of each simple command, so `echo "rm -rf /"` and `git commit -m 'rm -rf'` are not dangerous.
pub fn classify(command: &str) -> Option<&'static str> {
    let bytes = command.as_bytes();
    if !may_be_dangerous(bytes) {
        return None;
    }
    if is_fork_bomb(command) {
        return Some("fork_bomb");
    }
    let mut words: Vec<Word> = Vec::new();
    let mut piped_from_download = false;
    let mut at = 0;
    while at <= bytes.len() {
        let (end, stop) = simple_command(bytes, at, &mut words);
        let plain = without_prefixes(&words);
        let class = simple(plain, piped_from_download);
        if class.is_some() {
            return class;
        }
        let downloads = matches!(name(plain), "curl" | "wget" | "fetch");
        piped_from_download = stop == Some(b'|') && (downloads || piped_from_download);
        if end >= bytes.len() {
            break;
        }
        at = end + 1;
    }
    None
}

/// A cheap look before the words are split: each class needs one of these texts. Walks over the starts of words only.
fn may_be_dangerous(bytes: &[u8]) -> bool {
    if memchr::memchr2(b'>', b':', bytes).is_some() || memchr::memchr(b'\\', bytes).is_some() {
        // Redirections, fork bombs, and words pieced together with backslashes or quotes.
        return true;
    }
    let mut starts_word = true;
    for (at, &b) in bytes.iter().enumerate() {
        if starts_word && SUSPECT[usize::from(b)] && is_suspect(&bytes[at..]) {
            return true;
        }
        if matches!(b, b'\'' | b'"') && at > 0 && bytes[at - 1].is_ascii_alphanumeric() {
            return true;
        }
        starts_word = !b.is_ascii_alphanumeric();
    }
    false
}

fn is_suspect(rest: &[u8]) -> bool {
    let pair = [rest.first(), rest.get(1)];
    // The first two letters decide nearly always; only then is the whole name compared.
    PROGRAMS.iter().any(|p| pair == [p.first(), p.get(1)] && rest.starts_with(p))
}

/// Starts of the programs (and of SQL words) that some class names.
const PROGRAMS: &[&[u8]] = &[
    b"rm",
    b"find",
    b"unlink",
    b"shred",
    b"truncate",
    b"wipe",
    b"sfdisk",
    b"fdisk",
    b"parted",
    b"dd",
    b"mk",
    b"chmod",
    b"git",
    b"history",
    b"kill",
    b"pkill",
    b"shutdown",
    b"reboot",
    b"halt",
    b"poweroff",
    b"systemctl",
    b"iptables",
    b"ip6tables",
    b"ufw",
    b"setenforce",
    b"terraform",
    b"tofu",
    b"kubectl",
    b"drop",
    b"psql",
    b"mysql",
    b"mariadb",
    b"sqlite3",
    b"bash",
    b"sh",
    b"zsh",
    b"dash",
    b"ksh",
    b"python",
    b"perl",
    b"ruby",
    b"node",
];

/// First letters of [`PROGRAMS`].
const SUSPECT: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < PROGRAMS.len() {
        table[PROGRAMS[i][0] as usize] = true;
        i += 1;
    }
    table
};

fn is_fork_bomb(command: &str) -> bool {
    let squeezed: String = command.chars().filter(|c| !c.is_whitespace()).take(4096).collect();
    squeezed.contains(":(){:|:&};:")
}

struct Word {
    text: String,
    /// The word names a file that output goes to.
    is_target: bool,
}

/// Splits the simple command that starts at `at` into words; returns where it ends and the operator that ends it.
fn simple_command(bytes: &[u8], at: usize, words: &mut Vec<Word>) -> (usize, Option<u8>) {
    words.clear();
    let mut word: Vec<u8> = Vec::new();
    let mut in_word = false;
    let mut target = false;
    let mut quote = 0u8;
    let mut i = at;
    let mut end = None;
    while let Some(&b) = bytes.get(i) {
        if quote != 0 {
            if b == quote {
                quote = 0;
            } else if quote == b'"' && b == b'\\' && i + 1 < bytes.len() {
                i += 1;
                word.push(bytes[i]);
            } else if quote == b'"' && b == b'$' && bytes.get(i + 1) == Some(&b'(') {
                // A command substitution inside quotes is a command: stop here and go on inside it.
                end = Some(b'(');
                i += 1;
                break;
            } else {
                word.push(b);
            }
            i += 1;
            continue;
        }
        match b {
            b'\'' | b'"' => {
                quote = b;
                in_word = true;
            }
            b'\\' if i + 1 < bytes.len() => {
                i += 1;
                if bytes[i] != b'\n' {
                    word.push(bytes[i]);
                    in_word = true;
                }
            }
            b' ' | b'\t' => finish(&mut word, &mut in_word, &mut target, words),
            b'>' => {
                finish(&mut word, &mut in_word, &mut target, words);
                target = true;
                if bytes.get(i + 1) == Some(&b'&') {
                    target = false;
                    i += 1;
                }
            }
            b';' | b'\n' | b'|' | b'&' | b'(' | b')' | b'{' | b'}' | b'`' => {
                end = Some(b);
                break;
            }
            _ => {
                word.push(b);
                in_word = true;
            }
        }
        i += 1;
    }
    finish(&mut word, &mut in_word, &mut target, words);
    // `||` is no pipe.
    if end == Some(b'|') && bytes.get(i + 1) == Some(&b'|') {
        return (i + 1, Some(b';'));
    }
    (i, end)
}

fn finish(word: &mut Vec<u8>, in_word: &mut bool, target: &mut bool, words: &mut Vec<Word>) {
    if *in_word && words.len() < WORDS {
        words.push(Word { text: String::from_utf8_lossy(word).into_owned(), is_target: *target });
        *target = false;
    }
    word.clear();
    *in_word = false;
}

/// The words from the program's name on: without assignments and programs that run other programs.
fn without_prefixes(words: &[Word]) -> &[Word] {
    let mut rest = words;
    loop {
        let Some(first) = rest.first() else { return rest };
        let text = first.text.as_str();
        let is_assignment = text
            .split_once('=')
            .is_some_and(|(k, _)| !k.is_empty() && k.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
        let takes_command = matches!(
            base(text),
            "sudo"
                | "doas"
                | "env"
                | "nohup"
                | "time"
                | "command"
                | "exec"
                | "nice"
                | "xargs"
                | "then"
                | "do"
                | "else"
                | "if"
                | "!"
        );
        if is_assignment || takes_command {
            rest = &rest[1..];
            if takes_command {
                while rest.first().is_some_and(|w| w.text.starts_with('-')) {
                    let has_value = matches!(rest[0].text.as_str(), "-u" | "-g" | "-n" | "-I" | "-P" | "-L");
                    rest = &rest[if has_value && rest.len() > 1 { 2 } else { 1 }..];
                }
            }
        } else {
            return rest;
        }
    }
}

fn base(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}

fn name(words: &[Word]) -> &str {
    words.first().map_or("", |w| base(&w.text))
}

/// Whether a short option letter (`-rf`) or a long option is among the words.
fn has(words: &[Word], short: &str, long: &[&str]) -> bool {
    words.iter().skip(1).take_while(|w| w.text != "--").any(|w| {
        let text = w.text.as_str();
        match text.strip_prefix("--") {
            Some(_) => long.contains(&text.split('=').next().unwrap_or(text)),
            None => text.strip_prefix('-').is_some_and(|letters| letters.chars().any(|c| short.contains(c))),
        }
    })
}

fn any(words: &[Word], wanted: &[&str]) -> bool {
    words.iter().skip(1).any(|w| wanted.contains(&w.text.as_str()))
}

fn is_device(path: &str) -> bool {
    path.strip_prefix("/dev/").is_some_and(|d| {
        ["sd", "hd", "vd", "xvd", "nvme", "mmcblk", "disk", "rdisk", "mapper/", "dm-"]
            .iter()
            .any(|p| d.starts_with(p))
    })
}

fn is_log_path(path: &str) -> bool {
    path.starts_with("/var/log") || path.contains(".claude/projects") || path.ends_with("audit.log")
}

fn simple(words: &[Word], piped_from_download: bool) -> Option<&'static str> {
    let program = name(words);
    if words.iter().any(|w| w.is_target && is_device(&w.text)) {
        return Some("disk_overwrite");
    }
    if words.iter().any(|w| w.is_target && is_log_path(&w.text))
        && words.len() <= 2
        && !matches!(program, "tee")
    {
        return Some("log_tampering");
    }
    if piped_from_download
        && matches!(
            program,
            "sh" | "bash" | "zsh" | "dash" | "ksh" | "python" | "python3" | "perl" | "ruby" | "node"
        )
    {
        return Some("download_to_shell");
    }
    let touches_log = words.iter().skip(1).any(|w| is_log_path(&w.text));
    match program {
        "rm" if touches_log => Some("log_tampering"),
        "rm" if has(words, "rRf", &["--recursive", "--force", "--no-preserve-root"]) => {
            Some("recursive_delete")
        }
        "rm" => Some("delete"),
        "find" if any(words, &["-delete"]) => Some("recursive_delete"),
        "unlink" | "rmdir" => Some("delete"),
        "shred" | "truncate" if touches_log => Some("log_tampering"),
        "shred" | "wipe" | "wipefs" | "sfdisk" | "fdisk" | "parted" => Some("disk_overwrite"),
        "dd" if words.iter().any(|w| w.text.starts_with("of=")) => Some("disk_overwrite"),
        p if p == "mkfs" || p.starts_with("mkfs.") || p == "mke2fs" || p == "mkswap" => {
            Some("disk_overwrite")
        }
        "chmod" if words.iter().skip(1).any(|w| opens_to_all(&w.text)) => Some("world_writable"),
        "git" => git(words),
        "history" if has(words, "c", &[]) => Some("log_tampering"),
        "kill" | "pkill" | "killall"
            if words.iter().skip(1).any(|w| w.text.contains("auditd") || w.text.contains("syslog")) =>
        {
            Some("log_tampering")
        }
        "shutdown" | "reboot" | "halt" | "poweroff" => Some("shutdown"),
        "systemctl" if any(words, &["poweroff", "reboot", "halt"]) => Some("shutdown"),
        "systemctl"
            if any(words, &["stop", "disable", "mask"])
                && words.iter().any(|w| w.text.contains("auditd") || w.text.contains("syslog")) =>
        {
            Some("log_tampering")
        }
        "iptables" | "ip6tables" if has(words, "F", &["--flush"]) => Some("firewall_off"),
        "ufw" if any(words, &["disable"]) => Some("firewall_off"),
        "setenforce" if any(words, &["0"]) => Some("firewall_off"),
        "terraform" | "tofu" if any(words, &["destroy"]) => Some("infrastructure_destroy"),
        "kubectl" if any(words, &["delete"]) => Some("infrastructure_destroy"),
        "dropdb" => Some("database_destroy"),
        "psql" | "mysql" | "sqlite3" | "mariadb" => words
            .iter()
            .any(|w| {
                let upper = w.text.to_ascii_uppercase();
                upper.contains("DROP TABLE")
                    || upper.contains("DROP DATABASE")
                    || upper.contains("TRUNCATE TABLE")
            })
            .then_some("database_destroy"),
        "bash" | "sh" | "zsh" | "dash" if has(words, "c", &[]) => {
            // The command of `sh -c` is one word; its own simple commands are looked at one level deep.
            let inner =
                words.iter().skip_while(|w| !w.text.starts_with('-') || !w.text.contains('c')).nth(1)?;
            let mut inner_words = Vec::new();
            let mut at = 0;
            let bytes = inner.text.as_bytes();
            while at <= bytes.len() {
                let (end, _) = simple_command(bytes, at, &mut inner_words);
                let plain = without_prefixes(&inner_words);
                if !matches!(name(plain), "bash" | "sh" | "zsh" | "dash")
                    && let Some(class) = simple(plain, false)
                {
                    return Some(class);
                }
                at = end + 1;
            }
            None
        }
        _ => None,
    }
}

fn opens_to_all(mode: &str) -> bool {
    let octal = mode.len() >= 3 && mode.len() <= 4 && mode.bytes().all(|b| (b'0'..=b'7').contains(&b));
    if octal {
        return mode.bytes().last().is_some_and(|b| (b - b'0') & 2 != 0);
    }
    mode.split(',').any(|part| {
        let Some(at) = part.find(['+', '=']) else { return false };
        let (who, what) = part.split_at(at);
        (who.is_empty() || who.contains(['a', 'o']))
            && what.contains('w')
            && who.chars().all(|c| "ugoa".contains(c))
    })
}

fn git(words: &[Word]) -> Option<&'static str> {
    let verb = words.iter().skip(1).find(|w| !w.text.starts_with('-'))?.text.as_str();
    match verb {
        "push"
            if has(words, "f", &["--force", "--force-with-lease", "--mirror", "--delete"])
                || words.iter().any(|w| w.text.starts_with('+')) =>
        {
            Some("forced_push")
        }
        "reset" if any(words, &["--hard"]) => Some("discard_work"),
        "clean" if has(words, "f", &["--force"]) => Some("discard_work"),
        "filter-branch" | "filter-repo" => Some("history_rewrite"),
        "commit" | "push" if any(words, &["--no-verify"]) => Some("hook_bypass"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::classify;

    #[test]
    fn dangerous_commands_have_a_class() {
        for (command, class) in [
            ("rm -rf /tmp/x", "recursive_delete"),
            ("cd a && sudo rm -r b", "recursive_delete"),
            ("/bin/rm x", "delete"),
            ("X=1 rm -fr \"$D\"", "recursive_delete"),
            ("find . -name '*.o' -delete", "recursive_delete"),
            ("mkfs.ext4 /dev/sdb1", "disk_overwrite"),
            ("dd if=/dev/zero of=/dev/sda", "disk_overwrite"),
            ("echo x > /dev/sda", "disk_overwrite"),
            ("chmod -R 777 .", "world_writable"),
            ("chmod a+w f", "world_writable"),
            ("chmod o=rw f", "world_writable"),
            ("curl -s https://x | sudo bash", "download_to_shell"),
            ("wget -qO- u | tee f | sh", "download_to_shell"),
            ("git push --force origin main", "forced_push"),
            ("git push origin +main", "forced_push"),
            ("git reset --hard HEAD~3", "discard_work"),
            ("git commit --no-verify -m x", "hook_bypass"),
            (":(){ :|:& };:", "fork_bomb"),
            ("rm /var/log/claude-code/audit.log", "log_tampering"),
            ("> /var/log/claude-code/audit.log", "log_tampering"),
            ("bash -c 'rm -rf /'", "recursive_delete"),
            ("echo \"$(rm -rf x)\"", "recursive_delete"),
            ("terraform destroy -auto-approve", "infrastructure_destroy"),
            ("psql -c 'drop table users'", "database_destroy"),
        ] {
            assert_eq!(classify(command), Some(class), "{command}");
        }
    }

    #[test]
    fn words_about_danger_are_not_dangerous() {
        for command in [
            "echo 'rm -rf /'",
            "git commit -m \"rm -rf the old code\"",
            "grep -rn 'mkfs' .",
            "cargo fmt",
            "chmod 755 x",
            "chmod u+w x",
            "ls > /dev/null",
            "git push origin main",
            "curl -s https://x || bash y",
            "dd --help",
            "docker rm x",
            "npm run format",
            "",
            "echo x >> /var/log/claude-code/audit.log && true",
        ] {
            assert_eq!(classify(command), None, "{command}");
        }
    }
}
