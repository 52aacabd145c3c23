//! The audit log: which hooks write it and where, its files on the host, and the rules that rotate it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::hooks::code;
use super::rotation::{self, Rotation, Runs, Section, Simulation, Texts};
use super::{Facts, File, Purpose, RegisteredHook, Session};
use crate::{
    client::hooks::Handler,
    model::{DirectorySeen, Evidence, Gap, GapReason, Os, OwnerBasis, Role, RotationKind},
};

/// Where the guide keeps audit logs, below the root.
pub const FOLDER: &str = "var/log/claude-code";

/// Where a logging hook leaves its records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sink {
    /// A file, below the root.
    File(String),
    /// A service that takes the records over: the system log, or an address.
    Service,
}

static LOG_FILE: LazyLock<Regex> = LazyLock::new(|| {
    let path = r#"(~|\$HOME|\$\{HOME\})?(/[A-Za-z0-9._/+-]*[A-Za-z0-9_+-]\.(?:log|jsonl|ndjson))"#;
    Regex::new(&format!(r#"(?:^|[\s"'=>(`]){path}(?:$|[\s"'`;)|&,}}])"#)).expect("a fixed expression")
});
static SERVICE: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"(?:^|[\s|;&(/])(?:logger|systemd-cat|curl|wget|nc|socat)\s|/dev/log\b|/dev/(?:udp|tcp)/|SysLogHandler|syslog\(|https?://";
    Regex::new(words).expect("a fixed expression")
});

static WINDOWS_LOG_FILE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:[a-z]:|\$env:(?P<variable>ProgramData))(?P<path>(?:\\{1,2}[^\\/:*?"'<>|\r\n]+)+\.(?:log|jsonl|ndjson))"#)
        .expect("a fixed expression")
});

/// The folders of logs of each system.
const USUAL: [&str; 5] = [
    FOLDER,
    "private/var/log/claude-code",
    "Library/Logs/ClaudeCode",
    "ProgramData/ClaudeCode/Logs",
    "ProgramData/ClaudeCode/logs",
];

/// Where a hook's text leaves its records; `home` is below the root.
pub fn sinks(text: &str, home: &str) -> BTreeSet<Sink> {
    let code = code(text).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    let mut at = 0;
    // The separator behind one path can be the one before the next.
    while let Some(hit) = LOG_FILE.captures_at(&code, at) {
        let path = &hit[2];
        found.insert(Sink::File(match hit.get(1) {
            Some(_) => format!("{home}{path}"),
            None => path.trim_start_matches('/').to_owned(),
        }));
        at = hit.get(2).map_or(code.len(), |path| path.end());
    }
    for hit in WINDOWS_LOG_FILE.captures_iter(&code) {
        let below = hit["path"].replace("\\\\", "\\").replace('\\', "/");
        let folder = hit.name("variable").map_or(String::new(), |variable| format!("/{}", variable.as_str()));
        found.insert(Sink::File(format!("{folder}{below}").trim_start_matches('/').to_owned()));
    }
    if found.is_empty() && SERVICE.is_match(&code) {
        found.insert(Sink::Service);
    }
    found
}

impl<'a> Facts<'a> {
    /// The hooks that the client runs for this session and that record tool calls: after the call, or where there are
    /// none, before it.
    pub fn recording_hooks<'f>(&'f self, session: &Session<'_>) -> Vec<RegisteredHook<'f>> {
        let all: Vec<_> = self
            .hooks(session)
            .into_iter()
            .filter(|hook| hook.hook.in_force.is_ok())
            .filter(|hook| hook.serves(Purpose::Logger) || is_http_record(hook))
            .collect();
        let (after, before): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|hook| hook.hook.event.starts_with("PostToolUse"));
        if after.is_empty() { before } else { after }
    }

    /// Where the recording hooks of a session leave their records.
    pub fn record_sinks(&self, session: &Session<'_>) -> BTreeSet<Sink> {
        let home = session.user.map_or("home/user", |user| user.home.as_str());
        let mut found = BTreeSet::new();
        for hook in self.recording_hooks(session) {
            match hook.hook.handler {
                Handler::Http { .. } => drop(found.insert(Sink::Service)),
                _ => found.extend(sinks(&hook.text(), home)),
            }
        }
        found
    }

    /// The log files that hold, or will hold, audit records: those that hooks write, those that the system log writes
    /// for them, those that are there, and where there is none of these the guide's.
    pub fn audit_logs(&self) -> BTreeSet<String> {
        let mut logs: BTreeSet<String> = self
            .log_files()
            .filter(|file| is_current(file.source))
            .map(|file| file.source.to_owned())
            .collect();
        for session in self.sessions() {
            logs.extend(self.record_sinks(session).into_iter().filter_map(|sink| match sink {
                Sink::File(path) => Some(path),
                Sink::Service => None,
            }));
        }
        logs.extend(self.system_log_files());
        if logs.is_empty() && !self.hands_to_system_log() {
            logs.insert(format!("{FOLDER}/audit.log"));
        }
        logs
    }

    /// Log files whose facts were taken, rotated ones too.
    pub fn log_files<'f>(&'f self) -> impl Iterator<Item = &'f File<'a>> {
        self.files_as(|role| matches!(role, Role::Log)).filter(|file| !file.source.ends_with(".lock"))
    }

    /// The folders of the logs that were looked at: the system's usual places, and those that the operator named.
    pub fn log_folders(&self) -> Vec<(&'a str, &'a DirectorySeen, Evidence)> {
        let holds_logs = |folder: &str| {
            self.log_files()
                .any(|file| file.source.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
        };
        self.directories().filter(|(source, ..)| USUAL.contains(source) || holds_logs(source)).collect()
    }

    /// Logs, and folders of logs, in whose place stands a link to a device or to nothing.
    pub fn logs_linked_away(&self) -> Vec<&'a Gap> {
        let named = self.audit_logs();
        let is_log = |source: &str| {
            named.contains(source)
                || USUAL.iter().any(|folder| {
                    source.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                })
        };
        let linked =
            |gap: &Gap| gap.reason == GapReason::NotAFile || gap.detail.contains("link leads nowhere");
        self.gaps().iter().filter(|gap| linked(gap) && is_log(&gap.source)).collect()
    }

    /// The rotation as logrotate would read it. Where its main file is not there, its usual folder stands for it.
    pub fn log_rotation(&self) -> Rotation {
        let mut texts = Texts::new();
        for file in self.rotation_files(RotationKind::Logrotate).filter(|file| accepted(file)) {
            texts.insert(format!("/{}", file.source), file.text().to_owned());
        }
        let root = "/etc/logrotate.conf";
        texts.entry(root.to_owned()).or_insert_with(|| "include /etc/logrotate.d\n".to_owned());
        let there = self.log_files().map(|file| file.source.to_owned());
        let logs = there.chain(self.audit_logs()).map(|log| format!("/{log}")).collect();
        rotation::parse(root, &texts, &logs)
    }

    /// The section that rotates a log, with the file that it stands in.
    pub fn rotated_by<'r>(&self, rotation: &'r Rotation, log: &str) -> Option<(&'r Section, Evidence)> {
        let section = Simulation { rotation, runs: Runs::Unknown }.section(&format!("/{log}"))?;
        let file = self.file_at(section.file.trim_start_matches('/'))?;
        Some((section, file.line(section.line)))
    }

    /// Configuration files of one kind of rotation.
    pub fn rotation_files<'f>(&'f self, kind: RotationKind) -> impl Iterator<Item = &'f File<'a>> {
        self.files_as(move |role| matches!(role, Role::Rotation { kind: is } if *is == kind))
    }

    /// Why rotation cannot be judged, where a configuration file of it was not seen.
    pub fn rotation_unseen(&self) -> Option<String> {
        let mut gaps = self
            .unseen_below("etc/")
            .filter(|gap| gap.source.contains("logrotate") || gap.source.contains("newsyslog"));
        gaps.next().map(|gap| gap.sentence())
    }

    /// Whether this is a Windows host, whose rights are not in a copy.
    pub fn is_windows(&self) -> bool {
        self.host().is_ok_and(|(host, _)| host.os == Os::Windows)
    }

    /// Texts of forwarding programs that name one of the logs, with the program, what stands in all its files, and
    /// where it is named.
    pub fn forwarders(&self) -> BTreeMap<&str, (String, Vec<Evidence>)> {
        let mut programs: BTreeMap<&str, (String, Vec<Evidence>)> = BTreeMap::new();
        for file in self.files() {
            let Role::Forwarder { program } = &file.seen.role else { continue };
            let (text, evidence) = programs.entry(program).or_default();
            for line in file.text().lines().filter(|line| !is_comment(line)) {
                text.push_str(line);
                text.push('\n');
            }
            evidence.push(file.evidence());
        }
        programs
    }
}

fn is_http_record(hook: &RegisteredHook<'_>) -> bool {
    matches!(hook.hook.handler, Handler::Http { .. }) && hook.hook.event.starts_with("PostToolUse")
}

/// Whether a file is a log that is being written, not one that was rotated away.
fn is_current(source: &str) -> bool {
    let name = source.rsplit('/').next().unwrap_or_default();
    [".log", ".jsonl", ".ndjson"].iter().any(|end| name.ends_with(end))
        && !name.contains("incident")
        && !has_date(name)
}

/// `dateext` puts the day into the name.
fn has_date(name: &str) -> bool {
    name.as_bytes().windows(8).any(|part| part.iter().all(u8::is_ascii_digit))
}

/// logrotate ignores files that others than root own or may write.
fn accepted(file: &File<'_>) -> bool {
    let owner = &file.seen.owner;
    file.seen.mode & 0o022 == 0
        && (owner.basis == OwnerBasis::Unknown || owner.uid.is_none_or(|uid| uid == 0))
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with(['#', ';']) || line.trim_start().starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_where_records_go() {
        let files = |text: &str| -> Vec<String> {
            sinks(text, "home/dev")
                .into_iter()
                .filter_map(|sink| if let Sink::File(path) = sink { Some(path) } else { None })
                .collect()
        };
        assert_eq!(files("jq -c . >> /var/log/claude-code/audit.log"), ["var/log/claude-code/audit.log"]);
        assert_eq!(files("log=/a/b.jsonl\n# /x/y.log\n} 200>\"/a/c.log.lock\""), ["a/b.jsonl"]);
        assert_eq!(files("tee -a \"$HOME/.claude/a.log\" /b.log"), ["b.log", "home/dev/.claude/a.log"]);
        assert_eq!(
            files(r#"Add-Content -Path "C:\ProgramData\Acme\claude\audit.jsonl" -Value $line"#),
            ["ProgramData/Acme/claude/audit.jsonl"]
        );
        assert_eq!(files(r"Out-File -Append $env:ProgramData\Acme\a.log"), ["ProgramData/Acme/a.log"]);
        assert_eq!(sinks("jq -c . | logger -t claude", "home/dev"), [Sink::Service].into());
        assert!(sinks("cat > /dev/null", "home/dev").is_empty());
    }

    #[test]
    fn rotated_files_are_not_current() {
        assert!(is_current("var/log/claude-code/audit.log"));
        assert!(
            !is_current("var/log/claude-code/audit.log.1")
                && !is_current("l/audit-20260101.log")
                && !is_current("l/audit.log.2.gz")
        );
    }
}
