//! The harm that one simple command can do, by its program and its arguments.

use super::words::{Word, name, simple_command, without_prefixes};

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

/// The class of a dangerous simple command. `piped_from_download`: its input is what another one fetched.
pub fn simple(words: &[Word], piped_from_download: bool) -> Option<&'static str> {
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
