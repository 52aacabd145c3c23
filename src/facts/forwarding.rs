//! Where records go from the host: telemetry, hooks that send, and programs that carry a log on.

use std::sync::LazyLock;

use regex::Regex;

use super::hooks::code;
use super::{Facts, Session, transport};
use crate::{
    client::{hooks::Handler, settings::Scope},
    model::{Evidence, Verdict},
};

/// What is known of a copy on another host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OffHost {
    /// Records go there.
    To {
        what: String,
        evidence: Vec<Evidence>,
    },
    /// They go there, and everybody on the way can read and change them.
    InClear {
        what: String,
        evidence: Vec<Evidence>,
    },
    /// They are sent, but no further than this host.
    StaysHere {
        what: String,
        evidence: Vec<Evidence>,
    },
    /// Something carries them on, and where to was not recognised.
    Unclear(String),
    Nothing,
}

static TARGET: LazyLock<Regex> = LazyLock::new(|| {
    let key = r#"(?im)(?:\b(?:target|server|servers|hosts?|address|addresses|endpoints?|uri|urls?|dd_url|brokers|bootstrap_servers)"?\s*(?:[:=]|\s)\s*\[?\s*["']?|\b(?:network|tcp|udp|syslog)\(\s*(?:ip\()?["']?|(?:^|\s)@@?(?:\([^)]*\))?|^\s*-\s*["']?)"#;
    let address = r#"((?:[a-z]+://)?(?:[a-z0-9_][a-z0-9_-]*(?:\.[a-z0-9_-]+)*|\[[0-9a-f:]+\])(?::\d+)?)"#;
    Regex::new(&format!("{key}{address}")).expect("a fixed expression")
});
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"https?://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)"#).expect("a fixed expression")
});

/// Programs that take the system log over.
const SYSTEM_LOGS: [&str; 4] = ["rsyslog", "syslog-ng", "syslogd", "journal-upload"];
/// Programs that send to one service of their maker or of the cloud.
const TO_A_CLOUD: [&str; 2] = ["datadog-agent", "cloudwatch-agent"];

impl Facts<'_> {
    /// Whether telemetry of events, or a managed hook, sends records of this session to another host.
    pub fn sent_by_client(&self, session: &Session<'_>) -> OffHost {
        let telemetry = session.exports("OTEL_LOGS_EXPORTER", "OTEL_EXPORTER_OTLP_LOGS", "events");
        let endpoint = ["env.OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "env.OTEL_EXPORTER_OTLP_ENDPOINT"]
            .iter()
            .find_map(|key| session.administered(key));
        let mut stays = OffHost::Nothing;
        if let (Verdict::Pass, Some(endpoint)) = (telemetry.verdict, endpoint) {
            let address = endpoint.value.as_str().unwrap_or_default();
            let evidence = vec![session.cite(&endpoint)];
            let what = format!("telemetry of events goes to {}", host_of(address));
            if !self.is_here(host_of(address)) {
                return match transport::clear_by_scheme(address) {
                    Some(true) => OffHost::InClear { what: format!("{what} over http://"), evidence },
                    _ => OffHost::To { what, evidence },
                };
            }
            stays = OffHost::StaysHere { what, evidence };
        }
        for hook in self.recording_hooks(session).into_iter().filter(|hook| hook.hook.scope == Scope::Managed)
        {
            let text = match &hook.hook.handler {
                Handler::Http { url } => url.clone(),
                _ if hook.cannot_run().is_some() => continue,
                _ => {
                    let text = hook.text();
                    code(&text).collect::<Vec<_>>().join("\n")
                }
            };
            for found in ADDRESS.captures_iter(&text) {
                let what = format!("a managed hook sends records to {}", &found[1]);
                let evidence = vec![hook.evidence.clone()];
                if !self.is_here(&found[1]) {
                    return OffHost::To { what, evidence };
                }
                stays = OffHost::StaysHere { what, evidence };
            }
        }
        stays
    }

    /// Whether a program of the host carries this log, or the system log where there is no file, to another host.
    pub fn carried_on(&self, log: Option<&str>) -> OffHost {
        let mut best = OffHost::Nothing;
        for (program, (text, evidence)) in self.forwarders() {
            let concerned = match log {
                Some(log) => names(&text, &format!("/{log}")),
                None => SYSTEM_LOGS.contains(&program),
            };
            if !concerned {
                continue;
            }
            let targets: Vec<String> = TARGET
                .captures_iter(&text)
                .map(|found| found[1].to_owned())
                .filter(|word| is_address(word))
                .collect();
            let away = targets.iter().find(|target| !self.is_here(host_of(target)));
            match (away, targets.first()) {
                // A system log forwards what its selector picks: everything, or what names the client.
                (Some(_), _)
                    if log.is_none() && !(text.contains("*.*") || text.to_lowercase().contains("claude")) =>
                {
                    best = OffHost::Unclear(format!(
                        "{program} forwards a part of the system log; whether the client's records are in it is not known"
                    ));
                }
                (Some(to), _) if transport::in_clear(program, &text, to) => {
                    best = OffHost::InClear {
                        what: format!("{program} sends the records to {to} without TLS"),
                        evidence,
                    };
                }
                (Some(to), _) => {
                    return OffHost::To { what: format!("{program} sends the records to {to}"), evidence };
                }
                (None, _) if TO_A_CLOUD.contains(&program) => {
                    return OffHost::To {
                        what: format!("{program} sends the records to its service"),
                        evidence,
                    };
                }
                (None, Some(here)) => {
                    best = OffHost::StaysHere {
                        what: format!("{program} sends the records to {here}"),
                        evidence,
                    }
                }
                (None, None) if log.is_some() && !SYSTEM_LOGS.contains(&program) => {
                    best = OffHost::Unclear(format!(
                        "{program} reads the log; where it sends the records was not recognised"
                    ));
                }
                (None, None) => {}
            }
        }
        best
    }

    /// Whether a host name or address means this host.
    fn is_here(&self, host: &str) -> bool {
        let own = self.host().ok().and_then(|(host, _)| host.hostname.clone());
        let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
        matches!(
            host.as_str(),
            "" | "localhost"
                | "localhost.localdomain"
                | "::1"
                | "0.0.0.0"
                | "::"
                | "ip6-localhost"
                | "host.docker.internal"
        ) || host.starts_with("127.")
            || own.is_some_and(|own| own.eq_ignore_ascii_case(&host))
    }
}

/// The host of an address, with or without scheme, user, port and path.
fn host_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    match rest.strip_prefix('[') {
        Some(inside) => inside.split(']').next().unwrap_or_default(),
        None => rest.split(':').next().unwrap_or_default(),
    }
}

/// Words of configurations that stand where an address can and are none.
fn is_address(word: &str) -> bool {
    let host = host_of(word);
    let letters = host.contains(|c: char| c.is_ascii_alphabetic());
    let numeric =
        host.split('.').count() == 4 && host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let known = word.contains("://") || word.contains(':') || host.contains('.');
    let file =
        [".log", ".conf", ".yaml", ".json", ".pem", ".crt", ".key"].iter().any(|end| host.ends_with(end));
    (letters && (known || host == "localhost") || numeric || word.starts_with('[')) && !file
}

/// Whether a configuration names a log: by its path, by its folder, or by a pattern.
fn names(text: &str, log: &str) -> bool {
    let words = text.split(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '(' | ')' | '[' | ']' | ';' | '=')
    });
    words.filter(|word| word.starts_with('/')).any(|word| {
        word == log
            || log
                .strip_prefix(word.trim_end_matches('/'))
                .is_some_and(|rest| rest.starts_with('/') && word.len() > "/var/log/".len())
            || word.contains('*') && pattern(word).is_some_and(|pattern| pattern.is_match(log))
    })
}

fn pattern(glob: &str) -> Option<Regex> {
    let escaped = regex::escape(glob)
        .replace(r"\*\*/", "(?:.*/)?")
        .replace(r"\*\*", ".*")
        .replace(r"\*", "[^/]*")
        .replace(r"\?", "[^/]");
    Regex::new(&format!("^{escaped}$")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(text: &str) -> Vec<String> {
        TARGET.captures_iter(text).map(|found| found[1].to_owned()).filter(|word| is_address(word)).collect()
    }

    #[test]
    fn finds_where_programs_send_to() {
        assert_eq!(targets("*.* @@siem.example.com:6514"), ["siem.example.com:6514"]);
        assert_eq!(
            targets("action(type=\"omfwd\" target=\"archive.corp.example\" port=\"6514\" protocol=\"tcp\")"),
            ["archive.corp.example"]
        );
        assert_eq!(targets("output.logstash:\n  hosts: [\"logs.example:5044\"]"), ["logs.example:5044"]);
        assert_eq!(targets("hosts:\n  - \"logs.example:5044\"\n"), ["logs.example:5044"]);
        assert_eq!(targets("[OUTPUT]\n  Name http\n  Host 10.1.2.3\n"), ["10.1.2.3"]);
        assert_eq!(targets("destination d { network(\"127.0.0.1\" port(514)); };"), ["127.0.0.1"]);
        assert_eq!(
            targets("[sinks.x]\ntype = \"http\"\nuri = \"https://siem.example/in\""),
            ["https://siem.example"]
        );
        assert!(
            targets("module(load=\"imfile\")\ninput(type=\"imfile\" File=\"/var/log/a.log\" Tag=\"c\")")
                .is_empty()
        );
        assert!(targets("mail.* -/var/log/mail.log\n:programname, isequal, \"claude-audit\" /var/log/claude-code/audit.log").is_empty());
    }

    #[test]
    fn names_by_path_folder_and_pattern() {
        let log = "/var/log/claude-code/audit.log";
        for text in [
            "File=\"/var/log/claude-code/audit.log\"",
            "Path /var/log/claude-code/*.log",
            "include = [\"/var/log/**/*.log\"]",
            "dir('/var/log/claude-code')",
        ] {
            assert!(names(text, log), "{text}");
        }
        assert!(
            !names("Path /var/log/nginx/*.log", log)
                && !names("/var/log/claude", log)
                && !names("/var/log", log)
        );
    }

    #[test]
    fn the_host_of_an_address() {
        for (address, host) in
            [("https://u@h.example:1/x", "h.example"), ("[::1]:4317", "::1"), ("localhost:4317", "localhost")]
        {
            assert_eq!(host_of(address), host);
        }
    }
}
