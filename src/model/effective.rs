//! Effective settings: one key as the client would use it for one user, and where it comes from.

/// One effective value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EffectiveSetting {
    /// `user dev`, `user dev in repository shop`.
    pub subject: String,
    /// Dotted: `permissions.defaultMode`.
    pub key: String,
    /// JSON, cut where it is long; a list as it is merged over its sources.
    pub value: String,
    /// `managed`, `command_line`, `local`, `project` or `user`: the strongest source that sets it.
    pub scope: String,
    pub source: String,
    /// Weaker sources that set another value.
    pub overridden: Vec<String>,
    /// Whether the client is known to read the key.
    pub known: bool,
}
