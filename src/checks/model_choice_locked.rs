//! Managed settings limit which models can be chosen.

use crate::{
    facts::{Facts, Session},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    Findings::of(facts.each_user(limited), "no user was found to test")
}

fn limited(session: &Session<'_>) -> Conclusion {
    if let Some(models) = session.administered("availableModels") {
        return match models.value.as_array().map(Vec::len) {
            Some(count) => {
                let message = format!("managed availableModels lists {count} models");
                Conclusion::pass(&*session.subject, session.cite(&models), message)
            }
            None => {
                let message = "availableModels is no list; the client then allows no model";
                Conclusion::fail(&*session.subject, vec![session.cite(&models)], message)
            }
        };
    }
    match session.administered("model") {
        Some(model) => {
            let message =
                "managed `model` is a default that anybody can change; availableModels is the limit";
            Conclusion::fail(&*session.subject, vec![session.cite(&model)], message)
        }
        None => {
            let message = "managed settings set no availableModels: every model can be chosen";
            Conclusion::fail(&*session.subject, session.sources(), message)
        }
    }
}
