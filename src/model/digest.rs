//! Digests name content: SHA-256 over bytes, or over the canonical JSON of a value.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

impl Digest {
    /// The digest of these bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::of_parts(&[bytes])
    }

    /// The digest of the parts one after the other.
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        let mut text = String::with_capacity(71);
        text.push_str("sha256:");
        for byte in hash.finalize() {
            text.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
            text.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
        }
        Self(text)
    }

    /// The digest of a folder's texts by path: of what `sha256sum` prints for them in the order of their paths.
    pub fn of_files(files: &BTreeMap<String, String>) -> Self {
        let line =
            |(path, text): (&String, &String)| format!("{}  {path}\n", Self::of_bytes(text.as_bytes()).hex());
        Self::of_bytes(files.iter().map(line).collect::<String>().as_bytes())
    }

    /// The digest of a value's canonical JSON ([`canonical_json`]).
    pub fn of_value<T: Serialize>(value: &T) -> Self {
        Self::of_bytes(canonical_json(value).as_bytes())
    }

    /// The 64 digits without the `sha256:`.
    pub fn hex(&self) -> &str {
        &self.0[7..]
    }

    /// The first twelve digits: enough for people to tell digests apart on a page.
    pub fn short(&self) -> &str {
        &self.0[7..19]
    }
}

impl TryFrom<String> for Digest {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let hex = text.strip_prefix("sha256:").unwrap_or_default();
        if hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            Ok(Self(text))
        } else {
            Err("a digest is `sha256:` and 64 lower-case hexadecimal digits".to_owned())
        }
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The one spelling of a value that digests are taken over: JSON without white space, object keys sorted by
/// code point at every depth, numbers as serde writes them.
pub fn canonical_json<T: Serialize>(value: &T) -> String {
    let mut value = serde_json::to_value(value).expect("our own types always serialise");
    value.sort_all_objects();
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_sha256sum() {
        assert_eq!(
            Digest::of_bytes(b"abc").hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_folder_is_named_as_sha256sum_lists_it() {
        let files = BTreeMap::from([("b".to_owned(), String::new()), ("a".to_owned(), "abc".to_owned())]);
        let listed = format!(
            "{}  a\n{}  b\n",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(Digest::of_files(&files), Digest::of_bytes(listed.as_bytes()));
    }

    #[test]
    fn key_order_does_not_matter() {
        let a = serde_json::json!({"b": {"d": 1, "c": 2}, "a": []});
        let b = serde_json::json!({"a": [], "b": {"c": 2, "d": 1}});
        assert_eq!(Digest::of_value(&a), Digest::of_value(&b));
        assert_eq!(canonical_json(&a), r#"{"a":[],"b":{"c":2,"d":1}}"#);
    }

    #[test]
    fn refuses_other_spellings() {
        for bad in [
            "",
            "sha256:",
            "md5:00",
            "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        ] {
            assert!(Digest::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
