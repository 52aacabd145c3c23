//! A deployment without internet access is written down.

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement},
};

/// Where the guide or the client would name the private endpoint.
const ENDPOINTS: [&str; 6] = [
    "auth.vpcEndpoint",
    "env.ANTHROPIC_BEDROCK_BASE_URL",
    "env.ANTHROPIC_VERTEX_BASE_URL",
    "env.ANTHROPIC_FOUNDRY_BASE_URL",
    "env.ANTHROPIC_BASE_URL",
    "env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let claims: Vec<_> = facts
        .written(&["network.blockPublicInternet", "auth.vpcEndpoint"])
        .into_iter()
        .filter(|claim| *claim.value != false && !claim.value.is_null())
        .collect();
    let Some(claim) = claims.first() else {
        return match facts.settings_not_understood() {
            unread if unread.is_empty() => {
                Findings::one(Conclusion::not_applicable("deployment", "no settings file claims an air gap"))
            }
            unread => Findings::of(unread, "no settings file"),
        };
    };
    let endpoints = facts.written(&ENDPOINTS);
    let endpoint =
        endpoints.iter().find(|found| found.value.as_str().is_some_and(|text| !text.trim().is_empty()));
    Findings::one(match endpoint {
        Some(endpoint) => {
            let message = format!("{} and its endpoint {} are written down", claim.key, endpoint.key);
            Conclusion::pass("deployment", claim.evidence(), message).citing([endpoint.evidence()])
        }
        None => {
            let message =
                format!("{} is written down without the endpoint that the model is reached by", claim.key);
            Conclusion::fail("deployment", vec![claim.evidence()], message)
        }
    })
}
