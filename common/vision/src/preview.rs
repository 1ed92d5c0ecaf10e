//! A small JPEG of a picture, for a technician who mounts a camera and must see what it sees.
//!
//! It gives bytes to whoever asks and keeps nothing. Recognition never comes here.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use opencv::core::Size;
use opencv::imgproc;

use crate::decode::BgrImage;

/// Good enough to aim by, a third of the size of a photograph.
const JPEG_QUALITY: u8 = 70;

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// OpenCV refused.
    #[error("the picture can't be made smaller: {0}")]
    Resize(#[from] opencv::Error),
    /// The encoder refused.
    #[error("the picture can't be written as JPEG: {0}")]
    Encode(#[from] image::ImageError),
}

/// A JPEG of `picture`, no side longer than `max_side` px.
///
/// # Errors
/// [`PreviewError`], for an empty picture too.
pub fn jpeg(picture: &BgrImage, max_side: u32) -> Result<Vec<u8>, PreviewError> {
    let longest = picture.width.max(picture.height).max(1);
    let mut small = BgrImage::default();
    let shown = if longest <= max_side {
        picture
    } else {
        let scaled = |side: u32| ((u64::from(side) * u64::from(max_side) / u64::from(longest)) as u32).max(1);
        small.set_size(scaled(picture.width), scaled(picture.height));
        let size = Size::new(small.width as i32, small.height as i32);
        let whole = picture.mat()?;
        let mut target = small.mat_mut()?;
        imgproc::resize(&whole, &mut target, size, 0.0, 0.0, imgproc::INTER_AREA)?;
        drop(target);
        &small
    };
    let mut rgb = shown.data.clone();
    rgb.chunks_exact_mut(3).for_each(|pixel| pixel.swap(0, 2));
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    encoder.write_image(&rgb, shown.width, shown.height, ExtendedColorType::Rgb8)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Frame, PixelFormat};

    fn decoded(bytes: Vec<u8>) -> BgrImage {
        let frame = Frame::new(1, 1, PixelFormat::Mjpeg, bytes, 0).unwrap();
        let mut image = BgrImage::default();
        crate::decode::decode_into(&frame, &mut image).unwrap();
        image
    }

    #[test]
    fn a_large_picture_is_made_smaller_in_its_own_shape_and_keeps_its_colours() {
        let mut blue = BgrImage::filled(1280, 720, 0);
        blue.data.chunks_exact_mut(3).for_each(|pixel| pixel[0] = 200);
        let image = decoded(jpeg(&blue, 640).unwrap());
        assert_eq!((image.width, image.height), (640, 360));
        let middle = &image.data[(180 * 640 + 320) * 3..][..3];
        assert!(middle[0] > 180 && middle[1] < 20 && middle[2] < 20, "{middle:?}");
    }

    #[test]
    fn a_small_picture_stays_as_it_is_and_an_empty_one_is_an_error() {
        let image = decoded(jpeg(&BgrImage::filled(80, 60, 120), 640).unwrap());
        assert_eq!((image.width, image.height), (80, 60));
        assert!(jpeg(&BgrImage::default(), 640).is_err());
    }
}
