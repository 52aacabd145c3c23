//! Every change of the period came onto the protected branch through a pull request.

use crate::{
    facts::{Facts, short_commit},
    model::{
        Judgement,
        change::{Change, PrSource, Topology},
    },
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.each_history(|history| {
        let (changes, branch) = (history.changes(), &history.set.population.branch);
        let direct: Vec<&Change> =
            changes.iter().filter(|change| change.topology == Topology::Direct).collect();
        if let Some(first) = direct.first() {
            let message = format!(
                "{} of {} changes reached {branch} without a pull request, {} the latest",
                direct.len(),
                changes.len(),
                short_commit(first)
            );
            return history.fails(&direct, message);
        }
        let open = changes.iter().filter(|change| change.pr_source != PrSource::Api).count();
        if open > 0 {
            let why = match &history.set.forge {
                None => "a rebase and a direct push look the same to git, and no export of the forge was given (--forge)",
                Some(_) => "the forge's export does not speak of them",
            };
            return history
                .unknown(format!("how {open} of {} changes reached {branch} is not known: {why}", changes.len()));
        }
        if changes.is_empty() {
            return history.unknown(format!("no change landed on {branch} in the period"));
        }
        history.passes(format!("{0} of {0} changes reached {branch} through pull requests", changes.len()))
    })
}
