//! Records that hooks hand to the system log: the file that rsyslog writes them to, or the journal that keeps them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::audit_log::{Sink, sinks};
use super::hooks::code;
use super::rotation::{Days, journald};
use super::{Facts, KeptFor};
use crate::model::RotationKind;

/// Severities of syslog, the gravest first, with their other names.
const SEVERITIES: [&[&str]; 8] = [
    &["emerg", "panic"],
    &["alert"],
    &["crit"],
    &["err", "error"],
    &["warning", "warn"],
    &["notice"],
    &["info"],
    &["debug"],
];

static CALL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[\s|;&(/])(?:logger(?P<arguments>(?:\s+[^\n|;&]*)?)$|logger\s(?P<more>[^\n|;&]*)|systemd-cat\b|/dev/log\b|SysLogHandler|syslog\()")
        .expect("a fixed expression")
});
static PRIORITY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\s(?:-[a-z]*p|--priority)[\s=]*["']?(?:(?P<facility>[a-z0-9]+)\.)?(?P<severity>[a-z]+)"#)
        .expect("a fixed expression")
});
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\s(?:-[a-z]*t|--tag)[\s=]*["']?(?P<tag>[A-Za-z0-9_./-]+)"#).expect("a fixed expression")
});
static TARGET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:(?:^|[\s{])-?|\bfile=")(?P<path>/[^\s;"'{}()]+)"#).expect("a fixed expression")
});

/// A message as rsyslog sees it. What is not known of it matches no rule that names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    facility: Option<String>,
    /// The place in the list of severities.
    severity: usize,
    tag: Option<String>,
}

/// How closely a rule names a message; the closest rules decide where it is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Everything,
    Facility,
    Tag,
}

impl Facts<'_> {
    fn messages(&self) -> BTreeSet<Message> {
        let sessions = self.sessions().iter();
        let texts = sessions.flat_map(|session| self.recording_hooks(session)).map(|hook| hook.text());
        texts
            .filter(|text| sinks(text, "home/user").contains(&Sink::Service))
            .filter_map(|text| message(&text))
            .collect()
    }

    /// Whether hooks hand their records to the system log.
    pub fn hands_to_system_log(&self) -> bool {
        !self.messages().is_empty()
    }

    /// The files, below the root, that rsyslog writes the hooks' records to.
    pub fn system_log_files(&self) -> BTreeSet<String> {
        let programs = self.forwarders();
        let Some((rules, _)) = programs.get("rsyslog") else { return BTreeSet::new() };
        self.messages().iter().flat_map(|message| written_to(rules, message)).collect()
    }

    /// What the journal keeps of records that hooks hand to the system log, where no file of it is known.
    pub fn kept_by_journal(&self) -> Option<KeptFor> {
        if !self.hands_to_system_log() || !self.system_log_files().is_empty() {
            return None;
        }
        let files: Vec<_> = self.rotation_files(RotationKind::Journald).collect();
        let kept = journald(&files.iter().map(|file| file.text()).collect::<Vec<_>>());
        let (least, most) = match kept.days {
            Days::Exact(days) => (Some(days), Some(days)),
            Days::AtMost(days) => (None, Some(days)),
            _ => (None, None),
        };
        let evidence = files.iter().map(|file| file.evidence()).collect();
        Some(KeptFor { least, most, reason: kept.reason, evidence })
    }
}

fn message(text: &str) -> Option<Message> {
    let call = code(text).find_map(|line| CALL.captures(line))?;
    let arguments = call.name("arguments").or(call.name("more"));
    let unknown = Message { facility: None, severity: severity("notice")?, tag: None };
    let Some(arguments) = arguments else { return Some(unknown) };
    let arguments = format!(" {}", arguments.as_str());
    let priority = PRIORITY.captures(&arguments);
    let named = |part| priority.as_ref().and_then(|found| found.name(part)).map(|found| found.as_str());
    Some(Message {
        facility: Some(named("facility").unwrap_or("user").to_owned()),
        severity: named("severity").and_then(severity).unwrap_or(unknown.severity),
        tag: TAG.captures(&arguments).map(|found| found["tag"].to_owned()),
    })
}

fn severity(name: &str) -> Option<usize> {
    SEVERITIES.iter().position(|names| names.contains(&name))
}

/// The files of the rules that name the message most closely.
fn written_to(rules: &str, message: &Message) -> BTreeSet<String> {
    let mut closest = Named::Everything;
    let mut files = BTreeSet::new();
    let mut inside = false;
    for line in rules.lines().map(str::trim).filter(|line| !line.starts_with("input(")) {
        let quoted =
            |tag: &String| [format!("\"{tag}\""), format!("'{tag}'")].iter().any(|tag| line.contains(tag));
        let names_tag = message.tag.as_ref().is_some_and(quoted);
        let opens = names_tag && line.contains('{');
        let named = match line.split_once(char::is_whitespace) {
            _ if names_tag || inside => Some(Named::Tag),
            Some((selector, _)) if !line.starts_with([':', '$', '&']) => selected(selector, message),
            _ => None,
        };
        let target = || TARGET.captures(line).map(|found| found["path"].trim_start_matches('/').to_owned());
        inside = (inside || opens) && !line.contains('}');
        let Some((named, target)) = named.zip(target()).filter(|(named, _)| *named >= closest) else {
            continue;
        };
        if named > closest {
            files.clear();
            closest = named;
        }
        files.insert(target);
    }
    files
}

/// How a selector (`*.info;mail.none`) picks a message; its later parts overrule the earlier ones.
fn selected(selector: &str, message: &Message) -> Option<Named> {
    let mut picked = None;
    for (facilities, level) in selector.split(';').filter_map(|part| part.split_once('.')) {
        let named = facilities.split(',').filter_map(|facility| match facility {
            "*" => Some(Named::Everything),
            name => (message.facility.as_deref() == Some(name)).then_some(Named::Facility),
        });
        let Some(named) = named.max() else { continue };
        let holds = match level.strip_prefix('=') {
            Some(only) => severity(only) == Some(message.severity),
            None => level == "*" || severity(level).is_some_and(|least| message.severity <= least),
        };
        picked = holds.then_some(named);
    }
    picked
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEBIAN: &str = "module(load=\"imuxsock\")\nauth,authpriv.* /var/log/auth.log\n*.*;auth,authpriv.none -/var/log/syslog\nmail.err /var/log/mail.err\n*.emerg :omusrmsg:*\n";

    fn files(call: &str, rules: &str) -> Vec<String> {
        message(call).map(|message| written_to(rules, &message)).into_iter().flatten().collect()
    }

    #[test]
    fn the_closest_rule_says_where_a_message_is_kept() {
        assert_eq!(files("jq -c . | logger", DEBIAN), ["var/log/syslog"]);
        assert_eq!(files("x | /usr/bin/logger -p auth.info", DEBIAN), ["var/log/auth.log"]);
        let local = format!("{DEBIAN}local6.* /var/log/claude.log\nlocal6.=err /var/log/claude.err\n");
        assert_eq!(files("x | logger -t audit -p local6.info", &local), ["var/log/claude.log"]);
        assert_eq!(files("x | logger -t audit -p local5.info", &local), ["var/log/syslog"]);
        let by_tag = format!("{local}:programname, isequal, \"audit\" /var/log/a.log\n");
        assert_eq!(files("x | logger -t audit -p local6.info", &by_tag), ["var/log/a.log"]);
        let block = "if $programname == 'audit' then {\n  action(type=\"omfile\" file=\"/srv/a.log\")\n  stop\n}\n*.* /var/log/syslog\n";
        assert_eq!(files("x | logger -t audit", block), ["srv/a.log"]);
        assert_eq!(files("x | logger -t other", block), ["var/log/syslog"]);
    }

    #[test]
    fn what_is_not_known_of_a_message_is_named_by_no_rule() {
        assert_eq!(files("x | systemd-cat -t audit", "user.* /var/log/user.log\n"), Vec::<String>::new());
        assert_eq!(
            files("x | systemd-cat", "user.* /var/log/user.log\n*.info /var/log/messages\n"),
            ["var/log/messages"]
        );
        assert_eq!(files("x | logger", "*.warn /var/log/messages\n"), Vec::<String>::new());
        assert_eq!(message("# logger\ncurl -d @- https://x"), None);
    }
}
