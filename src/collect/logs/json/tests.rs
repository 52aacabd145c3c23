//! The walk against a full parser.

use super::*;

/// The strict judge that the walker must agree with.
fn strict(text: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok() && std::str::from_utf8(text).is_ok()
}

#[test]
fn agrees_with_a_full_parser_on_hand_made_cases() {
    for text in [
        r#"{}"#,
        r#"{"a":1}"#,
        r#"{"a":01}"#,
        r#"{"a":-}"#,
        r#"{"a":1.}"#,
        r#"{"a":1e5,"b":-0.5E-3}"#,
        r#"{"a":[1,2,{"b":null}],"c":"x\u00e9\n"}"#,
        r#"{"a":"\x"}"#,
        r#"{"a":"\u12g4"}"#,
        r#"{"a" 1}"#,
        r#"{"a":1,}"#,
        r#"{"a":[1,]}"#,
        r#"{"a":[}"#,
        r#"{"a":{"b":1]}}"#,
        r#"{"a":tru}"#,
        r#"{"a":true}"#,
        r#"{,}"#,
        r#"{"a":1 "b":2}"#,
        r#"{"a":"b"#,
        r#"{"a":[[[[]]]]}"#,
        "{\"a\":\"tab\there\"}",
        "{\"a\":\"01234567890123456789012345678901234567890123456789\u{1}x\"}",
        r#"{"a":+1}"#,
        r#"{"a":.5}"#,
        r#"{"a":{}, "b" : [ ] }"#,
        r#"{"a":1}}"#,
    ] {
        let bytes = text.as_bytes();
        let ours = members(bytes, 0, |_, _| {}) == Ok(bytes.len());
        assert_eq!(ours, strict(bytes), "{text}");
    }
}

#[test]
fn agrees_with_a_full_parser_on_mutated_records() {
    let seed = br#"{"timestamp":"2026-07-01T10:00:00Z","n":-12.5e3,"list":[1,{"k":"v\"w"},null,true],"o":{"p":{"q":[]}},"s":"longer text with many words in it, and \u0041 escapes \\ and so on, to leave the short path"}"#;
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let alphabet = b"{}[]\",:\\0123456789.eE+-truefalsn \x01\n";
    let mut accepted = 0;
    for _ in 0..60_000 {
        let mut text = seed.to_vec();
        for _ in 0..1 + next() % 2 {
            let at = (next() % text.len() as u64) as usize;
            let byte = alphabet[(next() % alphabet.len() as u64) as usize];
            match next() % 3 {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                _ => drop(text.remove(at)),
            }
        }
        if text.first() != Some(&b'{') {
            continue;
        }
        let end = members(&text, 0, |_, _| {});
        let ours = end.is_ok_and(|end| blank(&text, end) == text.len());
        assert_eq!(ours, strict(&text), "{}", String::from_utf8_lossy(&text));
        accepted += ours as u32;
    }
    assert!(accepted > 1000, "the mutator must leave some records whole: {accepted}");
}

#[test]
fn depth_is_bounded() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
    assert!(matches!(members(deep.as_bytes(), 0, |_, _| {}), Err(Fault::TooDeep(_))));
}

#[test]
fn escapes_are_undone() {
    let mut out = Vec::new();
    unescape(br#"a\"b\\c\nd\u00e9\ud83d\ude00\ud800x"#, 100, &mut out);
    assert_eq!(String::from_utf8_lossy(&out), "a\"b\\c\ndé😀\u{FFFD}x");
}
