//! No mechanism of enforcement is broken by a flaw of the client's version.

use crate::{
    facts::{Facts, Impairment, Releases},
    model::{Conclusion, Findings, Judgement, Mechanism},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let (_, host) = facts.host()?;
    let releases = facts.releases();
    if releases == Releases::NotKnown {
        let message = "no installed client, no session file with a version and no requiredMinimumVersion: which \
             flaws the client has is not known, and every enforced answer holds for the version that the assessment names";
        return Findings::one(Conclusion::undetermined("client", message));
    }
    let evidence = match &releases {
        Releases::InUse(seen) => seen.iter().map(|one| one.evidence.clone()).collect(),
        Releases::AtLeast(_, evidence) => vec![evidence.clone()],
        Releases::NotKnown => vec![host.clone()],
    };
    let conclusions = Mechanism::ALL.iter().map(|mechanism| {
        let subject = mechanism.words();
        match facts.impairment(&releases, &[*mechanism]) {
            Impairment::Certain { why, evidence } => Conclusion::fail(subject, evidence, why),
            Impairment::Possible { why } => Conclusion::undetermined(subject, why),
            Impairment::NotKnown => Conclusion::undetermined(subject, "the version is not known"),
            Impairment::None { narrow } => {
                let of = match &releases {
                    Releases::InUse(seen) => {
                        seen.iter().map(|one| one.version.to_string()).collect::<Vec<_>>().join(", ")
                    }
                    Releases::AtLeast(minimum, _) => format!("{minimum} and later"),
                    Releases::NotKnown => String::new(),
                };
                let narrow =
                    narrow.map_or_else(String::new, |what| format!("; in a particular form: {what}"));
                let message = format!("no known flaw of {of} lets any session pass it{narrow}");
                let first = evidence.first().cloned().unwrap_or_else(|| host.clone());
                Conclusion::pass(subject, first, message).citing(evidence.iter().skip(1).cloned())
            }
        }
    });
    Findings::of(conclusions.collect(), "no mechanism")
}
