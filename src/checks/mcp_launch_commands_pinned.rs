//! Every MCP server that would start, or that the organisation itself delivers, is pinned to a version.

use crate::{
    facts::{Facts, ServerOrigin},
    model::{Conclusion, Findings, Judgement},
};

/// Programs that fetch a package and run it.
const RUNNERS: [&str; 7] = ["npx", "bunx", "uvx", "pipx", "pnpx", "yarn", "pnpm"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let servers = facts.mcp_servers()?;
    let mut conclusions = Vec::new();
    for server in &servers {
        let Some(command) = server.command() else { continue };
        if server.origin != ServerOrigin::Managed && facts.mcp_start(server).is_kept_off() {
            continue;
        }
        conclusions.push(match unpinned(&command) {
            Some(what) => Conclusion::fail(server.subject(), vec![server.evidence.clone()], what),
            None => Conclusion::pass(
                server.subject(),
                server.evidence.clone(),
                "the command fetches nothing, or a pinned version",
            ),
        });
    }
    if conclusions.is_empty() {
        let message = format!(
            "{} MCP servers are declared; none that would start is started by a command",
            servers.len()
        );
        return Findings::one(Conclusion::not_applicable("deployment", message));
    }
    Findings::of(conclusions, "no MCP server")
}

/// What the command fetches without a fixed version.
pub(super) fn unpinned(command: &[&str]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    let name = name.strip_suffix(".cmd").or_else(|| name.strip_suffix(".exe")).unwrap_or(name);
    // A shell around the runner: look at its words.
    if matches!(name, "sh" | "bash" | "zsh" | "cmd" | "powershell" | "pwsh") {
        let script = arguments.iter().flat_map(|argument| argument.split_whitespace()).collect::<Vec<_>>();
        if script.iter().any(|word| matches!(*word, "curl" | "wget" | "iwr")) {
            return Some("the command downloads what it runs".to_owned());
        }
        let runner = script.iter().position(|word| RUNNERS.contains(word) || *word == "docker")?;
        return unpinned(&script[runner..]);
    }
    if name == "docker" || name == "podman" {
        let image =
            arguments.iter().rev().find(|argument| !argument.starts_with('-') && argument.contains('/'))?;
        let last = image.rsplit('/').next().unwrap_or(image);
        let pinned =
            image.contains("@sha256:") || last.split_once(':').is_some_and(|(_, tag)| tag != "latest");
        return (!pinned).then(|| format!("the image {image} has no fixed version"));
    }
    if !RUNNERS.contains(&name) {
        return None;
    }
    let skipped = ["dlx", "exec", "run", "x", "--from", "-p", "--package"];
    let package =
        arguments.iter().find(|argument| !argument.starts_with('-') && !skipped.contains(argument))?;
    (!is_pinned(package)).then(|| format!("{name} fetches {package} without a fixed version"))
}

/// `name@1.2.3`, `@scope/name@1.2.3`, `name==1.2.3`, a local path, or a commit.
fn is_pinned(package: &str) -> bool {
    if package.starts_with(['.', '/']) {
        return true;
    }
    let version = package
        .split_once("==")
        .map(|(_, version)| version)
        .or_else(|| package.get(1..).and_then(|rest| rest.rsplit_once('@')).map(|(_, version)| version));
    version.is_some_and(|version| {
        version.starts_with(|c: char| c.is_ascii_digit())
            || (version.len() >= 7 && version.bytes().all(|byte| byte.is_ascii_hexdigit()))
    })
}
