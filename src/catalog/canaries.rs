//! Batteries of test inputs for hooks, read from `controls/canaries/`: what must be stopped, and harmless neighbours.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Problem;
use crate::model::Aim;

/// A battery is at most this long.
const MOST: usize = 2_000;

/// Which kind of hook a battery is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Tool calls, for hooks that decide them.
    Calls,
    /// Tool calls with their results, for hooks that record or filter them.
    Results,
    /// Broken input, for every hook.
    Faults,
    /// Commits, for git's hooks.
    Commits,
    /// Commit messages, for git's `commit-msg`.
    Messages,
    /// Pushes, for git's `pre-push`.
    Pushes,
}

/// One battery: a file of `controls/canaries/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Battery {
    /// The file's name.
    #[serde(skip)]
    pub id: String,
    /// What the battery shows, in one line.
    pub title: String,
    pub kind: Kind,
    /// Inputs that must be stopped or recorded.
    #[serde(default)]
    pub stop: Vec<Canary>,
    /// Harmless neighbours.
    #[serde(default)]
    pub pass: Vec<Canary>,
    #[serde(default)]
    pub record: Vec<Canary>,
    #[serde(default)]
    pub fault: Vec<Canary>,
}

/// One test input.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// Unique in its battery.
    pub id: String,
    /// Whether a verdict depends on it.
    #[serde(default)]
    pub baseline: bool,
    #[serde(default)]
    pub tool: String,
    /// The tool's input; `{project}` and `{home}` are put in.
    #[serde(default)]
    pub input: Map<String, Value>,
    /// What a command of the shell gets at: what the sandbox of the client may keep from it.
    #[serde(default)]
    pub reaches: Option<Reach>,
    /// The tool's result, for `results`; a call with `error` fails.
    #[serde(default)]
    pub response: Option<Value>,
    #[serde(default)]
    pub error: Option<String>,
    /// Text that is given to the hook instead of a call, for `faults`.
    #[serde(default)]
    pub stdin: Option<String>,
    /// The text is repeated to this many bytes.
    #[serde(default)]
    pub bytes: usize,
    /// A program that is taken off the path.
    #[serde(default)]
    pub without: Option<String>,
    /// How many are started at the same moment.
    #[serde(default)]
    pub at_once: usize,
    /// Links that stand in the project: name, and what it points to.
    #[serde(default)]
    pub links: BTreeMap<String, String>,
    /// For `commits`: files added, by path.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// For `commits`: files of the commit before.
    #[serde(default)]
    pub before: BTreeMap<String, String>,
    /// For `messages`: the commit message; for `pushes`: the branch.
    #[serde(default)]
    pub text: String,
}

/// What a command gets at, where it names one thing that a boundary around the process could hold back.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Reads this file.
    Reads(String),
    /// Writes or removes this file or folder.
    Writes(String),
    /// Opens a connection to this host.
    Connects(String),
}

/// Stands in for a long result.
const BIG: usize = 1 << 20;

/// Puts the folders of a session into a canary's text.
pub fn put_in(text: &str, project: &str, home: &str) -> String {
    text.replace("{project}", project).replace("{home}", home).replace("{-}", "")
}

/// The same in every text of a value.
pub fn filled(value: &Value, project: &str, home: &str, depth: usize) -> Value {
    match value {
        Value::String(text) if text == "{big}" => "line of a long result\n".repeat(BIG / 22).into(),
        Value::String(text) => put_in(text, project, home).into(),
        Value::Array(items) if depth < 50 => {
            items.iter().map(|item| filled(item, project, home, depth + 1)).collect()
        }
        Value::Object(keys) if depth < 50 => Value::Object(
            keys.iter().map(|(key, item)| (key.clone(), filled(item, project, home, depth + 1))).collect(),
        ),
        other => other.clone(),
    }
}

impl Canary {
    /// The tool's input in a session's folders.
    pub fn input_in(&self, project: &str, home: &str) -> Value {
        let keys = self.input.iter();
        Value::Object(keys.map(|(key, value)| (key.clone(), filled(value, project, home, 0))).collect())
    }

    /// What a call with this input tries, in a reader's words: `Read /home/dev/work/.env`.
    pub fn tries(&self, input: &Value) -> String {
        let main = ["command", "file_path", "notebook_path", "path", "glob", "pattern", "url", "query"]
            .iter()
            .filter(|key| !(self.tool == "Bash" && **key != "command"))
            .filter_map(|key| input.get(key)?.as_str())
            .collect::<Vec<_>>();
        let content = input.get("content").and_then(Value::as_str);
        let text = match (main.is_empty(), content) {
            (true, _) => input.to_string(),
            (false, Some(content)) => format!("{}: {content}", main.join(" ")),
            (false, None) => main.join(" "),
        };
        let without = self.without.as_ref().map(|missing| format!(", with {missing} missing"));
        format!("{} {text}{}", self.tool, without.unwrap_or_default()).chars().take(160).collect()
    }
}

impl Battery {
    /// Whether hooks and rules decide its canaries before they run.
    pub fn is_of_calls(&self) -> bool {
        self.kind == Kind::Calls
    }

    /// Every canary with its aim, in the order of the file.
    pub fn canaries(&self) -> impl Iterator<Item = (Aim, &Canary)> {
        [
            (Aim::Stop, &self.stop),
            (Aim::Pass, &self.pass),
            (Aim::Record, &self.record),
            (Aim::Fault, &self.fault),
        ]
        .into_iter()
        .flat_map(|(aim, list)| list.iter().map(move |canary| (aim, canary)))
    }
}

/// Reads every battery among the catalogue's files, sorted by id; all mistakes at once.
pub fn batteries(files: &BTreeMap<String, String>) -> Result<Vec<Battery>, Vec<Problem>> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (path, text) in files {
        let Some(name) = path.strip_prefix("canaries/") else { continue };
        let Some(id) = name.strip_suffix(".yaml").filter(|id| !id.contains('/')) else {
            problems.push(Problem::new(path, 0, "not a battery", "a battery is one .yaml file"));
            continue;
        };
        let options = serde_saphyr::options! { with_snippet: false };
        match serde_saphyr::from_str_with_options::<Battery>(text, options) {
            Ok(mut battery) => {
                id.clone_into(&mut battery.id);
                check(path, text, &battery, &mut problems);
                found.push(battery);
            }
            Err(error) => {
                let line = error.location().map_or(0, |location| location.line());
                let message = error.without_snippet().to_string();
                problems.push(Problem::new(
                    path,
                    line,
                    message,
                    "CONTRIBUTING.md shows the form of a battery",
                ));
            }
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// Whether it names one file of a folder.
fn is_plain(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains('/')
}

fn check(path: &str, text: &str, battery: &Battery, problems: &mut Vec<Problem>) {
    let line_of = |id: &str| {
        let needle = format!("id: {id}");
        (1..).zip(text.lines()).find(|(_, line)| line.contains(&needle)).map_or(0, |(number, _)| number)
    };
    let mut ids = BTreeSet::new();
    let mut count = 0;
    for (aim, canary) in battery.canaries() {
        count += 1;
        let mut wrong = |message: &str, hint: &str| {
            problems.push(Problem::new(path, line_of(&canary.id), format!("{}: {message}", canary.id), hint));
        };
        if !ids.insert(&canary.id) {
            wrong("the id is used twice", "ids are unique in a battery");
        }
        let shape = match battery.kind {
            Kind::Calls | Kind::Results => !canary.tool.is_empty() && !canary.input.is_empty(),
            Kind::Faults => canary.stdin.is_some() || canary.without.is_some(),
            Kind::Commits => !canary.files.is_empty() || !canary.before.is_empty(),
            Kind::Messages | Kind::Pushes => !canary.text.is_empty(),
        };
        if !shape {
            wrong("it holds nothing to run", "CONTRIBUTING.md shows what each kind of battery needs");
        }
        if canary.baseline && aim == Aim::Fault {
            wrong("a fault is no baseline", "leave out `baseline`");
        }
        // A name with folders could lead through a link that a repository brings.
        if !canary.links.keys().all(|name| is_plain(name)) {
            wrong("a link stands below the project", "give a name without folders");
        }
        if !canary.links.is_empty() && canary.at_once > 1 {
            wrong("a link, and several at once", "one run must not find what another one left");
        }
        if canary.bytes > 16 << 20 || canary.at_once > 64 {
            wrong("too large", "at most 16 MiB, at most 64 at once");
        }
    }
    if count == 0 || count > MOST {
        let hint = format!("between 1 and {MOST} canaries");
        problems.push(Problem::new(path, 0, format!("{count} canaries"), hint));
    }
    if battery.stop.iter().any(|canary| canary.baseline) && battery.pass.is_empty() {
        let hint =
            "a guard that stops everything must not look perfect: add harmless neighbours under `pass`";
        problems.push(Problem::new(path, 0, "no harmless neighbours", hint));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Battery>, Vec<Problem>> {
        batteries(&BTreeMap::from([("canaries/x.yaml".to_owned(), text.to_owned())]))
    }

    #[test]
    fn the_built_in_batteries_are_whole() {
        let catalog = crate::catalog::Catalog::builtin().expect("the built-in catalogue");
        let found = batteries(catalog.files()).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let count = |id: &str| {
            let battery = found.iter().find(|battery| battery.id == id).expect("the battery");
            (battery.stop.len(), battery.pass.len(), battery.record.len(), battery.fault.len())
        };
        assert!(count("credential_files").0 >= 110 && count("credential_files").1 >= 30);
        assert!(count("destructive_commands").0 >= 80 && count("destructive_commands").1 >= 20);
        assert!(count("exfiltration").0 >= 20 && count("exfiltration").1 >= 8);
        assert!(count("personal_data").0 >= 15 && count("personal_data").1 >= 10);
        assert!(count("tool_records").2 >= 15);
        assert!(count("broken_input").3 >= 5);
        assert!(count("commits").0 >= 8 && count("commits").1 >= 4);
    }

    fn built_in(id: &str) -> Battery {
        let catalog = crate::catalog::Catalog::builtin().expect("the built-in catalogue");
        let found = batteries(catalog.files()).unwrap_or_else(|problems| panic!("{problems:#?}"));
        found.into_iter().find(|battery| battery.id == id).expect("the battery")
    }

    /// The strings of a canary's input, joined.
    fn tried(canary: &Canary) -> String {
        let strings: Vec<&str> = canary.input.values().filter_map(Value::as_str).collect();
        strings.join("\n")
    }

    #[test]
    fn credential_files_are_tried_by_every_road() {
        let battery = built_in("credential_files");
        let of = |tool: &str| battery.stop.iter().filter(|canary| canary.tool.starts_with(tool)).count();
        for (tool, least) in [
            ("Read", 40),
            ("Grep", 4),
            ("Glob", 4),
            ("Edit", 2),
            ("Write", 2),
            ("NotebookEdit", 2),
            ("Bash", 35),
            ("mcp__", 4),
        ] {
            assert!(of(tool) >= least, "{} calls of {tool}, at least {least}", of(tool));
        }
        let any = |what: &str, wanted: &dyn Fn(&Canary) -> bool| {
            assert!(battery.stop.iter().any(wanted), "no canary tries {what}");
        };
        any("an environment file in other letters", &|c| tried(c).contains(".ENV"));
        any("a key in other letters", &|c| tried(c).contains("Server.Key"));
        any("a link", &|c| !c.links.is_empty());
        any("a link made by the command", &|c| tried(c).contains("ln -s .env"));
        any("a path that climbs", &|c| tried(c).contains("/../"));
        any("a relative path", &|c| c.tool == "Grep" && c.input.get("path").is_some_and(|p| p == ".env"));
        any("an absolute path", &|c| tried(c).starts_with("/etc/"));
        for family in
            [".env", ".pem", ".key", "id_rsa", ".aws/", ".ssh", ".kube", ".netrc", "vault", ".p12", "gcloud"]
        {
            any(family, &|c| tried(c).contains(family));
        }
    }

    #[test]
    fn destructive_commands_are_spelled_in_sixty_ways() {
        let battery = built_in("destructive_commands");
        let commands = |canaries: &[Canary]| -> BTreeSet<String> {
            let of = |canary: &Canary| Some(canary.input.get("command")?.as_str()?.trim().to_owned());
            canaries.iter().filter_map(of).collect()
        };
        let (stop, pass) = (commands(&battery.stop), commands(&battery.pass));
        assert!(stop.len() >= 60, "{} different commands", stop.len());
        assert!(pass.len() >= 20 && stop.is_disjoint(&pass), "{} harmless neighbours", pass.len());
    }

    #[test]
    fn personal_and_health_data_come_valid_and_nearly_valid() {
        let (input, output) = (built_in("personal_data"), built_in("health_data_in_results"));
        let text = |canaries: &[Canary]| -> String {
            let one = |canary: &Canary| format!("{} {:?}\n", tried(canary), canary.response);
            canaries.iter().map(one).collect()
        };
        let stop = text(&input.stop) + &text(&output.stop);
        let pass = text(&input.pass) + &text(&output.pass);
        // Number, record number, card that passes the Luhn sum, e-mail, telephone, name, date of birth.
        for wanted in ["219-09-9999", "MRN", "4111 1111 1111 1111", "@", "555-0142", "Jane Roe", "1961-02-03"]
        {
            assert!(stop.contains(wanted), "nothing must be stopped for {wanted}");
        }
        // Never issued, no Luhn sum, a word for a record number, an address that is none.
        for wanted in ["000-12-3456", "666-12-3456", "4111 1111 1111 1112", "MRN stands for", "git@"] {
            assert!(pass.contains(wanted), "no harmless neighbour {wanted}");
        }
    }

    #[test]
    fn says_every_mistake() {
        let twice = "title: t\nkind: calls\nstop:\n  - {id: a, tool: Read, input: {file_path: x}, baseline: true}\n  - {id: a, tool: Read}\n";
        let problems = read(twice).expect_err("mistakes");
        let said: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(said, ["a: the id is used twice", "a: it holds nothing to run", "no harmless neighbours"]);
        assert!(read("title: t\nkind: calls\n").is_err());
        assert!(read("title: t\nkind: calls\nnonsense: 1\n").is_err());
    }
}
