//! Photographs that people upload: the most hostile pixels that Lintel sees.
//!
//! What a file claims to be is read from its first bytes, its size is checked in bytes and in pixels, and only
//! then is it decoded. EXIF orientation is applied, other metadata is dropped with the file.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use thiserror::Error;

use crate::frame::{Frame, FrameError, MAX_SIDE_PX, PixelFormat};
use crate::jpeg;

/// How much of an upload is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadLimits {
    /// of the file
    pub max_bytes: usize,
    /// width × height
    pub max_pixels: u64,
    /// of the shorter side, px
    pub min_side: u32,
}

impl Default for UploadLimits {
    /// 20 MiB and 50 megapixels (any telephone's picture); 32 px on the shorter side.
    fn default() -> UploadLimits {
        UploadLimits { max_bytes: 20 * 1024 * 1024, max_pixels: 50_000_000, min_side: 32 }
    }
}

/// Why an upload is not taken.
#[derive(Debug, Error)]
pub enum UploadError {
    /// 0 bytes.
    #[error("the photo is empty (0 bytes): choose the file again")]
    Empty,
    /// Beyond [`UploadLimits::max_bytes`].
    #[error("the photo has {found} bytes, {allowed} are allowed: save it smaller")]
    TooManyBytes {
        /// of the file
        found: usize,
        /// the limit
        allowed: usize,
    },
    /// Not one of the three formats, by its first bytes.
    #[error("the photo is not a JPEG, PNG or WebP file{}: convert it", .0.map(|n| format!(" but {n}")).unwrap_or_default())]
    UnknownFormat(Option<&'static str>),
    /// Beyond [`UploadLimits::max_pixels`] or the longest side.
    #[error(
        "the photo has {width}x{height} px, {allowed} pixels and sides of {MAX_SIDE_PX} px are allowed: save it smaller"
    )]
    TooManyPixels {
        /// px
        width: u32,
        /// px
        height: u32,
        /// the limit
        allowed: u64,
    },
    /// Below [`UploadLimits::min_side`].
    #[error("the photo has {width}x{height} px, too small to hold a face: choose a larger one")]
    TooSmall {
        /// px
        width: u32,
        /// px
        height: u32,
    },
    /// It ends too early.
    #[error("the photo is cut off: copy or upload it again")]
    Truncated,
    /// The decoder's own reason.
    #[error("the photo can't be read ({0}): open it in a viewer and save it again")]
    Decode(String),
    /// Decoded, but not a usable size.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

impl UploadError {
    /// A stable code for programs; the text is for people.
    pub fn code(&self) -> &'static str {
        match self {
            UploadError::Empty => "photo_empty",
            UploadError::TooManyBytes { .. } => "photo_too_many_bytes",
            UploadError::UnknownFormat(_) => "photo_unknown_format",
            UploadError::TooManyPixels { .. } => "photo_too_many_pixels",
            UploadError::TooSmall { .. } => "photo_too_small",
            UploadError::Truncated => "photo_truncated",
            UploadError::Decode(_) => "photo_unreadable",
            UploadError::Frame(_) => "photo_unusable",
        }
    }
}

/// Decodes an uploaded photo to an upright BGR frame (captured at 0 ms: an upload has no clock).
///
/// # Errors
/// [`UploadError`]; every variant says what to do.
pub fn decode_upload(bytes: &[u8], limits: UploadLimits) -> Result<Frame, UploadError> {
    if bytes.is_empty() {
        return Err(UploadError::Empty);
    }
    if bytes.len() > limits.max_bytes {
        return Err(UploadError::TooManyBytes { found: bytes.len(), allowed: limits.max_bytes });
    }
    let format = format_of(bytes)?;
    if format == ImageFormat::Jpeg && !jpeg::layout(bytes).is_some_and(|l| l.complete) {
        return Err(UploadError::Truncated);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut memory = Limits::default();
    // Room for the pixels in the decoder's widest form (16-bit RGBA) and as much again for its own work.
    memory.max_alloc = Some(limits.max_pixels.saturating_mul(16));
    memory.max_image_width = None;
    memory.max_image_height = None;
    reader.limits(memory);
    let mut decoder = reader.into_decoder().map_err(refuse)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits.max_pixels || width > MAX_SIDE_PX || height > MAX_SIDE_PX {
        return Err(UploadError::TooManyPixels { width, height, allowed: limits.max_pixels });
    }
    if width.min(height) < limits.min_side {
        return Err(UploadError::TooSmall { width, height });
    }
    let orientation = decoder.orientation().map_err(refuse)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refuse)?;
    picture.apply_orientation(orientation);
    let picture = picture.into_rgb8();
    let (width, height) = picture.dimensions();
    let mut data = picture.into_raw();
    for pixel in data.chunks_exact_mut(3) {
        pixel.reverse();
    }
    Ok(Frame::new(width, height, PixelFormat::Bgr, data, 0)?)
}

/// What the first bytes say the file is.
fn format_of(bytes: &[u8]) -> Result<ImageFormat, UploadError> {
    let at = |from: usize, text: &[u8]| bytes.get(from..).is_some_and(|b| b.starts_with(text));
    if at(0, &[0xFF, 0xD8, 0xFF]) {
        return Ok(ImageFormat::Jpeg);
    }
    if at(0, b"\x89PNG\r\n\x1a\n") {
        return Ok(ImageFormat::Png);
    }
    if at(0, b"RIFF") && at(8, b"WEBP") {
        return Ok(ImageFormat::WebP);
    }
    let known = [
        (0, &b"GIF8"[..], "a GIF"),
        (4, b"ftypheic", "an iPhone HEIC"),
        (4, b"ftypmif1", "a HEIF"),
        (4, b"ftypavif", "an AVIF"),
        (4, b"ftyp", "a video"),
        (0, b"BM", "a BMP"),
        (0, b"II*\0", "a TIFF"),
        (0, b"MM\0*", "a TIFF"),
        (0, b"%PDF", "a PDF"),
    ];
    let name = known.iter().find(|(from, magic, _)| at(*from, magic)).map(|(_, _, name)| *name);
    Err(UploadError::UnknownFormat(name))
}

fn refuse(error: ImageError) -> UploadError {
    match &error {
        ImageError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => UploadError::Truncated,
        _ => {
            let text = error.to_string();
            let cut = ["unexpected end", "UnexpectedEof", "Exhausted data", "not enough"];
            if cut.iter().any(|words| text.contains(words)) {
                return UploadError::Truncated;
            }
            UploadError::Decode(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let picture = image::RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x * 4) as u8, (y * 4) as u8, (x * y) as u8])
        });
        let mut out = Cursor::new(Vec::new());
        DynamicImage::from(picture).write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    fn code(bytes: &[u8]) -> &'static str {
        decode_upload(bytes, UploadLimits::default()).unwrap_err().code()
    }

    #[test]
    fn jpeg_png_and_webp_decode_to_their_size() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let frame = decode_upload(&picture(64, 40, format), UploadLimits::default()).unwrap();
            assert_eq!((frame.width(), frame.height(), frame.format()), (64, 40, PixelFormat::Bgr));
        }
    }

    #[test]
    fn png_pixels_arrive_blue_first() {
        let frame = decode_upload(&picture(64, 40, ImageFormat::Png), UploadLimits::default());
        let frame = frame.unwrap();
        assert_eq!(frame.data()[(3 * 64 + 2) * 3..][..3], [6, 12, 8]);
    }

    #[test]
    fn an_empty_file_and_an_unknown_one_are_told_apart() {
        assert_eq!(code(b""), "photo_empty");
        assert_eq!(code(b"hello"), "photo_unknown_format");
        let gif = decode_upload(b"GIF89a....", UploadLimits::default()).unwrap_err();
        assert_eq!(gif.to_string(), "the photo is not a JPEG, PNG or WebP file but a GIF: convert it");
    }

    #[test]
    fn a_truncated_photo_is_refused_in_every_format_wherever_it_was_cut() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let whole = picture(64, 40, format);
            for part in [20, whole.len() / 3, whole.len() / 2, whole.len() - 20] {
                let error = decode_upload(&whole[..part], UploadLimits::default()).unwrap_err();
                let code = error.code();
                assert!(
                    ["photo_truncated", "photo_unreadable"].contains(&code),
                    "{format:?} cut at {part}: {error}"
                );
            }
        }
    }

    #[test]
    fn a_hundred_megapixels_are_refused_before_anything_is_decoded() {
        // a PNG header that claims 10000 x 10000 px, without any pixels behind it
        let mut png = picture(64, 40, ImageFormat::Png);
        png[16..20].copy_from_slice(&10_000u32.to_be_bytes());
        png[20..24].copy_from_slice(&10_000u32.to_be_bytes());
        let crc = crc32(&png[12..29]);
        png[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(code(&png), "photo_too_many_pixels");
        // the same in a JPEG's frame header
        let mut jpg = picture(64, 40, ImageFormat::Jpeg);
        let at = jpg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
        jpg[at + 5..at + 7].copy_from_slice(&10_000u16.to_be_bytes());
        jpg[at + 7..at + 9].copy_from_slice(&10_000u16.to_be_bytes());
        assert_eq!(code(&jpg), "photo_too_many_pixels");
    }

    fn crc32(data: &[u8]) -> u32 {
        !data.iter().fold(!0u32, |crc, byte| {
            (0..8).fold(
                crc ^ u32::from(*byte),
                |c, _| {
                    if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 }
                },
            )
        })
    }

    #[test]
    fn too_many_bytes_and_too_few_pixels_are_refused_with_the_limits() {
        let limits = UploadLimits { max_bytes: 10, ..UploadLimits::default() };
        let error = decode_upload(&picture(64, 40, ImageFormat::Png), limits).unwrap_err();
        assert_eq!(error.code(), "photo_too_many_bytes");
        assert_eq!(code(&picture(8, 8, ImageFormat::Png)), "photo_too_small");
    }

    #[test]
    fn a_photo_taken_sideways_is_turned_upright() {
        let plain = picture(64, 40, ImageFormat::Jpeg);
        // an EXIF segment that says orientation 6: turn 90 degrees clockwise
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
        let length = (exif.len() + 2) as u16;
        let mut turned = vec![0xFF, 0xD8, 0xFF, 0xE1];
        turned.extend(length.to_be_bytes());
        turned.append(&mut exif);
        turned.extend(&plain[2..]);
        let frame = decode_upload(&turned, UploadLimits::default()).unwrap();
        assert_eq!((frame.width(), frame.height()), (40, 64));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_behind_any_magic_never_panic(
            magic in 0usize..4, data in prop::collection::vec(any::<u8>(), 0..400)
        ) {
            let magic: &[u8] = [b"", &[0xFF, 0xD8, 0xFF, 0xE0][..], b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8L"][magic];
            let bytes = [magic, &data].concat();
            drop(decode_upload(&bytes, UploadLimits::default()));
        }
    }
}
