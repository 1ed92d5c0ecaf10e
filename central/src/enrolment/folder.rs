//! A folder of photographs of one person, as `people enrol --photos` is given it.
//!
//! Everything in it is offered, also what is no picture, because a photograph that is silently left out
//! would be missed only at the door.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use lintel_vision::UploadLimits;

use super::Photo;

/// More files than anybody's portraits: it is the wrong folder.
const MAX_PHOTOS: usize = 100;

/// Why a folder can't be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder or a file in it.
    #[error("can't read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Nothing in it.
    #[error("there is no file in {}: name the folder that holds this person's photos", .0.display())]
    Empty(PathBuf),
    /// Too much in it.
    #[error("{} holds more than {MAX_PHOTOS} files: name a folder with photos of this person only", .0.display())]
    TooMany(PathBuf),
}

/// Reads a folder's files by name; sub-folders and hidden files are passed over. A file beyond the upload
/// limit is read one byte past it, which is enough to be refused for its size.
///
/// # Errors
/// [`FolderError`].
pub fn photos_in(folder: &Path) -> Result<Vec<Photo>, FolderError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| FolderError::Read { path, source }
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.is_file() {
            paths.push(path);
        }
        if paths.len() > MAX_PHOTOS {
            return Err(FolderError::TooMany(folder.to_owned()));
        }
    }
    if paths.is_empty() {
        return Err(FolderError::Empty(folder.to_owned()));
    }
    paths.sort();
    paths.into_iter().map(|path| photo(&path).map_err(failed(&path))).collect()
}

fn photo(path: &Path) -> io::Result<Photo> {
    let limit = UploadLimits::default().max_bytes as u64;
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Photo { name, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_by_name_and_what_is_hidden_or_a_folder_does_not() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.jpg", "a.txt", ".hidden.jpg"] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        std::fs::create_dir(dir.path().join("c")).unwrap();
        let photos = photos_in(dir.path()).unwrap();
        assert_eq!(photos.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["a.txt", "b.jpg"]);
    }

    #[test]
    fn an_empty_or_missing_folder_is_named() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(photos_in(dir.path()), Err(FolderError::Empty(_))));
        let missing = photos_in(&dir.path().join("x")).unwrap_err();
        assert!(missing.to_string().contains("/x"), "{missing}");
    }
}
