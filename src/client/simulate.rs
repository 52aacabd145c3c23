//! Simulation: what the client would do with one tool call under given settings, a line of JSON in and one out.
//! The contract is that of `workpaper simulate`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::hooks;
use super::permissions::{self, Decision, Files, ToolCall};
use super::settings::{
    Effective, Environment, Flags, ManagedOrigin, Os, Scope, SettingsSource, settings_path,
};
use super::version::{BadVersion, Behaviour, CONTRACT, ClientVersion};

/// One line of input. Fields that the answer does not need (a recorded decision) are ignored.
#[derive(Debug, Deserialize)]
struct Request<'a> {
    #[serde(default)]
    name: Value,
    client: Option<String>,
    #[serde(borrow)]
    managed: Option<&'a RawValue>,
    #[serde(borrow, default)]
    managed_dropins: BTreeMap<String, &'a RawValue>,
    #[serde(borrow)]
    user: Option<&'a RawValue>,
    #[serde(borrow)]
    project: Option<&'a RawValue>,
    #[serde(borrow)]
    local: Option<&'a RawValue>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default = "yes")]
    trusted: bool,
    #[serde(default)]
    sandbox: bool,
    home: Option<String>,
    cwd: Option<String>,
    git_root: Option<String>,
    #[serde(borrow)]
    files: Option<&'a RawValue>,
    tool: String,
    #[serde(default)]
    input: Value,
}

fn yes() -> bool {
    true
}

/// What determines the effective settings of a line: the scopes as written, and the surroundings.
#[derive(Debug, PartialEq)]
struct Setup {
    scopes: [Option<String>; 4],
    dropins: BTreeMap<String, String>,
    environment: Environment,
    /// Settings that only the flags or the repository's root bring in.
    more: Vec<SettingsSource>,
}

/// The links among the files of a line: `{"link": "target"}` in the place of a text.
#[derive(Debug)]
struct GivenFiles(BTreeMap<String, String>);

impl Files for GivenFiles {
    fn link(&self, path: &str) -> Option<String> {
        self.0.get(path).cloned()
    }
}

/// Answers requests one after the other; equal settings in consecutive lines are loaded once.
#[derive(Debug, Default)]
pub struct Simulator {
    last: Option<(Setup, Effective)>,
}

impl Simulator {
    /// Answers one JSON line.
    ///
    /// # Errors
    /// Says what is wrong with the line.
    pub fn answer(&mut self, line: &str) -> Result<Value, String> {
        let request: Request<'_> = serde_json::from_str(line).map_err(|e| e.to_string())?;
        let client: ClientVersion = match &request.client {
            Some(text) => text.parse().map_err(|e: BadVersion| e.to_string())?,
            None => CONTRACT,
        };
        let home = request.home.unwrap_or_else(|| "/home/user".to_owned());
        let cwd = request.cwd.unwrap_or_else(|| format!("{home}/project"));
        if !home.starts_with('/') || !cwd.starts_with('/') {
            return Err("home and cwd must be absolute paths".to_owned());
        }
        let links = GivenFiles(links(request.files, &cwd)?);
        let above = permissions::path::parent(&cwd).to_owned();
        let environment = Environment {
            home,
            start_dir: cwd,
            git_root: request.git_root,
            trusted: request.trusted,
            flags: request.args,
            os: Os::Linux,
            client,
            sandbox_available: request.sandbox,
        };
        let more = more_sources(&environment, request.files, &above)?;
        let scopes = [request.managed, request.user, request.project, request.local];
        let known = self.last.as_ref().is_some_and(|(setup, _)| {
            setup.environment == environment
                && setup.more == more
                && setup.scopes.iter().map(Option::as_deref).eq(scopes.iter().map(|s| s.map(RawValue::get)))
                && setup
                    .dropins
                    .iter()
                    .map(|(k, v)| (k.as_str(), v.as_str()))
                    .eq(request.managed_dropins.iter().map(|(k, v)| (k.as_str(), v.get())))
        });
        if !known {
            let setup = Setup {
                scopes: scopes.map(|s| s.map(|raw| raw.get().to_owned())),
                dropins: request
                    .managed_dropins
                    .iter()
                    .map(|(k, v)| (k.clone(), v.get().to_owned()))
                    .collect(),
                environment,
                more,
            };
            let effective = load(&setup);
            self.last = Some((setup, effective));
        }
        let Some((_, effective)) = &self.last else { return Err("no settings".to_owned()) };
        let call = ToolCall { tool: request.tool, input: request.input };
        let decision = permissions::decide(effective, &call, &links);
        let hooks_not_run = hooks::matching_in_force(effective, &call);
        Ok(render(&request.name, &decision, hooks_not_run))
    }
}

fn render(name: &Value, decision: &Decision, hooks_not_run: usize) -> Value {
    let mut out = json!({"name": name, "decision": decision.decision.name()});
    if let Some(rule) = &decision.by {
        out["by"] = json!({
            "scope": rule.scope.name(), "rule": rule.rule, "source": rule.source, "pointer": rule.pointer, "line": rule.line,
        });
    }
    out["why"] = json!(decision.why);
    if hooks_not_run > 0 {
        out["hooks_not_run"] = json!(hooks_not_run);
    }
    out
}

fn load(setup: &Setup) -> Effective {
    let environment = &setup.environment;
    let places = [
        (Scope::Managed, "/etc/claude-code/managed-settings.json".to_owned()),
        (Scope::User, format!("{}/.claude/settings.json", environment.home)),
        (Scope::Project, format!("{}/.claude/settings.json", environment.start_dir)),
        (Scope::Local, format!("{}/.claude/settings.local.json", environment.start_dir)),
    ];
    let mut sources = setup.more.clone();
    for ((scope, path), value) in places.into_iter().zip(&setup.scopes) {
        if let Some(text) = value.as_ref().and_then(text_of) {
            sources.push(SettingsSource { scope, origin: None, path, text });
        }
    }
    for (name, value) in &setup.dropins {
        let hidden = name.starts_with('.') || !name.ends_with(".json");
        if let Some(text) = text_of(value).filter(|_| !hidden) {
            let path = format!("/etc/claude-code/managed-settings.d/{name}");
            sources.push(SettingsSource {
                scope: Scope::Managed,
                origin: Some(ManagedOrigin::DropIn),
                path,
                text,
            });
        }
    }
    Effective::load(sources, environment.clone())
}

/// A scope is an object, which is the file's text as it stands, or a string that holds the text; null is no file.
fn text_of(raw: &String) -> Option<String> {
    match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw).ok(),
        _ if raw == "null" => None,
        _ => Some(raw.clone()),
    }
}

/// The files that `--settings` names, and the local settings at the root of the repository, as far as they are given.
fn more_sources(
    environment: &Environment,
    files: Option<&RawValue>,
    above: &str,
) -> Result<Vec<SettingsSource>, String> {
    let flagged = Flags::parse(&environment.flags).settings;
    let named = flagged.iter().filter(|text| !text.trim_start().starts_with('{'));
    let mut wanted: Vec<(Scope, String)> =
        named.map(|path| (Scope::CommandLine, settings_path(path, environment))).collect();
    if let Some(root) = environment.git_root.as_ref().filter(|root| **root != environment.start_dir)
        && environment.client.has(Behaviour::LocalAtGitRoot)
    {
        wanted.push((Scope::Local, format!("{root}/.claude/settings.local.json")));
    }
    let Some(raw) = files.filter(|_| !wanted.is_empty()) else { return Ok(Vec::new()) };
    let files: BTreeMap<String, Value> =
        serde_json::from_str(raw.get()).map_err(|e| format!("files: {e}"))?;
    let text_at = |wanted: &str| {
        let named = files.iter().find(|(path, _)| permissions::path::absolute(path, above, "/") == wanted);
        named.and_then(|(_, text)| text.as_str())
    };
    let sources = wanted.iter().filter_map(|(scope, path)| {
        let text = text_at(path)?.to_owned();
        Some(SettingsSource { scope: *scope, origin: None, path: path.clone(), text })
    });
    Ok(sources.collect())
}

/// `files` holds paths relative to the folder above the start folder, or absolute ones.
fn links(files: Option<&RawValue>, cwd: &str) -> Result<BTreeMap<String, String>, String> {
    let mut out = BTreeMap::new();
    // Texts are of no interest here: only an object can be a link.
    let Some(raw) = files.map(RawValue::get).filter(|raw| raw.contains("link")) else { return Ok(out) };
    let files: BTreeMap<String, Value> = serde_json::from_str(raw).map_err(|e| format!("files: {e}"))?;
    let above = permissions::path::parent(cwd);
    for (path, value) in files {
        let Some(target) = value.get("link").or_else(|| value.get("symlink")).and_then(Value::as_str) else {
            continue;
        };
        let path = permissions::path::absolute(&path, above, "/");
        let target = permissions::path::absolute(target, permissions::path::parent(&path), "/");
        out.insert(path, target);
    }
    Ok(out)
}
