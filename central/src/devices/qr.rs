//! A join code as a QR code: for a terminal, for a page, for paper.
//!
//! Codes are letters, digits and hyphens, which QR packs tightly. Nothing here may write a code to a log.

use qrcode::render::unicode::Dense1x2;
use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the code: scanners need four (ISO/IEC 18004).
const QUIET: usize = 4;
/// Pixels of a module in a picture.
const SCALE: usize = 8;

/// The text is too long for a QR code, or the picture can't be written.
#[derive(Debug, thiserror::Error)]
pub enum QrError {
    /// Too long.
    #[error("this is too long for a QR code")]
    TooLong(#[from] qrcode::types::QrError),
    /// No picture.
    #[error("can't make a picture of the QR code")]
    Picture(#[from] image::ImageError),
}

/// With blocks of a terminal's font, dark on light whatever the terminal's colours are.
///
/// # Errors
/// [`QrError::TooLong`].
pub fn for_terminal(code: &str) -> Result<String, QrError> {
    // Most terminals are dark: what is printed is light there, so the colours are turned round.
    Ok(encode(code)?.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}

/// As an SVG element for a page: black on white, one unit a module, without scripts and styles.
///
/// # Errors
/// [`QrError::TooLong`].
pub fn svg(code: &str) -> Result<String, QrError> {
    let code = encode(code)?;
    let side = code.width() + 2 * QUIET;
    let path: String =
        dark_modules(&code).map(|(x, y)| format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET)).collect();
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/>\
         <path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

/// As a PNG for paper.
///
/// # Errors
/// [`QrError`].
pub fn png(code: &str) -> Result<Vec<u8>, QrError> {
    let code = encode(code)?;
    let side = u32::try_from((code.width() + 2 * QUIET) * SCALE).unwrap_or_default();
    let mut picture = image::GrayImage::from_pixel(side, side, image::Luma([255]));
    for (x, y) in dark_modules(&code) {
        for (dx, dy) in (0..SCALE * SCALE).map(|at| (at % SCALE, at / SCALE)) {
            let place =
                |module: usize, d: usize| u32::try_from((module + QUIET) * SCALE + d).unwrap_or(u32::MAX);
            if let Some(pixel) = picture.get_pixel_mut_checked(place(x, dx), place(y, dy)) {
                *pixel = image::Luma([0]);
            }
        }
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

fn encode(code: &str) -> Result<QrCode, QrError> {
    Ok(QrCode::with_error_correction_level(code.as_bytes(), EcLevel::M)?)
}

fn dark_modules(code: &QrCode) -> impl Iterator<Item = (usize, usize)> {
    let width = code.width();
    let dark = |(_, color): &(usize, Color)| *color == Color::Dark;
    code.to_colors().into_iter().enumerate().filter(dark).map(move |(at, _)| (at % width, at / width))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "LJ1-60R30-C1G60-R30C1";

    #[test]
    fn an_svg_holds_the_modules_and_nothing_that_a_strict_page_refuses() {
        let svg = svg(CODE).unwrap();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
        assert!(!svg.contains("style") && !svg.contains("script") && !svg.contains(CODE));
        let dark = encode(CODE).unwrap().to_colors().iter().filter(|color| **color == Color::Dark).count();
        assert_eq!(svg.matches("h1v1h-1z").count(), dark);
    }

    #[test]
    fn a_picture_has_a_quiet_border_and_both_colours() {
        let picture = image::load_from_memory(&png(CODE).unwrap()).unwrap().into_luma8();
        let border = u32::try_from(QUIET * SCALE).unwrap();
        assert!((0..border).all(|at| picture.get_pixel(at, at).0 == [255]));
        assert_eq!(picture.get_pixel(border, border).0, [0], "the finder pattern's corner");
    }

    #[test]
    fn a_terminal_gets_lines_of_one_length() {
        let text = for_terminal(CODE).unwrap();
        let widths: std::collections::BTreeSet<usize> =
            text.lines().map(|line| line.chars().count()).collect();
        assert_eq!(widths.len(), 1, "{text}");
    }

    #[test]
    fn what_is_too_long_is_an_error() {
        assert!(matches!(svg(&"A".repeat(5_000)), Err(QrError::TooLong(_))));
    }
}
