//! What can still be read of an outbox that was set aside: every row whose hash is right, worn pages left out.
//!
//! A worn page hides only the rows on it, so rows are read from both sides of it. Nothing of the file changes. What
//! is read belongs to the old stream; central takes each place of a stream once, so it may be sent again whole.

use std::path::Path;

use lintel_core::chain::{Hash, event_hash};
use lintel_core::event::{EventSkeleton, personal_digest};
use lintel_core::ids::{DeviceId, StreamId};
use lintel_core::wire::{EventBatch, Predecessor, WireEvent, WirePersonal};
use lintel_runtime::secrets::SecretString;
use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow};
use serde_json::value::RawValue;

use super::OutboxError;
use super::file::{failed, from_sql, meta, to_sql};
use crate::sqlcipher;

const COLUMNS: &str = "SELECT seq, prev_hash, hash, payload, salt, part FROM event";
/// More rows than this don't fit on a page: a bound for the places to look for when the last page is worn.
const ROWS_OF_A_PAGE: u64 = 8;
/// The frame around payload and part on the wire: field names, three hashes, the number.
const FRAME_BYTES: usize = 360;

/// What an outbox that was set aside still gives.
#[derive(Debug)]
pub struct Salvaged {
    device: DeviceId,
    stream: StreamId,
    predecessor: Option<Predecessor>,
    /// Rows that can be read and are what was once stored, oldest first.
    pub events: Vec<WireEvent>,
    /// Places between the first and the last that gave nothing: worn, or purged long ago.
    pub missing: u64,
}

impl Salvaged {
    /// Its stream.
    #[must_use]
    pub const fn stream(&self) -> StreamId {
        self.stream
    }

    /// The events as batches for central, each within both bounds.
    #[must_use]
    pub fn batches(&self, max_events: usize, max_bytes: usize) -> Vec<EventBatch> {
        let (mut batches, mut bytes) = (Vec::<EventBatch>::new(), 0);
        for event in &self.events {
            let part = event.personal.as_ref().map_or(0, |personal| personal.part.get().len());
            let size = event.payload.get().len() + part + FRAME_BYTES;
            match batches.last_mut() {
                Some(batch) if batch.events.len() < max_events && bytes + size <= max_bytes => {
                    batch.events.push(event.clone());
                    bytes += size;
                }
                _ => {
                    bytes = size;
                    batches.push(EventBatch {
                        v: 1,
                        device_id: self.device.clone(),
                        stream: self.stream,
                        predecessor: self.predecessor.clone(),
                        oldest: None,
                        events: vec![event.clone()],
                    });
                }
            }
        }
        batches
    }
}

/// Reads what can be read of the file, for the device that wrote it.
///
/// # Errors
/// When the key doesn't fit or the first page is worn, when another device wrote it, or when the page with the
/// name of its stream is worn.
pub fn salvage(
    path: &Path,
    key: &SecretString,
    key_hint: &Path,
    device: &DeviceId,
) -> Result<Salvaged, OutboxError> {
    let file = File { path, key };
    let db = file.open()?;
    if db.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).is_err() {
        return Err(OutboxError::WrongKey { path: path.to_owned(), key_hint: key_hint.to_owned() });
    }
    let unnamed = |_| OutboxError::Damaged {
        path: path.to_owned(),
        detail: "the page that names its stream can't be read, so its events can't be told from forged ones"
            .to_owned(),
    };
    let nothing =
        || OutboxError::Damaged { path: path.to_owned(), detail: "no stream began in it".to_owned() };
    let stream = meta(&db, "stream").map_err(unnamed)?.ok_or_else(nothing)?;
    let stream = StreamId::parse(&stream).map_err(|_| nothing())?;
    let found = meta(&db, "device_id").map_err(unnamed)?.unwrap_or_default();
    if found != device.as_str() {
        return Err(OutboxError::OtherDevice { found, expected: device.to_string() });
    }
    let predecessor = meta(&db, "predecessor").ok().flatten();
    let mut read = Read { file: &file, device, stream, db, events: Vec::new() };
    if let Some(last) = read.last() {
        read.between(1, last);
    }
    let mut events = read.events;
    events.sort_by_key(|event| event.seq);
    let span = events.first().zip(events.last()).map_or(0, |(first, last)| last.seq - first.seq + 1);
    let missing = span.saturating_sub(u64::try_from(events.len()).unwrap_or(u64::MAX));
    let predecessor = predecessor.and_then(|text| serde_json::from_str(&text).ok());
    Ok(Salvaged { device: device.clone(), stream, predecessor, events, missing })
}

struct File<'a> {
    path: &'a Path,
    key: &'a SecretString,
}

impl File<'_> {
    fn open(&self) -> Result<Connection, OutboxError> {
        let act = "opening what was set aside";
        let db = sqlcipher::open_read_only(self.path).map_err(failed(act))?;
        sqlcipher::unlock(&db, self.key).map_err(failed(act))?;
        Ok(db)
    }
}

/// One reading of a file.
struct Read<'a> {
    file: &'a File<'a>,
    device: &'a DeviceId,
    stream: StreamId,
    db: Connection,
    events: Vec<WireEvent>,
}

impl Read<'_> {
    /// The highest place there can be; none when the table is empty.
    fn last(&mut self) -> Option<u64> {
        let last = self.db.query_row("SELECT seq FROM event ORDER BY seq DESC LIMIT 1", [], |row| row.get(0));
        match last.optional() {
            Ok(last) => last.map(from_sql),
            Err(_) => {
                self.anew();
                let pages = std::fs::metadata(self.file.path).map_or(0, |file| file.len() / 4096);
                Some(self.any().unwrap_or(1).saturating_add(pages * ROWS_OF_A_PAGE))
            }
        }
    }

    /// The lowest place there is, when it can be read.
    fn any(&self) -> Option<u64> {
        let first = self.db.query_row("SELECT seq FROM event ORDER BY seq LIMIT 1", [], |row| row.get(0));
        first.ok().map(from_sql)
    }

    /// A connection that has met a worn page believes nothing any more.
    fn anew(&mut self) {
        if let Ok(db) = self.file.open() {
            self.db = db;
        }
    }

    /// Reads the places from `low` to `high`, from below until a worn page, then from above until one, then each
    /// half of what lies between.
    fn between(&mut self, low: u64, high: u64) {
        let mut open = vec![(low, high)];
        while let Some((low, high)) = open.pop() {
            let Err(up_to) = self.walk(low, high, true) else { continue };
            let Err(down_to) = self.walk(up_to, high, false) else { continue };
            if up_to < down_to {
                let middle = up_to + (down_to - up_to) / 2;
                open.push((middle + 1, down_to));
                open.push((up_to, middle));
            }
        }
    }

    /// Takes rows in one direction; the error is the first place that couldn't be reached.
    fn walk(&mut self, low: u64, high: u64, upwards: bool) -> Result<(), u64> {
        let mut stopped = if upwards { low } else { high };
        let order = if upwards { "ASC" } else { "DESC" };
        let sql = format!("{COLUMNS} WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq {order}");
        let mut found = Vec::new();
        let walked = (|| -> rusqlite::Result<()> {
            let mut select = self.db.prepare(&sql)?;
            let mut rows = select.query([to_sql(low), to_sql(high)])?;
            while let Some(row) = rows.next()? {
                let seq = from_sql(row.get(0)?);
                // A row whose part lies on a worn page of its own is lost alone.
                found.extend(self.whole(seq, row));
                stopped = if upwards { seq + 1 } else { seq.saturating_sub(1) };
            }
            Ok(())
        })();
        self.events.extend(found);
        if walked.is_ok() {
            return Ok(());
        }
        self.anew();
        Err(stopped)
    }

    /// The row, when it is what was stored.
    fn whole(&self, seq: u64, row: &SqlRow<'_>) -> Option<WireEvent> {
        let hash = |at| row.get::<_, Vec<u8>>(at).ok().and_then(|bytes| Hash::from_slice(&bytes));
        let (prev_hash, own) = (hash(1)?, hash(2)?);
        let payload: String = row.get(3).ok()?;
        if event_hash(self.device, self.stream, seq, &prev_hash, payload.as_bytes()) != own {
            return None;
        }
        let personal = match (row.get::<_, Option<Vec<u8>>>(4).ok()?, row.get::<_, Option<String>>(5).ok()?) {
            (Some(salt), Some(part)) => {
                let salt = Hash::from_slice(&salt)?;
                let skeleton: EventSkeleton = serde_json::from_str(&payload).ok()?;
                let digest = Hash::from_bytes(personal_digest(salt.as_bytes(), part.as_bytes()));
                if skeleton.personal_digest != Some(digest.to_string()) {
                    return None;
                }
                Some(WirePersonal { salt, part: RawValue::from_string(part).ok()? })
            }
            _ => None,
        };
        let payload = RawValue::from_string(payload).ok()?;
        Some(WireEvent { seq, prev_hash, hash: own, payload, personal })
    }
}
