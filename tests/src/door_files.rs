//! What really lies in a door's encrypted files, read with the door's own keys.
//!
//! Searching the files' bytes for a name finds nothing even before an erasure: every page is sealed. Copies are
//! read, so that nothing changes beside the door's own files.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use lintel_core::chain::Hash;
use rusqlite::Connection;

use crate::kiosk::TestKiosk;

/// A door's database and the key that opens it.
#[derive(Debug, Clone, Copy)]
pub struct DoorFile {
    /// Below the data folder.
    pub name: &'static str,
    /// Below its `keys`.
    pub key: &'static str,
}

/// Who may be recognised.
pub const GALLERY: DoorFile = DoorFile { name: "gallery.db", key: "gallery-database.key" };
/// What was seen.
pub const OUTBOX: DoorFile = DoorFile { name: "outbox.db", key: "database.key" };

impl TestKiosk {
    /// The tables of a file in which a person's id stands, in whichever column. The door must not run.
    ///
    /// # Errors
    /// When the file can't be opened with its key, or holds no tables.
    pub fn tables_with(&self, file: DoorFile, person: &str) -> Result<Vec<String>> {
        let data = self.data_dir();
        let text = std::fs::read_to_string(data.join("keys").join(file.key))?;
        let key = STANDARD_NO_PAD.decode(text.trim()).context("a key that isn't wrapped")?;
        let folder = tempfile::tempdir()?;
        for suffix in ["", "-wal"] {
            let name = format!("{}{suffix}", file.name);
            if data.join(&name).exists() {
                std::fs::copy(data.join(&name), folder.path().join(&name))?;
            }
        }
        find(&folder.path().join(file.name), &key, person).with_context(|| file.name)
    }
}

fn find(path: &Path, key: &[u8], person: &str) -> Result<Vec<String>> {
    let hex = Hash::from_bytes(key.try_into().context("a key has 32 bytes")?).to_string();
    let db = Connection::open(path)?;
    db.pragma_update(None, "key", format!("x'{hex}'"))?;
    let mut columns = db.prepare(
        "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'",
    )?;
    let columns = columns
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    ensure!(!columns.is_empty(), "there are no tables");
    let bytes = uuid::Uuid::parse_str(person)?.into_bytes();
    let mut found = Vec::new();
    for (table, column) in columns {
        let count: i64 = db.query_row(
            &format!(
                "SELECT COUNT(*) FROM \"{table}\" WHERE instr(CAST(\"{column}\" AS BLOB), CAST(?1 AS BLOB)) > 0 \
                 OR instr(CAST(\"{column}\" AS BLOB), ?2) > 0"
            ),
            (person, bytes.as_slice()),
            |row| row.get(0),
        )?;
        if count > 0 {
            found.push(table);
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}
