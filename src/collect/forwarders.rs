//! Programs that carry log records on: system logs and log shippers, by their configuration.

use std::path::{Path, PathBuf};

use super::host::Host;
use super::intake::Intake;
use super::tree::EntryKind;
use crate::model::{GapReason, Role};

const COLLECTOR: &str = "forwarders";
/// Files read of one folder.
const FILES: usize = 200;

/// Program, and the files and folders that configure it. Folders are read one level deep.
const PLACES: &[(&str, &[&str])] = &[
    ("rsyslog", &["etc/rsyslog.conf", "etc/rsyslog.d"]),
    ("syslog-ng", &["etc/syslog-ng/syslog-ng.conf", "etc/syslog-ng/conf.d"]),
    ("syslogd", &["etc/syslog.conf"]),
    ("journal-upload", &["etc/systemd/journal-upload.conf", "etc/systemd/journal-upload.conf.d"]),
    ("vector", &["etc/vector"]),
    ("fluent-bit", &["etc/fluent-bit", "etc/fluent-bit/conf.d"]),
    (
        "fluentd",
        &["etc/td-agent/td-agent.conf", "etc/fluent/fluentd.conf", "etc/fluentd", "etc/td-agent/conf.d"],
    ),
    ("filebeat", &["etc/filebeat/filebeat.yml", "etc/filebeat/inputs.d"]),
    ("promtail", &["etc/promtail"]),
    ("alloy", &["etc/alloy"]),
    ("otelcol", &["etc/otelcol", "etc/otelcol-contrib", "etc/otel-collector"]),
    ("splunk", &["opt/splunkforwarder/etc/system/local"]),
    (
        "datadog-agent",
        &[
            "etc/datadog-agent/datadog.yaml",
            "etc/datadog-agent/conf.d/claude-code.d",
            "etc/datadog-agent/conf.d/claude.d",
        ],
    ),
    ("cloudwatch-agent", &["opt/aws/amazon-cloudwatch-agent/etc"]),
];

/// Reads the configuration of every known program.
pub fn collect(host: &Host, intake: &mut Intake) {
    for (program, places) in PLACES {
        for place in *places {
            let role = Role::Forwarder { program: (*program).to_owned() };
            for path in files(host, place, &role, intake) {
                let _ = intake.take(&host.tree, &path, role.clone(), COLLECTOR);
            }
        }
    }
}

fn files(host: &Host, place: &str, role: &Role, intake: &mut Intake) -> Vec<PathBuf> {
    let path = Path::new(place);
    if !host.tree.has_folder(path) {
        return vec![path.to_owned()];
    }
    let entries = intake.list(&host.tree, path).map(|listing| listing.entries).unwrap_or_default();
    let wanted = |name: &str| {
        [".conf", ".cfg", ".toml", ".yaml", ".yml", ".json", ".alloy", ".rules"]
            .iter()
            .any(|end| name.ends_with(end))
    };
    let files = entries.iter().filter(|entry| entry.kind != EntryKind::Folder && wanted(&entry.shown()));
    let mut files: Vec<PathBuf> = files.map(|entry| path.join(&entry.name)).collect();
    if files.len() > FILES {
        let detail = format!("{} configurations; the {FILES} first were read", files.len());
        intake.gap_of(place, role.clone(), GapReason::TooLarge, detail);
        files.truncate(FILES);
    }
    files
}
