//! Fetching from the web: rules by host, and the hosts that need no rule.

use crate::client::settings::Effective;
use crate::client::version::MEASURED;

use super::rule::RuleKind;
use super::ruleset::Effect;
use super::{Check, glob};

/// What the rules and the built-in list say of a URL.
pub fn fetch(effective: &Effective, url: &str) -> Check {
    let Some(host) = host_of(url) else { return Check::Pass("the URL has no host".to_owned()) };
    for effect in [Effect::Deny, Effect::Ask, Effect::Allow] {
        let found = effective.rules().list(effect).iter().find(|r| {
            r.parsed.names("WebFetch")
                && matches!(&r.parsed.kind, RuleKind::Domain(d) if glob::host(d, &host))
        });
        if let Some(rule) = found {
            let at = rule.at.clone();
            return match effect {
                Effect::Deny => Check::Deny(at, format!("a deny rule covers {host}")),
                Effect::Ask => Check::AskRule(at),
                Effect::Allow => Check::Allow(Some(at), format!("an allow rule covers {host}")),
            };
        }
    }
    let documented = documented(&host, url);
    let measured = effective.environment.client <= MEASURED;
    match documented {
        true if measured => {
            Check::Allow(None, format!("{host} is on the client's list of documentation hosts"))
        }
        true => Check::Unknown(format!(
            "whether this version still has {host} on its list of documentation hosts is not known"
        )),
        false => Check::Pass(format!("no rule allows {host}")),
    }
}

/// Hosts, and places on hosts, that the measured client fetches from without a prompt.
const DOCUMENTATION_HOSTS: &str = include_str!("../../../controls/client/documentation-hosts.txt");

/// Whether a URL lies within the client's list of documentation hosts.
fn documented(host: &str, url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let path = path.split(['?', '#']).next().unwrap_or(path);
    DOCUMENTATION_HOSTS.lines().filter(|line| !line.starts_with('#')).any(|line| match line.split_once('/') {
        None => line == host,
        Some((listed, below)) => {
            let inside = path.strip_prefix('/').and_then(|p| p.strip_prefix(below));
            listed == host
                && inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                && !path.contains('%')
        }
    })
}

/// The host of a URL, in lower case.
pub fn host_of(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, r)| r);
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = if host.starts_with('[') { host.split(']').next()? } else { host.split(':').next()? };
    let host = host.trim_start_matches('[').trim_end_matches('.').to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_hosts_and_places_on_hosts() {
        let listed = |url: &str| documented(&host_of(url).unwrap(), url);
        assert!(listed("https://docs.python.org/3/") && listed("https://github.com/anthropics/x?y"));
        assert!(!listed("https://sub.docs.python.org/") && !listed("https://github.com/anthropicsx"));
        assert!(!listed("https://github.com/anthropics/..%2fx"));
    }
}
