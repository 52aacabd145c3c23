//! Every built-in check, in the order of reports. A check is one file here and one card in `controls/checks/`.

use crate::{
    facts::Facts,
    model::{CheckId, Judgement},
};

/// A claim that can be judged from facts.
pub struct Check {
    name: &'static str,
    /// The card's text as the program was built with it: a check without a card does not compile.
    pub card: &'static str,
    pub judge: fn(&Facts<'_>) -> Judgement,
}

impl Check {
    /// The check's id: the name of its file.
    pub fn id(&self) -> CheckId {
        CheckId::parse(self.name).expect("check files are named like check ids")
    }
}

macro_rules! checks {
    ($($name:ident),+ $(,)?) => {
        /// Every check.
        pub static ALL: &[Check] = &[$(Check {
            name: stringify!($name),
            card: include_str!(concat!("../../controls/checks/", stringify!($name), ".yaml")),
            judge: $name::judge,
        }),+];
    };
}
