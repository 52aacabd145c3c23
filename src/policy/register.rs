//! The registers: documents that the organisation points at, and MCP servers that it has vetted.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::table::Table;

/// A document of the organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub id: String,
    /// Relative to the folder of the policy file, or absolute.
    pub path: String,
    pub kind: DocumentKind,
}

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    AcceptableUse,
    AccessControl,
    LoggingRetention,
    ChangeManagement,
    IncidentResponse,
    VendorManagement,
    SanctionPolicy,
    BusinessAssociateAgreement,
    DataProcessingAgreement,
    RecordOfProcessing,
    ImpactAssessment,
    RiskAnalysis,
    Training,
    Other,
}

const KINDS: &[(&str, DocumentKind)] = &[
    ("acceptable_use", DocumentKind::AcceptableUse),
    ("access_control", DocumentKind::AccessControl),
    ("logging_retention", DocumentKind::LoggingRetention),
    ("change_management", DocumentKind::ChangeManagement),
    ("incident_response", DocumentKind::IncidentResponse),
    ("vendor_management", DocumentKind::VendorManagement),
    ("sanction_policy", DocumentKind::SanctionPolicy),
    ("business_associate_agreement", DocumentKind::BusinessAssociateAgreement),
    ("data_processing_agreement", DocumentKind::DataProcessingAgreement),
    ("record_of_processing", DocumentKind::RecordOfProcessing),
    ("impact_assessment", DocumentKind::ImpactAssessment),
    ("risk_analysis", DocumentKind::RiskAnalysis),
    ("training", DocumentKind::Training),
    ("other", DocumentKind::Other),
];

/// A vetted MCP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct McpServer {
    pub target: McpTarget,
    /// The version that was reviewed.
    pub version: Option<String>,
    /// SHA-256 of what was reviewed: 64 lower-case hexadecimal digits.
    pub sha256: Option<String>,
    pub reviewer: String,
    pub reviewed_at: Date,
    pub risk: Risk,
    pub data_classes: Vec<String>,
    pub expires: Date,
}

/// What identifies a server. A name is only a label that a project can choose, so it is none of these.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum McpTarget {
    Url(String),
    /// Program and arguments.
    Command(Vec<String>),
}

/// How much harm a vetted server could do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    Low,
    Medium,
    High,
}

/// A review is good for at most this long (`audit-domain` 3.1, item 12).
const REVIEW_DAYS: i32 = 366;

pub(super) fn documents(top: &Table<'_>) -> Vec<Document> {
    let mut documents = Vec::new();
    let mut ids = BTreeSet::new();
    for row in top.tables("documents") {
        let id = row.required("id");
        if let Some(id) = &id
            && !ids.insert(id.clone())
        {
            row.wrong("id", format!("repeats `{}`", id.escape_debug()), None);
        }
        let path = row.required("path").filter(|path| {
            let climbs = path.split(['/', '\\']).any(|part| part == "..");
            if climbs {
                row.wrong(
                    "path",
                    "climbs with `..`",
                    Some("write the path from the folder of the policy file"),
                );
            }
            !climbs
        });
        let kind = row.required_choice("kind", KINDS);
        if let (Some(id), Some(path), Some(kind)) = (id, path, kind) {
            documents.push(Document { id, path, kind });
        }
        row.finish();
    }
    documents.sort_by(|a, b| a.id.cmp(&b.id));
    documents
}

pub(super) fn mcp_servers(top: &Table<'_>) -> Vec<McpServer> {
    let risks = [("low", Risk::Low), ("medium", Risk::Medium), ("high", Risk::High)];
    let mut servers: Vec<McpServer> = Vec::new();
    for row in top.tables("mcp_register") {
        let target = target(&row);
        let version = row.text("version");
        let sha256 = row.parsed("sha256", digits);
        if matches!(target, Some(McpTarget::Command(_))) && version.is_none() && sha256.is_none() {
            let hint = "add `version` or `sha256`: a review is of one version";
            row.problem(row.line, "a command is registered without a pin", Some(hint.to_owned()));
        }
        let reviewer = row.required("reviewer");
        let (reviewed_at, expires) = (row.required_date("reviewed_at"), row.required_date("expires"));
        let risk = row.required_choice("risk", &risks);
        let data_classes = row.texts("data_classes").unwrap_or_default();
        let mut data_classes: Vec<String> = data_classes.into_iter().map(|(_, text)| text).collect();
        data_classes.sort();
        if let (Some(reviewed_at), Some(expires)) = (reviewed_at, expires) {
            period(&row, "expires", reviewed_at, expires, REVIEW_DAYS);
        }
        if let (Some(target), Some(reviewer), Some(reviewed_at), Some(risk), Some(expires)) =
            (target, reviewer, reviewed_at, risk, expires)
        {
            let server =
                McpServer { target, version, sha256, reviewer, reviewed_at, risk, data_classes, expires };
            if servers.iter().any(|other| other.target == server.target && other.version == server.version) {
                row.problem(row.line, "this server and version is registered twice", None);
            }
            servers.push(server);
        }
        row.finish();
    }
    servers.sort_by(|a, b| (&a.target, &a.version).cmp(&(&b.target, &b.version)));
    servers
}

fn target(row: &Table<'_>) -> Option<McpTarget> {
    let url = row.parsed("url", |text| {
        let known = ["https://", "http://", "wss://", "ws://"].iter().any(|scheme| text.starts_with(scheme));
        if known { Ok(text.to_owned()) } else { Err("it does not start with https://".to_owned()) }
    });
    let command = row.texts("command");
    let hint = Some("write exactly one of `url` and `command: [program, argument]`".to_owned());
    match (url, command) {
        (Some(_), Some(_)) => row.problem(row.line, "a server has a URL or a command, not both", hint),
        (Some(url), None) => return Some(McpTarget::Url(url)),
        (None, Some(command)) if !command.is_empty() => {
            return Some(McpTarget::Command(command.into_iter().map(|(_, word)| word).collect()));
        }
        (None, _) if row.text("url").is_none() => {
            row.problem(row.line, "a server has neither a URL nor a command", hint);
        }
        (None, _) => {}
    }
    None
}

/// Reports an end that lies before its start or further away than allowed.
pub(super) fn period(row: &Table<'_>, key: &str, start: Date, end: Date, most: i32) {
    let days = (end - start).get_days();
    if days < 0 {
        row.wrong(key, format!("is {end}, before {start}"), None);
    } else if days > most {
        row.wrong(key, format!("is {days} days after {start}; at most {most} are allowed"), None);
    }
}

fn digits(text: &str) -> Result<String, String> {
    let text = text.strip_prefix("sha256:").unwrap_or(text);
    if text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        Ok(text.to_owned())
    } else {
        Err("a SHA-256 is 64 lower-case hexadecimal digits".to_owned())
    }
}
