//! Brightness alone: what is enough for reading codes, and a third of the bytes.
//!
//! A large picture is made smaller on the way in, so that whoever reads codes in it has a bound on its
//! work; a code that is only readable beyond that is too far away anyway.

use opencv::core::{Mat, Size};
use opencv::imgproc;
use opencv::prelude::MatTraitConstManual as _;

use crate::decode::{self, BgrImage, DecodeError};
use crate::frame::Frame;

/// The longest side that is kept, px.
pub const MAX_GREY_SIDE_PX: u32 = 1920;

/// 8-bit brightness, rows without padding.
#[derive(Debug, Clone, PartialEq)]
pub struct GreyImage {
    width: u32,
    height: u32,
    data: Vec<u8>,
    /// of the picture that it was made from: pixels there for one here
    scale: f32,
}

impl GreyImage {
    /// Takes pixels as they are; `None` when the count does not fit the size or a side is zero or longer than
    /// [`MAX_GREY_SIDE_PX`].
    pub fn new(width: u32, height: u32, data: Vec<u8>) -> Option<GreyImage> {
        let sides = 1..=MAX_GREY_SIDE_PX;
        let fits = sides.contains(&width) && sides.contains(&height);
        (fits && data.len() == width as usize * height as usize).then_some(GreyImage {
            width,
            height,
            data,
            scale: 1.0,
        })
    }

    /// The brightness of a camera's frame.
    ///
    /// # Errors
    /// [`DecodeError`] when the frame is no picture.
    pub fn of_frame(frame: &Frame) -> Result<GreyImage, DecodeError> {
        let mut image = BgrImage::default();
        decode::decode_into(frame, &mut image)?;
        GreyImage::of(&image)
    }

    /// The brightness of a decoded picture.
    ///
    /// # Errors
    /// [`DecodeError::Convert`] when OpenCV fails.
    pub fn of(image: &BgrImage) -> Result<GreyImage, DecodeError> {
        let mut grey = Mat::default();
        imgproc::cvt_color_def(&image.mat()?, &mut grey, imgproc::COLOR_BGR2GRAY)?;
        let scale = image.width.max(image.height) as f32 / MAX_GREY_SIDE_PX as f32;
        if scale <= 1.0 {
            return Ok(GreyImage {
                width: image.width,
                height: image.height,
                data: grey.data_bytes()?.to_vec(),
                scale: 1.0,
            });
        }
        let side = |px: u32| ((px as f32 / scale) as u32).clamp(1, MAX_GREY_SIDE_PX);
        let (width, height) = (side(image.width), side(image.height));
        let size = Size::new(width as i32, height as i32);
        let mut small = Mat::default();
        imgproc::resize(&grey, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
        Ok(GreyImage { width, height, data: small.data_bytes()?.to_vec(), scale })
    }

    /// px
    pub fn width(&self) -> u32 {
        self.width
    }

    /// px
    pub fn height(&self) -> u32 {
        self.height
    }

    /// One byte a pixel.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Pixels of the source picture for one pixel here.
    pub fn scale(&self) -> f32 {
        self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::PixelFormat;

    #[test]
    fn brightness_is_kept_and_a_large_picture_is_made_smaller() {
        let frame = Frame::new(4, 2, PixelFormat::Grey, vec![90; 8], 0).unwrap();
        let grey = GreyImage::of_frame(&frame).unwrap();
        assert_eq!(
            (grey.width(), grey.height(), grey.data(), grey.scale()),
            (4, 2, [90u8; 8].as_slice(), 1.0)
        );
        let large = GreyImage::of(&BgrImage::filled(3840, 16, 200)).unwrap();
        assert_eq!((large.width(), large.height(), large.scale()), (1920, 8, 2.0));
        assert!(large.data().iter().all(|value| *value == 200));
    }

    #[test]
    fn a_size_that_does_not_fit_the_bytes_is_no_picture() {
        assert!(GreyImage::new(3, 2, vec![0; 5]).is_none());
        assert!(GreyImage::new(0, 2, vec![]).is_none());
        assert!(GreyImage::new(MAX_GREY_SIDE_PX + 1, 1, vec![0; MAX_GREY_SIDE_PX as usize + 1]).is_none());
        assert!(GreyImage::new(3, 2, vec![0; 6]).is_some());
    }
}
