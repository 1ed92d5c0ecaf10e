//! Other containers and codecs, through an `ffmpeg` child where it is installed.
//!
//! A hostile video is decoded in a process of its own, which sends JPEG pictures down a pipe. Times are
//! those of a constant rate, which the child is told to make. The child is ended with the source.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use lintel_vision::frame::MAX_MJPEG_BYTES;
use lintel_vision::{Frame, PixelFormat};

use super::{FrameSource, Next, SourceError, jpeg};

/// Frames a second that the child is told to give.
const RATE: u32 = 15;

/// A running conversion.
pub struct Converted {
    path: PathBuf,
    child: Child,
    pictures: Pictures<BufReader<ChildStdout>>,
    taken: u64,
}

/// Cuts a stream of JPEG pictures that stand one behind the other.
struct Pictures<R> {
    from: R,
    buffer: Vec<u8>,
}

impl Converted {
    /// Starts the child.
    ///
    /// # Errors
    /// When ffmpeg isn't installed or can't be started.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let unusable = |reason: String| SourceError::Unusable { path: path.to_owned(), reason };
        // `file:` keeps a name such as `http:…` or `concat:…` from being anything but a file.
        let mut input = std::ffi::OsString::from("file:");
        input.push(path);
        let spawned = Command::new("ffmpeg")
            .args([
                "-nostdin",
                "-hide_banner",
                "-loglevel",
                "error",
                "-protocol_whitelist",
                "file,pipe",
                "-i",
            ])
            .arg(input)
            .args([
                "-an",
                "-r",
                &RATE.to_string(),
                "-f",
                "image2pipe",
                "-c:v",
                "mjpeg",
                "-q:v",
                "3",
                "pipe:1",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = spawned.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => unusable(
                "not a Motion-JPEG AVI, and ffmpeg, which reads other video, isn't installed: install it, or convert the file by `ffmpeg -i IN -c:v mjpeg -an OUT.avi`"
                    .to_owned(),
            ),
            _ => unusable(format!("not a Motion-JPEG AVI, and ffmpeg can't be started: {error}")),
        })?;
        let Some(out) = child.stdout.take() else {
            return Err(unusable("ffmpeg gives no output".to_owned()));
        };
        let pictures = Pictures { from: BufReader::new(out), buffer: Vec::new() };
        Ok(Self { path: path.to_owned(), child, pictures, taken: 0 })
    }
}

impl<R: Read> Pictures<R> {
    /// The next whole picture; `None` at the end.
    fn next(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut searched = 0;
        loop {
            let rest = self.buffer.get(searched..).unwrap_or_default();
            if let Some(found) = rest.windows(2).position(|pair| pair == [0xFF, 0xD9]) {
                let tail = self.buffer.split_off(searched + found + 2);
                return Ok(Some(std::mem::replace(&mut self.buffer, tail)));
            }
            searched = self.buffer.len().saturating_sub(1);
            if self.buffer.len() > MAX_MJPEG_BYTES {
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "a picture without an end"));
            }
            let mut piece = [0; 65_536];
            let n = self.from.read(&mut piece)?;
            if n == 0 {
                return Ok(None);
            }
            self.buffer.extend_from_slice(piece.get(..n).unwrap_or_default());
        }
    }
}

impl FrameSource for Converted {
    fn next_frame(&mut self) -> Result<Next, SourceError> {
        let unusable = |reason: String| SourceError::Unusable { path: self.path.clone(), reason };
        let next = self.pictures.next().map_err(|error| unusable(format!("reading from ffmpeg: {error}")))?;
        let Some(bytes) = next else {
            let status = self.child.wait().map_err(|error| unusable(format!("ffmpeg: {error}")))?;
            if self.taken == 0 || !status.success() {
                return Err(unusable(
                    "ffmpeg found no video in it that it can read: copy it again".to_owned(),
                ));
            }
            return Ok(Next::Ended);
        };
        let at_ms = self.taken * 1000 / u64::from(RATE);
        self.taken += 1;
        let Some((width, height)) = jpeg::trim(&bytes).and_then(jpeg::size) else {
            return Ok(Next::Skipped(format!("frame {} is no whole JPEG", self.taken)));
        };
        Ok(Next::Frame(Frame::new(width, height, PixelFormat::Mjpeg, bytes, at_ms)?))
    }

    fn describe(&self) -> String {
        format!("clip {} (through ffmpeg, {RATE} frames/s)", self.path.display())
    }
}

impl Drop for Converted {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_in_a_pipe_are_cut_at_their_ends_wherever_the_pieces_are() {
        struct Drip(Vec<u8>);
        impl Read for Drip {
            fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
                let Some(byte) = (!self.0.is_empty()).then(|| self.0.remove(0)) else { return Ok(0) };
                into[0] = byte;
                Ok(1)
            }
        }
        let bytes = [0xFF, 0xD8, 1, 0xFF, 0xD9, 0xFF, 0xD8, 2, 3, 0xFF, 0xD9, 0xFF, 0xD8];
        let mut pictures = Pictures { from: Drip(bytes.to_vec()), buffer: Vec::new() };
        assert_eq!(pictures.next().unwrap().unwrap(), bytes[..5]);
        assert_eq!(pictures.next().unwrap().unwrap(), bytes[5..11]);
        assert_eq!(pictures.next().unwrap(), None);
    }
}
