//! Every managed file is valid as the client reads it.

use crate::{
    client::settings::{ProblemKind, Scope},
    facts::{Facts, Session},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(well_formed), "no user was found to test")
}

fn well_formed(session: &Session<'_>) -> Conclusion {
    use ProblemKind::{
        DuplicateKey, FileDropped, InvalidRule, KeyDropped, NotJson, UnknownHookEvent, ValueDropped,
    };
    let faults: Vec<_> = session
        .effective
        .problems()
        .iter()
        .filter(|problem| problem.scope == Scope::Managed)
        .filter(|problem| {
            matches!(
                problem.kind,
                NotJson
                    | FileDropped
                    | KeyDropped
                    | ValueDropped
                    | DuplicateKey
                    | InvalidRule
                    | UnknownHookEvent
            )
        })
        .collect();
    let managed: Vec<_> =
        session.effective.sources().iter().filter(|source| source.scope() == Scope::Managed).collect();
    let Some(first) = managed.first() else {
        return Conclusion::not_applicable(&*session.subject, "there is no managed file");
    };
    if faults.is_empty() {
        let message = format!("{} managed files are valid as the client reads them", managed.len());
        return Conclusion::pass(&*session.subject, session.cite_at(&first.source.path, ""), message);
    }
    let messages: Vec<String> = faults
        .iter()
        .map(|fault| format!("{} line {}: {}", session.shown(&fault.source), fault.line, fault.what))
        .collect();
    let fixes: Vec<&str> = faults.iter().filter_map(|fault| fault.instead.as_deref()).collect();
    let evidence = faults.iter().map(|fault| session.cite_at(&fault.source, &fault.pointer)).collect();
    let failed = Conclusion::fail(&*session.subject, evidence, messages.join("; "));
    if fixes.is_empty() { failed } else { failed.fix(fixes.join("\n")) }
}
