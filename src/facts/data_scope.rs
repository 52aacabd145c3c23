//! Whether a kind of protected data may be met here, and what the absence of its guard then means.

use super::{Facts, Purpose, RegisteredHook, Session};
use crate::{
    model::{Conclusion, Verdict},
    policy::{EphiScope, PersonalDataScope},
};

/// What the organisation decided about a kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regard {
    OutOfScope,
    /// Nobody decided. A guard that is there is tested; one that is not there is neither missed nor excused.
    Undecided,
    InScope,
}

/// A guard for one kind of data.
pub struct Guard {
    pub regard: Regard,
    pub purpose: Purpose,
    pub event: &'static str,
    /// `guards health information`, for messages.
    pub what: &'static str,
    /// The parameter that decides the scope.
    pub parameter: &'static str,
}

impl Facts<'_> {
    /// Whether health information is in scope.
    pub fn health_information(&self) -> Regard {
        match self.policy().parameters.hipaa {
            EphiScope::OutOfScope => Regard::OutOfScope,
            EphiScope::EphiPossible => Regard::Undecided,
            EphiScope::InScope => Regard::InScope,
        }
    }

    /// Whether personal data are in scope.
    pub fn personal_data(&self) -> Regard {
        match self.policy().parameters.gdpr {
            PersonalDataScope::OutOfScope => Regard::OutOfScope,
            PersonalDataScope::PersonalDataPossible => Regard::Undecided,
            PersonalDataScope::InScope => Regard::InScope,
        }
    }

    /// The guard against sending health information out.
    pub fn egress_guard(&self) -> Guard {
        Guard {
            regard: self.health_information(),
            purpose: Purpose::EgressGuard,
            event: "PreToolUse",
            what: "guards calls that could send health information out",
            parameter: "parameters.hipaa",
        }
    }

    /// The filter of health information in tool output.
    pub fn output_filter(&self) -> Guard {
        Guard {
            regard: self.health_information(),
            purpose: Purpose::OutputFilter,
            event: "PostToolUse",
            what: "filters health information out of tool output",
            parameter: "parameters.hipaa",
        }
    }

    /// The detector of personal data in tool input.
    pub fn personal_data_guard(&self) -> Guard {
        Guard {
            regard: self.personal_data(),
            purpose: Purpose::PersonalDataGuard,
            event: "PreToolUse",
            what: "looks for personal data in tool input",
            parameter: "parameters.gdpr",
        }
    }

    /// Whether the guard is written down, whether or not the client reads it.
    pub fn guard_declared(&self, guard: &Guard) -> Vec<Conclusion> {
        if guard.regard == Regard::OutOfScope {
            return vec![guard.out_of_scope()];
        }
        let written = self.hook_written(&[guard.event], guard.purpose, guard.what);
        let excused = written.verdict == Verdict::Fail
            && guard.regard == Regard::Undecided
            && self.absent_programs(&[guard.event]).is_empty();
        match (excused, written.verdict) {
            (true, _) => vec![guard.undecided("deployment")],
            (false, Verdict::Fail) => {
                let unread = self.settings_not_understood();
                if unread.is_empty() { vec![written] } else { unread }
            }
            (false, _) => vec![written],
        }
    }

    /// What is known of the guard in force for a session without running it: the hooks, or the conclusion that none
    /// or no sound one is there. `fault` says why a hook that runs still does not do its work.
    pub fn guard_in_force(
        &self,
        session: &Session<'_>,
        guard: &Guard,
        fault: impl Fn(&RegisteredHook<'_>) -> Option<String>,
    ) -> Conclusion {
        if guard.regard == Regard::OutOfScope {
            return Conclusion { subject: session.subject.clone(), ..guard.out_of_scope() };
        }
        let hooks = self.hooks_in_force(session, guard.purpose);
        if hooks.is_empty() {
            let missing = self.no_guard_at(
                session,
                guard.event,
                &format!("no hook that the client runs {}", guard.what),
            );
            // A hook that cannot run, and whose text does not show what else it was for.
            let meant = self.hooks(session).iter().any(|hook| {
                let unread = hook.scripts.iter().all(|script| script.text().trim().is_empty());
                hook.hook.event == guard.event && hook.cannot_run().is_some() && unread
            });
            // A guard in a file that the client does not read shows that one is wanted.
            let written = !self.written_hooks(&[guard.event], guard.purpose).is_empty();
            let excused =
                missing.verdict == Verdict::Fail && guard.regard == Regard::Undecided && !meant && !written;
            return if excused { guard.undecided(&session.subject) } else { missing };
        }
        let approving = hooks.iter().find(|hook| hook.hook.event == "PreToolUse" && hook.approves());
        let faults: Vec<_> =
            hooks.iter().map(|hook| (hook, hook.cannot_run().or_else(|| fault(hook)))).collect();
        let all_faulty = faults.iter().all(|(_, fault)| fault.is_some());
        let mut reasons: Vec<String> = if all_faulty || approving.is_some() {
            faults.iter().filter_map(|(_, fault)| fault.clone()).collect()
        } else {
            Vec::new()
        };
        if approving.is_some() {
            reasons.push("it approves every other call, which then skips the question".to_owned());
        }
        if !reasons.is_empty() {
            reasons.dedup();
            let evidence = hooks.iter().map(|hook| hook.evidence.clone()).collect();
            return Conclusion::fail(&*session.subject, evidence, reasons.join("; "));
        }
        let message = format!(
            "nothing is wrong with the hook on paper; {}, and only running it shows what it does",
            self.not_run()
        );
        Conclusion::undetermined(&*session.subject, message)
    }
}

impl Guard {
    fn out_of_scope(&self) -> Conclusion {
        let message = format!("the policy's {} puts these data out of scope", self.parameter);
        Conclusion::not_applicable("deployment", message)
    }

    fn undecided(&self, subject: &str) -> Conclusion {
        let message = format!(
            "no hook {}, and the policy's {} does not say whether one is needed",
            self.what, self.parameter
        );
        Conclusion::undetermined(subject, message)
    }
}
