//! What the controls say of each published requirement of the frameworks in scope.

use crate::{
    catalog::{Catalog, Relation},
    model::{ControlResult, Coverage, RequirementResult, Status},
    policy::Policy,
};

/// One result a requirement, in the catalogue's order.
pub(super) fn results<'a>(
    catalog: &Catalog,
    policy: &Policy,
    controls: impl Iterator<Item = &'a ControlResult> + Clone,
) -> Vec<RequirementResult> {
    let mut results = Vec::new();
    for framework in catalog.frameworks().filter(|framework| policy.in_scope(&framework.id)) {
        for requirement in &framework.requirements {
            let mut mapped = Vec::new();
            let mut statuses = Vec::new();
            let mut relation = None;
            for result in controls.clone() {
                let Some(control) = catalog.control(&result.id) else { continue };
                let edges = control.requirements.iter();
                let edge = edges
                    .filter(|edge| edge.framework == framework.id && edge.id == requirement.id)
                    .map(|edge| edge.relation)
                    .min();
                if let Some(edge) = edge {
                    mapped.push(result.id.clone());
                    // A control that is only related says nothing for or against the requirement.
                    if edge != Relation::Related {
                        statuses.push(result.result);
                    }
                    relation = Some(relation.map_or(edge, |known: Relation| known.min(edge)));
                }
            }
            results.push(RequirementResult {
                framework: framework.id.clone(),
                id: requirement.id.clone(),
                status: combine(&statuses),
                controls: mapped,
                coverage: match relation {
                    Some(Relation::Full) => Coverage::Full,
                    Some(Relation::Partial) => Coverage::Partial,
                    Some(Relation::Related) => Coverage::Related,
                    None => Coverage::None,
                },
            });
        }
    }
    results
}

/// The worst of the controls' statuses: a requirement has nothing to stand on that its controls do not have.
fn combine(statuses: &[Status]) -> Status {
    const WORST_FIRST: [Status; 8] = [
        Status::Fail,
        Status::Conflict,
        Status::Expired,
        Status::Undetermined,
        Status::AwaitingAttestation,
        Status::Attested,
        Status::Pass,
        Status::NotApplicable,
    ];
    WORST_FIRST.into_iter().find(|status| statuses.contains(status)).unwrap_or(Status::Undetermined)
}
