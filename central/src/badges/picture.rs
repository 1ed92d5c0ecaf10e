//! A text as a QR code: error correction M, drawn as one path of unit squares.

use qrcode::{Color, EcLevel, QrCode};

/// Light modules around a code, without which cameras don't find it (ISO/IEC 18004, 6.3.8).
const QUIET: usize = 4;

/// The text is too long for any code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is too long for a QR code")]
pub struct PictureError;

/// The code's side in modules, quiet zone included, and its dark modules as the `d` of an SVG path.
///
/// # Errors
/// [`PictureError`].
pub fn modules(text: &str) -> Result<(usize, String), PictureError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| PictureError)?;
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(code.width()).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                let (left, top, length) = (x + QUIET, y + QUIET, run.len());
                path.push_str(&format!("M{left} {top}h{length}v1h-{length}z"));
            }
            x += run.len();
        }
    }
    Ok((code.width() + 2 * QUIET, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_needs_41_modules_and_its_quiet_zone_is_light() {
        let text = format!("LB1{}", "7".repeat(48) + &"Z".repeat(96));
        let (side, path) = modules(&text).unwrap();
        assert_eq!(side, 41 + 2 * QUIET);
        let starts = path.split('M').skip(1).map(|part| part.split(['h', ' ']).take(2).collect::<Vec<_>>());
        for start in starts {
            assert!(start.iter().all(|at| (QUIET..side - QUIET).contains(&at.parse().unwrap())), "{start:?}");
        }
        assert_eq!(modules(&"x".repeat(5_000)), Err(PictureError));
    }
}
