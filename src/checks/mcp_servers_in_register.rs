//! Every MCP server that would start is in the register of vetted servers.

use jiff::{civil::Date, tz::TimeZone};

use crate::{
    facts::{Facts, McpServer, Start},
    model::{Conclusion, Findings, Judgement},
    policy::{self, McpTarget},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let register = &facts.policy().mcp_register;
    if register.is_empty() {
        let message = "the policy holds no register of MCP servers; the attestation brings it";
        return Findings::one(Conclusion::not_applicable("deployment", message));
    }
    let servers = facts.mcp_servers()?;
    let today = facts.as_of().to_zoned(TimeZone::UTC).date();
    let mut conclusions = Vec::new();
    for server in &servers {
        conclusions.push(match facts.mcp_start(server) {
            Start::KeptOff(_) => continue,
            Start::Unknown(why) => Conclusion::undetermined(server.subject(), why),
            Start::Would => vetted(server, register, today),
        });
    }
    if conclusions.is_empty() {
        let message = format!("{} MCP servers are declared; none would start", servers.len());
        return Findings::one(Conclusion::not_applicable("deployment", message));
    }
    Findings::of(conclusions, "no MCP server")
}

fn vetted(server: &McpServer, register: &[policy::McpServer], today: Date) -> Conclusion {
    let command: Option<Vec<String>> =
        server.command().map(|words| words.into_iter().map(str::to_owned).collect());
    let mine: Vec<&policy::McpServer> = register
        .iter()
        .filter(|entry| match &entry.target {
            McpTarget::Url(url) => {
                server.url().is_some_and(|own| own.trim_end_matches('/') == url.trim_end_matches('/'))
            }
            McpTarget::Command(words) => command.as_ref() == Some(words),
        })
        .collect();
    let evidence = server.evidence.clone();
    let Some(latest) = mine.iter().max_by_key(|entry| entry.expires) else {
        let message = format!("{} is in no entry of the register", server.name);
        return Conclusion::fail(server.subject(), vec![evidence], message);
    };
    if latest.expires < today {
        let message = format!("the review of {} expired on {}", server.name, latest.expires);
        return Conclusion::fail(server.subject(), vec![evidence], message);
    }
    if latest.reviewed_at > today {
        let message = format!("the review of {} is dated {}, in the future", server.name, latest.reviewed_at);
        return Conclusion::fail(server.subject(), vec![evidence], message);
    }
    let shows = |version: &str| {
        command
            .iter()
            .flatten()
            .any(|word| word.rsplit(['@', '=', ':']).next() == Some(version) && word.len() > version.len())
    };
    match (&command, &latest.version) {
        // What runs at an address is the vendor's; the register's version has nothing here to be compared with.
        (None, _) => {}
        (Some(_), Some(version)) if shows(version) => {}
        (Some(_), version) => {
            let reviewed = version.as_deref().unwrap_or("a file known by its digest");
            let message =
                format!("the command does not show whether it starts what was reviewed ({reviewed})");
            return Conclusion::undetermined(server.subject(), message);
        }
    }
    let message =
        format!("reviewed by {} on {}, until {}", latest.reviewer, latest.reviewed_at, latest.expires);
    Conclusion::pass(server.subject(), evidence, message)
}
