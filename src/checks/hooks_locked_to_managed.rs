//! Only managed hooks run, and managed settings hold hooks.

use serde_json::{Value, json};

use crate::{
    facts::{Facts, Lock, Session},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(locked), "no user was found to test")
}

fn locked(session: &Session<'_>) -> Conclusion {
    if let Some(off) = session.administered("disableAllHooks").filter(|value| value.value == true) {
        let message = "managed disableAllHooks switches every hook off, the managed ones too";
        return Conclusion::fail(&*session.subject, vec![session.cite(&off)], message);
    }
    let key = "allowManagedHooksOnly";
    if !matches!(session.lock(key, &json!(true)), Lock::Held(_)) {
        return session.require_lock(key, &json!(true));
    }
    let hooks = session.administered("hooks").filter(|value| value.value.as_object().is_some_and(any_hook));
    match hooks {
        Some(hooks) => {
            let message = "only managed hooks run, and managed settings hold some";
            Conclusion::pass(&*session.subject, session.cite(&hooks), message)
        }
        None => {
            let message = "the lock is set and managed settings hold no hook: every guard of users and repositories is off";
            Conclusion::fail(&*session.subject, session.sources(), message)
        }
    }
}

fn any_hook(events: &serde_json::Map<String, Value>) -> bool {
    events
        .values()
        .filter_map(Value::as_array)
        .flatten()
        .any(|group| group.get("hooks").and_then(Value::as_array).is_some_and(|hooks| !hooks.is_empty()))
}
