//! Each repository's history is present from its first commit.

use crate::{
    facts::Facts,
    model::{Conclusion, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    facts.each_repository(|repository, evidence| {
        let subject = format!("repository {}", repository.name);
        if repository.shallow {
            let message = "the clone is shallow: earlier changes are not here, so no population is complete";
            return Conclusion::fail(subject, vec![evidence], message);
        }
        match (&repository.head, repository.commits) {
            (Some(_), Some(commits)) => {
                Conclusion::pass(subject, evidence, format!("{commits} commits, from the first on"))
            }
            (Some(_), None) => Conclusion::undetermined(subject, "the history was not walked to its end"),
            (None, _) => Conclusion::undetermined(subject, "there is no commit to start from"),
        }
    })
}
