//! Pages, a cursor, and the few marks the document is made of: text, rules, boxes, shapes and links.

use printpdf::{
    Color, FontId, LinePoint, Op, PaintMode, PdfFontHandle, Point, Polygon, PolygonRing, Pt, Rgb, TextItem,
    TextMatrix, WindingOrder, text::Codepoint,
};

use super::PdfError;
use super::fonts::{Book, FaceId, Placed, Style};
use super::text::{self, BOX_DIGITS, BOX_PAD, Line, Piece};

/// A colour as `0xRRGGBB`.
pub(super) type Ink = u32;

pub(super) const INK: Ink = 0x1C2430;
pub(super) const MUTED: Ink = 0x5A6472;
pub(super) const FAINT: Ink = 0x8A93A0;
pub(super) const HAIR: Ink = 0xD3D8DF;
pub(super) const ZEBRA: Ink = 0xF6F8FA;
pub(super) const NAVY: Ink = 0x1B365D;
pub(super) const PAPER: Ink = 0xFFFFFF;

const LONG_SIDE: f32 = 841.89;
const SHORT_SIDE: f32 = 595.28;
pub(super) const MARGIN: f32 = 48.0;
const TOP: f32 = 62.0;
const FOOT: f32 = 54.0;

/// One page: its marks, and which way it lies.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub landscape: bool,
    pub ops: Vec<Op>,
}

impl Page {
    pub fn width(&self) -> f32 {
        if self.landscape { LONG_SIDE } else { SHORT_SIDE }
    }

    pub fn height(&self) -> f32 {
        if self.landscape { SHORT_SIDE } else { LONG_SIDE }
    }
}

/// A place that the contents page and the bookmarks lead to. `y` is measured from the page's top.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub level: u8,
    pub title: String,
    pub page: usize,
    pub y: f32,
    /// Shown on the contents page, not only in the bookmarks.
    pub listed: bool,
}

/// A rectangle on a page that leads to another place: left, top, right, bottom from the page's top left.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub page: usize,
    pub area: [f32; 4],
    pub to_page: usize,
    pub to_y: f32,
}

/// A point of type: style, size and leading in points, colour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    pub style: Style,
    pub size: f32,
    pub leading: f32,
    pub ink: Ink,
}

impl Type {
    pub const fn new(style: Style, size: f32, leading: f32, ink: Ink) -> Type {
        Type { style, size, leading, ink }
    }
}

/// The document while it is drawn. Coordinates are points from the page's top left.
pub(super) struct Canvas {
    pub book: Book,
    pub pages: Vec<Page>,
    pub marks: Vec<Mark>,
    pub links: Vec<Link>,
    /// Where the next thing goes, from the page's top.
    pub y: f32,
    landscape: bool,
}

impl Canvas {
    pub fn new() -> Result<Canvas, PdfError> {
        Ok(Canvas {
            book: Book::new()?,
            pages: Vec::new(),
            marks: Vec::new(),
            links: Vec::new(),
            y: 0.0,
            landscape: false,
        })
    }

    /// Starts a page lying as the one before.
    pub fn new_page(&mut self) {
        self.pages.push(Page { landscape: self.landscape, ops: Vec::new() });
        self.y = TOP;
    }

    /// Starts a page; those that follow lie the same way.
    pub fn turn(&mut self, landscape: bool) {
        self.landscape = landscape;
        self.new_page();
    }

    /// Goes on drawing on a page taken from the document, until [`Canvas::close`].
    pub fn open(&mut self, page: Page) {
        self.landscape = page.landscape;
        self.pages.push(page);
    }

    /// Takes the page back that [`Canvas::open`] was given.
    pub fn close(&mut self) -> Page {
        self.pages.pop().unwrap_or_default()
    }

    fn page(&self) -> (f32, f32) {
        if self.landscape { (LONG_SIDE, SHORT_SIDE) } else { (SHORT_SIDE, LONG_SIDE) }
    }

    pub fn left(&self) -> f32 {
        MARGIN
    }

    /// The width between the margins.
    pub fn measure(&self) -> f32 {
        self.page().0 - 2.0 * MARGIN
    }

    /// The lowest point that content may reach.
    pub fn bottom(&self) -> f32 {
        self.page().1 - FOOT
    }

    pub fn room(&self) -> f32 {
        self.bottom() - self.y
    }

    /// The height of an empty page's content area.
    pub fn body(&self) -> f32 {
        self.bottom() - TOP
    }

    /// Starts a page unless `height` still fits.
    pub fn need(&mut self, height: f32) {
        if self.room() < height && self.y > TOP + 1.0 {
            self.new_page();
        }
    }

    /// Notes the current place for the contents page and the bookmarks.
    pub fn mark(&mut self, level: u8, title: &str, listed: bool) {
        let page = self.pages.len().saturating_sub(1);
        self.marks.push(Mark {
            level,
            title: text::visible(title),
            page,
            y: (self.y - 6.0).max(0.0),
            listed,
        });
    }

    fn push(&mut self, op: Op) {
        if let Some(page) = self.pages.last_mut() {
            page.ops.push(op);
        }
    }

    fn up(&self, y: f32) -> f32 {
        self.page().1 - y
    }

    /// Lines of text no wider than `width` points.
    pub fn wrap(&mut self, style: Type, text: &str, width: f32) -> Result<Vec<Line>, PdfError> {
        text::wrap(&mut self.book, style.style, &text::visible(text), (width / style.size * 1000.0) as i32)
    }

    /// The width in points of text set on one line.
    pub fn width_of(&mut self, style: Type, text: &str) -> Result<f32, PdfError> {
        Ok(text::single(&mut self.book, style.style, &text::visible(text))?.width as f32 * style.size
            / 1000.0)
    }

    /// Sets a line with its baseline at `y`.
    pub fn line(&mut self, x: f32, y: f32, line: &Line, style: Type) {
        let base = self.up(y);
        let em = style.size / 1000.0;
        let mut pen = x;
        self.push(Op::SetFillColor { col: colour(style.ink) });
        for piece in &line.pieces {
            match piece {
                Piece::Plain { face, glyphs, .. } => {
                    self.begin(*face, style.size);
                    self.show(pen, base, glyphs);
                    self.push(Op::EndTextSection);
                }
                Piece::Shaped { face, glyphs, reads, .. } => {
                    self.begin(*face, style.size);
                    if let Some(reads) = reads {
                        self.push(actual_text(reads));
                    }
                    for g in glyphs {
                        self.show(pen + g.x as f32 * em, base + g.y as f32 * em, &[g.gid]);
                    }
                    if reads.is_some() {
                        self.push(Op::EndMarkedContentWithProperties);
                    }
                    self.push(Op::EndTextSection);
                }
                Piece::Missing { face, digits, advance, ch } => {
                    let width = (*advance - 80) as f32 * em;
                    self.outline(
                        pen + 40.0 * em,
                        y - 0.72 * style.size,
                        width,
                        0.9 * style.size,
                        style.ink,
                        0.4,
                    );
                    self.begin(*face, style.size * BOX_DIGITS as f32 / 1000.0);
                    self.push(actual_text(ch.encode_utf8(&mut [0; 4])));
                    self.show(pen + (40 + BOX_PAD) as f32 * em, base + 0.08 * style.size, digits);
                    self.push(Op::EndMarkedContentWithProperties);
                    self.push(Op::EndTextSection);
                }
            }
            pen += piece.advance() as f32 * em;
        }
    }

    fn begin(&mut self, face: FaceId, size: f32) {
        self.push(Op::StartTextSection);
        self.push(Op::SetFont { font: PdfFontHandle::External(font_id(face)), size: Pt(size) });
    }

    fn show(&mut self, x: f32, y: f32, glyphs: &[u16]) {
        self.push(Op::SetTextMatrix { matrix: TextMatrix::Raw([1.0, 0.0, 0.0, 1.0, round(x), round(y)]) });
        let glyphs = glyphs.iter().map(|gid| Codepoint::new(*gid, 0.0)).collect();
        self.push(Op::ShowText { items: vec![TextItem::GlyphIds(glyphs)] });
    }

    /// Sets short text upwards, ending at the foot given: the heads of narrow columns.
    pub fn upright(
        &mut self,
        x: f32,
        foot: f32,
        label: &str,
        style: Type,
        room: f32,
    ) -> Result<(), PdfError> {
        let max = (room / style.size * 1000.0) as i32;
        let line = text::fitted(&mut self.book, style.style, &text::visible(label), max)?;
        let base = self.up(foot);
        let em = style.size / 1000.0;
        let mut pen = 0.0;
        self.push(Op::SetFillColor { col: colour(style.ink) });
        for piece in &line.pieces {
            let (face, glyphs, size): (FaceId, Vec<Placed>, f32) = match piece {
                Piece::Plain { face, glyphs, .. } => {
                    let mut x = 0;
                    let set = glyphs.iter().map(|gid| {
                        let placed = Placed { gid: *gid, x, y: 0 };
                        x += self.book.advance(*face, *gid);
                        placed
                    });
                    (*face, set.collect(), style.size)
                }
                Piece::Shaped { face, glyphs, .. } => (*face, glyphs.clone(), style.size),
                Piece::Missing { face, digits, .. } => {
                    let mut x = BOX_PAD;
                    let set = digits.iter().map(|gid| {
                        let placed = Placed { gid: *gid, x, y: 0 };
                        x += self.book.advance(*face, *gid) * BOX_DIGITS / 1000;
                        placed
                    });
                    (*face, set.collect(), style.size * BOX_DIGITS as f32 / 1000.0)
                }
            };
            self.begin(face, size);
            for g in glyphs {
                let (x, y) = (x - g.y as f32 * em, base + pen + g.x as f32 * em);
                let matrix = TextMatrix::Raw([0.0, 1.0, -1.0, 0.0, round(x), round(y)]);
                self.push(Op::SetTextMatrix { matrix });
                self.push(Op::ShowText { items: vec![TextItem::GlyphIds(vec![Codepoint::new(g.gid, 0.0)])] });
            }
            self.push(Op::EndTextSection);
            pen += piece.advance() as f32 * em;
        }
        Ok(())
    }

    /// Sets text on one line, cut with an ellipsis where it is wider than `width`; gives its width.
    pub fn label(&mut self, x: f32, y: f32, text: &str, style: Type, width: f32) -> Result<f32, PdfError> {
        let max = (width / style.size * 1000.0) as i32;
        let line = text::fitted(&mut self.book, style.style, &text::visible(text), max)?;
        self.line(x, y, &line, style);
        Ok(line.width as f32 * style.size / 1000.0)
    }

    /// As [`Canvas::label`], ending at `right`.
    pub fn label_right(&mut self, right: f32, y: f32, text: &str, style: Type) -> Result<(), PdfError> {
        let line = text::single(&mut self.book, style.style, &text::visible(text))?;
        self.line(right - line.width as f32 * style.size / 1000.0, y, &line, style);
        Ok(())
    }

    /// Sets a paragraph at the cursor, over as many pages as it takes, never leaving one line alone.
    pub fn paragraph(&mut self, x: f32, width: f32, text: &str, style: Type) -> Result<(), PdfError> {
        let lines = self.wrap(style, text, width)?;
        let count = lines.len();
        for (n, line) in lines.iter().enumerate() {
            let left = count - n;
            let keep = if (n == 0 || left == 2) && left > 1 { 2.0 } else { 1.0 };
            self.need(style.leading * keep);
            self.line(x, self.y + style.size, line, style);
            self.y += style.leading;
        }
        Ok(())
    }

    /// A filled rectangle.
    pub fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, ink: Ink) {
        let (a, b) = (self.up(y), self.up(y + height));
        self.push(Op::SetFillColor { col: colour(ink) });
        self.shape(&[(x, a), (x + width, a), (x + width, b), (x, b)], PaintMode::Fill);
    }

    /// The outline of a rectangle.
    pub fn outline(&mut self, x: f32, y: f32, width: f32, height: f32, ink: Ink, thickness: f32) {
        let (a, b) = (self.up(y), self.up(y + height));
        self.push(Op::SetOutlineColor { col: colour(ink) });
        self.push(Op::SetOutlineThickness { pt: Pt(thickness) });
        self.shape(&[(x, a), (x + width, a), (x + width, b), (x, b)], PaintMode::Stroke);
    }

    /// A horizontal rule.
    pub fn rule(&mut self, x: f32, y: f32, width: f32, ink: Ink, thickness: f32) {
        self.fill(x, y - thickness / 2.0, width, thickness, ink);
    }

    fn shape(&mut self, corners: &[(f32, f32)], mode: PaintMode) {
        let points = corners
            .iter()
            .map(|(x, y)| LinePoint { p: Point { x: Pt(round(*x)), y: Pt(round(*y)) }, bezier: false })
            .collect();
        let polygon =
            Polygon { rings: vec![PolygonRing { points }], mode, winding_order: WindingOrder::NonZero };
        self.push(Op::DrawPolygon { polygon });
    }

    /// A polygon given in fractions of a square of side `size` whose top left is at `x`, `y`.
    pub fn figure(&mut self, x: f32, y: f32, size: f32, corners: &[(f32, f32)], ink: Ink, filled: bool) {
        let top = self.up(y);
        let corners: Vec<_> = corners.iter().map(|(a, b)| (x + a * size, top - b * size)).collect();
        if filled {
            self.push(Op::SetFillColor { col: colour(ink) });
            self.shape(&corners, PaintMode::Fill);
        } else {
            self.push(Op::SetOutlineColor { col: colour(ink) });
            self.push(Op::SetOutlineThickness { pt: Pt(size * 0.13) });
            self.shape(&corners, PaintMode::Stroke);
        }
    }
}

/// The name of a face in the document's resources.
pub(super) fn font_id(face: FaceId) -> FontId {
    FontId(format!("W{:02}", face.0))
}

fn round(v: f32) -> f32 {
    (v * 100.0).round() / 100.0
}

fn colour(ink: Ink) -> Color {
    let part = |shift: u32| ((ink >> shift) & 0xFF) as f32 / 255.0;
    let three = |v: f32| (v * 1000.0).round() / 1000.0;
    Color::Rgb(Rgb { r: three(part(16)), g: three(part(8)), b: three(part(0)), icc_profile: None })
}

fn actual_text(text: &str) -> Op {
    let mut data = vec![0xFE, 0xFF];
    data.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    let entry = printpdf::xobject::DictItem::String { data, literal: false };
    Op::BeginMarkedContentWithProperties {
        tag: "Span".into(),
        properties: printpdf::xobject::DictItem::Dict { map: [("ActualText".to_owned(), entry)].into() },
    }
}
