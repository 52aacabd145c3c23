//! The scope that the organisation set: frameworks, people left out, repositories, plan and provider.

use std::collections::BTreeSet;

use super::{KnownIds, table::Table};
use crate::model::FrameworkId;

/// What is examined and what is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Nothing means all.
    pub frameworks: Option<BTreeSet<FrameworkId>>,
    /// Users whose homes are not tested, each with the reason that the report prints.
    pub excluded_users: Vec<Exclusion>,
    /// Names of the hosts that the client is used on; nothing where the policy lists none.
    pub hosts: Option<BTreeSet<String>>,
    /// Names of the repositories that must be looked at; nothing where the policy names none.
    pub repositories: Option<BTreeSet<String>>,
    pub plan: Plan,
    pub provider: Provider,
}

/// A user left out of scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    pub name: String,
    pub reason: String,
}

/// How the organisation buys the client: it decides the mode a session starts in when nobody sets one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plan {
    Enterprise,
    Team,
    Pro,
    Max,
    Api,
    Bedrock,
    Vertex,
    #[default]
    Unknown,
}

const PLANS: &[(&str, Plan)] = &[
    ("enterprise", Plan::Enterprise),
    ("team", Plan::Team),
    ("pro", Plan::Pro),
    ("max", Plan::Max),
    ("api", Plan::Api),
    ("bedrock", Plan::Bedrock),
    ("vertex", Plan::Vertex),
    ("unknown", Plan::Unknown),
];

/// Who serves the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    Anthropic,
    Bedrock,
    Vertex,
    #[default]
    Unknown,
}

const PROVIDERS: &[(&str, Provider)] = &[
    ("anthropic", Provider::Anthropic),
    ("bedrock", Provider::Bedrock),
    ("vertex", Provider::Vertex),
    ("unknown", Provider::Unknown),
];

pub(super) fn read(table: Table<'_>, known: &KnownIds) -> Scope {
    let frameworks = table.texts("frameworks").map(|texts| {
        if texts.is_empty() {
            table.wrong("frameworks", "names none", Some("leave the key out to examine all"));
        }
        let mut named = BTreeSet::new();
        for (line, text) in texts {
            match known.framework(&text) {
                Ok(id) => drop(named.insert(id)),
                Err((message, hint)) => table.problem(line, message, Some(hint)),
            }
        }
        named
    });
    let users = table.table("users");
    let mut excluded_users: Vec<Exclusion> = Vec::new();
    for row in users.tables("exclude") {
        let (name, reason) = (row.required("name"), row.required("reason"));
        if let (Some(name), Some(reason)) = (name, reason) {
            if excluded_users.iter().any(|other| other.name == name) {
                row.wrong("name", format!("repeats `{}`", name.escape_debug()), None);
            }
            excluded_users.push(Exclusion { name, reason });
        }
        row.finish();
    }
    users.finish();
    let scope = Scope {
        frameworks,
        excluded_users,
        repositories: table
            .texts("repositories")
            .map(|texts| texts.into_iter().map(|(_, text)| text).collect()),
        hosts: table.texts("hosts").map(|texts| texts.into_iter().map(|(_, text)| text).collect()),
        plan: table.choice("plan", PLANS).unwrap_or_default(),
        provider: table.choice("provider", PROVIDERS).unwrap_or_default(),
    };
    table.finish();
    scope
}
