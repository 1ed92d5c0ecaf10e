//! The database of the outbox. One connection, owned by one thread; every change is one transaction.

use std::path::{Path, PathBuf};

use lintel_core::chain::Hash;
use lintel_core::event::EventKind;
use lintel_core::ids::{DeviceId, StreamId};
use lintel_core::time::UtcMillis;
use lintel_core::wire::Predecessor;
use lintel_runtime::secrets::SecretString;
use rusqlite::{Connection, OptionalExtension, params};

use super::draft::{EventDraft, ROW_OVERHEAD_BYTES, Row};
use super::file::{self, failed, from_sql, meta, to_sql};
use super::{AppendError, Appended, Limits, OutboxError};
use crate::faults;

/// The outbox of one device. Not shared between threads: see [`super::OutboxHandle`].
pub struct Outbox {
    pub(super) db: Connection,
    pub(super) path: PathBuf,
    pub(super) device: DeviceId,
    pub(super) stream: StreamId,
    pub(super) predecessor: Predecessor,
    pub(super) limits: Limits,
    pub(super) head: (u64, Hash),
    pub(super) acked_through: u64,
    pub(super) purged_through: u64,
    /// When central signed the newest ack, by its clock.
    pub(super) acked_at: UtcMillis,
    pub(super) backlog_bytes: u64,
    pub(super) refused: u64,
    pub(super) rate_limited: u64,
    // The minute that `others` counts, and how many came in it.
    pub(super) others: (i64, u32),
}

impl Outbox {
    /// Opens the outbox, making it when the file is not there. A damaged file is set aside, never deleted,
    /// and a new stream begins that says so; `set_aside` then names where it went.
    ///
    /// # Errors
    /// With a wrong key, another device's file, or a schema of a newer program.
    pub fn open(
        path: &Path,
        key: &SecretString,
        key_hint: &Path,
        device: &DeviceId,
        limits: Limits,
        now: UtcMillis,
    ) -> Result<(Self, Option<PathBuf>), OutboxError> {
        if let Some(aside) = file::set_aside_orphans(path, now)? {
            return Ok((Self::open_file(path, key, key_hint, device, limits, now)?, Some(aside)));
        }
        match Self::open_file(path, key, key_hint, device, limits, now) {
            Err(OutboxError::Damaged { .. }) => {
                let aside = file::set_aside(path, now)?;
                Ok((Self::open_file(path, key, key_hint, device, limits, now)?, Some(aside)))
            }
            other => other.map(|outbox| (outbox, None)),
        }
    }

    fn open_file(
        path: &Path,
        key: &SecretString,
        key_hint: &Path,
        device: &DeviceId,
        limits: Limits,
        now: UtcMillis,
    ) -> Result<Self, OutboxError> {
        let mut db = file::connect(path, key, key_hint)?;
        file::migrate(&db)?;
        if meta(&db, "stream")?.is_none() {
            file::begin_stream(&mut db, device, now, &file::predecessor_of(path)?)?;
        }
        let outbox = Self::over(db, path, limits)?;
        match outbox {
            Some(outbox) if outbox.device == *device => Ok(outbox),
            other => Err(OutboxError::OtherDevice {
                found: other.map(|outbox| outbox.device.to_string()).unwrap_or_default(),
                expected: device.to_string(),
            }),
        }
    }

    /// Opens an outbox for looking: nothing of it changes, whether or not a door runs on it. None when
    /// there is none yet.
    ///
    /// # Errors
    /// With a wrong key, a damaged file, or a schema of a newer program.
    pub fn open_read_only(
        path: &Path,
        key: &SecretString,
        key_hint: &Path,
        limits: Limits,
    ) -> Result<Option<Self>, OutboxError> {
        match file::connect_read_only(path, key, key_hint)? {
            Some(db) => Self::over(db, path, limits),
            None => Ok(None),
        }
    }

    /// None when no stream has begun.
    fn over(db: Connection, path: &Path, limits: Limits) -> Result<Option<Self>, OutboxError> {
        let Some(stream) = meta(&db, "stream")? else { return Ok(None) };
        let damaged = |detail: String| OutboxError::Damaged { path: path.to_owned(), detail };
        let device = meta(&db, "device_id")?.unwrap_or_default();
        let mut outbox = Self {
            stream: StreamId::parse(&stream).map_err(|error| damaged(error.to_string()))?,
            device: DeviceId::parse(&device).map_err(|error| damaged(error.to_string()))?,
            predecessor: meta(&db, "predecessor")?
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or(Predecessor::None),
            db,
            path: path.to_owned(),
            limits,
            head: (0, Hash::GENESIS),
            acked_through: 0,
            purged_through: 0,
            acked_at: UtcMillis::default(),
            backlog_bytes: 0,
            refused: 0,
            rate_limited: 0,
            others: (0, 0),
        };
        outbox.read_head()?;
        Ok(Some(outbox))
    }

    /// Whose it is.
    #[must_use]
    pub const fn device(&self) -> &DeviceId {
        &self.device
    }

    pub(super) fn read_head(&mut self) -> Result<(), OutboxError> {
        let number = |key| -> Result<u64, OutboxError> {
            Ok(meta(&self.db, key)?.and_then(|text| text.parse().ok()).unwrap_or(0))
        };
        self.acked_through = number("acked_through")?;
        self.purged_through = number("purged_seq")?;
        let at = meta(&self.db, "acked_at")?.and_then(|text| text.parse().ok());
        self.acked_at = at.map_or(UtcMillis::default(), UtcMillis::from_i64);
        let last = self
            .db
            .query_row("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1", [], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()
            .map_err(failed("reading the head of the outbox"))?;
        self.head = match last {
            Some((seq, hash)) => (from_sql(seq), self.hash(&hash)?),
            // Everything was purged: the last place and hash stay behind in meta.
            None => {
                let hash = meta(&self.db, "purged_hash")?;
                let hash = match (self.purged_through, hash) {
                    (0, None) => Some(Hash::GENESIS),
                    (_, hash) => hash.and_then(|text| Hash::parse_hex(&text)),
                };
                let damaged = || OutboxError::Damaged {
                    path: self.path.clone(),
                    detail: "the hash of what was purged can't be read".to_owned(),
                };
                (self.purged_through, hash.ok_or_else(damaged)?)
            }
        };
        let bytes: i64 = self
            .db
            .query_row(
                "SELECT CAST(COALESCE(SUM(LENGTH(CAST(payload AS BLOB)) + COALESCE(LENGTH(CAST(part AS BLOB)), 0) + ?2), 0) AS INTEGER)
                 FROM event WHERE seq > ?1",
                params![to_sql(self.acked_through), to_sql(ROW_OVERHEAD_BYTES)],
                |row| row.get(0),
            )
            .map_err(failed("measuring the outbox"))?;
        self.backlog_bytes = from_sql(bytes);
        Ok(())
    }

    pub(super) fn hash(&self, bytes: &[u8]) -> Result<Hash, OutboxError> {
        Hash::from_slice(bytes).ok_or_else(|| OutboxError::Damaged {
            path: self.path.clone(),
            detail: "a hash has not 32 bytes".to_owned(),
        })
    }

    /// Keeps one event. When this returns, it is on the disk.
    ///
    /// # Errors
    /// [`AppendError`] says why it was not kept.
    pub fn append(&mut self, draft: &EventDraft, now: UtcMillis) -> Result<Appended, AppendError> {
        let mut kept = self.append_all(std::slice::from_ref(draft), now);
        kept.pop().unwrap_or(Err(AppendError::Outbox(OutboxError::Closed)))
    }

    /// Keeps several events with one write to the disk; each has its own answer.
    pub fn append_all(
        &mut self,
        drafts: &[EventDraft],
        now: UtcMillis,
    ) -> Vec<Result<Appended, AppendError>> {
        let (head, bytes, others) = (self.head, self.backlog_bytes, self.others);
        let (refused, rate_limited) = (self.refused, self.rate_limited);
        match self.try_append_all(drafts, now) {
            Ok(answers) => answers,
            Err(error) => {
                // Nothing of this write is on the disk: go on from where the disk is.
                (self.head, self.backlog_bytes, self.others) = (head, bytes, others);
                (self.refused, self.rate_limited) = (refused, rate_limited);
                let full = file::is_disk_full(&error);
                let text = lintel_runtime::exit::chain(&anyhow::Error::from(error));
                drafts
                    .iter()
                    .map(|_| {
                        self.refused += 1;
                        Err(if full {
                            AppendError::DiskFull
                        } else {
                            AppendError::Outbox(OutboxError::Event(text.clone()))
                        })
                    })
                    .collect()
            }
        }
    }

    fn try_append_all(
        &mut self,
        drafts: &[EventDraft],
        now: UtcMillis,
    ) -> Result<Vec<Result<Appended, AppendError>>, OutboxError> {
        self.db.execute_batch("BEGIN IMMEDIATE").map_err(failed("beginning to store an event"))?;
        let mut answers = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let placed = self.admit(&draft.kind, now).and_then(|()| {
                let row = draft.place(&self.device, self.stream, self.head.0 + 1, self.head.1)?;
                self.room_for(&row)?;
                Ok(row)
            });
            match placed {
                Ok(row) => match self.insert(&row, now) {
                    Ok(()) => {
                        self.head = (row.seq, row.hash);
                        self.backlog_bytes += row.size();
                        answers.push(Ok(Appended { seq: row.seq, event_id: row.event_id }));
                    }
                    Err(error) => {
                        self.roll_back();
                        return Err(error);
                    }
                },
                Err(error) => {
                    if matches!(error, AppendError::Full { .. }) {
                        self.refused += 1;
                    }
                    answers.push(Err(error));
                }
            }
        }
        faults::point("append.before_commit");
        if let Err(source) = self.db.execute_batch("COMMIT") {
            self.roll_back();
            return Err(OutboxError::Database { act: "committing an event", source });
        }
        faults::point("append.after_commit");
        Ok(answers)
    }

    fn roll_back(&self) {
        // SQLite has done it already after some errors, a full disk among them.
        if self.db.is_autocommit() {
            return;
        }
        if let Err(error) = self.db.execute_batch("ROLLBACK") {
            log::warn!("error.text" = error.to_string().as_str(); "rolling back the outbox failed");
        }
    }

    /// Events other than attendance are rate-limited before they take any room.
    fn admit(&mut self, kind: &EventKind, now: UtcMillis) -> Result<(), AppendError> {
        if kind.is_attendance() {
            return Ok(());
        }
        let minute = now.as_i64().div_euclid(60_000);
        if self.others.0 != minute {
            self.others = (minute, 0);
        }
        if self.others.1 >= self.limits.other_per_minute {
            self.rate_limited += 1;
            return Err(AppendError::RateLimited { per_minute: self.limits.other_per_minute });
        }
        self.others.1 += 1;
        Ok(())
    }

    fn room_for(&self, row: &Row) -> Result<(), AppendError> {
        let limit = if row.kind.is_attendance() { self.limits.max_bytes } else { self.limits.for_others() };
        if self.backlog_bytes.saturating_add(row.size()) > limit {
            return Err(AppendError::Full { used: self.backlog_bytes, limit });
        }
        Ok(())
    }

    fn insert(&self, row: &Row, now: UtcMillis) -> Result<(), OutboxError> {
        let (salt, part) = match &row.personal {
            Some((salt, part)) => (Some(salt.as_bytes().as_slice()), Some(part.as_str())),
            None => (None, None),
        };
        self.db
            .prepare_cached(
                "INSERT INTO event (seq, event_id, kind, prev_hash, hash, payload, salt, part, appended_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )
            .and_then(|mut insert| {
                insert.execute(params![
                    to_sql(row.seq),
                    row.event_id.to_string(),
                    row.kind.as_str(),
                    row.prev.as_bytes().as_slice(),
                    row.hash.as_bytes().as_slice(),
                    row.payload,
                    salt,
                    part,
                    now.as_i64(),
                ])
            })
            .map(|_| ())
            .map_err(failed("storing an event"))
    }

    pub(super) fn backlog(&self) -> u64 {
        self.head.0.saturating_sub(self.acked_through)
    }
}
