//! An encrypted database file: unlocking it without noise, and opening it only to look.
//!
//! The outbox and the gallery share no table and no key, but they are opened in the same way. Nothing here may
//! decide what an error means; that differs between what is the only copy and what can be fetched anew.

use std::path::{Path, PathBuf};

use lintel_runtime::secrets::SecretString;
use rusqlite::{Connection, OpenFlags};

/// Gives the key, 64 hexadecimal digits. Whether it fits shows at the first page that is read.
pub(crate) fn unlock(db: &Connection, key: &SecretString) -> rusqlite::Result<()> {
    // SQLCipher would write lines of its own beside our log; what they say is in our errors.
    db.execute_batch("PRAGMA cipher_log_level = NONE")?;
    // Random already, so SQLCipher derives nothing from it.
    db.pragma_update(None, "key", format!("x'{}'", key.expose()))
}

/// Opens a file for looking: nothing of it changes and nothing is made beside it, whether or not a door works
/// on it.
pub(crate) fn open_read_only(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if with_suffix(path, "-wal").exists() {
        return Connection::open_with_flags(path, flags);
    }
    // Nobody has it open. SQLite would make a log beside it, unless it is told that nothing changes.
    let uri = format!("file:{}?immutable=1", uri_path(path));
    Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)
}

/// A path with letters behind it: where SQLite keeps a file's log.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A path as a URI says it: everything but letters, digits and a few signs as `%XX`.
fn uri_path(path: &Path) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str().as_bytes().iter().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing to a String can't fail.
            write!(text, "%{byte:02X}").unwrap_or_default();
        }
        text
    })
}
