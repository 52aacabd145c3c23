//! Hooks as checks see them: what the client would run, the scripts behind it, and what they are for.

use super::{Changeable, Facts, File, Session, programs::Programs};
use crate::{
    client::hooks::{self, Handler, Hook},
    client::settings::Scope,
    model::{Conclusion, Evidence, Gap},
};

/// What a hook is there to do, from its event and from what its command and script do, never from a file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Keeps credential files from being read.
    CredentialGuard,
    /// Keeps calls from sending data out, health information above all.
    EgressGuard,
    /// Finds personal data in a call's input.
    PersonalDataGuard,
    /// Finds health information in a call's output.
    OutputFilter,
    /// Writes a record of each call.
    Logger,
}

/// The lines of a script that are no comments.
pub(super) fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with('#'))
}

/// A configured hook with what it runs.
pub struct RegisteredHook<'f> {
    pub hook: Hook,
    pub evidence: Evidence,
    /// The scripts that the command names and that were found.
    pub scripts: Vec<&'f File<'f>>,
    /// Programs that the command names and that are not there.
    pub missing: Vec<&'f Gap>,
    /// Programs that the command names, and of which nothing is known: they could not be read.
    pub unseen: Vec<&'f Gap>,
}

impl<'a> Facts<'a> {
    /// Every hook of a session's sources, strongest source first, then those of plugins; also those that never run.
    pub fn hooks<'f>(&'f self, session: &Session<'_>) -> Vec<RegisteredHook<'f>> {
        let all = hooks::list(&session.effective).into_iter().chain(session.plugin_hooks());
        all.map(|hook| self.registered(session, hook)).collect()
    }

    /// Hooks that the client runs for this session, with a purpose.
    pub fn hooks_in_force<'f>(&'f self, session: &Session<'_>, purpose: Purpose) -> Vec<RegisteredHook<'f>> {
        let all = self.hooks(session).into_iter();
        all.filter(|hook| hook.hook.in_force.is_ok() && hook.serves(purpose)).collect()
    }

    /// Hooks that an administrator's source registers and the client runs, with a purpose.
    pub fn managed_hooks<'f>(&'f self, session: &Session<'_>, purpose: Purpose) -> Vec<RegisteredHook<'f>> {
        let all = self.hooks_in_force(session, purpose).into_iter();
        all.filter(|hook| hook.hook.scope == Scope::Managed).collect()
    }

    /// Hooks that any settings file writes down, whether or not the client reads it, with a purpose: file, place, the
    /// scripts found, and whether a program is missing.
    pub fn written_hooks<'f>(
        &'f self,
        events: &[&str],
        purpose: Purpose,
    ) -> Vec<(Evidence, Vec<&'f File<'a>>, bool)> {
        let mut found = Vec::new();
        for (file, object) in self.settings_objects() {
            for (base, holder) in [
                ("", object.get("hooks")),
                ("/managedSettings", object.get("managedSettings").and_then(|w| w.get("hooks"))),
            ] {
                for event in events {
                    let groups =
                        holder.and_then(|hooks| hooks.get(*event)).and_then(|groups| groups.as_array());
                    for (g, group) in groups.into_iter().flatten().enumerate() {
                        let entries = group.get("hooks").and_then(|hooks| hooks.as_array());
                        for (h, entry) in entries.into_iter().flatten().enumerate() {
                            let Some(command) = entry.get("command").and_then(|command| command.as_str())
                            else {
                                continue;
                            };
                            let pointer = format!("{base}/hooks/{event}/{g}/hooks/{h}");
                            let by = format!("{}#{pointer}", file.source);
                            let Programs { scripts, missing, .. } = self.programs_of(&by);
                            if serves(purpose, event, command, scripts.iter().copied()) {
                                found.push((file.evidence().at(pointer), scripts, !missing.is_empty()));
                            }
                        }
                    }
                }
            }
        }
        found
    }

    /// Whether a hook with this purpose is written down anywhere and what it starts exists.
    pub fn hook_written(&self, events: &[&str], purpose: Purpose, what: &str) -> Conclusion {
        let written = self.written_hooks(events, purpose);
        if let Some((evidence, scripts, _)) = written.iter().find(|(_, _, missing)| !missing) {
            let message = format!("a {} hook {what} is written down", events.join(" or "));
            return Conclusion::pass("deployment", evidence.clone(), message)
                .citing(scripts.iter().map(|script| script.evidence()));
        }
        let absent = self.absent_programs(events);
        if !absent.is_empty() {
            let message = format!(
                "a {} hook starts a program that does not exist: {}",
                events.join(" or "),
                absent.join(", ")
            );
            return Conclusion::fail("deployment", self.looked_at(), message);
        }
        let message = format!("no settings file writes down a {} hook {what}", events.join(" or "));
        Conclusion::fail("deployment", self.looked_at(), message)
    }

    /// The matcher of a written hook that is narrower than all tools, where no written one is wide.
    pub fn narrow_matcher(&self, event: &str, purpose: Purpose) -> Option<(String, Evidence)> {
        let mut narrow = None;
        for (evidence, ..) in self.written_hooks(&[event], purpose) {
            let pointer = evidence.locator.as_deref().unwrap_or_default();
            let group = pointer.rsplitn(3, '/').last().unwrap_or_default();
            let file = self.file_at(&evidence.source)?;
            let object = serde_json::Value::Object(file.object()?.clone());
            match object.pointer(&format!("{group}/matcher")).and_then(|matcher| matcher.as_str()) {
                None | Some("" | "*" | ".*") => return None,
                Some(matcher) => narrow = Some((matcher.to_owned(), evidence.clone())),
            }
        }
        narrow
    }

    /// The failure of a session without a guard: with the hooks that were meant to be one and cannot run.
    pub fn no_guard(&self, session: &Session<'_>, message: &str) -> Conclusion {
        self.no_guard_at(session, "PreToolUse", message)
    }

    /// The same for another event.
    pub fn no_guard_at(&self, session: &Session<'_>, event: &str, message: &str) -> Conclusion {
        let hooks: Vec<_> = self.hooks(session).into_iter().filter(|hook| hook.hook.event == event).collect();
        let opaque = hooks.iter().find(|hook| hook.hook.in_force.is_ok() && hook.is_opaque());
        if let Some(hook) = opaque {
            let message = format!(
                "{message} as far as its text shows; {} was not run, and it cannot be read",
                hook.described()
            );
            return Conclusion::undetermined(&*session.subject, message);
        }
        let mut reasons = vec![message.to_owned()];
        reasons.extend(hooks.iter().filter_map(RegisteredHook::cannot_run));
        let evidence: Vec<Evidence> = hooks.iter().map(|hook| hook.evidence.clone()).collect();
        let evidence = if evidence.is_empty() { session.sources() } else { evidence };
        reasons.dedup();
        Conclusion::fail(&*session.subject, evidence, reasons.join("; "))
    }

    fn registered<'f>(&'f self, session: &Session<'_>, hook: Hook) -> RegisteredHook<'f> {
        let evidence = session.cite_at(&hook.source, &hook.pointer);
        let Programs { scripts, missing, unseen } =
            self.programs_of(&format!("{}#{}", session.shown(&hook.source), hook.pointer));
        RegisteredHook { evidence, scripts, missing, unseen, hook }
    }
}

impl RegisteredHook<'_> {
    /// Whether the hook is there for this.
    pub fn serves(&self, purpose: Purpose) -> bool {
        serves(purpose, &self.hook.event, self.command(), self.scripts.iter().copied())
    }

    /// Whether what the hook does cannot be read from here: a program without text, or no command at all.
    pub(super) fn is_opaque(&self) -> bool {
        !matches!(self.hook.handler, Handler::Command { .. } | Handler::Unknown)
            || self.scripts.iter().any(|script| script.seen.text.is_none())
            || !self.unseen.is_empty()
    }

    /// Whether the hook is shell text that was read in full.
    pub fn is_readable_shell(&self) -> bool {
        !self.is_opaque() && self.scripts.iter().all(|script| is_shell(script.text()))
    }

    fn described(&self) -> String {
        match self.scripts.first() {
            Some(script) => script.source.to_owned(),
            None => format!("the hook at {}", self.hook.pointer),
        }
    }

    /// The command line; empty where the hook is not a command.
    pub fn command(&self) -> &str {
        match &self.hook.handler {
            Handler::Command { command, .. } => command,
            _ => "",
        }
    }

    /// Everything of the hook that can be read: the command and the scripts.
    pub fn text(&self) -> String {
        let mut text = self.command().to_owned();
        for script in &self.scripts {
            text.push('\n');
            text.push_str(script.text());
        }
        text
    }

    /// Why the command cannot run as it is written: a missing program, no permission to execute, a broken first line.
    pub fn cannot_run(&self) -> Option<String> {
        if let Some(gap) = self.missing.first() {
            return Some(format!(
                "{} is not there: the command ends with 127, and the call proceeds",
                gap.source
            ));
        }
        let direct = self.command().split_whitespace().next().unwrap_or_default().trim_matches(['"', '\'']);
        for script in &self.scripts {
            let started_itself = direct.ends_with(script.source.rsplit('/').next().unwrap_or_default());
            if started_itself && script.seen.mode & 0o111 == 0 {
                return Some(format!(
                    "{} is not executable: the command ends with 126, and the call proceeds",
                    script.source
                ));
            }
            let carriage_returns = script.seen.faults.contains(&crate::model::FileFault::CarriageReturns);
            if carriage_returns && (started_itself || is_shell(script.text())) {
                let why = if started_itself {
                    "its interpreter is not found"
                } else {
                    "the shell takes them for part of each line"
                };
                return Some(format!("{} has Windows line ends: {why}", script.source));
            }
            if script.text().trim().is_empty() {
                return Some(format!("{} is empty", script.source));
            }
        }
        None
    }

    /// Why a command that runs can still never stop a call, as far as its text alone shows it.
    pub fn never_blocks(&self) -> Option<String> {
        if self.hook.background {
            return Some("the client does not wait for an asynchronous hook".to_owned());
        }
        if let Some(end) = swallowed(self.command()) {
            return Some(format!(
                "its command ends in `{end}`: the client never learns that the guard refused"
            ));
        }
        let text = self.text();
        let lines: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let script_lines = if self.scripts.is_empty() { &lines[..] } else { &lines[1..] };
        let passive = |line: &&str| {
            matches!(*line, "exit 0" | "exit" | "true" | ":" | "cat" | "cat >/dev/null" | "cat > /dev/null")
                || line.starts_with("set -")
                || line.starts_with("echo ")
                    && !line.contains("permissionDecision")
                    && !line.contains("\"block\"")
        };
        if !self.scripts.is_empty() && script_lines.iter().all(passive) {
            return Some("the script does nothing that could stop a call".to_owned());
        }
        let can_refuse = [
            "exit 2",
            "exit $",
            "exit \"$",
            "exit(2",
            "exit(code",
            "permissionDecision",
            "\"block\"",
            "'block'",
            "exec ",
            "process.exit",
        ]
        .iter()
        .any(|form| text.contains(form));
        let squeezed: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\\').collect();
        if squeezed.contains("\"decision\":\"deny\"") && !can_refuse {
            return Some("it answers {\"decision\": \"deny\"}, which is no value that the client knows: the call proceeds".to_owned());
        }
        if !can_refuse
            && !self.scripts.is_empty()
            && self.scripts.iter().all(|script| is_shell(script.text()))
        {
            return Some(
                "it never exits with 2 and never answers permissionDecision, so no call is stopped"
                    .to_owned(),
            );
        }
        None
    }

    /// Whether the text answers that a call needs no question.
    pub fn approves(&self) -> bool {
        let squeezed: String = self.text().chars().filter(|c| !c.is_whitespace() && *c != '\\').collect();
        ["\"decision\":\"approve\"", "\"permissionDecision\":\"allow\"", "\"behavior\":\"allow\""]
            .iter()
            .any(|answer| squeezed.contains(answer))
    }

    /// Who can change a script of the hook; administrators alone where there is none to change.
    pub fn changeable(&self) -> Changeable {
        let mut unknown = self.unseen.first().map(|gap| gap.sentence());
        for script in &self.scripts {
            match script.changeable() {
                Changeable::ByAdministrators => {}
                Changeable::Unknown(why) => unknown = Some(why),
                by_others => return by_others,
            }
        }
        unknown.map_or(Changeable::ByAdministrators, Changeable::Unknown)
    }
}

/// The end of a shell command that replaces the exit code of what was run before it.
fn swallowed(command: &str) -> Option<&'static str> {
    let command = command.trim_end();
    ["|| true", "|| :", "|| exit 0", "; true", "; exit 0", "; :", "&"]
        .into_iter()
        .find(|end| command.ends_with(end) && !command.ends_with("&&"))
}

/// Whether a logging hook's text records which files were changed.
pub fn records_file_changes(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["file-change", "file_change", "filechange", "file_modified", "file_path", "notebook_path"]
        .iter()
        .any(|word| lower.contains(word))
}

/// What a record's text takes from where the client puts nothing.
pub fn unsent_fields(text: &str) -> Option<String> {
    let mut faults = Vec::new();
    if text.contains("tool_result") && !text.contains("tool_response") {
        faults.push("it reads tool_result, which the client does not send: the field is tool_response");
    }
    let asks_the_system =
        ["id -un", "whoami", "getuid", "id -u", "getpass", "logname"].iter().any(|from| text.contains(from));
    if text.contains("CLAUDE_USER") && !asks_the_system {
        faults.push("it takes the user from CLAUDE_USER, which the client does not set: every record says the default");
    }
    (!faults.is_empty()).then(|| faults.join("; "))
}

/// Whether a script is written for a shell.
pub fn is_shell(text: &str) -> bool {
    text.lines().next().is_some_and(|first| first.starts_with("#!") && first.trim_end().ends_with("sh"))
}

fn serves<'f>(
    purpose: Purpose,
    event: &str,
    command: &str,
    scripts: impl Iterator<Item = &'f File<'f>>,
) -> bool {
    let mut text = command.to_lowercase();
    for script in scripts {
        text.push('\n');
        text.push_str(&script.text().to_lowercase());
    }
    let holds = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match purpose {
        Purpose::CredentialGuard => {
            event == "PreToolUse"
                && holds(&["env"])
                && holds(&["pem", "credential", "id_rsa", "secret"])
                && holds(&[".env", "\\.env", "env|", "(env", "dotenv", "credential"])
        }
        Purpose::EgressGuard => {
            event == "PreToolUse" && holds(&["curl"]) && holds(&["wget", "scp", "webfetch", "nc"])
        }
        Purpose::PersonalDataGuard => {
            event == "PreToolUse"
                && holds(&["email", "e-mail"])
                && holds(&["phone", "ssn", "pii", "address", "personal"])
        }
        Purpose::OutputFilter => {
            let words = |wanted: &[&str]| {
                text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| wanted.contains(&word))
            };
            event == "PostToolUse"
                && (words(&["ssn", "mrn", "phi"])
                    || holds(&["[0-9]{3}-[0-9]{2}-[0-9]{4}", "\\d{3}-\\d{2}-\\d{4}"]))
        }
        Purpose::Logger => {
            matches!(event, "PostToolUse" | "PostToolUseFailure" | "PreToolUse" | "PermissionDenied")
                && (holds(&[">>", "tee -a", "logger ", "systemd-cat", "/dev/log", "append", "open("])
                    || text.contains("audit"))
        }
    }
}
