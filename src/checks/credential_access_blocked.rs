//! Some layer stops every read and write of a credential file, in every mode that a user can choose.

use crate::{
    facts::Facts,
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    const CALLS: &str = "reads and writes of .env, .pem and .key files";
    let judge = |session: &_| facts.stopped_by_some_layer(session, "credential_files", CALLS);
    Findings::of(facts.each_session(judge), "no user was found to test")
}
