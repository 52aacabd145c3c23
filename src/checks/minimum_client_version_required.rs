//! Managed settings require a client version without known flaws.

use crate::{
    client::{advisories, version::ClientVersion},
    facts::{Facts, Session},
    model::{Conclusion, Findings, Judgement},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let floor = facts.policy().parameters.minimum_client_version.parse();
    let floor = floor.unwrap_or_else(|_| advisories::floor());
    Findings::of(facts.each_user(|session| required(session, floor)), "no user was found to test")
}

fn required(session: &Session<'_>, floor: ClientVersion) -> Conclusion {
    let key = "requiredMinimumVersion";
    let Some(value) = session.administered(key) else {
        let message = format!("no managed settings set {key}: any version of the client starts");
        return Conclusion::fail(&*session.subject, session.sources(), message);
    };
    let evidence = session.cite(&value);
    match value.value.as_str().map(str::parse::<ClientVersion>) {
        Some(Ok(required)) if required >= floor => {
            Conclusion::pass(&*session.subject, evidence, format!("{key} is {required}, not below {floor}"))
        }
        Some(Ok(required)) => {
            let message =
                format!("{key} is {required}; versions below {floor} have published vulnerabilities");
            Conclusion::fail(&*session.subject, vec![evidence], message)
        }
        // The client ignores a value it cannot read: it fails open.
        Some(Err(_)) | None => Conclusion::fail(
            &*session.subject,
            vec![evidence],
            format!("{key} is no version, so the client ignores it"),
        ),
    }
}
