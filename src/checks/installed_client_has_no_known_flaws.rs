//! No installed client version has a published vulnerability.

use crate::{
    client::{
        advisories::{self, LIST_DATE},
        settings,
        version::ClientVersion,
    },
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Os},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let (host, seen) = facts.host()?;
    if host.client_versions.is_empty() {
        let message = "no installed client was found, so its version is not known";
        return Findings::one(Conclusion::undetermined("installed client", message));
    }
    let os = match host.os {
        Os::Linux => settings::Os::Linux,
        Os::MacOs => settings::Os::MacOs,
        Os::Windows => settings::Os::Windows,
    };
    let wanted = facts.policy().parameters.minimum_client_version.parse::<ClientVersion>().ok();
    let conclusions = host.client_versions.iter().map(|text| {
        let subject = format!("client {text}");
        let version = match text.parse::<ClientVersion>() {
            Ok(version) => version,
            Err(error) => return Conclusion::undetermined(subject, error.to_string()),
        };
        let flaws = advisories::affecting(version, os);
        if let Some(last) = flaws.last() {
            let ids: Vec<&str> = flaws.iter().map(|flaw| flaw.id).collect();
            let message = format!(
                "{} published vulnerabilities affect it as of {LIST_DATE}: {}; the last of them: {}; fixed in {}",
                ids.len(),
                ids.join(", "),
                last.what,
                advisories::floor()
            );
            return Conclusion::fail(subject, vec![seen.clone()], message);
        }
        match wanted.filter(|wanted| version < *wanted) {
            Some(wanted) => {
                let message = format!("below {wanted}, the oldest version that the policy accepts");
                Conclusion::fail(subject, vec![seen.clone()], message)
            }
            None => {
                let message = format!("none of {} published vulnerabilities listed as of {LIST_DATE} affects it", advisories::all().len());
                Conclusion::pass(subject, seen.clone(), message)
            }
        }
    });
    Findings::of(conclusions.collect(), "no client")
}
