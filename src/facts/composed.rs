//! The verdict over all layers: whether every call of a battery's baseline is stopped, and how much of the rest is.

use super::{Facts, Layered, Session, some};
use crate::model::{Aim, Conclusion, Evidence, Stand};

/// How the calls of a list stand.
struct Count {
    of: usize,
    stopped: usize,
    asked: usize,
    unknown: usize,
    open: usize,
}

impl Count {
    fn of(calls: &[&Layered<'_, '_>]) -> Self {
        let stands: Vec<Stand> = calls.iter().map(|call| call.answer()).collect();
        let count = |wanted: Stand| stands.iter().filter(|stand| **stand == wanted).count();
        Self {
            of: calls.len(),
            stopped: count(Stand::Stops),
            asked: count(Stand::Asks),
            unknown: count(Stand::NotKnown),
            open: count(Stand::Open),
        }
    }

    /// `of all 116 forms tried 97 are stopped, 3 ask a person, 4 are not known, 12 are open`
    fn words(&self) -> String {
        let Self { of, stopped, asked, unknown, open } = self;
        let mut parts = vec![format!("{stopped} are stopped")];
        let rest = [(asked, "ask a person"), (unknown, "are not known"), (open, "are stopped by nothing")];
        parts.extend(rest.iter().filter(|(n, _)| **n > 0).map(|(n, words)| format!("{n} {words}")));
        format!("of all {of} forms tried {}", parts.join(", "))
    }
}

impl Facts<'_> {
    /// Whether some layer stops every call of a battery's baseline in every mode that the user can choose. A call about
    /// which a person is asked is not stopped. `calls` names them: "reads and writes of .env, .pem and .key files".
    pub fn stopped_by_some_layer(&self, session: &Session<'_>, battery: &str, calls: &str) -> Conclusion {
        let subject = &*session.subject;
        let Some(battery) = self.battery(battery).filter(|battery| battery.stop.iter().any(|c| c.baseline))
        else {
            return Conclusion::undetermined(subject, "the catalogue holds no calls to try");
        };
        let baseline = self.layered(session, battery, true);
        let wanted: Vec<&Layered> = baseline.iter().filter(|call| call.aim == Aim::Stop).collect();
        let open: Vec<String> = wanted
            .iter()
            .filter(|call| matches!(call.answer(), Stand::Open | Stand::Asks))
            .map(|call| format!("{} ({})", call.tries, call.why()))
            .collect();
        let mut evidence: Vec<Evidence> =
            wanted.iter().flat_map(|call| call.evidence.iter().cloned()).collect();
        evidence.sort();
        evidence.dedup();
        let of = wanted.len();
        if !open.is_empty() {
            let evidence = if evidence.is_empty() { session.sources() } else { evidence };
            let message = format!("{} of {of} {calls} are stopped by no layer: {}", open.len(), some(&open));
            return Conclusion::fail(subject, evidence, message);
        }
        let stopped = wanted.iter().filter(|call| call.stopped()).count();
        if let Some(unknown) = wanted.iter().find(|call| !call.stopped()) {
            let message = format!(
                "{stopped} of {of} {calls} are stopped for certain; of the others it is not known, as of {} ({})",
                unknown.tries,
                unknown.why()
            );
            return Conclusion::undetermined(subject, message);
        }
        let mut evidence = evidence.into_iter();
        let Some(first) = evidence.next() else {
            return Conclusion::undetermined(subject, "nothing that was seen shows what stops the calls");
        };
        let all = self.layered(session, battery, false);
        let message = format!("{}; {}", ways(&wanted, calls), residual(&all));
        Conclusion::pass(subject, first, message).citing(evidence)
    }
}

/// `28 of 28 calls are stopped: 22 by a rule, 28 by a hook; 6 rest on a hook alone`
fn ways(wanted: &[&Layered<'_, '_>], calls: &str) -> String {
    let by = |stands: &dyn Fn(&Layered) -> Stand| {
        wanted.iter().filter(|call| stands(call) == Stand::Stops).count()
    };
    let counts = [
        (by(&|call| call.rules.stand), "by a rule"),
        (by(&|call| call.hooks.stand), "by a hook"),
        (by(&|call| call.sandbox.stand), "by the sandbox"),
        (by(&|call| call.files.stand), "by the rights on the file"),
    ];
    let named = counts.iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("{n} {words}"));
    let mut text = format!(
        "{of} of {of} {calls} are stopped, in every mode: {}",
        named.collect::<Vec<_>>().join(", "),
        of = wanted.len()
    );
    let alone = wanted.iter().filter(|call| call.by_hook_alone()).count();
    if alone > 0 {
        text.push_str(&format!("; {alone} rest on a hook alone"));
    }
    text
}

/// What is left of a battery beyond its baseline, in numbers and by name.
fn residual(all: &[Layered<'_, '_>]) -> String {
    let tried: Vec<&Layered> = all.iter().filter(|call| call.aim == Aim::Stop).collect();
    let left: Vec<String> = tried
        .iter()
        .filter(|call| matches!(call.answer(), Stand::Open | Stand::Asks))
        .map(|call| call.tries.clone())
        .collect();
    let harmless: Vec<&Layered> = all.iter().filter(|call| call.aim == Aim::Pass).collect();
    let stopped = harmless.iter().filter(|call| call.stopped()).count();
    let mut text = Count::of(&tried).words();
    if !left.is_empty() {
        text.push_str(&format!(", for example {}", some(&left)));
    }
    format!("{text}; {stopped} of {} harmless neighbours are stopped too", harmless.len())
}
