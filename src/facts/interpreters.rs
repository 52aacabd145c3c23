//! Variables that decide what a hook's interpreter does before its script begins, and who may set them.

use super::Session;
use crate::model::Evidence;

/// Read by shells, interpreters and the loader: each can put another program in a hook's place.
const VARIABLES: [&str; 14] = [
    "BASH_ENV",
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

impl Session<'_> {
    /// A variable that settings of a user or a repository put into every hook's environment (client-contract 3.4), and
    /// by which their author takes a hook over without changing it: what is wrong, and where it stands.
    pub fn hooks_taken_over(&self) -> Option<(String, Evidence)> {
        VARIABLES.iter().find_map(|name| {
            let key = format!("env.{name}");
            let value = self.effective.value(&key)?;
            if self.administered(&key).is_some() {
                return None;
            }
            let message = format!(
                "{} sets {name} for every hook, by which a hook's interpreter can be made to do something else first",
                self.shown(value.source)
            );
            Some((message, self.cite(&value)))
        })
    }
}
