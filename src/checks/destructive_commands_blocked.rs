//! Some layer stops every destructive command, in every mode that a user can choose.

use crate::{
    facts::Facts,
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let judge =
        |session: &_| facts.stopped_by_some_layer(session, "destructive_commands", "destructive commands");
    Findings::of(facts.each_session(judge), "no user was found to test")
}
