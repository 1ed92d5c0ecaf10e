//! Unix sockets of this door: opened in place of one that an earlier run left, never in place of anything else.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

/// Why a socket can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Something that isn't a socket is there.
    #[error("{} is in the way: it isn't a socket; remove it or set {setting}", path.display())]
    InTheWay {
        /// What.
        path: PathBuf,
        /// The setting that names another place.
        setting: &'static str,
    },
    /// The system refused.
    #[error("can't open the socket {}: set {setting} to a path in a folder that this program may write", path.display())]
    Bind {
        /// Where.
        path: PathBuf,
        /// The setting that names another place.
        setting: &'static str,
        /// What it said.
        #[source]
        source: std::io::Error,
    },
}

/// Opens a socket with these permissions. Needs a tokio runtime.
///
/// # Errors
/// [`SocketError`] says what is in the way.
pub fn open(path: &Path, mode: u32, setting: &'static str) -> Result<UnixListener, SocketError> {
    let refused = |source| SocketError::Bind { path: path.to_owned(), setting, source };
    match std::fs::symlink_metadata(path) {
        Ok(there) if there.file_type().is_socket() => std::fs::remove_file(path).map_err(refused)?,
        Ok(_) => return Err(SocketError::InTheWay { path: path.to_owned(), setting }),
        Err(_) => {}
    }
    let listener = UnixListener::bind(path).map_err(refused)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(refused)?;
    Ok(listener)
}

/// Removes a socket that is no longer served.
pub fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        log::debug!("error" = error.to_string().as_str(); "a socket was gone already");
    }
}
