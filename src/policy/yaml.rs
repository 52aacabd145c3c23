//! YAML as a tree that remembers lines, so that every mistake of a file can be found in one reading.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{DuplicateKeyPolicy, MergeKeyPolicy, Spanned};

/// The largest file that is read: far above any real policy, small enough that reading it is quick.
const MAX_BYTES: usize = 4 << 20;

/// A value and the line where it starts.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub line: u64,
    pub value: Value,
}

/// What stands there.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    /// Not a whole one; no key takes it.
    Number,
    Text(String),
    List(Vec<Node>),
    /// Key, the key's line, and its value.
    Table(Vec<(String, u64, Node)>),
}

impl Value {
    /// How a message names what was found.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Boolean(_) => "true or false",
            Self::Integer(_) | Self::Number => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// Parses a document, or says on which line it stops being YAML.
pub(super) fn parse(text: &str) -> Result<Node, (u64, String)> {
    if text.len() > MAX_BYTES {
        return Err((0, format!("the file is larger than {MAX_BYTES} bytes")));
    }
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: 16,
            max_documents: 1,
            max_aliases: 0,
            max_anchors: 0,
        },
    };
    serde_saphyr::from_str_with_options::<Spanned<Value>>(text, options).map(node).map_err(|error| {
        let line = error.location().map_or(0, |at| at.line());
        (line, error.to_string())
    })
}

fn node(spanned: Spanned<Value>) -> Node {
    Node { line: spanned.referenced.line(), value: spanned.value }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        // Beyond every bound a parameter has, so it is reported there.
        Ok(Value::Integer(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Number)
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Value>>()? {
            list.push(node(item));
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut table = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let value = entries.next_value::<Spanned<Value>>()?;
            table.push((key.value, key.referenced.line(), node(value)));
        }
        Ok(Value::Table(table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_know_their_lines() {
        let root = parse("a: 1\nb:\n  - no\n  - 2.5\n\nc:\n  d: x\n").expect("yaml");
        let Value::Table(table) = root.value else { panic!("a table") };
        let lines: Vec<(&str, u64, u64)> =
            table.iter().map(|(key, line, node)| (key.as_str(), *line, node.line)).collect();
        assert_eq!(lines, [("a", 1, 1), ("b", 2, 3), ("c", 6, 7)]);
        let Value::List(list) = &table[1].2.value else { panic!("a list") };
        assert!(matches!(&list[0].value, Value::Text(text) if text == "no"), "not a boolean");
        assert!(matches!(list[1].value, Value::Number));
        assert_eq!(list[1].line, 4);
    }

    #[test]
    fn refuses_bombs_and_repeated_keys() {
        assert_eq!(parse("a: 1\nb: 2\na: 3\n").expect_err("a repeated key").0, 3);
        assert!(parse("a: &x [1]\nb: [*x, *x]\n").is_err(), "aliases");
        assert!(parse(&format!("a: {}{}\n", "[".repeat(5_000), "]".repeat(5_000))).is_err(), "depth");
        assert!(parse("a: 1\n---\nb: 2\n").is_err(), "two documents");
        assert!(parse("a: \"").is_err());
        assert!(parse("base: {x: 1}\n<<: {y: 2}\n").is_err(), "merge keys");
    }
}
