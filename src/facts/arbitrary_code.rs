//! Allow rules that hand out arbitrary code: alone, or together with the right to edit what they run.

use serde_json::json;

use super::Session;
use crate::{
    client::{
        code_runners::{Runs, code_runners},
        permissions::{
            ActiveRule, NoFiles, ToolCall, Verdict, decide,
            rule::{CommandPattern, RuleKind},
        },
    },
    model::Evidence,
};

/// A rule that lets code run unasked.
pub struct Grant {
    pub rule: String,
    /// A command that the rule lets through.
    pub command: String,
    /// A file that may be edited unasked and that the command runs; nothing where the rule suffices alone.
    pub edits: Option<String>,
    pub evidence: Evidence,
}

/// What the allow rules of a session hand out.
pub struct Grants {
    pub found: Vec<Grant>,
    /// Commands that a rule names and whose fate is not known.
    pub unknown: Vec<String>,
    /// Allow rules for commands that were looked at.
    pub tested: usize,
}

/// What makes an interpreter run what follows.
const INTERPRETED: &[&str] = &[
    "{} -c id",
    "{} -e id",
    "{} -p id",
    "{} -m pip",
    "{} -r id",
    "{} eval id",
    "{} run x",
    "{} /tmp/x",
    "{} x",
];
/// Files that such programs run.
const RUN_FILES: [&str; 6] =
    ["package.json", "Makefile", "src/index.js", "src/main.rs", "tests/test_app.py", "test/app.test.js"];
/// Questions that run nothing.
const HARMLESS: [&str; 4] = ["--version", "-v", "--help", "-V"];

impl Session<'_> {
    /// The allow rules that run code which the agent can choose.
    pub fn arbitrary_code(&self) -> Grants {
        let mut grants = Grants { found: Vec::new(), unknown: Vec::new(), tested: 0 };
        let editable = RUN_FILES.iter().find(|file| self.edits_unasked(file));
        for rule in &self.effective.rules().allow {
            let tool = ["Bash", "PowerShell"].into_iter().find(|tool| rule.parsed.names(tool));
            let Some(tool) = tool else { continue };
            grants.tested += 1;
            let pattern = match &rule.parsed.kind {
                RuleKind::Tool => None,
                RuleKind::Command(pattern) => Some(pattern),
                _ => continue,
            };
            let alone = match pattern {
                None => vec!["some-program --flag".to_owned()],
                Some(pattern) => probes(pattern),
            };
            if let Some(command) = self.first_allowed(tool, rule, alone, &mut grants.unknown) {
                grants.found.push(self.grant(rule, command, None));
                continue;
            }
            let Some((pattern, file)) = pattern.zip(editable) else { continue };
            let run = project_command(pattern).into_iter().collect();
            if let Some(command) = self.first_allowed(tool, rule, run, &mut grants.unknown) {
                grants.found.push(self.grant(rule, command, Some((*file).to_owned())));
            }
        }
        grants
    }

    fn grant(&self, rule: &ActiveRule, command: String, edits: Option<String>) -> Grant {
        let evidence = self.cite_at(&rule.at.source, &rule.at.pointer);
        Grant { rule: rule.at.rule.clone(), command, edits, evidence }
    }

    /// The first of the commands that the client runs unasked because of this rule or one of its kind.
    fn first_allowed(
        &self,
        tool: &str,
        rule: &ActiveRule,
        commands: Vec<String>,
        unknown: &mut Vec<String>,
    ) -> Option<String> {
        for command in commands {
            let call = ToolCall { tool: tool.to_owned(), input: json!({ "command": command }) };
            match decide(&self.effective, &call, &NoFiles).decision {
                Verdict::Allow => return Some(command),
                Verdict::Undetermined => unknown.push(format!("{} ({command})", rule.at.rule)),
                Verdict::Ask | Verdict::Deny => {}
            }
        }
        None
    }

    fn edits_unasked(&self, file: &str) -> bool {
        let path = format!("{}/{file}", self.effective.environment.start_dir);
        let edit = json!({ "file_path": path, "old_string": "a", "new_string": "b" });
        let write = json!({ "file_path": path, "content": "x" });
        [("Edit", edit), ("Write", write)].into_iter().any(|(tool, input)| {
            let call = ToolCall { tool: tool.to_owned(), input };
            decide(&self.effective, &call, &NoFiles).decision == Verdict::Allow
        })
    }
}

/// Commands with code of the agent's choice that a pattern covers.
fn probes(pattern: &CommandPattern) -> Vec<String> {
    let text = match pattern {
        // One fixed command: its input may still be the agent's, which is the other question.
        CommandPattern::Exact(_) => return Vec::new(),
        CommandPattern::Prefix(text) => text.clone(),
        CommandPattern::Wildcard(glob) => glob.filled("*"),
    };
    let program = program_of(&text);
    let mut candidates: Vec<String> = Vec::new();
    let star = program.find('*');
    let stem = star.map_or(program, |star| &program[..star]);
    let bare = without_version(program);
    let named = |name: &str| if star.is_some() { name.starts_with(stem) } else { bare == name };
    for (name, runs) in code_runners().iter().filter(|(name, _)| named(name)) {
        let program = if star.is_some() { name } else { program };
        match runs {
            Runs::Code => candidates.extend(INTERPRETED.iter().map(|form| form.replace("{}", program))),
            Runs::By(form) => candidates.push(form.replacen(name, program, 1)),
            Runs::Option(begins, ends) => candidates.extend(with_option(&text, begins, ends)),
            Runs::Project(_) => {}
        }
    }
    // A free first word is any program.
    if let Some(rest) = text.strip_prefix('*') {
        candidates.push(format!("some-program{}", rest.replace('*', "x")));
    }
    candidates.retain(|command| pattern.matches(command));
    candidates
}

/// What a rule fixes, gone on with an option that runs code, where the rule fixes at least the words it needs.
fn with_option(text: &str, begins: &str, ends: &str) -> Option<String> {
    let fixed = text.trim_end_matches('*').trim_end();
    let rest = fixed.strip_prefix(begins)?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| format!("{fixed} {ends}"))
}

/// A command of the pattern that runs the project's own files.
fn project_command(pattern: &CommandPattern) -> Option<String> {
    let command = match pattern {
        CommandPattern::Exact(text) | CommandPattern::Prefix(text) => text.clone(),
        CommandPattern::Wildcard(glob) => glob.filled("x"),
    };
    let mut words =
        command.split_whitespace().skip_while(|word| word.contains('=') && !word.starts_with('-'));
    let program = words.next()?;
    let arguments: Vec<&str> = words.collect();
    if arguments.first().is_some_and(|first| HARMLESS.contains(first)) {
        return None;
    }
    let name = program.rsplit('/').next().unwrap_or(program);
    let in_project = program.starts_with("./") || !program.starts_with('/') && program.contains('/');
    let verb = arguments.iter().find(|word| !word.starts_with('-'));
    let runs = code_runners().iter().filter(|(runner, _)| *runner == name).any(|(_, runs)| match runs {
        Runs::Project(verbs) => {
            verbs.is_empty() || verb.is_some_and(|verb| verbs.contains(verb) || *verb == "x")
        }
        Runs::Code | Runs::By(_) | Runs::Option(..) => false,
    });
    // A script by a relative path, or a module of the project.
    let script =
        interprets(name) && arguments.iter().any(|word| !word.starts_with(['-', '/', '~', '$', '\'', '"']));
    (in_project || runs || script).then_some(command)
}

fn interprets(name: &str) -> bool {
    let bare = without_version(name);
    code_runners().iter().any(|(program, runs)| *program == bare && *runs == Runs::Code)
}

fn without_version(program: &str) -> &str {
    program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}

fn program_of(text: &str) -> &str {
    text.split_whitespace().find(|word| !word.contains('=') || word.starts_with('-')).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wild(text: &str) -> CommandPattern {
        CommandPattern::Wildcard(crate::client::permissions::glob::Glob::command(text))
    }

    #[test]
    fn interpreters_and_runners_have_probes_and_fixed_commands_have_none() {
        for open in [
            "python3 *",
            "python*",
            "npx *",
            "bash -c *",
            "node -e *",
            "npm *",
            "git *",
            "make *",
            "* --version",
            "python3.12 *",
            "sed *",
            "sort *",
            "sed -n 1,20p *",
            "find . -name *",
            "git fetch *",
        ] {
            assert!(!probes(&wild(open)).is_empty(), "{open}");
        }
        assert!(!probes(&CommandPattern::Prefix("npx".to_owned())).is_empty());
        for closed in [
            "git diff *",
            "git log *",
            "npm run lint *",
            "npx prettier *",
            "ls *",
            "python3 manage.py *",
            "docker ps *",
            "jq *",
            "sed -n 1,20p notes.txt",
            "git fetcher *",
        ] {
            assert!(probes(&wild(closed)).is_empty(), "{closed}: {:?}", probes(&wild(closed)));
        }
    }

    #[test]
    fn commands_that_run_the_project() {
        for runs in [
            "npm test",
            "npm run build",
            "make",
            "cargo test",
            "./gradlew test",
            "python3 manage.py test",
            "npx prettier",
            "bash scripts/x.sh",
        ] {
            assert!(project_command(&CommandPattern::Exact(runs.to_owned())).is_some(), "{runs}");
        }
        for not in ["npm ls", "npm --version", "git status", "ls -l", "cargo tree", "go vet ./..."] {
            assert!(project_command(&CommandPattern::Exact(not.to_owned())).is_none(), "{not}");
        }
    }
}
