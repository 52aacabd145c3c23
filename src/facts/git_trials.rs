//! What running a repository's git hook with input that it has to refuse, and with harmless input, showed.

use super::{Facts, GitTrials, some};
use crate::model::{Aim, CanaryRun, Conclusion, Evidence, GitHookSeen, Judgement, RepositorySeen};

/// What a git hook is asked to refuse.
pub struct Refusal<'w> {
    pub event: &'w str,
    /// The battery of test input.
    pub battery: &'w str,
    /// What it has to refuse, and its harmless neighbours, in the plural.
    pub bad: &'w str,
    pub harmless: &'w str,
    /// Whether one accepted neighbour is enough: houses differ in which of them they want.
    pub one_will_do: bool,
}

impl Facts<'_> {
    /// Whether each repository's hook in force refuses what it has to, and nothing else.
    pub fn git_hook_refuses(&self, wanted: &Refusal<'_>) -> Judgement {
        self.each_repository(|repository, evidence| self.refuses(wanted, repository, evidence))
    }

    /// The same of one repository.
    pub fn refuses(
        &self,
        wanted: &Refusal<'_>,
        repository: &RepositorySeen,
        evidence: Evidence,
    ) -> Conclusion {
        let subject = format!("repository {}", repository.name);
        if let Some(why) = super::git_hooks::unclear(repository, wanted.event) {
            return Conclusion::undetermined(subject, why);
        }
        let Some(hook) = running(repository, wanted.event) else {
            let message = format!("git runs no {} hook, so nothing refuses {}", wanted.event, wanted.bad);
            return Conclusion::fail(subject, vec![evidence], message);
        };
        if let Some(trials) = self.git_trials(&repository.name, wanted.event, wanted.battery) {
            return measured(subject, wanted, &trials);
        }
        if hook.text.as_deref().is_some_and(never_refuses) {
            let message =
                format!("{} does nothing but end with success (exit 0): it refuses nothing", hook.path);
            return Conclusion::fail(subject, vec![evidence.at(hook.path.clone())], message);
        }
        let message =
            format!("{} was not run, and only running it shows whether it refuses {}", hook.path, wanted.bad);
        Conclusion::undetermined(subject, message)
    }
}

/// The hook that git would start for an event.
fn running<'r>(repository: &'r RepositorySeen, event: &str) -> Option<&'r GitHookSeen> {
    repository.hooks.iter().find(|hook| hook.event == event && hook.in_force)
}

/// Whether the script holds nothing but comments, `exit 0`, `true` and the like.
fn never_refuses(text: &str) -> bool {
    let mut statements =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    statements.peek().is_none()
        || statements.all(|line| {
            matches!(
                line,
                "exit 0"
                    | "exit"
                    | "true"
                    | ":"
                    | "cat"
                    | "cat >/dev/null"
                    | "set -e"
                    | "set -eu"
                    | "set -euo pipefail"
            ) || line.starts_with("echo ")
        })
}

/// What real commits or pushes in a scratch clone showed.
fn measured(subject: String, wanted: &Refusal<'_>, trials: &GitTrials<'_>) -> Conclusion {
    let names = |runs: &[&CanaryRun], baseline: bool| -> Vec<String> {
        runs.iter().filter(|one| one.baseline || !baseline).map(|one| one.tries.clone()).collect()
    };
    let (Refusal { bad, harmless, .. }, how) = (wanted, format!("run in {}", trials.run.isolation.words()));
    let (tried, all) = (trials.count(Aim::Stop, true), trials.count(Aim::Stop, false));
    let let_in = names(&trials.let_in, true);
    let refused = if wanted.one_will_do { Vec::new() } else { names(&trials.refused, true) };
    let mut faults = Vec::new();
    if !let_in.is_empty() {
        faults.push(format!("of {tried} {bad} {} went through: {}", let_in.len(), some(&let_in)));
    }
    if !refused.is_empty() {
        faults.push(format!("{harmless} were refused: {}", some(&refused)));
    }
    if !faults.is_empty() {
        let message = format!("{}; {how}", faults.join("; "));
        return Conclusion::fail(subject, vec![trials.evidence.clone()], message);
    }
    if let Some(one) = trials.unsure.iter().find(|one| one.baseline || wanted.one_will_do) {
        let message = format!("a probe could not be judged: {}: {}", one.tries, one.stderr.trim());
        return Conclusion::undetermined(subject, message);
    }
    let neighbours = trials.count(Aim::Pass, false);
    if tried == 0 || neighbours == 0 {
        return Conclusion::undetermined(
            subject,
            format!("no {bad} were tried, or nothing harmless beside them"),
        );
    }
    if trials.refused.len() == neighbours {
        let message = format!(
            "all of {neighbours} {harmless} were refused too: {}; {how}",
            some(&names(&trials.refused, false))
        );
        return Conclusion::undetermined(subject, message);
    }
    let message = format!(
        "refused {tried} of {tried} {bad} of the baseline and {} of {all} in all, and {} of {neighbours} {harmless}; {how}",
        all - trials.let_in.len(),
        trials.refused.len(),
    );
    Conclusion::pass(subject, trials.evidence.clone(), message)
}
