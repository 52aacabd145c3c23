//! No installed client version has a published vulnerability.

use crate::{
    client::version::ClientVersion,
    facts::Facts,
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let (host, seen) = facts.host()?;
    let floor = &facts.policy().parameters.minimum_client_version;
    let floor: ClientVersion = floor.parse().unwrap_or(crate::client::version::CONTRACT);
    if host.client_versions.is_empty() {
        let message = "no installed client was found, so its version is not known";
        return Findings::one(Conclusion::undetermined("installed client", message));
    }
    let conclusions = host.client_versions.iter().map(|text| {
        let subject = format!("client {text}");
        match text.parse::<ClientVersion>() {
            Ok(version) if version >= floor => {
                Conclusion::pass(subject, seen.clone(), format!("not below {floor}, which no listed vulnerability affects"))
            }
            Ok(_) => {
                let message = format!("below {floor}: published vulnerabilities affect it");
                Conclusion::fail(subject, vec![seen.clone()], message)
            }
            Err(error) => Conclusion::undetermined(subject, error.to_string()),
        }
    });
    Findings::of(conclusions.collect(), "no client")
}
