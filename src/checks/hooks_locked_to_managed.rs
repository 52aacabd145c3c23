//! Only managed hooks run, and the lock leaves no guard of others without one of its own.

use serde_json::{Value, json};

use crate::{
    facts::{Facts, Lock, Session},
    model::{Conclusion, Evidence, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(|session| locked(facts, session)), "no user was found to test")
}

fn locked(facts: &Facts<'_>, session: &Session<'_>) -> Conclusion {
    if let Some(off) = session.administered("disableAllHooks").filter(|value| value.value == true) {
        let message = "managed disableAllHooks switches every hook off, the managed ones too";
        return Conclusion::fail(&*session.subject, vec![session.cite(&off)], message);
    }
    let key = "allowManagedHooksOnly";
    let Lock::Held(lock) = session.lock(key, &json!(true)) else {
        return session.require_lock(key, &json!(true));
    };
    let hooks = session.administered("hooks").filter(|value| value.value.as_object().is_some_and(any_hook));
    match hooks {
        Some(hooks) => {
            let message = "only managed hooks run, and managed settings hold some";
            Conclusion::pass(&*session.subject, session.cite(&hooks), message)
        }
        None => unguarded(facts, session, lock),
    }
}

/// The lock without managed hooks: it takes nobody's guard away where nobody wrote one.
fn unguarded(facts: &Facts<'_>, session: &Session<'_>, lock: Evidence) -> Conclusion {
    let of_this_user = facts
        .sessions()
        .iter()
        .filter(|other| other.user.map(|user| &user.home) == session.user.map(|user| &user.home));
    let off: Vec<Evidence> =
        of_this_user.flat_map(|other| facts.hooks(other)).map(|hook| hook.evidence).collect();
    if off.is_empty() {
        let message = "only managed hooks run; neither managed settings nor users nor repositories hold any";
        return Conclusion::pass(&*session.subject, lock, message);
    }
    let message =
        "the lock is set and managed settings hold no hook: every guard of users and repositories is off";
    Conclusion::fail(&*session.subject, off, message)
}

fn any_hook(events: &serde_json::Map<String, Value>) -> bool {
    events
        .values()
        .filter_map(Value::as_array)
        .flatten()
        .any(|group| group.get("hooks").and_then(Value::as_array).is_some_and(|hooks| !hooks.is_empty()))
}
