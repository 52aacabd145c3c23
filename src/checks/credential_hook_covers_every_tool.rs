//! The credential hook's matcher covers every tool that can read a file.

use crate::{
    client::hooks::matches,
    facts::{Facts, Purpose, Session},
    model::{Conclusion, Findings, Judgement, Os},
};

/// Tools that reach file content. The last stands for the tools of any MCP server.
const TOOLS: [&str; 8] =
    ["Read", "Edit", "Write", "NotebookEdit", "Grep", "Glob", "Bash", "mcp__files__read_file"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let (host, _) = facts.host()?;
    let windows = host.os == Os::Windows;
    Findings::of(facts.each_session(|session| covered(facts, session, windows)), "no user was found to test")
}

fn covered(facts: &Facts<'_>, session: &Session<'_>, windows: bool) -> Conclusion {
    let hooks = facts.hooks_in_force(session, Purpose::CredentialGuard);
    let Some(first) = hooks.first() else {
        return facts.no_guard(session, "no hook in force guards credential files");
    };
    let client = session.effective.environment.client;
    let mut open = Vec::new();
    let mut unknown = Vec::new();
    for tool in TOOLS.into_iter().chain(windows.then_some("PowerShell")) {
        let answers = hooks.iter().map(|hook| match (&hook.hook.condition, &hook.hook.matcher) {
            // A condition is one rule: it narrows the hook to calls of the rule's tool, or to some of them.
            (Some(condition), _) if !is_of(condition, tool) => Some(false),
            (Some(condition), _) if condition.contains('(') => None,
            (_, None) => Some(true),
            (_, Some(matcher)) => matches(matcher, tool, client),
        });
        let answers: Vec<Option<bool>> = answers.collect();
        if answers.contains(&Some(true)) {
            continue;
        }
        let list = if answers.contains(&None) { &mut unknown } else { &mut open };
        list.push(if tool.starts_with("mcp__") { "the tools of MCP servers (mcp__…)" } else { tool });
    }
    let evidence: Vec<_> = hooks.iter().map(|hook| hook.evidence.clone()).collect();
    if !open.is_empty() {
        let message = format!("the hook is not asked for {}", open.join(", "));
        return Conclusion::fail(&*session.subject, evidence, message);
    }
    if !unknown.is_empty() {
        let message =
            format!("whether the hook is asked for {} is not known: it has a condition", unknown.join(", "));
        return Conclusion::undetermined(&*session.subject, message);
    }
    let message = "the hook is asked for every tool that can read a file";
    Conclusion::pass(&*session.subject, first.evidence.clone(), message).citing(evidence.into_iter().skip(1))
}

/// Whether a rule, such as `Read(*.pem)`, is of this tool.
fn is_of(rule: &str, tool: &str) -> bool {
    rule.split('(').next().is_some_and(|name| name.trim() == tool)
}
