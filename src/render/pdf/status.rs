//! How a status is shown: a shape, a word and a colour, so that none of the three is needed alone.

use super::PdfError;
use super::canvas::{Canvas, Ink, Type};
use super::fonts::Style;

/// Every status word that a report may hold, in the order of the legend.
pub(super) const WORDS: [&str; 8] = [
    "pass",
    "fail",
    "undetermined",
    "not_applicable",
    "attested",
    "awaiting_attestation",
    "expired",
    "conflict",
];

/// The word as a reader sees it: `Awaiting attestation`.
pub(super) fn word(status: &str) -> String {
    let plain = status.replace('_', " ");
    let mut chars = plain.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => "–".to_owned(),
    }
}

/// The colour that goes with a status.
pub(super) fn ink(status: &str) -> Ink {
    match status {
        "pass" => 0x1E6B45,
        "fail" => 0xA8262B,
        "undetermined" => 0x8F5A00,
        "attested" => 0x2A5C99,
        "awaiting_attestation" => 0x5B4B8A,
        "expired" => 0x7A4A2B,
        "conflict" => 0x97266D,
        _ => 0x6B7480,
    }
}

/// Draws the shape of a status in a square of side `size`.
pub(super) fn shape(canvas: &mut Canvas, x: f32, y: f32, size: f32, status: &str) {
    let ink = ink(status);
    let circle: Vec<(f32, f32)> = (0..20)
        .map(|n| {
            let turn = n as f32 / 20.0 * std::f32::consts::TAU;
            (0.5 + 0.46 * turn.cos(), 0.5 + 0.46 * turn.sin())
        })
        .collect();
    let ring: Vec<(f32, f32)> =
        circle.iter().map(|(a, b)| (0.5 + (a - 0.5) * 0.85, 0.5 + (b - 0.5) * 0.85)).collect();
    let square = [(0.04, 0.04), (0.96, 0.04), (0.96, 0.96), (0.04, 0.96)];
    let inner = [(0.12, 0.12), (0.88, 0.12), (0.88, 0.88), (0.12, 0.88)];
    let cross = [
        (0.5, 0.38),
        (0.70, 0.18),
        (0.82, 0.30),
        (0.62, 0.5),
        (0.82, 0.70),
        (0.70, 0.82),
        (0.5, 0.62),
        (0.30, 0.82),
        (0.18, 0.70),
        (0.38, 0.5),
        (0.18, 0.30),
        (0.30, 0.18),
    ];
    let tick = [(0.22, 0.52), (0.32, 0.42), (0.44, 0.54), (0.68, 0.28), (0.78, 0.38), (0.44, 0.74)];
    match status {
        "pass" => {
            canvas.figure(x, y, size, &circle, ink, true);
            canvas.figure(x, y, size, &tick, 0xFFFFFF, true);
        }
        "fail" => {
            canvas.figure(x, y, size, &square, ink, true);
            canvas.figure(x, y, size, &cross, 0xFFFFFF, true);
        }
        "undetermined" => canvas.figure(x, y, size, &[(0.5, 0.06), (0.98, 0.92), (0.02, 0.92)], ink, true),
        "attested" => {
            canvas.figure(x, y, size, &circle, ink, true);
            canvas.figure(x, y, size, &[(0.5, 0.26), (0.74, 0.5), (0.5, 0.74), (0.26, 0.5)], 0xFFFFFF, true);
        }
        "awaiting_attestation" => canvas.figure(x, y, size, &ring, ink, false),
        "expired" => {
            canvas.figure(x, y, size, &[(0.08, 0.06), (0.92, 0.06), (0.08, 0.94), (0.92, 0.94)], ink, true);
        }
        "conflict" => {
            canvas.figure(x, y, size, &[(0.0, 0.5), (0.46, 0.08), (0.46, 0.92)], ink, true);
            canvas.figure(x, y, size, &[(1.0, 0.5), (0.54, 0.08), (0.54, 0.92)], ink, true);
        }
        "not_applicable" => {
            canvas.figure(x, y, size, &[(0.08, 0.4), (0.92, 0.4), (0.92, 0.6), (0.08, 0.6)], ink, true)
        }
        _ => canvas.figure(x, y, size, &inner, ink, false),
    }
}

/// How far the word stands from the shape's left edge, as a multiple of the size.
pub(super) const INDENT: f32 = 1.25;

/// The lettering of a status word.
pub(super) fn lettering(status: &str, size: f32) -> Type {
    Type::new(Style::Bold, size, size * 1.38, ink(status))
}

/// Draws shape and word with the word's baseline at `y`; gives the width taken.
pub(super) fn show(
    canvas: &mut Canvas,
    x: f32,
    y: f32,
    status: &str,
    size: f32,
    room: f32,
) -> Result<f32, PdfError> {
    let indent = INDENT * size;
    shape(canvas, x, y - size * 0.78, size * 0.86, status);
    Ok(indent + canvas.label(x + indent, y, &word(status), lettering(status, size), room - indent)?)
}

/// As [`show`], ending at `right`.
pub(super) fn show_right(
    canvas: &mut Canvas,
    right: f32,
    y: f32,
    status: &str,
    size: f32,
) -> Result<(), PdfError> {
    let width = canvas.width_of(lettering(status, size), &word(status))?;
    show(canvas, right - width - INDENT * size - 0.1, y, status, size, f32::MAX / 1e6)?;
    Ok(())
}
