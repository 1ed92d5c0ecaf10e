//! QR codes in a picture: badges, and the codes that a door joins with.
//!
//! What stands in front of the camera is chosen by whoever stands there, so this reads hostile input: how
//! many patterns are tried, how long, and how much text comes out is bounded, and a panic of the decoder
//! ends here. It says what is written and where; whether to believe any of it is decided elsewhere.
//!
//! The decoder is `rxing`, taken apart into its steps so that there is a place for the bounds
//! (docs/decisions/0034).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rxing::common::{BitMatrix, DetectorRXingResult, HybridBinarizer};
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{
    FindFinderPatterns, FinderPatternSet, GenerateFinderPatternSets, SampleQR,
};
use rxing::{Binarizer, Luma8LuminanceSource};

use crate::frame::Rect;
use crate::grey::GreyImage;

/// At most this many codes are read in one picture.
pub const MAX_CODES: usize = 4;
/// A longer text is not given out, in bytes.
pub const MAX_TEXT_BYTES: usize = 1024;
/// Corner marks that are looked at, the largest first: a code has three.
const MAX_MARKS: usize = 48;
/// Three corner marks that may be a code and are tried, the likeliest first.
const MAX_TRIES: usize = 160;
/// No new try after this long: a sheet full of corner marks must not hold the thread.
const PATIENCE: Duration = Duration::from_millis(40);

/// Why a code's text is not given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Longer than [`MAX_TEXT_BYTES`].
    #[error("the code's text is longer than {MAX_TEXT_BYTES} bytes")]
    TooLong,
    /// Not UTF-8, or with control characters in it.
    #[error("the code holds bytes that are no text")]
    NotText,
}

/// One code.
#[derive(Debug, Clone, PartialEq)]
pub struct Code {
    /// What is written.
    pub text: Result<String, Unusable>,
    /// Where it is, px of the picture that the grey one was made from.
    pub place: Rect,
}

/// The texts of the codes in a picture; those that can't be used are left out.
#[must_use]
pub fn decode(image: &GreyImage) -> Vec<String> {
    read(image).into_iter().filter_map(|code| code.text.ok()).collect()
}

/// The codes in a picture, at most [`MAX_CODES`], each text once.
#[must_use]
pub fn read(image: &GreyImage) -> Vec<Code> {
    // The decoder is handed a copy of the pixels and keeps nothing, so a panic leaves nothing half-done.
    catch_unwind(AssertUnwindSafe(|| search(image))).unwrap_or_else(|_| {
        log::warn!("the QR decoder has panicked over a picture; it is looked at as one without a code");
        Vec::new()
    })
}

fn search(image: &GreyImage) -> Vec<Code> {
    let started = Instant::now();
    let Ok(source) = Luma8LuminanceSource::new(image.data().to_vec(), image.width(), image.height()) else {
        return Vec::new();
    };
    let binarizer = HybridBinarizer::new(source);
    let Ok(matrix) = binarizer.get_black_matrix() else { return Vec::new() };
    let mut marks = FindFinderPatterns(matrix, false, 0);
    marks.sort_by_key(|mark| std::cmp::Reverse(mark.size));
    marks.truncate(MAX_MARKS);
    let mut codes: Vec<Code> = Vec::new();
    let mut used = Vec::new();
    for set in GenerateFinderPatternSets(&mut marks).into_iter().take(MAX_TRIES) {
        if codes.len() >= MAX_CODES || started.elapsed() >= PATIENCE {
            break;
        }
        if [set.bl, set.tl, set.tr].iter().any(|mark| used.contains(mark)) {
            continue;
        }
        let Some(code) = one(matrix, &set, image.scale()) else { continue };
        used.extend([set.bl, set.tl, set.tr]);
        if !codes.iter().any(|known| known.text == code.text) {
            codes.push(code);
        }
    }
    codes
}

fn one(matrix: &BitMatrix, set: &FinderPatternSet, scale: f32) -> Option<Code> {
    let sampled = SampleQR(matrix, set).ok()?;
    let decoded = Decode(sampled.getBits()).ok()?;
    if !decoded.isValid() {
        return None;
    }
    let corners = sampled.getPoints();
    let of = |pick: fn(f32, f32) -> f32, start: f32| {
        corners.iter().fold((start, start), |(x, y), corner| (pick(x, corner.x), pick(y, corner.y)))
    };
    let ((left, top), (right, bottom)) = (of(f32::min, f32::MAX), of(f32::max, 0.0));
    let place = Rect {
        x: left * scale,
        y: top * scale,
        width: (right - left).max(0.0) * scale,
        height: (bottom - top).max(0.0) * scale,
    };
    Some(Code { text: text_of(decoded.content().bytes()), place })
}

/// The bytes as they are: what a declared character set would make of them is none of our codes.
fn text_of(bytes: &[u8]) -> Result<String, Unusable> {
    if bytes.len() > MAX_TEXT_BYTES {
        return Err(Unusable::TooLong);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => Ok(text.to_owned()),
        Ok(_) | Err(_) => Err(Unusable::NotText),
    }
}

#[cfg(test)]
mod tests;
