//! The pre-commit hook refuses commits that hold credentials.

use crate::{
    facts::{Facts, GitTrials, some},
    model::{Aim, CanaryRun, Conclusion, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.each_repository(|repository, evidence| {
        let subject = format!("repository {}", repository.name);
        let hook = repository.hooks.iter().find(|hook| hook.event == "pre-commit" && hook.in_force);
        let Some(hook) = hook else {
            let message = "git runs no pre-commit hook, so nothing refuses a commit";
            return Conclusion::fail(subject, vec![evidence], message);
        };
        if let Some(trials) = facts.git_trials(&repository.name, "pre-commit", "commits") {
            return measured(subject, &trials);
        }
        match hook.text.as_deref().map(never_refuses) {
            Some(true) => {
                let message =
                    format!("{} does nothing but end with success (exit 0): it refuses nothing", hook.path);
                Conclusion::fail(subject, vec![evidence.at(hook.path.clone())], message)
            }
            _ => {
                let message = format!(
                    "{} was not run, and only running it shows whether it refuses credentials",
                    hook.path
                );
                Conclusion::undetermined(subject, message)
            }
        }
    })
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

/// What real commits in a scratch clone showed.
fn measured(subject: String, trials: &GitTrials<'_>) -> Conclusion {
    let names = |runs: &[&CanaryRun], baseline: bool| -> Vec<String> {
        runs.iter().filter(|one| one.baseline || !baseline).map(|one| one.tries.clone()).collect()
    };
    let (wanted, all) = (trials.count(Aim::Stop, true), trials.count(Aim::Stop, false));
    let (let_in, refused) = (names(&trials.let_in, true), names(&trials.refused, true));
    let how = format!("run in {}", trials.run.isolation.words());
    let mut faults = Vec::new();
    if !let_in.is_empty() {
        faults.push(format!(
            "of {wanted} commits with planted credentials {} went through: {}",
            let_in.len(),
            some(&let_in)
        ));
    }
    if !refused.is_empty() {
        faults.push(format!("harmless commits were refused: {}", some(&refused)));
    }
    if !faults.is_empty() {
        return Conclusion::fail(
            subject,
            vec![trials.evidence.clone()],
            format!("{}; {how}", faults.join("; ")),
        );
    }
    if let Some(one) = trials.unsure.iter().find(|one| one.baseline) {
        return Conclusion::undetermined(
            subject,
            format!("a probe could not be judged: {}: {}", one.tries, one.stderr.trim()),
        );
    }
    if wanted == 0 {
        return Conclusion::undetermined(subject, "no commit with a planted credential was tried");
    }
    let missed = trials.let_in.len();
    let message = format!(
        "refused {wanted} of {wanted} commits with planted credentials of the baseline and {} of {all} in all, and {} of {} \
         harmless ones; {how}",
        all - missed,
        trials.refused.len(),
        trials.count(Aim::Pass, false)
    );
    Conclusion::pass(subject, trials.evidence.clone(), message)
}
