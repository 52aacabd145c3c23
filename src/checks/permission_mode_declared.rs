//! A non-permissive permission mode is written down, in the client's words or the guide's.

use serde_json::Value;

use crate::{
    facts::{Facts, Written},
    model::{Conclusion, Findings, Judgement},
};

/// Where the client or the guide would write the mode.
const KEYS: [&str; 4] = ["permissions.defaultMode", "permissionMode", "defaultMode", "PermissionMode"];

/// What the guide's checklist accepts.
const ASKING: [&str; 5] = ["default", "manual", "plan", "dontAsk", "acceptEdits"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let written: Vec<Written<'_>> = facts.written(&KEYS);
    let Some(first) = written.first() else {
        let message = "no settings file names a permission mode; unset does not mean that the client asks";
        return Findings::one(Conclusion::fail("deployment", facts.looked_at(), message));
    };
    let permissive =
        written.iter().find(|found| found.value.as_str().is_none_or(|mode| !ASKING.contains(&mode)));
    Findings::one(match permissive {
        Some(found) => {
            let message = format!("{} is written down as {}", found.key, shown(found.value));
            Conclusion::fail("deployment", vec![found.evidence()], message)
        }
        None => {
            let message = format!("{} is written down as {}", first.key, shown(first.value));
            Conclusion::pass("deployment", first.evidence(), message)
                .citing(written[1..].iter().map(Written::evidence))
        }
    })
}

fn shown(value: &Value) -> String {
    crate::facts::shortened(value)
}
