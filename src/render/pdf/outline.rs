//! The document around the pages: subset fonts, links, nested bookmarks, metadata, an identity made of the content.

use std::collections::BTreeMap;

use lopdf::{Dictionary, Document, Object, ObjectId, StringFormat, dictionary};
use printpdf::{
    CustomPdfConformance, Mm, Op, ParsedFont, PdfConformance, PdfDocument, PdfFont, PdfFontHandle, PdfPage,
    PdfSaveOptions, TextItem,
};
use sha2::{Digest, Sha256};

use super::PdfError;
use super::canvas::{Canvas, Mark, Page, font_id};
use super::fonts::Cut;

/// What the document says about itself outside its pages.
pub(super) struct About<'a> {
    pub title: String,
    pub author: String,
    pub subject: String,
    pub producer: String,
    /// RFC 3339; the only time that the document knows.
    pub as_of: &'a str,
}

/// Turns finished pages into the bytes of a document.
pub(super) fn assemble(mut canvas: Canvas, about: &About<'_>) -> Result<Vec<u8>, PdfError> {
    let cuts = canvas.book.cut()?;
    let mut pdf = PdfDocument::new("");
    pdf.metadata.info.conformance = PdfConformance::Custom(CustomPdfConformance::default());
    for cut in &cuts {
        let font =
            ParsedFont::from_bytes(&cut.program, 0, &mut Vec::new()).ok_or(PdfError::Font(cut.name))?;
        pdf.resources.fonts.map.insert(font_id(cut.face), PdfFont::new(font));
    }
    let sizes: Vec<(f32, f32)> = canvas.pages.iter().map(|p| (p.width(), p.height())).collect();
    pdf.pages = std::mem::take(&mut canvas.pages).into_iter().map(|page| renumber(page, &cuts)).collect();

    let options = PdfSaveOptions { optimize: false, ..PdfSaveOptions::default() };
    let mut doc = pdf.to_lopdf_document(&options, &mut Vec::new());
    drop(pdf);
    doc.version = "1.7".into();
    name_fonts(&mut doc, &cuts)?;
    let pages: Vec<ObjectId> = doc.get_pages().into_values().collect();
    finish_pages(&mut doc, &pages, &sizes, &canvas)?;
    let outlines = bookmarks(&mut doc, &pages, &sizes, &canvas.marks);
    describe(&mut doc, outlines, about)?;
    doc.compress();
    identify(&mut doc)
}

/// Replaces the numbers of the whole faces by those of the subsets.
fn renumber(page: Page, cuts: &[Cut]) -> PdfPage {
    let maps: BTreeMap<String, &BTreeMap<u16, u16>> =
        cuts.iter().map(|c| (font_id(c.face).0, &c.renumbered)).collect();
    let mm = |pt: f32| Mm(pt / 72.0 * 25.4);
    let (width, height) = (mm(page.width()), mm(page.height()));
    let mut map = None;
    let mut ops = page.ops;
    for op in &mut ops {
        match op {
            Op::SetFont { font: PdfFontHandle::External(id), .. } => map = maps.get(&id.0).copied(),
            Op::ShowText { items } => {
                for item in items {
                    if let (TextItem::GlyphIds(glyphs), Some(map)) = (item, map) {
                        for glyph in glyphs {
                            glyph.gid = map.get(&glyph.gid).copied().unwrap_or(0);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    PdfPage::new(width, height, ops)
}

/// Gives each font its name with the subset tag, and the map from its glyphs back to text.
fn name_fonts(doc: &mut Document, cuts: &[Cut]) -> Result<(), PdfError> {
    let mut fonts = BTreeMap::new();
    for object in doc.objects.values() {
        let Ok(dict) = object.as_dict() else { continue };
        for cut in cuts {
            let id = font_id(cut.face).0;
            if let Ok(Object::Reference(font)) = dict.get(id.as_bytes()) {
                fonts.insert(cut.face, *font);
            }
        }
    }
    for cut in cuts {
        let Some(font_object) = fonts.get(&cut.face).copied() else { continue };
        let name = Object::Name(format!("{}+{}", tag(&cut.program), cut.name).into_bytes());
        let font = doc.get_dictionary_mut(font_object)?;
        font.set("BaseFont", name.clone());
        let mut descriptor = None;
        if let Ok(Object::Array(kids)) = font.get_mut(b"DescendantFonts")
            && let Some(Object::Dictionary(kid)) = kids.first_mut()
        {
            kid.set("BaseFont", name.clone());
            descriptor = kid.get(b"FontDescriptor").and_then(Object::as_reference).ok();
        }
        let unicode = font.get(b"ToUnicode").and_then(Object::as_reference)?;
        if let Some(id) = descriptor {
            doc.get_dictionary_mut(id)?.set("FontName", name);
        }
        let stream = lopdf::Stream::new(Dictionary::new(), to_unicode(&cut.text).into_bytes());
        doc.objects.insert(unicode, Object::Stream(stream));
    }
    Ok(())
}

/// Six letters that differ between different subsets.
fn tag(program: &[u8]) -> String {
    Sha256::digest(program).iter().take(6).map(|b| char::from(b'A' + b % 26)).collect()
}

fn to_unicode(text: &BTreeMap<u16, String>) -> String {
    let mut out = String::from(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
         /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
         /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
         1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n",
    );
    let entries: Vec<(&u16, &String)> = text.iter().filter(|(_, t)| !t.is_empty()).collect();
    for block in entries.chunks(100) {
        out.push_str(&format!("{} beginbfchar\n", block.len()));
        for (gid, text) in block {
            let utf16: String = text.encode_utf16().map(|u| format!("{u:04X}")).collect();
            out.push_str(&format!("<{gid:04X}> <{utf16}>\n"));
        }
        out.push_str("endbfchar\n");
    }
    out.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    out
}

fn finish_pages(
    doc: &mut Document,
    pages: &[ObjectId],
    sizes: &[(f32, f32)],
    canvas: &Canvas,
) -> Result<(), PdfError> {
    for (n, id) in pages.iter().enumerate() {
        let mut links = Vec::new();
        for link in canvas.links.iter().filter(|l| l.page == n) {
            let height = sizes[n].1;
            let [left, top, right, bottom] = link.area;
            let Some(target) = pages.get(link.to_page) else { continue };
            links.push(Object::Dictionary(dictionary! {
                "Type" => "Annot",
                "Subtype" => "Link",
                "Rect" => vec![left.into(), (height - bottom).into(), right.into(), (height - top).into()],
                "Border" => vec![0.into(), 0.into(), 0.into()],
                "Dest" => destination(*target, sizes[link.to_page].1 - link.to_y),
            }));
        }
        let (width, height) = sizes[n];
        let page = doc.get_dictionary_mut(*id)?;
        let area: Object = vec![0.into(), 0.into(), width.into(), height.into()].into();
        page.set("MediaBox", area);
        page.remove(b"TrimBox");
        page.remove(b"CropBox");
        if links.is_empty() {
            page.remove(b"Annots");
        } else {
            page.set("Annots", links);
        }
    }
    Ok(())
}

fn destination(page: ObjectId, top: f32) -> Object {
    vec![Object::Reference(page), "XYZ".into(), Object::Null, top.round().into(), Object::Null].into()
}

/// Writes the bookmarks as a tree by their levels; gives the tree's root.
fn bookmarks(
    doc: &mut Document,
    pages: &[ObjectId],
    sizes: &[(f32, f32)],
    marks: &[Mark],
) -> Option<ObjectId> {
    let marks: Vec<&Mark> = marks.iter().filter(|m| m.page < pages.len()).collect();
    if marks.is_empty() {
        return None;
    }
    let root = doc.new_object_id();
    let ids: Vec<ObjectId> = marks.iter().map(|_| doc.new_object_id()).collect();
    let mut parents: Vec<Option<usize>> = Vec::with_capacity(marks.len());
    let mut open: Vec<usize> = Vec::new();
    for (n, mark) in marks.iter().enumerate() {
        while open.last().is_some_and(|last| marks[*last].level >= mark.level) {
            open.pop();
        }
        parents.push(open.last().copied());
        open.push(n);
    }
    let mut children: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (n, parent) in parents.iter().enumerate() {
        children.entry(*parent).or_default().push(n);
    }
    for (parent, kids) in &children {
        for (at, n) in kids.iter().enumerate() {
            let mark = marks[*n];
            let mut entry = dictionary! {
                "Title" => text_string(&mark.title),
                "Parent" => Object::Reference(parent.map_or(root, |p| ids[p])),
                "Dest" => destination(pages[mark.page], sizes[mark.page].1 - mark.y),
            };
            if at > 0 {
                entry.set("Prev", Object::Reference(ids[kids[at - 1]]));
            }
            if let Some(next) = kids.get(at + 1) {
                entry.set("Next", Object::Reference(ids[*next]));
            }
            if let Some(own) = children.get(&Some(*n))
                && let (Some(first), Some(last)) = (own.first(), own.last())
            {
                entry.set("First", Object::Reference(ids[*first]));
                entry.set("Last", Object::Reference(ids[*last]));
                // Negative: shown closed, so that the sections stand together.
                entry.set("Count", -(own.len() as i64));
            }
            doc.set_object(ids[*n], entry);
        }
    }
    let top = children.get(&None).cloned().unwrap_or_default();
    let (first, last) = (top.first()?, top.last()?);
    doc.set_object(
        root,
        dictionary! {
            "Type" => "Outlines",
            "First" => Object::Reference(ids[*first]),
            "Last" => Object::Reference(ids[*last]),
            "Count" => top.len() as i64,
        },
    );
    Some(root)
}

fn describe(doc: &mut Document, outlines: Option<ObjectId>, about: &About<'_>) -> Result<(), PdfError> {
    let mut info = dictionary! {
        "Title" => text_string(&about.title),
        "Author" => text_string(&about.author),
        "Subject" => text_string(&about.subject),
        "Creator" => text_string(&about.producer),
        "Producer" => text_string(&about.producer),
    };
    if let Some(date) = pdf_date(about.as_of) {
        info.set("CreationDate", Object::string_literal(date.clone()));
        info.set("ModDate", Object::string_literal(date));
    }
    let info = doc.add_object(info);
    doc.trailer.set("Info", Object::Reference(info));
    let catalog = doc.catalog_mut()?;
    catalog.remove(b"OutputIntents");
    catalog.remove(b"Metadata");
    catalog.set("Lang", Object::string_literal("en"));
    catalog.set("PageLayout", Object::Name(b"OneColumn".to_vec()));
    catalog.set("ViewerPreferences", dictionary! { "DisplayDocTitle" => true });
    match outlines {
        Some(id) => {
            catalog.set("Outlines", Object::Reference(id));
            catalog.set("PageMode", Object::Name(b"UseOutlines".to_vec()));
        }
        None => catalog.set("PageMode", Object::Name(b"UseNone".to_vec())),
    }
    doc.prune_objects();
    Ok(())
}

/// Text outside the pages: always UTF-16 in hexadecimal, so that no character of it can end the string.
fn text_string(text: &str) -> Object {
    let mut bytes = vec![0xFE, 0xFF];
    bytes.extend(text.chars().take(400).collect::<String>().encode_utf16().flat_map(u16::to_be_bytes));
    Object::String(bytes, StringFormat::Hexadecimal)
}

fn pdf_date(as_of: &str) -> Option<String> {
    let at: jiff::Timestamp = as_of.parse().ok()?;
    Some(at.strftime("D:%Y%m%d%H%M%SZ").to_string())
}

/// Saves with an identity that is the digest of the content: the same report gives the same bytes.
fn identify(doc: &mut Document) -> Result<Vec<u8>, PdfError> {
    let id = |bytes: &[u8]| Object::String(bytes.to_vec(), StringFormat::Hexadecimal);
    doc.trailer.set("ID", vec![id(&[0; 16]), id(&[0; 16])]);
    let mut out = Vec::new();
    doc.save_to(&mut out).map_err(|e| PdfError::Write(e.to_string()))?;
    let digest = Sha256::digest(&out);
    let own = id(digest.get(..16).unwrap_or_default());
    doc.trailer.set("ID", vec![own.clone(), own]);
    out.clear();
    doc.save_to(&mut out).map_err(|e| PdfError::Write(e.to_string()))?;
    Ok(out)
}
