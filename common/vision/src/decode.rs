//! From a frame's bytes to blue-green-red pixels.
//!
//! YUYV and GREY go through OpenCV's imgproc, MJPEG through zune-jpeg. It never trusts a size in the data before
//! the limits have been applied.

use std::cell::RefCell;

use opencv::boxed_ref::{BoxedRef, BoxedRefMut};
use opencv::core::{Mat, Vec2b, Vec3b};
use opencv::imgproc;
use thiserror::Error;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::frame::{Frame, MAX_SIDE_PX, PixelFormat};
use crate::jpeg;

/// The most pixels that one camera frame may decode to (8K video).
pub const MAX_FRAME_PIXELS: usize = 7680 * 4320;

/// 8-bit pixels, blue first, rows without padding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BgrImage {
    /// px
    pub width: u32,
    /// px
    pub height: u32,
    /// width × height × 3 bytes
    pub data: Vec<u8>,
}

/// Why a frame could not be turned into pixels.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// The JPEG ends before its end marker, or has no picture in it.
    #[error("the JPEG frame of {0} bytes is cut off: look at the cable and the USB bandwidth")]
    Truncated(usize),
    /// Larger than [`MAX_FRAME_PIXELS`] or [`MAX_SIDE_PX`].
    #[error(
        "the JPEG frame says {width}x{height} px, more than Lintel decodes: choose a smaller camera mode"
    )]
    TooLarge {
        /// px
        width: usize,
        /// px
        height: usize,
    },
    /// The decoder's own reason.
    #[error("the JPEG frame can't be decoded: {0}")]
    Jpeg(String),
    /// OpenCV refused.
    #[error("converting the frame's pixels failed: {0}")]
    Convert(#[from] opencv::Error),
}

impl BgrImage {
    /// An image of one colour.
    pub fn filled(width: u32, height: u32, value: u8) -> BgrImage {
        let data = vec![value; width as usize * height as usize * 3];
        BgrImage { width, height, data }
    }

    /// Makes room for a size; what is in it afterwards is undefined but initialised.
    pub(crate) fn set_size(&mut self, width: u32, height: u32) {
        (self.width, self.height) = (width, height);
        self.data.resize(width as usize * height as usize * 3, 0);
    }

    pub(crate) fn mat(&self) -> Result<BoxedRef<'_, Mat>, opencv::Error> {
        Mat::new_rows_cols_with_bytes::<Vec3b>(self.height as i32, self.width as i32, &self.data)
    }

    pub(crate) fn mat_mut(&mut self) -> Result<BoxedRefMut<'_, Mat>, opencv::Error> {
        let (rows, cols) = (self.height as i32, self.width as i32);
        Mat::new_rows_cols_with_bytes_mut::<Vec3b>(rows, cols, &mut self.data)
    }
}

/// Decodes `frame` into `image`, whose buffer is used again.
///
/// # Errors
/// [`DecodeError`]; `image` then holds nothing of use.
pub fn decode_into(frame: &Frame, image: &mut BgrImage) -> Result<(), DecodeError> {
    let (rows, cols) = (frame.height() as i32, frame.width() as i32);
    match frame.format() {
        PixelFormat::Mjpeg => return decode_jpeg(frame.data(), image),
        PixelFormat::Bgr => {
            image.set_size(frame.width(), frame.height());
            image.data.copy_from_slice(frame.data());
        }
        PixelFormat::Yuyv => {
            image.set_size(frame.width(), frame.height());
            let source = Mat::new_rows_cols_with_bytes::<Vec2b>(rows, cols, frame.data())?;
            imgproc::cvt_color_def(&source, &mut image.mat_mut()?, imgproc::COLOR_YUV2BGR_YUYV)?;
        }
        PixelFormat::Grey => {
            image.set_size(frame.width(), frame.height());
            let source = Mat::new_rows_cols_with_bytes::<u8>(rows, cols, frame.data())?;
            imgproc::cvt_color_def(&source, &mut image.mat_mut()?, imgproc::COLOR_GRAY2BGR)?;
        }
    }
    Ok(())
}

thread_local! {
    /// The picture before its colours are turned round, kept from frame to frame.
    static RGB: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Decodes one JPEG picture. By way of RGB: zune-jpeg has SIMD for that order and none for ours, and with the
/// turning round afterwards it still takes a tenth less (1.73 instead of 1.92 ms for a picture full of detail).
fn decode_jpeg(data: &[u8], image: &mut BgrImage) -> Result<(), DecodeError> {
    let layout = jpeg::layout(data).filter(|layout| layout.complete);
    let layout = layout.ok_or(DecodeError::Truncated(data.len()))?;
    if !layout.has_huffman_tables {
        return decode_jpeg_with_tables(&jpeg::with_standard_tables(data), image);
    }
    decode_jpeg_with_tables(data, image)
}

fn decode_jpeg_with_tables(data: &[u8], image: &mut BgrImage) -> Result<(), DecodeError> {
    let options = DecoderOptions::default()
        .set_max_width(MAX_SIDE_PX as usize)
        .set_max_height(MAX_SIDE_PX as usize)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(data), options);
    let failed = |error: zune_jpeg::errors::DecodeErrors| DecodeError::Jpeg(format!("{error:?}"));
    decoder.decode_headers().map_err(failed)?;
    let (width, height) = decoder.dimensions().ok_or_else(|| DecodeError::Jpeg("no frame header".into()))?;
    if width.saturating_mul(height) > MAX_FRAME_PIXELS {
        return Err(DecodeError::TooLarge { width, height });
    }
    // The limits above keep both sides far below u32::MAX.
    image.set_size(width as u32, height as u32);
    let (rows, cols) = (height as i32, width as i32);
    if decoder.input_colorspace() != Some(ColorSpace::Luma) {
        return RGB.with_borrow_mut(|rgb| {
            rgb.resize(width * height * 3, 0);
            decoder.decode_into(rgb).map_err(failed)?;
            let source = Mat::new_rows_cols_with_bytes::<Vec3b>(rows, cols, rgb)?;
            Ok(imgproc::cvt_color_def(&source, &mut image.mat_mut()?, imgproc::COLOR_RGB2BGR)?)
        });
    }
    let options = decoder.options().jpeg_set_out_colorspace(ColorSpace::Luma);
    decoder.set_options(options);
    let mut luma = vec![0; width * height];
    decoder.decode_into(&mut luma).map_err(failed)?;
    let source = Mat::new_rows_cols_with_bytes::<u8>(rows, cols, &luma)?;
    imgproc::cvt_color_def(&source, &mut image.mat_mut()?, imgproc::COLOR_GRAY2BGR)?;
    Ok(())
}

/// Width and height (px) that a JPEG's header announces, without decoding it.
///
/// # Errors
/// [`DecodeError::Jpeg`] when there is no readable header.
pub fn jpeg_size(data: &[u8]) -> Result<(u32, u32), DecodeError> {
    let mut decoder = JpegDecoder::new(ZCursor::new(data));
    decoder.decode_headers().map_err(|error| DecodeError::Jpeg(format!("{error:?}")))?;
    let (width, height) = decoder.dimensions().ok_or_else(|| DecodeError::Jpeg("no frame header".into()))?;
    Ok((width as u32, height as u32))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A picture with edges and colour, as JPEG.
    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let picture = image::RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x * 3) as u8, (y * 5) as u8, if x > y { 200 } else { 20 }])
        });
        let mut out = std::io::Cursor::new(Vec::new());
        image::DynamicImage::from(picture).write_to(&mut out, image::ImageFormat::Jpeg).unwrap();
        out.into_inner()
    }

    fn frame(data: Vec<u8>) -> Frame {
        Frame::new(64, 48, PixelFormat::Mjpeg, data, 0).unwrap()
    }

    #[test]
    fn a_jpeg_frame_decodes_to_blue_first_pixels() {
        let mut image = BgrImage::default();
        decode_into(&frame(jpeg(64, 48)), &mut image).unwrap();
        assert_eq!((image.width, image.height), (64, 48));
        let pixel = &image.data[(10 * 64 + 60) * 3..][..3];
        let expected = [200i32, 50, 180];
        for (found, wanted) in pixel.iter().zip(expected) {
            assert!((i32::from(*found) - wanted).abs() < 12, "{pixel:?} is not {expected:?}");
        }
    }

    #[test]
    fn a_grey_jpeg_becomes_three_equal_channels() {
        let picture = image::GrayImage::from_pixel(16, 16, image::Luma([90]));
        let mut out = std::io::Cursor::new(Vec::new());
        image::DynamicImage::from(picture).write_to(&mut out, image::ImageFormat::Jpeg).unwrap();
        let mut image = BgrImage::default();
        decode_into(&frame(out.into_inner()), &mut image).unwrap();
        assert!(image.data.iter().all(|x| x.abs_diff(90) < 3));
    }

    #[test]
    fn a_webcam_frame_without_huffman_tables_decodes_with_the_standard_ones() {
        let whole = jpeg(64, 48);
        // take the DHT segments out
        let mut bare = whole[..2].to_vec();
        let mut at = 2;
        while whole[at + 1] != 0xDA {
            let length = usize::from(u16::from_be_bytes([whole[at + 2], whole[at + 3]])) + 2;
            if whole[at + 1] != 0xC4 && whole[at + 1] != 0xE0 {
                bare.extend(&whole[at..at + length]);
            }
            at += length;
        }
        bare.extend(&whole[at..]);
        let (mut a, mut b) = (BgrImage::default(), BgrImage::default());
        decode_into(&frame(whole), &mut a).unwrap();
        decode_into(&frame(bare), &mut b).unwrap();
        assert_eq!(a, b);
    }

    #[test]
    fn a_cut_off_jpeg_is_an_error_not_half_a_grey_picture() {
        let mut data = jpeg(64, 48);
        data.truncate(data.len() / 2);
        let error = decode_into(&frame(data), &mut BgrImage::default()).unwrap_err();
        assert!(matches!(error, DecodeError::Truncated(_)), "{error}");
    }

    #[test]
    fn yuyv_grey_stays_grey_and_keeps_its_brightness() {
        let data = [126u8, 128].repeat(8 * 4);
        let frame = Frame::new(8, 4, PixelFormat::Yuyv, data, 0).unwrap();
        let mut image = BgrImage::default();
        decode_into(&frame, &mut image).unwrap();
        assert_eq!((image.width, image.height, image.data.len()), (8, 4, 96));
        assert!(image.data.iter().all(|x| x.abs_diff(128) < 3), "{:?}", &image.data[..6]);
    }

    proptest! {
        #[test]
        fn decoding_never_panics_on_arbitrary_bytes(data in prop::collection::vec(any::<u8>(), 1..600)) {
            let mut marked = vec![0xFF, 0xD8];
            marked.extend(&data);
            marked.extend([0xFF, 0xD9]);
            for bytes in [data, marked] {
                // only that it returns; nearly all of these are errors
                drop(decode_into(&frame(bytes), &mut BgrImage::default()));
            }
        }

        #[test]
        fn decoding_never_panics_on_a_damaged_jpeg(at in 2usize..700, value: u8, more in 0usize..700) {
            let mut data = jpeg(64, 48);
            let (len, more) = (data.len() - 2, more.max(2));
            data[at % len] = value;
            data[more % len] ^= value;
            drop(decode_into(&frame(data), &mut BgrImage::default()));
        }
    }
}
