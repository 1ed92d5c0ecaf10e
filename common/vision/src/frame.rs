//! A frame as a camera, a clip or an upload gives it, and the geometry that is measured on it.
//!
//! One type for every source, so that nothing after it asks where a picture came from. Sizes are checked
//! here, once; code behind this file may rely on them. It never converts pixels: that is `decode`.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest side a frame may claim, in pixels (8K video and 40-megapixel photographs fit).
pub const MAX_SIDE_PX: u32 = 8192;
/// The largest compressed frame that is taken from a camera or a clip, in bytes.
pub const MAX_MJPEG_BYTES: usize = 16 * 1024 * 1024;

/// How the bytes of a frame are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PixelFormat {
    /// One JPEG picture. Its own header gives the true size; the frame's size is what the source announced.
    Mjpeg,
    /// 4:2:2, two bytes a pixel, Y0 U Y1 V. The width is even.
    Yuyv,
    /// One byte of luma a pixel.
    Grey,
    /// Three bytes a pixel, blue first.
    Bgr,
}

/// One picture and the moment it was taken.
#[derive(Debug, Clone)]
pub struct Frame {
    width: u32,
    height: u32,
    format: PixelFormat,
    data: Vec<u8>,
    captured_ms: u64,
    serial: u64,
}

/// Why bytes are not a frame.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    /// A side is zero or longer than [`MAX_SIDE_PX`].
    #[error("a frame of {width}x{height} px is not usable: each side must be 1 to {MAX_SIDE_PX} px")]
    Size {
        /// announced width, px
        width: u32,
        /// announced height, px
        height: u32,
    },
    /// YUYV stores pixels in pairs.
    #[error("a YUYV frame needs an even width, this one is {0} px wide")]
    OddWidth(u32),
    /// The byte count does not follow from size and format.
    #[error("a {format:?} frame of {width}x{height} px has {expected} bytes, this one has {found}")]
    Length {
        /// how the bytes were to be read
        format: PixelFormat,
        /// announced width, px
        width: u32,
        /// announced height, px
        height: u32,
        /// bytes that size and format ask for
        expected: usize,
        /// bytes that came
        found: usize,
    },
    /// A compressed frame that is empty or larger than [`MAX_MJPEG_BYTES`].
    #[error("an MJPEG frame of {0} bytes is not usable: it must have 1 to {MAX_MJPEG_BYTES} bytes")]
    CompressedLength(usize),
}

/// Gives each frame its own number, so that a decoded picture is known to belong to a frame
/// (an address could be used again by the allocator).
static NEXT_SERIAL: AtomicU64 = AtomicU64::new(1);

impl Frame {
    /// Takes the bytes of one picture. `captured_ms` is the source's monotonic clock in milliseconds.
    ///
    /// # Errors
    /// When size, format and byte count do not agree ([`FrameError`]).
    pub fn new(
        width: u32,
        height: u32,
        format: PixelFormat,
        data: Vec<u8>,
        captured_ms: u64,
    ) -> Result<Frame, FrameError> {
        if width == 0 || height == 0 || width > MAX_SIDE_PX || height > MAX_SIDE_PX {
            return Err(FrameError::Size { width, height });
        }
        let pixels = width as usize * height as usize;
        let expected = match format {
            PixelFormat::Mjpeg if data.is_empty() || data.len() > MAX_MJPEG_BYTES => {
                return Err(FrameError::CompressedLength(data.len()));
            }
            PixelFormat::Mjpeg => data.len(),
            PixelFormat::Yuyv if width % 2 == 1 => return Err(FrameError::OddWidth(width)),
            PixelFormat::Yuyv => pixels * 2,
            PixelFormat::Grey => pixels,
            PixelFormat::Bgr => pixels * 3,
        };
        if data.len() != expected {
            return Err(FrameError::Length { format, width, height, expected, found: data.len() });
        }
        let serial = NEXT_SERIAL.fetch_add(1, Ordering::Relaxed);
        Ok(Frame { width, height, format, data, captured_ms, serial })
    }

    /// Announced width in pixels (an MJPEG picture's own header may say otherwise).
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Announced height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// How [`Frame::data`] is to be read.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// The bytes as they came.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Gives the buffer back, for a source that reuses it.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// The source's monotonic clock at capture, milliseconds.
    pub fn captured_ms(&self) -> u64 {
        self.captured_ms
    }

    /// A number that no other frame of this process has (a clone shares it, having the same pixels).
    pub(crate) fn serial(&self) -> u64 {
        self.serial
    }
}

/// A box in pixels of the source frame; `x`, `y` is its top left corner and may lie outside.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Rect {
    /// left edge, px
    pub x: f32,
    /// top edge, px
    pub y: f32,
    /// px
    pub width: f32,
    /// px
    pub height: f32,
}

impl Rect {
    /// Square pixels.
    pub fn area(&self) -> f32 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    /// The middle, px.
    pub fn centre(&self) -> [f32; 2] {
        [self.x + self.width / 2.0, self.y + self.height / 2.0]
    }

    /// The part that two boxes share; its sides are zero when they do not touch.
    pub fn intersection(&self, other: &Rect) -> Rect {
        let x = self.x.max(other.x);
        let y = self.y.max(other.y);
        let right = (self.x + self.width).min(other.x + other.width);
        let bottom = (self.y + self.height).min(other.y + other.height);
        Rect { x, y, width: (right - x).max(0.0), height: (bottom - y).max(0.0) }
    }

    /// Intersection over union, 0 to 1 (0 for two empty boxes).
    pub fn iou(&self, other: &Rect) -> f32 {
        let shared = self.intersection(other).area();
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }
}

/// A part of the picture in fractions of its width and height, 0 to 1: where faces are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// left edge, fraction of the width
    pub left: f32,
    /// top edge, fraction of the height
    pub top: f32,
    /// right edge, fraction of the width
    pub right: f32,
    /// bottom edge, fraction of the height
    pub bottom: f32,
}

impl Region {
    /// Whether a point (px) of a picture of this size lies inside.
    pub fn contains(&self, point: [f32; 2], width: u32, height: u32) -> bool {
        let (x, y) = (point[0] / width as f32, point[1] / height as f32);
        x >= self.left && x <= self.right && y >= self.top && y <= self.bottom
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_whose_bytes_do_not_fit_its_size_is_refused_with_both_numbers() {
        let error = Frame::new(4, 2, PixelFormat::Yuyv, vec![0; 15], 0).unwrap_err();
        assert_eq!(error.to_string(), "a Yuyv frame of 4x2 px has 16 bytes, this one has 15");
    }

    #[test]
    fn sizes_of_zero_or_beyond_the_limit_are_refused() {
        for (w, h) in [(0, 1), (1, 0), (MAX_SIDE_PX + 1, 1)] {
            let made = Frame::new(w, h, PixelFormat::Grey, vec![0; (w * h) as usize], 0);
            assert_eq!(made.unwrap_err(), FrameError::Size { width: w, height: h });
        }
        let odd = Frame::new(3, 1, PixelFormat::Yuyv, vec![0; 6], 0);
        assert_eq!(odd.unwrap_err(), FrameError::OddWidth(3));
        let empty = Frame::new(3, 1, PixelFormat::Mjpeg, vec![], 0);
        assert_eq!(empty.unwrap_err(), FrameError::CompressedLength(0));
    }

    #[test]
    fn two_frames_never_share_a_serial_but_a_clone_keeps_it() {
        let a = Frame::new(1, 1, PixelFormat::Grey, vec![0], 0).unwrap();
        let b = Frame::new(1, 1, PixelFormat::Grey, vec![0], 0).unwrap();
        assert_ne!(a.serial(), b.serial());
        assert_eq!(a.serial(), a.clone().serial());
    }

    #[test]
    fn iou_of_equal_apart_and_half_shared_boxes() {
        let a = Rect { x: 0.0, y: 0.0, width: 2.0, height: 2.0 };
        let b = Rect { x: 1.0, ..a };
        assert_eq!(a.iou(&a), 1.0);
        assert!((a.iou(&b) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(a.iou(&Rect { x: 5.0, ..a }), 0.0);
        assert_eq!(Rect::default().iou(&Rect::default()), 0.0);
    }
}
