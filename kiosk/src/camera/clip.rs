//! A video file as a source: Motion-JPEG AVI by the own reader, anything else through ffmpeg.
//!
//! A damaged picture in the middle is skipped with a word; a damaged file ends with an error. Nothing here
//! waits: whoever plays the clip keeps the pace.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use lintel_vision::{Frame, PixelFormat};

use super::avi::{AviError, AviReader, picture_size};
use super::{FrameSource, Next, SourceError, ffmpeg, jpeg};

/// An open Motion-JPEG AVI.
pub struct Clip {
    path: PathBuf,
    reader: AviReader<BufReader<File>>,
    taken: u64,
}

/// Opens a video file.
///
/// # Errors
/// [`SourceError`] says what is wrong with the file, or that ffmpeg is needed and missing.
pub fn open(path: &Path) -> Result<Box<dyn FrameSource>, SourceError> {
    let file = File::open(path).map_err(|error| SourceError::open(path, error))?;
    let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
    let unusable = |reason: String| SourceError::Unusable { path: path.to_owned(), reason };
    if !is_file {
        return Err(unusable("not a file: write images:FOLDER for a folder of pictures".to_owned()));
    }
    if file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
        return Err(unusable("the file is empty (0 bytes): copy it again".to_owned()));
    }
    match AviReader::open(BufReader::new(file)) {
        Ok(reader) => Ok(Box::new(Clip { path: path.to_owned(), reader, taken: 0 })),
        Err(AviError::NotAvi | AviError::Codec(_)) => Ok(Box::new(ffmpeg::Converted::open(path)?)),
        Err(error) => Err(unusable(error.to_string())),
    }
}

impl FrameSource for Clip {
    fn next_frame(&mut self) -> Result<Next, SourceError> {
        let wrong =
            |error: &AviError| SourceError::Unusable { path: self.path.clone(), reason: error.to_string() };
        let Some(mut bytes) = self.reader.next_frame().map_err(|error| wrong(&error))? else {
            return Ok(Next::Ended);
        };
        let at_ms = self.taken * u64::from(self.reader.header().frame_us) / 1000;
        self.taken += 1;
        let Some((width, height)) = picture_size(&bytes) else {
            return Ok(Next::Skipped(format!("frame {} is no whole JPEG", self.taken)));
        };
        let whole = jpeg::trim(&bytes).map_or(0, <[u8]>::len);
        bytes.truncate(whole);
        match Frame::new(width, height, PixelFormat::Mjpeg, bytes, at_ms) {
            Ok(frame) => Ok(Next::Frame(frame)),
            Err(error) => Ok(Next::Skipped(format!("frame {}: {error}", self.taken))),
        }
    }

    fn describe(&self) -> String {
        let header = self.reader.header();
        let rate = 1_000_000.0 / f64::from(header.frame_us);
        let (width, height) = (header.width, header.height);
        format!("clip {} ({width}x{height} MJPEG, {rate:.1} frames/s)", self.path.display())
    }

    fn frames(&self) -> Option<u64> {
        Some(u64::from(self.reader.header().announced)).filter(|n| *n > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_a_folder_and_nothing_at_all_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.avi");
        std::fs::write(&empty, b"").unwrap();
        let told = |path: &Path| open(path).err().unwrap().to_string();
        assert!(told(&empty).contains("0 bytes"));
        assert!(told(folder.path()).contains("images:FOLDER"));
        assert!(told(&folder.path().join("none.avi")).contains("nothing of that name"));
    }

    #[test]
    fn a_truncated_clip_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let cut = folder.path().join("cut.avi");
        std::fs::write(&cut, b"RIFF\x10\0\0\0AVI LIST").unwrap();
        assert!(open(&cut).err().unwrap().to_string().contains("header is damaged"));
    }
}
