//! `workpaper simulate`: what the client would do with tool calls under given settings.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::process::ExitCode;

use serde::Deserialize;
use serde_json::{Value, json};

use workpaper::client::hooks;
use workpaper::client::permissions::{self, Decision, Files, ToolCall};
use workpaper::client::settings::{Effective, Environment, ManagedOrigin, Os, Scope, SettingsSource};
use workpaper::client::version::{CONTRACT, ClientVersion};

/// Longest input line, in bytes.
const MAX_LINE: usize = 16 << 20;

/// Answer one call given by flags, or one call a line from standard input.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Tool of the one call, such as Bash. Without it, calls are read from standard input as JSON Lines.
    #[arg(long)]
    tool: Option<String>,
    /// Input of the one call as JSON; text that is no object is taken as the command or path.
    #[arg(long, requires = "tool")]
    input: Option<String>,
    /// Managed settings file.
    #[arg(long, value_name = "FILE")]
    managed: Option<std::path::PathBuf>,
    /// User settings file.
    #[arg(long, value_name = "FILE")]
    user: Option<std::path::PathBuf>,
    /// Project settings file.
    #[arg(long, value_name = "FILE")]
    project: Option<std::path::PathBuf>,
    /// Local settings file.
    #[arg(long, value_name = "FILE")]
    local: Option<std::path::PathBuf>,
    /// Version of the client.
    #[arg(long, value_name = "VERSION")]
    client: Option<String>,
    /// Home folder of the session.
    #[arg(long, default_value = "/home/user")]
    home: String,
    /// Folder in which the session starts.
    #[arg(long, default_value = "/home/user/project")]
    cwd: String,
    /// Take the folder as not trusted.
    #[arg(long)]
    untrusted: bool,
    /// A flag of the session, such as --session-arg=--permission-mode=plan. May be repeated.
    #[arg(long = "session-arg", value_name = "FLAG", allow_hyphen_values = true)]
    session_args: Vec<String>,
}

/// One line of input. Fields that the answer does not need (a recorded decision) are ignored.
#[derive(Debug, Deserialize)]
struct Request {
    #[serde(default)]
    name: Value,
    client: Option<String>,
    managed: Option<Value>,
    #[serde(default)]
    managed_dropins: BTreeMap<String, Value>,
    user: Option<Value>,
    project: Option<Value>,
    local: Option<Value>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default = "yes")]
    trusted: bool,
    #[serde(default)]
    sandbox: bool,
    home: Option<String>,
    cwd: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, Value>,
    tool: String,
    #[serde(default)]
    input: Value,
}

fn yes() -> bool {
    true
}

/// What determines the effective settings of a line.
#[derive(Debug, PartialEq)]
struct Setup {
    scopes: [Option<Value>; 4],
    dropins: BTreeMap<String, Value>,
    args: Vec<String>,
    environment: Environment,
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
        let request: Request = serde_json::from_str(line).map_err(|e| e.to_string())?;
        let client: ClientVersion = match &request.client {
            Some(text) => text.parse().map_err(|e: workpaper::client::version::BadVersion| e.to_string())?,
            None => CONTRACT,
        };
        let home = request.home.unwrap_or_else(|| "/home/user".to_owned());
        let cwd = request.cwd.unwrap_or_else(|| format!("{home}/project"));
        if !home.starts_with('/') || !cwd.starts_with('/') {
            return Err("home and cwd must be absolute paths".to_owned());
        }
        let links = GivenFiles(links(&request.files, &cwd));
        let setup = Setup {
            scopes: [request.managed, request.user, request.project, request.local],
            dropins: request.managed_dropins,
            args: request.args.clone(),
            environment: Environment {
                home,
                start_dir: cwd,
                git_root: None,
                trusted: request.trusted,
                flags: request.args,
                os: Os::Linux,
                client,
                sandbox_available: request.sandbox,
            },
        };
        if self.last.as_ref().is_none_or(|(known, _)| *known != setup) {
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
    let mut sources = Vec::new();
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

/// A scope is a file's raw text, or its parsed value; null is no file.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// `files` holds paths relative to the folder above the start folder, or absolute ones.
fn links(files: &BTreeMap<String, Value>, cwd: &str) -> BTreeMap<String, String> {
    let above = permissions::path::parent(cwd);
    let mut out = BTreeMap::new();
    for (path, value) in files {
        let Some(target) = value.get("link").or_else(|| value.get("symlink")).and_then(Value::as_str) else {
            continue;
        };
        let path = permissions::path::absolute(path, above, "/");
        let target = permissions::path::absolute(target, permissions::path::parent(&path), "/");
        out.insert(path, target);
    }
    out
}

/// Runs the command. Exit code 2 where a line could not be answered, 3 where the input could not be read
/// or the answer not written.
pub fn run(args: Args) -> ExitCode {
    let outcome = if args.tool.is_some() { one(args) } else { batch() };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(error) => {
            eprintln!("workpaper simulate: {error}");
            ExitCode::from(3)
        }
    }
}

fn one(args: Args) -> std::io::Result<bool> {
    let read = |path: &Option<std::path::PathBuf>| -> std::io::Result<Value> {
        match path {
            None => Ok(Value::Null),
            Some(path) => {
                let bytes = std::fs::read(path)
                    .map_err(|e| std::io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
                Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned()))
            }
        }
    };
    let tool = args.tool.unwrap_or_default();
    let given = args.input.unwrap_or_default();
    let input = match serde_json::from_str::<Value>(&given) {
        Ok(value @ Value::Object(_)) => value,
        _ => json!({main_field(&tool): given}),
    };
    let request = json!({
        "name": "call", "client": args.client.unwrap_or_else(|| CONTRACT.to_string()), "managed": read(&args.managed)?,
        "user": read(&args.user)?, "project": read(&args.project)?, "local": read(&args.local)?, "args": args.session_args,
        "trusted": !args.untrusted, "home": args.home, "cwd": args.cwd, "tool": tool, "input": input,
    });
    match Simulator::default().answer(&request.to_string()) {
        Ok(answer) => {
            writeln!(std::io::stdout(), "{answer}")?;
            Ok(true)
        }
        Err(error) => {
            eprintln!("workpaper simulate: {error}");
            Ok(false)
        }
    }
}

fn main_field(tool: &str) -> &'static str {
    match tool {
        "Bash" | "PowerShell" => "command",
        "WebFetch" => "url",
        "NotebookEdit" => "notebook_path",
        "Glob" | "Grep" => "path",
        _ => "file_path",
    }
}

fn batch() -> std::io::Result<bool> {
    let mut input = std::io::stdin().lock();
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    let (mut simulator, mut good, mut number) = (Simulator::default(), true, 0u64);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = std::io::Read::take(&mut input, MAX_LINE as u64 + 1).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        number += 1;
        if line.len() > MAX_LINE {
            skip_line(&mut input)?;
        }
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        let answer = if line.len() > MAX_LINE {
            Err(format!("longer than {MAX_LINE} bytes"))
        } else {
            simulator.answer(&text)
        };
        match answer {
            Ok(answer) => writeln!(output, "{answer}")?,
            Err(error) => {
                good = false;
                writeln!(output, "{}", json!({"error": error, "line": number}))?;
            }
        }
    }
    output.flush()?;
    Ok(good)
}

/// Reads on to the end of a line that is too long, in bounded memory.
fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let (done, used) = {
            let buffer = input.fill_buf()?;
            match buffer.iter().position(|b| *b == b'\n') {
                Some(at) => (true, at + 1),
                None => (buffer.is_empty(), buffer.len()),
            }
        };
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_follow_the_contract() {
        let mut s = Simulator::default();
        let line = json!({"name": "x", "managed": {"permissions": {"deny": ["Bash(rm *)"]}}, "home": "/h", "cwd": "/h/p",
            "tool": "Bash", "input": {"command": "rm -rf d"}});
        let answer = s.answer(&line.to_string()).unwrap();
        assert_eq!(answer["decision"], "deny");
        assert_eq!(
            (&answer["by"]["scope"], &answer["by"]["rule"]),
            (&json!("managed"), &json!("Bash(rm *)"))
        );
        assert!(s.answer("{").is_err() && s.answer("{\"tool\": 5}").is_err());
    }

    #[test]
    fn links_are_followed() {
        let mut s = Simulator::default();
        let line = json!({"user": {"permissions": {"deny": ["Read(//etc/**)"]}}, "home": "/h", "cwd": "/h/p",
            "files": {"p/l": {"link": "/etc"}}, "tool": "Read", "input": {"file_path": "/h/p/l/passwd"}});
        assert_eq!(s.answer(&line.to_string()).unwrap()["decision"], "deny");
    }
}
