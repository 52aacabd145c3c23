//! The composed answer: what stops one test call on this host, layer by layer.

use serde::Serialize;

use super::Aim;

/// How one layer, or all of them together, stand to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stand {
    /// It is stopped, whatever the other layers say.
    Stops,
    /// It cannot be told from what was seen.
    NotKnown,
    /// A person is asked, and may say yes.
    Asks,
    /// Nothing of this layer holds it back.
    Open,
}

impl Stand {
    /// The words that every format uses.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Stops => "stopped",
            Self::NotKnown => "not known",
            Self::Asks => "asks a person",
            Self::Open => "open",
        }
    }
}

/// One layer's answer, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Layer {
    pub stand: Stand,
    /// The rule with its file and line, the hook, the key; or why there is nothing.
    pub why: String,
}

impl Layer {
    /// An answer with its ground.
    pub fn new(stand: Stand, why: impl Into<String>) -> Self {
        Self { stand, why: why.into() }
    }

    /// `stopped: Bash(rm *) in etc/…`, as a table's cell.
    pub fn cell(&self) -> String {
        format!("{}: {}", self.stand.words(), self.why)
    }
}

/// One call of a battery as one user would make it, in the modes in which the answer is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayeredCall {
    pub battery: String,
    pub canary: String,
    pub aim: Aim,
    /// Whether an item's verdict depends on it.
    pub baseline: bool,
    /// What the call tries, in words.
    pub tries: String,
    /// `user dev`, `user dev in repository shop`.
    pub subject: String,
    pub user: String,
    pub repository: String,
    /// The permission modes that this row speaks of.
    pub modes: Vec<&'static str>,
    /// Whether these are all the modes that the user can choose.
    pub every_mode: bool,
    pub rules: Layer,
    pub hooks: Layer,
    pub sandbox: Layer,
    pub files: Layer,
    /// All layers together, in these modes.
    pub answer: Stand,
    /// The same if every hook failed and let the call through.
    pub without_hooks: Stand,
    pub why: String,
}
