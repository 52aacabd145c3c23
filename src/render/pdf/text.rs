//! Turns a reader's text into lines of placed glyphs: nothing vanishes, nothing overflows, right-to-left reads right.

use unicode_bidi::{BidiInfo, Level};
use unicode_width::UnicodeWidthChar;

use super::PdfError;
use super::fonts::{Book, FaceId, Placed, Style};

/// The longest text that one place shows; the rest is cut, and the cut is said.
pub(super) const TEXT_LIMIT: usize = 4_000;

/// The most line breaks that one place keeps; further ones are spelled out as other control characters are.
const BREAK_LIMIT: usize = 100;

/// A stretch of a line that one face draws.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// Glyphs one after another.
    Plain { face: FaceId, glyphs: Vec<u16>, advance: i32 },
    /// Glyphs that joining, marks or reordering have placed; `reads` is the text where the order of drawing hides it.
    Shaped { face: FaceId, glyphs: Vec<Placed>, advance: i32, reads: Option<String> },
    /// A character that no face has: a box with its code point.
    Missing { face: FaceId, digits: Vec<u16>, advance: i32, ch: char },
}

impl Piece {
    pub fn advance(&self) -> i32 {
        match self {
            Piece::Plain { advance, .. } | Piece::Shaped { advance, .. } | Piece::Missing { advance, .. } => {
                *advance
            }
        }
    }
}

/// The size of the digits in a missing character's box, in thousandths of the text's size.
pub(super) const BOX_DIGITS: i32 = 640;
/// The room left and right of those digits, in thousandths of an em.
pub(super) const BOX_PAD: i32 = 110;

/// One line, in visual order. Widths are thousandths of an em.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub pieces: Vec<Piece>,
    pub width: i32,
}

/// The text as it may be shown: control and invisible characters spelled out, the length bounded.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(TEXT_LIMIT * 4));
    let mut last = ' ';
    let (mut breaks, mut in_row) = (0, 0);
    for (n, ch) in text.chars().enumerate() {
        if n == TEXT_LIMIT {
            let total = n + text.chars().skip(n).count();
            out.push_str(&format!(" [cut here: {TEXT_LIMIT} of {total} characters shown]"));
            break;
        }
        let cp = u32::from(ch);
        match ch {
            '\n' if breaks < BREAK_LIMIT => {
                // Two stand for however many follow one another: empty lines must not fill pages.
                in_row = if last == '\n' { in_row + 1 } else { 1 };
                if in_row <= 2 {
                    breaks += 1;
                    out.push('\n');
                }
            }
            '\t' => out.push_str("    "),
            '\r' if text.contains("\r\n") => {}
            _ if cp < 0x20 || (0x7F..0xA0).contains(&cp) => out.push_str(&format!("\\x{cp:02X}")),
            // Joiners shape Arabic and Indic words; anywhere else they only hide.
            '\u{200C}' | '\u{200D}' if (0x600..0x1100).contains(&u32::from(last)) => out.push(ch),
            '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}' => {
                out.push_str(&format!("[U+{cp:04X}]"));
            }
            _ => out.push(ch),
        }
        last = ch;
    }
    out
}

/// What the line breaker moves as one: a character, or a word that shaping joins.
struct Unit {
    start: usize,
    end: usize,
    width: i32,
    /// 0: no break after it; 1: inside a path or digest; 2: between words.
    after: u8,
    space: bool,
}

#[derive(Clone, Copy)]
struct Letter {
    ch: char,
    glyph: Option<(FaceId, u16)>,
    /// Must go through the face's own rules.
    shaped: bool,
}

/// Breaks text into lines of at most `max` thousandths of an em. Text must have passed [`visible`].
pub(super) fn wrap(book: &mut Book, style: Style, text: &str, max: i32) -> Result<Vec<Line>, PdfError> {
    let max = max.max(1_000);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let letters = letters(book, style, paragraph)?;
        let units = units(book, &letters, max)?;
        let rtl = letters.iter().any(|l| is_rtl(l.ch));
        // A sentence keeps its direction whatever name it begins with; only text wholly right-to-left runs that way.
        let mixed = letters.iter().any(|l| l.ch.is_alphabetic() && !is_rtl(l.ch));
        let bidi = rtl.then(|| BidiInfo::new(paragraph, mixed.then(Level::ltr)));
        for (a, b) in break_lines(&units, max) {
            lines.push(set_line(book, style, paragraph, &letters, bidi.as_ref(), a, b)?);
        }
    }
    Ok(lines)
}

/// One line however wide.
pub(super) fn single(book: &mut Book, style: Style, text: &str) -> Result<Line, PdfError> {
    let flat = text.replace('\n', " ");
    Ok(wrap(book, style, &flat, i32::MAX / 4)?.into_iter().next().unwrap_or_default())
}

/// One line of at most `max`, its end replaced by an ellipsis where it does not fit.
pub(super) fn fitted(book: &mut Book, style: Style, text: &str, max: i32) -> Result<Line, PdfError> {
    let flat = text.replace('\n', " ");
    let line = single(book, style, &flat)?;
    if line.width <= max {
        return Ok(line);
    }
    let room = (max - single(book, style, "…")?.width).max(1_000);
    let letters = letters(book, style, &flat)?;
    let mut kept = 0;
    let mut width = 0;
    for l in &letters {
        width += l.glyph.map_or(2_500, |(f, g)| book.advance(f, g));
        if width > room {
            break;
        }
        kept += 1;
    }
    let cut: String = flat.chars().take(kept).chain(['…']).collect();
    single(book, style, &cut)
}

fn is_rtl(ch: char) -> bool {
    matches!(u32::from(ch), 0x590..=0x8FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFC | 0x10800..=0x10FFF | 0x1E800..=0x1EFFF)
}

fn is_mark(ch: char) -> bool {
    u32::from(ch) >= 0x300 && (ch.width() == Some(0) || matches!(ch, '\u{200C}' | '\u{200D}'))
}

fn letters(book: &mut Book, style: Style, text: &str) -> Result<Vec<Letter>, PdfError> {
    let mut out: Vec<Letter> = Vec::with_capacity(text.len());
    for ch in text.chars() {
        let mut glyph = book.find(style, ch)?;
        let mut shaped = glyph.is_some_and(|(f, _)| Book::is_shaped(f));
        // A mark belongs to the face of its letter where that face has it, whatever other face could draw it alone.
        if is_mark(ch)
            && let Some(before) = out.last_mut()
            && let Some((face, _)) = before.glyph
            && let Some(gid) = book.glyph_in(face, ch)?
        {
            before.shaped = true;
            shaped = true;
            glyph = Some((face, gid));
        }
        out.push(Letter { ch, glyph, shaped });
    }
    Ok(out)
}

fn units(book: &mut Book, letters: &[Letter], max: i32) -> Result<Vec<Unit>, PdfError> {
    let mut units: Vec<Unit> = Vec::with_capacity(letters.len());
    let mut i = 0;
    while i < letters.len() {
        let letter = letters[i];
        if letter.shaped {
            let face = letter.glyph.map(|g| g.0);
            let mut end = i + 1;
            while end < letters.len() && letters[end].shaped && letters[end].glyph.map(|g| g.0) == face {
                end += 1;
            }
            let width = shaped_width(book, &letters[i..end])?;
            if width <= max {
                units.push(Unit { start: i, end, width, after: 0, space: false });
            } else {
                // Longer than a line: cut between letters, never before a mark.
                let mut from = i;
                while from < end {
                    let mut to = from + 1;
                    while to < end && is_mark(letters[to].ch) {
                        to += 1;
                    }
                    let width = shaped_width(book, &letters[from..to])?;
                    units.push(Unit { start: from, end: to, width, after: 0, space: false });
                    from = to;
                }
            }
            i = end;
            continue;
        }
        let next = letters.get(i + 1).map(|l| l.ch);
        let width = match letter.glyph {
            Some((face, gid)) => book.advance(face, gid),
            None => missing(book, letter.ch)?.advance(),
        };
        units.push(Unit {
            start: i,
            end: i + 1,
            width,
            after: break_after(letter.ch, next),
            space: letter.ch == ' ',
        });
        i += 1;
    }
    Ok(units)
}

fn shaped_width(book: &mut Book, letters: &[Letter]) -> Result<i32, PdfError> {
    let Some((face, _)) = letters.first().and_then(|l| l.glyph) else { return Ok(0) };
    let text: String = letters.iter().map(|l| l.ch).collect();
    Ok(book.shape(face, &text, letters.iter().any(|l| is_rtl(l.ch)))?.1)
}

fn is_ideograph(ch: char) -> bool {
    matches!(u32::from(ch), 0x2E80..=0x9FFF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFF01..=0xFF60)
}

fn break_after(ch: char, next: Option<char>) -> u8 {
    let Some(next) = next else { return 0 };
    if ch == ' ' {
        return 2;
    }
    if next == ' ' {
        return 0;
    }
    if is_ideograph(ch) || is_ideograph(next) {
        let closes = matches!(
            next,
            '、' | '。' | '，' | '．' | '」' | '』' | '）' | '】' | '》' | '！' | '？' | '：' | '；' | 'ー'
        );
        let opens = matches!(ch, '「' | '『' | '（' | '【' | '《');
        return if closes || opens { 0 } else { 2 };
    }
    if matches!(
        ch,
        '/' | '\\' | '-' | '_' | '.' | ':' | '=' | '&' | ',' | ';' | '|' | '@' | '*' | ')' | ']' | '}'
    ) {
        return 1;
    }
    0
}

/// Greedy line breaking: between words first, then inside paths, then anywhere.
fn break_lines(units: &[Unit], max: i32) -> Vec<(usize, usize)> {
    let span = |a: usize, b: usize| -> (usize, usize) {
        let mut b = b;
        while b > a && units[b - 1].space {
            b -= 1;
        }
        if a == b { (0, 0) } else { (units[a].start, units[b - 1].end) }
    };
    let mut lines = Vec::new();
    let (mut start, mut i, mut width) = (0usize, 0usize, 0i64);
    let (mut word, mut word_width, mut soft) = (0usize, 0i64, 0usize);
    while i < units.len() {
        let unit = &units[i];
        if width + i64::from(unit.width) > i64::from(max) && i > start && !unit.space {
            let full = word_width * 5 >= i64::from(max) * 2;
            let at = if word > start && (full || soft <= word) {
                word
            } else if soft > start {
                soft
            } else {
                i
            };
            lines.push(span(start, at));
            start = at;
            while start < units.len() && units[start].space {
                start += 1;
            }
            i = start;
            (width, word, word_width, soft) = (0, start, 0, start);
            continue;
        }
        width += i64::from(unit.width);
        if unit.after == 2 {
            (word, word_width) = (i + 1, width);
        } else if unit.after == 1 {
            soft = i + 1;
        }
        i += 1;
    }
    if start < units.len() || lines.is_empty() {
        lines.push(span(start, units.len()));
    }
    lines
}

fn set_line(
    book: &mut Book,
    style: Style,
    paragraph: &str,
    letters: &[Letter],
    bidi: Option<&BidiInfo<'_>>,
    a: usize,
    b: usize,
) -> Result<Line, PdfError> {
    let mut line = Line::default();
    let Some(bidi) = bidi else {
        set_run(book, style, &letters[a..b], false, &mut line)?;
        return Ok(line);
    };
    let byte = |n: usize| paragraph.char_indices().nth(n).map_or(paragraph.len(), |(i, _)| i);
    let (from, to) = (byte(a), byte(b));
    let Some(para) = bidi.paragraphs.iter().find(|p| p.range.start <= from && to <= p.range.end) else {
        set_run(book, style, &letters[a..b], false, &mut line)?;
        return Ok(line);
    };
    let (levels, runs) = bidi.visual_runs(para, from..to);
    for run in runs {
        let rtl = levels.get(run.start).is_some_and(|l| l.is_rtl());
        let first = paragraph[..run.start].chars().count();
        let last = first + paragraph[run].chars().count();
        set_run(book, style, &letters[first..last], rtl, &mut line)?;
    }
    Ok(line)
}

/// Sets letters that all run one way.
fn set_run(
    book: &mut Book,
    style: Style,
    letters: &[Letter],
    rtl: bool,
    line: &mut Line,
) -> Result<(), PdfError> {
    let mut items: Vec<(usize, usize)> = Vec::new();
    let mut i = 0;
    while i < letters.len() {
        let key = |l: &Letter| (l.glyph.map(|g| g.0), l.shaped);
        let mut end = i + 1;
        while end < letters.len() && letters[i].glyph.is_some() && key(&letters[end]) == key(&letters[i]) {
            end += 1;
        }
        items.push((i, end));
        i = end;
    }
    if rtl {
        items.reverse();
    }
    for (from, to) in items {
        let part = &letters[from..to];
        let piece = match part[0].glyph {
            None => missing(book, part[0].ch)?,
            Some((face, _)) if part[0].shaped => {
                let text: String = part.iter().map(|l| l.ch).collect();
                let (glyphs, advance) = book.shape(face, &text, rtl)?;
                let reads = (!rtl && Book::reorders(face)).then_some(text);
                Piece::Shaped { face, glyphs, advance, reads }
            }
            Some((face, _)) => plain(book, style, face, part, rtl)?,
        };
        line.width = line.width.saturating_add(piece.advance());
        line.pieces.push(piece);
    }
    Ok(())
}

fn plain(book: &mut Book, style: Style, face: FaceId, part: &[Letter], rtl: bool) -> Result<Piece, PdfError> {
    let mut glyphs = Vec::with_capacity(part.len());
    let mut advance = 0i32;
    for letter in part {
        let mut found = letter.glyph.map_or(0, |g| g.1);
        let mut ch = letter.ch;
        if rtl
            && let Some(mirror) = mirrored(ch)
            && let Some((f, g)) = book.find(style, mirror)?
            && f == face
        {
            (found, ch) = (g, mirror);
        }
        book.note(face, found, || ch.to_string());
        advance = advance.saturating_add(book.advance(face, found));
        glyphs.push(found);
    }
    if rtl {
        glyphs.reverse();
    }
    Ok(Piece::Plain { face, glyphs, advance })
}

fn mirrored(ch: char) -> Option<char> {
    Some(match ch {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '{' => '}',
        '}' => '{',
        '<' => '>',
        '>' => '<',
        '«' => '»',
        '»' => '«',
        '‹' => '›',
        '›' => '‹',
        _ => return None,
    })
}

fn missing(book: &mut Book, ch: char) -> Result<Piece, PdfError> {
    let mut digits = Vec::new();
    let mut width = 0;
    let mut face = FaceId(0);
    for digit in format!("U+{:04X}", u32::from(ch)).chars() {
        if let Some((f, gid)) = book.find(Style::Regular, digit)? {
            book.note(f, gid, || digit.to_string());
            width += book.advance(f, gid);
            digits.push(gid);
            face = f;
        }
    }
    Ok(Piece::Missing { face, digits, advance: width * BOX_DIGITS / 1000 + 2 * BOX_PAD + 80, ch })
}
