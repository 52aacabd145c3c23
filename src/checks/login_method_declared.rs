//! An identity method is written down, in the client's words or the guide's.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let written = facts.written(&[
        "forceLoginMethod",
        "forceLoginOrgUUID",
        "auth.method",
        "env.CLAUDE_CODE_USE_BEDROCK",
        "env.CLAUDE_CODE_USE_VERTEX",
        "env.CLAUDE_CODE_USE_FOUNDRY",
    ]);
    Findings::one(match written.first() {
        Some(first) => {
            let message = format!("{} is written down in {}", first.key, first.file.source);
            Conclusion::pass("deployment", first.evidence(), message)
                .citing(written[1..].iter().map(crate::facts::Written::evidence))
        }
        None => Conclusion::fail("deployment", facts.looked_at(), "no settings file names a login method or provider"),
    })
}
