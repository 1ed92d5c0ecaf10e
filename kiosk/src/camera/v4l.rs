//! A V4L2 camera: negotiation, memory-mapped streaming, and a frame time-out of its own.
//!
//! A driver that stalls reports no error, so every wait has an end: the device is opened non-blocking and
//! polled. Whoever runs this opens it again after an error; nothing here retries.

use std::path::Path;
use std::time::{Duration, Instant};

use lintel_vision::pipeline::PREFERRED_FORMATS;
use lintel_vision::{Frame, PixelFormat};
use v4l::FourCC;
use v4l::buffer::Type;
use v4l::io::mmap::Stream;
use v4l::io::traits::CaptureStream;
use v4l::video::Capture;
use v4l::video::capture::Parameters;

use super::{FrameSource, Next, SourceError, jpeg};
use crate::config::camera::CameraConfig;

/// Buffers that the driver fills: two in flight, one being read, one to spare.
const BUFFERS: u32 = 4;

/// An open camera.
pub struct Camera {
    device: String,
    stream: Stream<'static>,
    layout: Layout,
    timeout: Duration,
    started: Instant,
    fresh: bool,
}

/// How the pixels lie in a buffer.
#[derive(Debug, Clone, Copy)]
struct Layout {
    format: PixelFormat,
    width: u32,
    height: u32,
    stride: u32,
}

/// The codes that the kernel gives to the formats we read.
fn four_cc(format: PixelFormat) -> Option<FourCC> {
    match format {
        PixelFormat::Mjpeg => Some(FourCC::new(b"MJPG")),
        PixelFormat::Yuyv => Some(FourCC::new(b"YUYV")),
        PixelFormat::Grey => Some(FourCC::new(b"GREY")),
        PixelFormat::Bgr => None,
    }
}

/// The first of our formats that the camera has.
fn choose(offered: &[FourCC]) -> Option<(PixelFormat, FourCC)> {
    let ours = PREFERRED_FORMATS.into_iter().filter_map(|format| Some((format, four_cc(format)?)));
    ours.into_iter().find(|(_, code)| offered.contains(code))
}

impl Camera {
    /// Opens the device and negotiates MJPEG, YUYV or GREY, in this order, near the wanted size.
    ///
    /// # Errors
    /// [`SourceError`] when there is no such camera or it has none of the formats.
    pub fn open(path: &Path, config: &CameraConfig) -> Result<Self, SourceError> {
        let device = path.display().to_string();
        let refused = |act| {
            let device = device.clone();
            move |source| SourceError::Device { device, act, source }
        };
        let handle = v4l::Device::with_path(path).map_err(|error| SourceError::open(path, error))?;
        // Asked first, because listing formats reports no error on what isn't a camera.
        handle.query_caps().map_err(refused("asking what it can do (is it a camera?)"))?;
        let offered = handle.enum_formats().map_err(refused("listing its formats"))?;
        let codes: Vec<FourCC> = offered.iter().map(|format| format.fourcc).collect();
        let Some((format, code)) = choose(&codes) else {
            let offered = codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Err(SourceError::NoFormat { device, offered });
        };
        let wanted = v4l::Format::new(config.width, config.height, code);
        let got = handle.set_format(&wanted).map_err(refused("setting its format"))?;
        if got.fourcc != code {
            return Err(SourceError::NoFormat { device, offered: got.fourcc.to_string() });
        }
        // Many drivers have one pace only and refuse; the pace is measured anyway.
        if let Err(error) = handle.set_params(&Parameters::with_fps(config.fps)) {
            log::debug!("device" = device.as_str(), "error" = error.to_string().as_str(); "camera keeps its own pace");
        }
        let timeout = Duration::from_millis(config.frame_timeout_ms.min(600_000));
        let mut stream = Stream::with_buffers(&handle, Type::VideoCapture, BUFFERS)
            .map_err(refused("mapping its buffers (is another program using it?)"))?;
        stream.set_timeout(timeout);
        Ok(Self {
            device,
            stream,
            layout: Layout { format, width: got.width, height: got.height, stride: got.stride },
            timeout,
            started: Instant::now(),
            fresh: true,
        })
    }
}

impl Layout {
    /// The pixels of one buffer, without padding at the ends of rows or behind the picture.
    fn pixels(self, buffer: &[u8], used: usize) -> Option<Vec<u8>> {
        if self.format == PixelFormat::Mjpeg {
            return jpeg::trim(jpeg::filled(buffer, used)).map(<[u8]>::to_vec);
        }
        let per_pixel = if self.format == PixelFormat::Yuyv { 2 } else { 1 };
        packed_rows(
            buffer.get(..used.min(buffer.len()))?,
            self.width as usize * per_pixel,
            self.stride as usize,
            self.height as usize,
        )
    }
}

/// Copies `height` rows of `row` bytes that stand `stride` bytes apart; `None` when some are missing.
fn packed_rows(buffer: &[u8], row: usize, stride: usize, height: usize) -> Option<Vec<u8>> {
    let stride = stride.max(row);
    let mut pixels = Vec::with_capacity(row * height);
    for y in 0..height {
        pixels.extend_from_slice(buffer.get(y * stride..y * stride + row)?);
    }
    Some(pixels)
}

impl FrameSource for Camera {
    fn next_frame(&mut self) -> Result<Next, SourceError> {
        let layout = self.layout;
        // The first frame after the start is often half-exposed, or left over from the last user.
        let fresh = std::mem::take(&mut self.fresh);
        let pixels = match CaptureStream::next(&mut self.stream) {
            Ok(_) if fresh => return Ok(Next::Skipped("the first frame after the start".to_owned())),
            Ok((_, meta)) if meta.flags.contains(v4l::buffer::Flags::ERROR) => {
                return Ok(Next::Skipped("the driver marks the frame as damaged".to_owned()));
            }
            Ok((buffer, meta)) => layout.pixels(buffer, meta.bytesused as usize),
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                return Err(SourceError::Stalled { device: self.device.clone(), waited: self.timeout });
            }
            Err(source) => {
                let device = self.device.clone();
                return Err(SourceError::Device { device, act: "taking a frame", source });
            }
        };
        let Some(pixels) = pixels else {
            return Ok(Next::Skipped("the frame isn't whole".to_owned()));
        };
        let at_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match Frame::new(layout.width, layout.height, layout.format, pixels, at_ms) {
            Ok(frame) => Ok(Next::Frame(frame)),
            Err(error) => Ok(Next::Skipped(error.to_string())),
        }
    }

    fn describe(&self) -> String {
        let Layout { format, width, height, .. } = self.layout;
        format!("camera {} ({width}x{height} {format:?})", self.device)
    }

    fn is_live(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressed_frames_are_preferred_then_colour_then_grey() {
        let [mjpg, yuyv, grey, nv12] = [b"MJPG", b"YUYV", b"GREY", b"NV12"].map(FourCC::new);
        assert_eq!(choose(&[nv12, grey, yuyv, mjpg]).unwrap().0, PixelFormat::Mjpeg);
        assert_eq!(choose(&[nv12, grey, yuyv]).unwrap().0, PixelFormat::Yuyv);
        assert_eq!(choose(&[grey, nv12]).unwrap().0, PixelFormat::Grey);
        assert!(choose(&[nv12]).is_none());
    }

    #[test]
    fn padding_at_the_ends_of_rows_is_left_out_and_a_short_buffer_is_no_frame() {
        let buffer = [1, 2, 0, 0, 3, 4, 0, 0];
        assert_eq!(packed_rows(&buffer, 2, 4, 2), Some(vec![1, 2, 3, 4]));
        assert_eq!(packed_rows(&buffer[..5], 2, 4, 2), None);
        assert_eq!(packed_rows(&buffer, 4, 0, 2), Some(buffer.to_vec()));
    }

    #[test]
    fn a_device_that_is_not_there_or_is_no_camera_says_so() {
        let told =
            |path: &str| Camera::open(Path::new(path), &CameraConfig::default()).err().unwrap().to_string();
        assert!(told("/dev/video-not-there").contains("nothing of that name"));
        assert!(told("/dev/null").contains("is it a camera?"));
    }
}
