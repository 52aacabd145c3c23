//! The roster: the people who use the client, under which names, with which role profile, and when.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::table::Table;

/// One person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: String,
    pub name: Option<String>,
    /// Lower case, sorted.
    pub emails: Vec<String>,
    /// Names under which audit logs know the person, sorted.
    pub log_users: Vec<String>,
    /// The account on the host.
    pub host_user: Option<String>,
    /// Accounts on the forge, lower case, sorted: an approval by one of them is an approval by this person.
    pub forge_accounts: Vec<String>,
    pub profile: Option<Profile>,
    /// The first and the last day of access, both included.
    pub start: Option<Date>,
    pub end: Option<Date>,
}

/// The guide's role profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    Developer,
    Reviewer,
    Administrator,
}

const PROFILES: &[(&str, Profile)] = &[
    ("developer", Profile::Developer),
    ("reviewer", Profile::Reviewer),
    ("administrator", Profile::Administrator),
];

pub(super) fn read(top: &Table<'_>) -> Vec<Person> {
    let mut people = Vec::new();
    let mut names = Names::default();
    for row in top.tables("roster") {
        let id = row.required("id");
        let sorted = |texts: Option<Vec<(u64, String)>>| {
            let mut list: Vec<(u64, String)> = texts.unwrap_or_default();
            list.sort_by(|a, b| a.1.cmp(&b.1));
            list
        };
        let emails: Vec<(u64, String)> = sorted(row.texts("emails"))
            .into_iter()
            .map(|(line, email)| {
                let email = email.to_lowercase();
                if email.split('@').filter(|part| !part.is_empty()).count() != 2 || email.contains(' ') {
                    row.problem(line, format!("`{}` is not an e-mail address", email.escape_debug()), None);
                }
                (line, email)
            })
            .collect();
        let log_users = sorted(row.texts("log_users"));
        let host_user = row.text("host_user");
        let forge_accounts: Vec<(u64, String)> = sorted(row.texts("forge_accounts"))
            .into_iter()
            .map(|(line, account)| (line, account.to_lowercase()))
            .collect();
        let person = Person {
            id: id.clone().unwrap_or_default(),
            name: row.text("name"),
            emails: emails.iter().map(|(_, email)| email.clone()).collect(),
            log_users: log_users.iter().map(|(_, user)| user.clone()).collect(),
            host_user: host_user.clone(),
            forge_accounts: forge_accounts.iter().map(|(_, account)| account.clone()).collect(),
            profile: row.choice("profile", PROFILES),
            start: row.date("start"),
            end: row.date("end"),
        };
        if let (Some(start), Some(end)) = (person.start, person.end)
            && end < start
        {
            row.wrong("end", format!("is {end}, before the start {start}"), None);
        }
        if let Some(id) = id {
            names.claim(&row, row.line_of("id"), "id", &id, &id);
            for (line, email) in &emails {
                names.claim(&row, *line, "e-mail address", email, &id);
            }
            for (line, user) in &log_users {
                names.claim(&row, *line, "log user", user, &id);
            }
            for (line, account) in &forge_accounts {
                names.claim(&row, *line, "forge account", account, &id);
            }
            if let Some(user) = &host_user {
                names.claim(&row, row.line_of("host_user"), "host user", user, &id);
            }
            people.push(person);
        }
        row.finish();
    }
    people.sort_by(|a, b| a.id.cmp(&b.id));
    people
}

/// Who has which name. Two people under one name would make every record of it ambiguous.
#[derive(Default)]
struct Names(BTreeMap<(&'static str, String), String>);

impl Names {
    fn claim(&mut self, row: &Table<'_>, line: u64, kind: &'static str, name: &str, person: &str) {
        if let Some(other) = self.0.insert((kind, name.to_owned()), person.to_owned()) {
            let message =
                format!("the {kind} `{}` already belongs to `{}`", name.escape_debug(), other.escape_debug());
            row.problem(line, message, None);
        }
    }
}
