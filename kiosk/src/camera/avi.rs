//! A reader for Motion-JPEG in AVI (RIFF), with strict limits, for files that nobody vouches for.
//!
//! Every size in the file is a claim: each is checked against what is really there before anything is
//! allocated by it. It reads the one video stream and skips everything else, index included, because a
//! broken index must not lose frames that are there.
//!
//! Format: Microsoft, "AVI RIFF File Reference"; OpenDML's further `RIFF AVIX` parts are read on.

use std::io::{self, Read, Seek, SeekFrom};

use lintel_vision::frame::MAX_MJPEG_BYTES;

use super::jpeg;

/// A file has at most this many frames: ten hours at 30 a second.
const MAX_FRAMES: u64 = 1_080_000;
/// Lists before the first frame that are looked into, at most; a header has one, and one for each stream.
const MAX_LISTS: u32 = 32;
/// More chunks than this before the first frame are an attack on our time.
const MAX_HEADER_CHUNKS: u32 = 4_096;

/// Why a file can't be played.
#[derive(Debug, thiserror::Error)]
pub enum AviError {
    /// Another container, or none.
    #[error("not an AVI file")]
    NotAvi,
    /// No header, or one without a usable pace.
    #[error("its AVI header is damaged ({0}): convert it again")]
    Header(&'static str),
    /// An AVI with another codec.
    #[error(
        "its video is {0:?} and not Motion-JPEG: convert it, for example by `ffmpeg -i IN -c:v mjpeg OUT.avi`"
    )]
    Codec(String),
    /// Not a single frame.
    #[error("there is no frame in it: record or copy it again")]
    Empty,
    /// The file ends within a frame.
    #[error("it is cut off after {frames} frames: copy it again")]
    Truncated {
        /// Whole frames before the cut.
        frames: u64,
    },
    /// A size that can't be true.
    #[error("it claims a frame of {0} bytes, more than the allowed {MAX_MJPEG_BYTES}: it is damaged")]
    Oversized(u64),
    /// More than the limit.
    #[error("it has more than {MAX_FRAMES} frames: cut it into parts")]
    TooLong,
    /// The system.
    #[error("reading failed")]
    Read(#[from] io::Error),
}

/// What the file's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// px
    pub width: u32,
    /// px
    pub height: u32,
    /// Time from frame to frame, µs.
    pub frame_us: u32,
    /// Frames that the header announces; a claim.
    pub announced: u32,
}

/// An open file, standing before a chunk of its movie.
#[derive(Debug)]
pub struct AviReader<R> {
    file: R,
    length: u64,
    at: u64,
    header: Header,
    video: [u8; 2],
    frames: u64,
}

struct Chunk {
    id: [u8; 4],
    size: u64,
    /// where its contents begin
    body: u64,
}

impl<R: Read + Seek> AviReader<R> {
    /// Reads the header and stops before the first frame.
    ///
    /// # Errors
    /// [`AviError`] says what is wrong with the file.
    pub fn open(mut file: R) -> Result<Self, AviError> {
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(0))?;
        let mut start = [0; 12];
        file.read_exact(&mut start).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => AviError::NotAvi,
            _ => AviError::Read(error),
        })?;
        if !start.starts_with(b"RIFF") || !start.ends_with(b"AVI ") {
            return Err(AviError::NotAvi);
        }
        let nothing = Header { width: 0, height: 0, frame_us: 0, announced: 0 };
        let mut reader = Self { file, length, at: 12, header: nothing, video: *b"00", frames: 0 };
        reader.read_header()?;
        Ok(reader)
    }

    /// What the header says.
    #[must_use]
    pub fn header(&self) -> Header {
        self.header
    }

    /// Where the next chunk begins, in bytes from the start: for going back with [`AviReader::rewind_to`].
    #[must_use]
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Goes back to a place that [`AviReader::position`] gave.
    pub fn rewind_to(&mut self, position: u64) {
        self.at = position;
        self.frames = 0;
    }

    /// The next frame's bytes; `None` at the end. An empty chunk (a repeated frame, in AVI) is passed over.
    ///
    /// # Errors
    /// [`AviError::Truncated`] when the file ends within a frame, [`AviError::Empty`] when there was none.
    pub fn next_frame(&mut self) -> Result<Option<Vec<u8>>, AviError> {
        loop {
            let Some(chunk) = self.chunk()? else {
                return if self.frames == 0 { Err(AviError::Empty) } else { Ok(None) };
            };
            if matches!(&chunk.id, b"RIFF" | b"LIST") {
                // Lists are stepped into: `movi`, `rec ` within it, and OpenDML's further parts.
                self.at = chunk.body.saturating_add(4);
                continue;
            }
            self.at = after(&chunk);
            let [stream @ .., kind, code] = chunk.id;
            if stream != self.video || !matches!(&[kind, code], b"dc" | b"db") || chunk.size == 0 {
                continue;
            }
            self.frames += 1;
            if self.frames > MAX_FRAMES {
                return Err(AviError::TooLong);
            }
            return self.body(&chunk, MAX_MJPEG_BYTES as u64).map(Some);
        }
    }

    /// The chunk at hand, or `None` at the end of the file. A header that is cut off counts as the end: many
    /// recorders leave a few bytes there.
    fn chunk(&mut self) -> Result<Option<Chunk>, AviError> {
        if self.at.saturating_add(8) > self.length {
            return Ok(None);
        }
        self.file.seek(SeekFrom::Start(self.at))?;
        let mut head = [0; 8];
        self.file.read_exact(&mut head)?;
        let [a, b, c, d, s0, s1, s2, s3] = head;
        let size = u64::from(u32::from_le_bytes([s0, s1, s2, s3]));
        Ok(Some(Chunk { id: [a, b, c, d], size, body: self.at.saturating_add(8) }))
    }

    fn body(&mut self, chunk: &Chunk, limit: u64) -> Result<Vec<u8>, AviError> {
        if chunk.size > limit {
            return Err(AviError::Oversized(chunk.size));
        }
        if chunk.body.saturating_add(chunk.size) > self.length {
            return Err(AviError::Truncated { frames: self.frames.saturating_sub(1) });
        }
        self.file.seek(SeekFrom::Start(chunk.body))?;
        let mut bytes = vec![0; usize::try_from(chunk.size).unwrap_or(0)];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn read_header(&mut self) -> Result<(), AviError> {
        let mut streams = 0u8;
        let mut codec = None;
        let mut lists = 0;
        for _ in 0..MAX_HEADER_CHUNKS {
            let chunk = self.chunk()?.ok_or(AviError::Header("it ends before the first frame"))?;
            match &chunk.id {
                b"LIST" => {
                    let kind = self.body(&Chunk { size: 4, ..chunk }, 4)?;
                    if kind == b"movi" {
                        self.at = chunk.body + 4;
                        return self.check_header(codec);
                    }
                    lists += 1;
                    let step_in = matches!(kind.as_slice(), b"hdrl" | b"strl") && lists <= MAX_LISTS;
                    self.at = if step_in { chunk.body + 4 } else { after(&chunk) };
                    continue;
                }
                b"avih" => self.take_main_header(&chunk)?,
                b"strh" => {
                    let body = self.body(&chunk, 4096)?;
                    if codec.is_none() && body.starts_with(b"vids") {
                        codec = Some(body.get(4..8).unwrap_or_default().to_vec());
                        self.video = [b'0' + streams / 10, b'0' + streams % 10];
                    }
                    streams = streams.saturating_add(1).min(99);
                }
                _ => {}
            }
            self.at = after(&chunk);
        }
        Err(AviError::Header("too many parts before the first frame"))
    }

    fn take_main_header(&mut self, chunk: &Chunk) -> Result<(), AviError> {
        let body = self.body(chunk, 4096)?;
        let number = |at: usize| {
            let four = body.get(at..at + 4).and_then(|four| <[u8; 4]>::try_from(four).ok());
            four.map(u32::from_le_bytes).ok_or(AviError::Header("too short"))
        };
        self.header =
            Header { frame_us: number(0)?, announced: number(16)?, width: number(32)?, height: number(36)? };
        Ok(())
    }

    fn check_header(&self, codec: Option<Vec<u8>>) -> Result<(), AviError> {
        let codec = codec.ok_or(AviError::Header("it names no video stream"))?;
        if !codec.eq_ignore_ascii_case(b"MJPG") && !codec.eq_ignore_ascii_case(b"JPEG") {
            return Err(AviError::Codec(String::from_utf8_lossy(&codec).into_owned()));
        }
        // 1000 frames a second to one in ten seconds.
        if !(1_000..=10_000_000).contains(&self.header.frame_us) {
            return Err(AviError::Header("its frame rate is impossible"));
        }
        Ok(())
    }
}

/// The place behind a chunk; chunks are padded to even sizes.
fn after(chunk: &Chunk) -> u64 {
    chunk.body.saturating_add(chunk.size).saturating_add(chunk.size & 1)
}

/// Whether bytes are a whole JPEG of a size that a frame may have.
#[must_use]
pub fn picture_size(bytes: &[u8]) -> Option<(u32, u32)> {
    jpeg::trim(bytes).and_then(jpeg::size)
}

#[cfg(test)]
#[path = "avi_tests.rs"]
mod tests;
