//! A deployment without internet access is written down.

use crate::{
    facts::Facts,
    model::{Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::one(facts.declared(&["network.blockPublicInternet", "auth.vpcEndpoint"], "describes an air gap"))
}
