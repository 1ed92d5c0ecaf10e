//! A folder of pictures as a source, in the order of their names.
//!
//! Each picture goes through the same door as an upload: magic bytes, size and pixel limits before decoding.
//! One that can't be read is skipped with a word.

use std::path::{Path, PathBuf};

use lintel_vision::{Frame, UploadLimits, decode_upload};

use super::{FrameSource, Next, SourceError};

/// A folder holds at most this many pictures.
const MAX_PICTURES: usize = 100_000;

/// The pictures of a folder, one after another.
pub struct Folder {
    path: PathBuf,
    pictures: Vec<PathBuf>,
    next: usize,
    fps: u32,
}

impl Folder {
    /// Lists the pictures (jpg, jpeg, png, webp); `fps` is the pace that they are played at.
    ///
    /// # Errors
    /// When the folder can't be read or holds no picture.
    pub fn open(path: &Path, fps: u32) -> Result<Self, SourceError> {
        let pictures = pictures_in(path).map_err(|error| SourceError::open(path, error))?;
        let unusable = |reason: String| SourceError::Unusable { path: path.to_owned(), reason };
        if pictures.is_empty() {
            return Err(unusable("there is no picture in it (jpg, png or webp)".to_owned()));
        }
        if pictures.len() > MAX_PICTURES {
            return Err(unusable(format!("it holds more than {MAX_PICTURES} pictures")));
        }
        Ok(Self { path: path.to_owned(), pictures, next: 0, fps: fps.max(1) })
    }
}

/// The picture files of a folder, by name.
///
/// # Errors
/// When the folder can't be read.
pub fn pictures_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut pictures = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        if matches!(ending.as_deref(), Some("jpg" | "jpeg" | "png" | "webp")) && path.is_file() {
            pictures.push(path);
        }
    }
    pictures.sort();
    Ok(pictures)
}

/// Reads a file that may be of any size, up to one byte more than the limit (so that the limit is noticed).
///
/// # Errors
/// When it can't be read.
pub fn read_limited(path: &Path, limits: UploadLimits) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(limits.max_bytes as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl FrameSource for Folder {
    fn next_frame(&mut self) -> Result<Next, SourceError> {
        let Some(path) = self.pictures.get(self.next) else { return Ok(Next::Ended) };
        let at_ms = self.next as u64 * 1000 / u64::from(self.fps);
        self.next += 1;
        let limits = UploadLimits::default();
        let bytes = match read_limited(path, limits) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Next::Skipped(format!("{}: {error}", path.display()))),
        };
        match decode_upload(&bytes, limits) {
            Ok(picture) => {
                let (width, height, format) = (picture.width(), picture.height(), picture.format());
                Ok(Next::Frame(Frame::new(width, height, format, picture.into_data(), at_ms)?))
            }
            Err(error) => Ok(Next::Skipped(format!("{}: {error}", path.display()))),
        }
    }

    fn describe(&self) -> String {
        format!("folder {} ({} pictures, {} frames/s)", self.path.display(), self.pictures.len(), self.fps)
    }

    fn frames(&self) -> Option<u64> {
        Some(self.pictures.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_come_by_name_and_a_broken_one_is_skipped_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.jpg", "a.PNG", "notes.txt"] {
            std::fs::write(folder.path().join(name), b"").unwrap();
        }
        let mut source = Folder::open(folder.path(), 10).unwrap();
        assert_eq!(source.frames(), Some(2));
        let Next::Skipped(why) = source.next_frame().unwrap() else { panic!("decoded nothing") };
        assert!(why.contains("a.PNG") && why.contains("0 bytes"), "{why}");
    }

    #[test]
    fn a_folder_without_pictures_says_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let error = Folder::open(folder.path(), 10).err().unwrap().to_string();
        assert!(error.contains("jpg, png or webp"));
    }
}
