//! The audit log is written under /var/log/claude-code.

use crate::{
    facts::{Facts, Purpose, Sink, audit_log},
    model::{Conclusion, Evidence, Findings, Judgement, Os},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let (host, seen) = facts.host()?;
    let usual =
        |path: &str| path.starts_with(audit_log::FOLDER) && path[audit_log::FOLDER.len()..].starts_with('/');
    let mut elsewhere: Vec<(String, Evidence)> = Vec::new();
    for (evidence, path) in written(facts) {
        if usual(&path) || host.os != Os::Linux && !is_temporary(&path) {
            let message = format!("a hook writes its records to /{path}");
            return Findings::one(Conclusion::pass("deployment", evidence, message));
        }
        elsewhere.push((path, evidence));
    }
    if !elsewhere.is_empty() {
        let paths: Vec<String> = elsewhere.iter().map(|(path, _)| format!("/{path}")).collect();
        let message =
            format!("the logging hooks write to {}, not under /{}", paths.join(", "), audit_log::FOLDER);
        let evidence = elsewhere.into_iter().map(|(_, evidence)| evidence).collect();
        return Findings::one(Conclusion::fail("deployment", evidence, message));
    }
    // A hook that hands its records to a service: what the service, the rotation and the host name.
    let rotation = facts.log_rotation();
    let place = format!("{}/audit.log", audit_log::FOLDER);
    if let Some((section, evidence)) = facts.rotated_by(&rotation, &place) {
        let message =
            format!("{} rotates the logs of /{}", section.file.trim_start_matches('/'), audit_log::FOLDER);
        return Findings::one(Conclusion::pass("deployment", evidence, message));
    }
    if let Some((folder, _, evidence)) = facts.log_folders().into_iter().next() {
        return Findings::one(Conclusion::pass(
            "deployment",
            evidence,
            format!("the folder /{folder} is there for the audit logs"),
        ));
    }
    let message = format!("no hook, no rotation rule and no folder of the host names /{}", audit_log::FOLDER);
    Findings::one(Conclusion::fail("deployment", vec![seen], message))
}

/// The files that written logging hooks name in their commands and scripts.
fn written(facts: &Facts<'_>) -> Vec<(Evidence, String)> {
    let mut found = Vec::new();
    for (evidence, scripts, _) in
        facts.written_hooks(&["PostToolUse", "PostToolUseFailure", "PreToolUse"], Purpose::Logger)
    {
        let command = facts.command_at(&evidence).unwrap_or_default();
        let texts = std::iter::once(command).chain(scripts.iter().map(|script| script.text()));
        for sink in texts.flat_map(|text| audit_log::sinks(text, "home/user")) {
            if let Sink::File(path) = sink {
                found.push((evidence.clone(), path));
            }
        }
    }
    found
}

fn is_temporary(path: &str) -> bool {
    ["tmp/", "var/tmp/", "private/tmp/", "dev/shm/"].iter().any(|folder| path.starts_with(folder))
}
