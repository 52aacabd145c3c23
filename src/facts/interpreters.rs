//! Variables that decide what a hook's interpreter does before its script begins, and who may set them or what they
//! name.

use super::{Changeable, Facts, Programs, Session};
use crate::model::Evidence;

/// Read by the client, shells, interpreters and the loader: each can put another program in a hook's place.
const VARIABLES: [&str; 15] = [
    "BASH_ENV",
    "CLAUDE_CODE_SHELL_PREFIX",
    "DYLD_INSERT_LIBRARIES",
    "ENV",
    "LD_AUDIT",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "NODE_OPTIONS",
    "PATH",
    "PERL5OPT",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "RUBYOPT",
    "SHELLOPTS",
];
/// Beginnings of the places where every user of a host can put a file.
const OPEN_PLACES: [&str; 12] = [
    "/tmp",
    "/var/tmp",
    "/private/tmp",
    "/dev/shm",
    "/home/",
    "/Users/",
    "~",
    "$HOME",
    "${HOME",
    ".",
    "%USERPROFILE%",
    "%TEMP%",
];

/// Whether others than administrators decide what the interpreters of hooks do.
pub enum TakenOver {
    No,
    /// How, and where it stands.
    Yes(String, Evidence),
    Unknown(String),
}

impl Facts<'_> {
    /// A variable that settings put into every hook's environment (client-contract 3.4), and by which others take a
    /// hook over without changing it: a user's or a repository's own, or a managed one that names a file of theirs.
    pub fn hooks_taken_over(&self, session: &Session<'_>) -> TakenOver {
        let mut unknown = None;
        for name in VARIABLES {
            match self.taken_over_by(session, name) {
                TakenOver::No => {}
                TakenOver::Unknown(why) => unknown = unknown.or(Some(why)),
                yes @ TakenOver::Yes(..) => return yes,
            }
        }
        unknown.map_or(TakenOver::No, TakenOver::Unknown)
    }

    fn taken_over_by(&self, session: &Session<'_>, name: &str) -> TakenOver {
        let key = format!("env.{name}");
        let Some(value) = session.effective.value(&key) else { return TakenOver::No };
        let evidence = session.cite(&value);
        if session.administered(&key).is_none() {
            let message = format!(
                "{} sets {name} for every hook, by which a hook's interpreter can be made to do something else first",
                session.shown(value.source)
            );
            return TakenOver::Yes(message, evidence);
        }
        let text = value.value.as_str().unwrap_or_default();
        if let Some(place) = text.split([':', ' ', '=', ';', ',']).find(|part| is_open(part)) {
            let message = format!(
                "managed settings set {name} to {place}, where users can put a file that the interpreter of every hook runs first"
            );
            return TakenOver::Yes(message, evidence);
        }
        let by = format!("{}#{}", evidence.source, evidence.locator.as_deref().unwrap_or_default());
        let Programs { scripts, missing, unseen } = self.programs_of(&by);
        for script in scripts {
            match script.changeable() {
                Changeable::ByAdministrators => {}
                Changeable::ByOthers(how) => {
                    let message =
                        format!("managed settings set {name}, and the file that it names is not safe: {how}");
                    return TakenOver::Yes(message, evidence);
                }
                Changeable::Unknown(why) => return TakenOver::Unknown(why),
            }
        }
        match missing.first().or(unseen.first()) {
            Some(gap) => TakenOver::Unknown(format!("{name} names a file: {}", gap.sentence())),
            None => TakenOver::No,
        }
    }
}

fn is_open(part: &str) -> bool {
    let part = part.trim_matches(['"', '\'']);
    OPEN_PLACES.iter().any(|place| part.starts_with(place))
}
