//! The faces that the document may use: found by character, measured, shaped, and cut down to the glyphs drawn.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use allsorts::binary::read::ReadScope;
use allsorts::font::{Font, MatchingPresentation};
use allsorts::font_data::{DynamicFontTableProvider, FontData};
use allsorts::glyph_position::{GlyphLayout, TextDirection};
use allsorts::gsub::{FeatureMask, FeatureMaskExt};
use allsorts::subset::{CmapTarget, SubsetProfile, subset};
use allsorts::tag;

use super::PdfError;

/// How a piece of text is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Regular,
    Bold,
    Mono,
}

/// Index of a face in [`FACES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FaceId(pub u8);

struct Source {
    /// The name in the document, without the subset tag.
    name: &'static str,
    packed: &'static [u8],
    script: u32,
    /// Whether letters join or reorder, so that the face's own rules must be followed.
    shaped: bool,
    ranges: &'static [(u32, u32)],
}

macro_rules! face {
    ($name:literal, $file:literal, $script:expr, $shaped:literal, $ranges:expr) => {
        Source {
            name: $name,
            packed: include_bytes!(concat!("../../../report-templates/fonts/", $file, "-regular.ttf.gz")),
            script: $script,
            shaped: $shaped,
            ranges: &$ranges,
        }
    };
}

const SANS: u8 = 0;
const BOLD: u8 = 1;
const MONO: u8 = 2;
const SYMBOLS: u8 = 3;

const FACES: [Source; 25] = [
    face!("NotoSans", "sans", tag::LATN, false, []),
    Source {
        name: "NotoSans-Bold",
        packed: include_bytes!("../../../report-templates/fonts/sans-bold.ttf.gz"),
        script: tag::LATN,
        shaped: false,
        ranges: &[],
    },
    face!("DejaVuSansMono", "mono", tag::LATN, false, []),
    face!("DejaVuSans", "symbols", tag::LATN, false, []),
    face!("NotoSansHebrew", "hebrew", u32::from_be_bytes(*b"hebr"), true, [(0x590, 0x5FF), (0xFB1D, 0xFB4F)]),
    face!(
        "NotoSansArabic",
        "arabic",
        tag::ARAB,
        true,
        [(0x600, 0x6FF), (0x750, 0x77F), (0x8A0, 0x8FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)]
    ),
    face!(
        "NotoSansDevanagari",
        "devanagari",
        tag::DEVA,
        true,
        [(0x900, 0x97F), (0x1CD0, 0x1CFF), (0xA8E0, 0xA8FF)]
    ),
    face!("NotoSansBengali", "bengali", tag::BENG, true, [(0x980, 0x9FF)]),
    face!("NotoSansGurmukhi", "gurmukhi", tag::GURU, true, [(0xA00, 0xA7F)]),
    face!("NotoSansGujarati", "gujarati", tag::GUJR, true, [(0xA80, 0xAFF)]),
    face!("NotoSansOriya", "oriya", tag::ORYA, true, [(0xB00, 0xB7F)]),
    face!("NotoSansTamil", "tamil", tag::TAML, true, [(0xB80, 0xBFF)]),
    face!("NotoSansTelugu", "telugu", tag::TELU, true, [(0xC00, 0xC7F)]),
    face!("NotoSansKannada", "kannada", tag::KNDA, true, [(0xC80, 0xCFF)]),
    face!("NotoSansMalayalam", "malayalam", tag::MLYM, true, [(0xD00, 0xD7F)]),
    face!("NotoSansSinhala", "sinhala", tag::SINH, true, [(0xD80, 0xDFF)]),
    face!("NotoSansThai", "thai", tag::THAI, true, [(0xE00, 0xE7F)]),
    face!("NotoSansLao", "lao", tag::LAO, true, [(0xE80, 0xEFF)]),
    face!(
        "NotoSansMyanmar",
        "myanmar",
        tag::MYMR,
        true,
        [(0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F)]
    ),
    face!("NotoSansKhmer", "khmer", tag::KHMR, true, [(0x1780, 0x17FF), (0x19E0, 0x19FF)]),
    face!(
        "NotoSansGeorgian",
        "georgian",
        u32::from_be_bytes(*b"geor"),
        false,
        [(0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)]
    ),
    face!(
        "NotoSansArmenian",
        "armenian",
        u32::from_be_bytes(*b"armn"),
        false,
        [(0x530, 0x58F), (0xFB13, 0xFB17)]
    ),
    face!(
        "NotoSansEthiopic",
        "ethiopic",
        u32::from_be_bytes(*b"ethi"),
        false,
        [(0x1200, 0x139F), (0x2D80, 0x2DDF), (0xAB00, 0xAB2F)]
    ),
    face!(
        "WorkpaperHangul",
        "hangul",
        u32::from_be_bytes(*b"hang"),
        false,
        [(0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7A3)]
    ),
    face!(
        "DroidSansFallback",
        "han",
        u32::from_be_bytes(*b"hani"),
        false,
        [
            (0x2E80, 0x312F),
            (0x31A0, 0x4DBF),
            (0x4E00, 0x9FFF),
            (0xF900, 0xFAFF),
            (0xFE30, 0xFE6F),
            (0xFF00, 0xFFEF)
        ]
    ),
];

/// Unpacked font programs: constants of the binary, unpacked once a process and only when a character needs them.
static PROGRAMS: [OnceLock<Vec<u8>>; FACES.len()] = [const { OnceLock::new() }; FACES.len()];

/// One glyph where shaping put it, in thousandths of an em from the piece's origin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub gid: u16,
    pub x: i32,
    pub y: i32,
}

struct Loaded {
    font: Font<DynamicFontTableProvider<'static>>,
    per_em: i32,
    /// Glyphs drawn, and the text that each stands for.
    used: BTreeMap<u16, String>,
}

/// A face cut down to the glyphs that were drawn.
pub(super) struct Cut {
    pub face: FaceId,
    pub name: &'static str,
    pub program: Vec<u8>,
    /// Old glyph number to new.
    pub renumbered: BTreeMap<u16, u16>,
    /// New glyph number to the text that it stands for.
    pub text: BTreeMap<u16, String>,
}

/// Every face in use, and what has been drawn with it.
pub(super) struct Book {
    faces: Vec<Option<Loaded>>,
    found: [HashMap<char, Option<(FaceId, u16)>>; 3],
    advances: HashMap<(FaceId, u16), i32>,
}

impl Book {
    pub fn new() -> Result<Book, PdfError> {
        let mut book = Book {
            faces: (0..FACES.len()).map(|_| None).collect(),
            found: std::array::from_fn(|_| HashMap::new()),
            advances: HashMap::new(),
        };
        for face in [SANS, BOLD, MONO] {
            book.load(FaceId(face))?;
        }
        Ok(book)
    }

    fn load(&mut self, id: FaceId) -> Result<&mut Loaded, PdfError> {
        let at = usize::from(id.0);
        let slot = self.faces.get_mut(at).ok_or(PdfError::Font("unknown face"))?;
        if slot.is_none() {
            let program = PROGRAMS[at].get_or_init(|| {
                let mut out = Vec::new();
                match flate2::read::GzDecoder::new(FACES[at].packed).read_to_end(&mut out) {
                    Ok(_) => out,
                    Err(_) => Vec::new(),
                }
            });
            let name = FACES[at].name;
            let file =
                ReadScope::new(program).read::<FontData<'static>>().map_err(|_| PdfError::Font(name))?;
            let provider = file.table_provider(0).map_err(|_| PdfError::Font(name))?;
            let font = Font::new(provider).map_err(|_| PdfError::Font(name))?;
            let per_em = i32::from(font.head_table.units_per_em).max(1);
            *slot = Some(Loaded { font, per_em, used: BTreeMap::new() });
        }
        slot.as_mut().ok_or(PdfError::Font("unknown face"))
    }

    /// The face and glyph for a character, or `None` where no face has it.
    pub fn find(&mut self, style: Style, ch: char) -> Result<Option<(FaceId, u16)>, PdfError> {
        if let Some(known) = self.found[style as usize].get(&ch) {
            return Ok(*known);
        }
        let cp = u32::from(ch);
        let first = match style {
            Style::Regular => SANS,
            Style::Bold => BOLD,
            Style::Mono => MONO,
        };
        let by_script = (0u8..)
            .zip(&FACES)
            .filter(|(_, f)| f.ranges.iter().any(|r| (r.0..=r.1).contains(&cp)))
            .map(|(i, _)| i);
        let mut order = vec![first];
        order.extend(by_script);
        order.extend([SANS, SYMBOLS]);
        let mut answer = None;
        for face in order {
            let (gid, _) =
                self.load(FaceId(face))?.font.lookup_glyph_index(ch, MatchingPresentation::NotRequired, None);
            if gid != 0 {
                answer = Some((FaceId(face), gid));
                break;
            }
        }
        self.found[style as usize].insert(ch, answer);
        Ok(answer)
    }

    /// The glyph that one face has for a character.
    pub fn glyph_in(&mut self, face: FaceId, ch: char) -> Result<Option<u16>, PdfError> {
        let (gid, _) = self.load(face)?.font.lookup_glyph_index(ch, MatchingPresentation::NotRequired, None);
        Ok((gid != 0).then_some(gid))
    }

    /// Whether the face's letters join or reorder.
    pub fn is_shaped(face: FaceId) -> bool {
        FACES.get(usize::from(face.0)).is_some_and(|f| f.shaped)
    }

    /// Whether shaped text of this face is drawn in another order than it is read, left to right.
    pub fn reorders(face: FaceId) -> bool {
        FACES
            .get(usize::from(face.0))
            .is_some_and(|f| f.shaped && f.script != tag::ARAB && f.script != u32::from_be_bytes(*b"hebr"))
    }

    /// Advance in thousandths of an em, cut to an integer exactly as the document's width table is.
    pub fn advance(&mut self, face: FaceId, gid: u16) -> i32 {
        if let Some(known) = self.advances.get(&(face, gid)) {
            return *known;
        }
        let width = match self.load(face) {
            Ok(f) => i32::from(f.font.horizontal_advance(gid).unwrap_or(0)) * 1000 / f.per_em,
            Err(_) => 0,
        };
        self.advances.insert((face, gid), width);
        width
    }

    /// Remembers that a glyph is drawn and which text it stands for; the first text wins.
    pub fn note(&mut self, face: FaceId, gid: u16, text: impl FnOnce() -> String) {
        if let Some(Some(f)) = self.faces.get_mut(usize::from(face.0)) {
            f.used.entry(gid).or_insert_with(text);
        }
    }

    /// Places the glyphs of text that is all of one face, in visual order, and gives the whole advance.
    pub fn shape(&mut self, face: FaceId, text: &str, rtl: bool) -> Result<(Vec<Placed>, i32), PdfError> {
        self.load(face)?;
        let at = usize::from(face.0);
        let Some(loaded) = self.faces.get_mut(at).and_then(Option::as_mut) else {
            return Err(PdfError::Font("unknown face"));
        };
        // The shaper asserts what no spelling breaks but a hostile text can; such text is set letter by letter.
        let script = FACES[at].script;
        match catch_unwind(AssertUnwindSafe(|| by_rules(loaded, script, text, rtl))) {
            Ok(Some(shaped)) => Ok(shaped),
            Ok(None) => self.letter_by_letter(face, text, rtl),
            Err(_) => {
                // Whatever the shaper left half done goes; what was drawn is kept.
                let used = std::mem::take(&mut loaded.used);
                self.faces[at] = None;
                self.load(face)?.used = used;
                self.letter_by_letter(face, text, rtl)
            }
        }
    }

    fn letter_by_letter(
        &mut self,
        face: FaceId,
        text: &str,
        rtl: bool,
    ) -> Result<(Vec<Placed>, i32), PdfError> {
        let letters: Vec<char> = if rtl { text.chars().rev().collect() } else { text.chars().collect() };
        let mut placed = Vec::with_capacity(letters.len());
        let mut pen = 0;
        for ch in letters {
            let (gid, _) =
                self.load(face)?.font.lookup_glyph_index(ch, MatchingPresentation::NotRequired, None);
            self.note(face, gid, || ch.to_string());
            placed.push(Placed { gid, x: pen, y: 0 });
            pen += self.advance(face, gid);
        }
        Ok((placed, pen))
    }

    /// Cuts every face that was drawn with down to the glyphs used.
    pub fn cut(&mut self) -> Result<Vec<Cut>, PdfError> {
        let mut cuts = Vec::new();
        for (at, slot) in (0u8..).zip(&self.faces) {
            let Some(f) = slot else { continue };
            if f.used.is_empty() {
                continue;
            }
            let source = &FACES[usize::from(at)];
            let mut glyphs: Vec<u16> = vec![0];
            glyphs.extend(f.used.keys().copied().filter(|g| *g != 0));
            let program =
                subset(&f.font.font_table_provider, &glyphs, &SubsetProfile::Pdf, CmapTarget::Unicode)
                    .map_err(|_| PdfError::Font(source.name))?;
            let renumbered: BTreeMap<u16, u16> = glyphs.iter().copied().zip(0u16..).collect();
            let text =
                f.used.iter().filter_map(|(old, t)| Some((*renumbered.get(old)?, t.clone()))).collect();
            cuts.push(Cut { face: FaceId(at), name: source.name, program, renumbered, text });
        }
        Ok(cuts)
    }
}

/// Shaping by the face's own tables; `None` where they give no places.
fn by_rules(f: &mut Loaded, script: u32, text: &str, rtl: bool) -> Option<(Vec<Placed>, i32)> {
    let glyphs = f.font.map_glyphs(text, script, MatchingPresentation::NotRequired);
    let mask = FeatureMask::default_mask();
    // On an error the shaper hands back what it could do, which is still every letter.
    let infos = f.font.shape(glyphs, script, None, mask, &[], None, true).unwrap_or_else(|(_, infos)| infos);
    let direction = if rtl { TextDirection::RightToLeft } else { TextDirection::LeftToRight };
    let positions = GlyphLayout::new(&mut f.font, &infos, direction, false).glyph_positions().ok()?;
    let scale = |units: i32| units * 1000 / f.per_em;
    let mut placed = Vec::with_capacity(infos.len());
    let mut pen = 0;
    let order: Box<dyn Iterator<Item = usize>> =
        if rtl { Box::new((0..infos.len()).rev()) } else { Box::new(0..infos.len()) };
    for i in order {
        let (info, at) = (&infos[i], &positions[i]);
        f.used.entry(info.glyph.glyph_index).or_insert_with(|| info.glyph.unicodes.iter().collect());
        placed.push(Placed {
            gid: info.glyph.glyph_index,
            x: pen + scale(at.x_offset),
            y: scale(at.y_offset),
        });
        pen += scale(at.hori_advance);
    }
    Some((placed, pen))
}
