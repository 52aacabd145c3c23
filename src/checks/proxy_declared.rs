//! An egress proxy is written down, in the client's words or the guide's.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Role},
};

const VARIABLES: [&str; 6] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "GLOBAL_AGENT_HTTPS_PROXY",
    "GLOBAL_AGENT_HTTP_PROXY",
];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let keys = ["env.HTTPS_PROXY", "env.https_proxy", "env.HTTP_PROXY", "env.http_proxy", "network.proxy"];
    if let Some(found) = facts.written(&keys).first() {
        let message = format!("{} is written down in {}", found.key, found.file.source);
        return Findings::one(Conclusion::pass("deployment", found.evidence(), message));
    }
    for file in facts.files_as(|role| matches!(role, Role::Environment { .. })) {
        for (number, line) in file.text().lines().enumerate() {
            if let Some(name) = VARIABLES.iter().find(|name| assigns(line, name)) {
                let message = format!("{name} is written down in {}", file.source);
                return Findings::one(Conclusion::pass("deployment", file.line(number + 1), message));
            }
        }
    }
    Findings::one(Conclusion::fail(
        "deployment",
        facts.looked_at(),
        "no settings or environment file names a proxy",
    ))
}

fn assigns(line: &str, name: &str) -> bool {
    let line = line.trim_start().trim_start_matches("export ").trim_start();
    line.strip_prefix(name).is_some_and(|rest| rest.starts_with('='))
}
