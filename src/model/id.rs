//! Identifiers that parse on entry, so that no loose string names a thing.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses the identifier.
            pub fn parse(text: &str) -> Result<Self, String> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.to_owned())) } else { Err(format!("`{}` is not {}", text.escape_debug(), $what)) }
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    };
}

id!(
    /// Names a check: a claim that a pass makes true, such as `bypass_mode_locked_off`.
    CheckId,
    "a check id (lower-case words joined by underscores)",
    |text| !text.is_empty()
        && text.len() <= 80
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
);
id!(
    /// Names a control: `CL-01` to `CL-15` (the checklist) or `EX-01` and on.
    ControlId,
    "a control id (`CL-` or `EX-` and two digits)",
    |text| {
        let digits = text.strip_prefix("CL-").or_else(|| text.strip_prefix("EX-")).unwrap_or_default();
        digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())
    }
);
id!(
    /// Names a framework: the stem of its data file.
    FrameworkId,
    "a framework id (lower-case letters, digits and hyphens)",
    |text| !text.is_empty()
        && text.len() <= 40
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
);
id!(
    /// Names a published requirement in its framework's own citation form: `CC6.1`, `45 CFR 164.312(b)`.
    RequirementId,
    "a requirement id",
    |text| !text.is_empty() && text.len() <= 60 && !text.chars().any(char::is_control)
);
