//! The database of the outbox. One connection, owned by one thread; every change is one transaction.

use std::path::{Path, PathBuf};

use lintel_core::ack::AckBody;
use lintel_core::chain::Hash;
use lintel_core::event::EventKind;
use lintel_core::ids::{DeviceId, StreamId};
use lintel_core::time::UtcMillis;
use lintel_core::wire::{EventBatch, Predecessor, WireEvent, WirePersonal};
use lintel_runtime::clock::random_bytes;
use lintel_runtime::secrets::SecretString;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row as SqlRow, params};
use serde_json::value::RawValue;

use super::draft::{EventDraft, ROW_OVERHEAD_BYTES, Row};
use super::{Acked, AppendError, Appended, Limits, OutboxError, OutboxStatus, Pending};

/// The schema, one step a version.
const STEPS: [&str; 1] = [include_str!("../../../migrations/kiosk/0001_outbox.sql")];

/// The outbox of one device. Not shared between threads: see [`super::OutboxHandle`].
pub struct Outbox {
    db: Connection,
    path: PathBuf,
    device: DeviceId,
    stream: StreamId,
    predecessor: Predecessor,
    limits: Limits,
    head: (u64, Hash),
    acked_through: u64,
    backlog_bytes: u64,
    refused: u64,
    rate_limited: u64,
    // The minute that `others` counts, and how many came in it.
    others: (i64, u32),
}

/// One event as `outbox list` shows it. Who it was stays in the database.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Listed {
    /// Its place.
    pub seq: u64,
    /// Its id.
    pub event_id: String,
    /// What happened.
    pub kind: String,
    /// When it was stored.
    pub appended_at: UtcMillis,
    /// Whether central has signed for it.
    pub acked: bool,
    /// Why central refused it, when it did.
    pub rejected: Option<String>,
}

fn failed(act: &'static str) -> impl FnOnce(rusqlite::Error) -> OutboxError {
    move |source| OutboxError::Database { act, source }
}

/// SQLite has signed 64-bit numbers only; a sequence never comes near the end of them.
fn to_sql(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn from_sql(seq: i64) -> u64 {
    u64::try_from(seq).unwrap_or(0)
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
        match Self::open_file(path, key, key_hint, device, limits, now, Predecessor::None) {
            Err(OutboxError::Damaged { .. }) => {
                let aside = set_aside(path, now)?;
                let lost = Predecessor::Lost;
                let fresh = Self::open_file(path, key, key_hint, device, limits, now, lost)?;
                Ok((fresh, Some(aside)))
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
        predecessor: Predecessor,
    ) -> Result<Self, OutboxError> {
        let db = connect(path, key, key_hint)?;
        migrate(&db)?;
        let made = meta(&db, "stream")?;
        let stream = match made {
            Some(text) => StreamId::parse(&text)
                .map_err(|error| OutboxError::Damaged { path: path.to_owned(), detail: error.to_string() })?,
            None => begin_stream(&db, device, now, &predecessor)?,
        };
        let owner = meta(&db, "device_id")?.unwrap_or_default();
        if owner != device.as_str() {
            return Err(OutboxError::OtherDevice { found: owner, expected: device.to_string() });
        }
        let predecessor = meta(&db, "predecessor")?
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or(Predecessor::None);
        let mut outbox = Self {
            db,
            path: path.to_owned(),
            device: device.clone(),
            stream,
            predecessor,
            limits,
            head: (0, Hash::GENESIS),
            acked_through: 0,
            backlog_bytes: 0,
            refused: 0,
            rate_limited: 0,
            others: (0, 0),
        };
        outbox.read_head()?;
        Ok(outbox)
    }

    fn read_head(&mut self) -> Result<(), OutboxError> {
        let number = |key| -> Result<u64, OutboxError> {
            Ok(meta(&self.db, key)?.and_then(|text| text.parse().ok()).unwrap_or(0))
        };
        self.acked_through = number("acked_through")?;
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
                let hash = hash.and_then(|text| Hash::parse_hex(&text)).unwrap_or(Hash::GENESIS);
                (number("purged_seq")?, hash)
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

    fn hash(&self, bytes: &[u8]) -> Result<Hash, OutboxError> {
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
        let (head, bytes) = (self.head, self.backlog_bytes);
        match self.try_append_all(drafts, now) {
            Ok(answers) => answers,
            Err(error) => {
                // Nothing of this write is on the disk: go on from where the disk is.
                (self.head, self.backlog_bytes) = (head, bytes);
                let full = is_disk_full(&error);
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
        if let Err(source) = self.db.execute_batch("COMMIT") {
            self.roll_back();
            return Err(OutboxError::Database { act: "committing an event", source });
        }
        Ok(answers)
    }

    fn roll_back(&self) {
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

    /// The oldest events behind `after_seq` that central has not signed for, cut by count and bytes.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn pending(
        &self,
        after_seq: u64,
        max_events: usize,
        max_bytes: usize,
    ) -> Result<Pending, OutboxError> {
        let act = "reading the outbox";
        let after = after_seq.max(self.acked_through);
        let mut select = self
            .db
            .prepare_cached(
                "SELECT seq, prev_hash, hash, payload, salt, part FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            )
            .map_err(failed(act))?;
        let limit = i64::try_from(max_events).unwrap_or(i64::MAX);
        let mut rows = select.query(params![to_sql(after), limit]).map_err(failed(act))?;
        let (mut events, mut bytes) = (Vec::new(), 0_usize);
        while let Some(row) = rows.next().map_err(failed(act))? {
            let (event, size) = self.wire_event(row)?;
            bytes = bytes.saturating_add(size);
            // One event always goes, whatever its size: it is under the wire's limit since it was stored.
            if !events.is_empty() && bytes > max_bytes {
                break;
            }
            events.push(event);
        }
        let last_seq_in_batch = events.last().map_or(0, |event: &WireEvent| event.seq);
        let batch = (!events.is_empty()).then(|| EventBatch {
            v: 1,
            device_id: self.device.clone(),
            stream: self.stream,
            predecessor: (self.acked_through == 0).then(|| self.predecessor.clone()),
            events,
        });
        Ok(Pending { batch, last_seq_in_batch, backlog: self.backlog() })
    }

    fn wire_event(&self, row: &SqlRow<'_>) -> Result<(WireEvent, usize), OutboxError> {
        let act = "reading an event";
        let seq: i64 = row.get(0).map_err(failed(act))?;
        let prev: Vec<u8> = row.get(1).map_err(failed(act))?;
        let hash: Vec<u8> = row.get(2).map_err(failed(act))?;
        let payload: String = row.get(3).map_err(failed(act))?;
        let salt: Option<Vec<u8>> = row.get(4).map_err(failed(act))?;
        let part: Option<String> = row.get(5).map_err(failed(act))?;
        let raw = |text: String| {
            RawValue::from_string(text).map_err(|error| OutboxError::Damaged {
                path: self.path.clone(),
                detail: format!("event {seq}: {error}"),
            })
        };
        // The frame around payload and part on the wire: field names, three hashes, the number.
        let size = payload.len() + part.as_ref().map_or(0, String::len) + 360;
        let personal = match (salt, part) {
            (Some(salt), Some(part)) => Some(WirePersonal { salt: self.hash(&salt)?, part: raw(part)? }),
            _ => None,
        };
        let event = WireEvent {
            seq: from_sql(seq),
            prev_hash: self.hash(&prev)?,
            hash: self.hash(&hash)?,
            payload: raw(payload)?,
            personal,
        };
        Ok((event, size))
    }

    /// Marks what an ack covers. The caller has checked its signature; device, stream and head hash are
    /// checked here.
    ///
    /// # Errors
    /// [`OutboxError::AckMismatch`] when it is for something else, or names a hash that is not ours.
    pub fn apply_ack(&mut self, ack: &AckBody, now: UtcMillis) -> Result<Acked, OutboxError> {
        let wrong = |text: String| Err(OutboxError::AckMismatch(text));
        if ack.device_id != self.device || ack.stream != self.stream {
            return wrong(format!("it is for stream {} of {}", ack.stream, ack.device_id));
        }
        if ack.through_seq > self.head.0 {
            return wrong(format!("it covers {} but the last event is {}", ack.through_seq, self.head.0));
        }
        if ack.through_seq <= self.acked_through {
            return Ok(Acked { newly_acked: 0, backlog: self.backlog() });
        }
        let own: Vec<u8> = self
            .db
            .query_row("SELECT hash FROM event WHERE seq = ?1", [to_sql(ack.through_seq)], |row| row.get(0))
            .map_err(failed("finding the event that an ack names"))?;
        if self.hash(&own)? != ack.head_hash {
            return wrong(format!("event {} has another hash at central", ack.through_seq));
        }
        self.mark(ack, now)?;
        let newly_acked = ack.through_seq - self.acked_through;
        self.read_head()?;
        Ok(Acked { newly_acked, backlog: self.backlog() })
    }

    fn mark(&mut self, ack: &AckBody, now: UtcMillis) -> Result<(), OutboxError> {
        let act = "marking acked events";
        let (from, to) = (to_sql(self.acked_through), to_sql(ack.through_seq));
        let transaction = self.db.transaction().map_err(failed(act))?;
        transaction
            .execute(
                "UPDATE event SET acked_at = ?3 WHERE seq > ?1 AND seq <= ?2",
                params![from, to, now.as_i64()],
            )
            .map_err(failed(act))?;
        for rejection in &ack.rejected {
            transaction
                .execute(
                    "INSERT INTO dead_letter (seq, event_id, reason, payload, recorded_at)
                     SELECT seq, event_id, ?2, payload, ?3 FROM event WHERE seq = ?1
                     ON CONFLICT (seq) DO NOTHING",
                    params![to_sql(rejection.seq), rejection.reason.as_str(), now.as_i64()],
                )
                .map_err(failed("keeping a dead letter"))?;
        }
        set_meta(&transaction, "acked_through", &ack.through_seq.to_string())?;
        transaction.commit().map_err(failed(act))
    }

    /// Deletes rows that were acked before `before`; the last hash stays, so that the chain goes on.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn purge(&mut self, before: UtcMillis) -> Result<u64, OutboxError> {
        let act = "purging acked events";
        let transaction = self.db.transaction().map_err(failed(act))?;
        let last = transaction
            .query_row(
                "SELECT seq, hash FROM event WHERE acked_at IS NOT NULL AND acked_at < ?1 ORDER BY seq DESC LIMIT 1",
                [before.as_i64()],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)),
            )
            .optional()
            .map_err(failed(act))?;
        let Some((seq, hash)) = last else { return Ok(0) };
        let hash = Hash::from_slice(&hash).unwrap_or(Hash::GENESIS);
        set_meta(&transaction, "purged_seq", &seq.to_string())?;
        set_meta(&transaction, "purged_hash", &hash.to_string())?;
        let gone = transaction.execute("DELETE FROM event WHERE seq <= ?1", [seq]).map_err(failed(act))?;
        transaction.commit().map_err(failed(act))?;
        Ok(u64::try_from(gone).unwrap_or(0))
    }

    fn backlog(&self) -> u64 {
        self.head.0.saturating_sub(self.acked_through)
    }

    /// How it is doing.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn status(&self) -> Result<OutboxStatus, OutboxError> {
        let dead: i64 = self
            .db
            .query_row("SELECT COUNT(*) FROM dead_letter", [], |row| row.get(0))
            .map_err(failed("counting dead letters"))?;
        Ok(OutboxStatus {
            stream: self.stream,
            last_seq: self.head.0,
            acked_through: self.acked_through,
            backlog: self.backlog(),
            backlog_bytes: self.backlog_bytes,
            max_bytes: self.limits.max_bytes,
            dead_letters: from_sql(dead),
            refused: self.refused,
            rate_limited: self.rate_limited,
        })
    }

    /// The newest events, newest first.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn list(&self, most: u32) -> Result<Vec<Listed>, OutboxError> {
        let act = "listing the outbox";
        let mut select = self
            .db
            .prepare(
                "SELECT event.seq, event.event_id, kind, appended_at, acked_at IS NOT NULL, reason
                 FROM event LEFT JOIN dead_letter ON dead_letter.seq = event.seq
                 ORDER BY event.seq DESC LIMIT ?1",
            )
            .map_err(failed(act))?;
        let rows = select
            .query_map([most], |row| {
                Ok(Listed {
                    seq: from_sql(row.get(0)?),
                    event_id: row.get(1)?,
                    kind: row.get(2)?,
                    appended_at: UtcMillis::from_i64(row.get(3)?),
                    acked: row.get(4)?,
                    rejected: row.get(5)?,
                })
            })
            .map_err(failed(act))?;
        rows.collect::<Result<_, _>>().map_err(failed(act))
    }
}

fn connect(path: &Path, key: &SecretString, key_hint: &Path) -> Result<Connection, OutboxError> {
    let damaged = |detail: String| OutboxError::Damaged { path: path.to_owned(), detail };
    let db = Connection::open(path).map_err(failed("opening the outbox"))?;
    // A raw key of 64 hexadecimal digits: random already, so SQLCipher derives nothing from it.
    db.pragma_update(None, "key", format!("x'{}'", key.expose())).map_err(failed("giving the key"))?;
    let setup = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;";
    if let Err(error) = db.execute_batch(setup) {
        return Err(match error.sqlite_error_code() {
            // SQLCipher can't tell a wrong key from a damaged first page.
            Some(ErrorCode::NotADatabase) => {
                OutboxError::WrongKey { path: path.to_owned(), key_hint: key_hint.to_owned() }
            }
            Some(ErrorCode::DatabaseCorrupt) => damaged(error.to_string()),
            _ => OutboxError::Database { act: "opening the outbox", source: error },
        });
    }
    let checked: Result<String, _> = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    match checked {
        Ok(text) if text == "ok" => Ok(db),
        Ok(text) => Err(damaged(text)),
        Err(error) => Err(damaged(error.to_string())),
    }
}

fn migrate(db: &Connection) -> Result<(), OutboxError> {
    let act = "bringing the outbox up to date";
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let found: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed(act))?;
    if found > known {
        return Err(OutboxError::Newer { found, known });
    }
    for (version, step) in (1_i64..).zip(STEPS).filter(|(version, _)| *version > found) {
        // Step and version in one transaction: a power cut leaves the one or the other.
        db.execute_batch(&format!("BEGIN IMMEDIATE; {step}; PRAGMA user_version = {version}; COMMIT;"))
            .map_err(failed(act))?;
    }
    Ok(())
}

fn begin_stream(
    db: &Connection,
    device: &DeviceId,
    now: UtcMillis,
    predecessor: &Predecessor,
) -> Result<StreamId, OutboxError> {
    let stream = StreamId::new(now, &random_bytes()?);
    let predecessor =
        serde_json::to_string(predecessor).map_err(|error| OutboxError::Event(error.to_string()))?;
    set_meta(db, "device_id", device.as_str())?;
    set_meta(db, "predecessor", &predecessor)?;
    set_meta(db, "stream", &stream.to_string())?;
    Ok(stream)
}

fn meta(db: &Connection, key: &str) -> Result<Option<String>, OutboxError> {
    db.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
        .optional()
        .map_err(failed("reading the outbox's own data"))
}

fn set_meta(db: &Connection, key: &str, value: &str) -> Result<(), OutboxError> {
    db.execute(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        params![key, value],
    )
    .map(|_| ())
    .map_err(failed("writing the outbox's own data"))
}

fn is_disk_full(error: &OutboxError) -> bool {
    matches!(error, OutboxError::Database { source, .. } if source.sqlite_error_code() == Some(ErrorCode::DiskFull))
}

/// Renames a damaged database with its log; its bytes may still be worth something to somebody.
fn set_aside(path: &Path, now: UtcMillis) -> Result<PathBuf, OutboxError> {
    let name = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let aside = format!(".damaged-{}", now.as_i64());
    for suffix in ["", "-wal", "-shm"] {
        let from = name(suffix);
        if from.exists() {
            std::fs::rename(&from, name(&format!("{aside}{suffix}"))).map_err(|error| {
                OutboxError::Damaged {
                    path: path.to_owned(),
                    detail: format!("and it can't be set aside: {error}"),
                }
            })?;
        }
    }
    Ok(name(&aside))
}
