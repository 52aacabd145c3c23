//! Makes characters visible that would otherwise act or hide: terminal controls, bidirectional overrides, tags.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with every acting or hidden character written out: `\n`, `\u{1b}`, `\u{202e}`.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        push_visible(&mut shown, character);
    }
    Cow::Owned(shown)
}

/// Adds the character, written out where it would act.
pub(super) fn push_visible(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        acting if acts(acting) => {
            write!(shown, "\\u{{{:x}}}", u32::from(acting)).expect("a string takes everything");
        }
        plain => shown.push(plain),
    }
}

/// Whether the character does something other than show itself. Joiners and directional marks that honest text in
/// Arabic, Hebrew, Persian and Indic scripts needs are left alone.
pub(super) fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn honest_text_of_any_script_is_left_alone() {
        for text in ["naïve 日本語 ქართული", "می‌خواهم", "שלום\u{200f}!", "👩‍💻", "C:\\Users\\dev", ""]
        {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn what_acts_is_written_out() {
        assert_eq!(
            visible("a\u{1b}[31mb\r\n\u{202e}c\0\u{9b}"),
            "a\\u{1b}[31mb\\r\\n\\u{202e}c\\u{0}\\u{9b}"
        );
        assert_eq!(visible("x\u{e0041}\u{feff}"), "x\\u{e0041}\\u{feff}");
    }
}
