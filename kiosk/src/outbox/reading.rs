//! What is read from the outbox: the next batch, how it is doing, a list. Nothing here changes it.

use lintel_core::event::{EventKind, EventSkeleton, PersonalPart};
use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;
use lintel_core::wire::{EventBatch, WireEvent, WirePersonal};
use rusqlite::{Row as SqlRow, params};
use serde_json::value::RawValue;

use super::file::{failed, from_sql, to_sql};
use super::{Outbox, OutboxError, OutboxStatus, Pending};

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

impl Outbox {
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
        let first = events.first().map_or(0, |event: &WireEvent| event.seq);
        let last_seq_in_batch = events.last().map_or(0, |event: &WireEvent| event.seq);
        let batch = (!events.is_empty()).then(|| EventBatch {
            v: 1,
            device_id: self.device.clone(),
            stream: self.stream,
            predecessor: (self.acked_through == 0).then(|| self.predecessor.clone()),
            oldest: (self.purged_through > 0 && first == self.purged_through + 1).then_some(first),
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

    /// Who was recorded, by face or badge, since an instant of the door's clock, and when each was seen.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn punches_since(&self, since: UtcMillis) -> Result<Vec<(PersonId, UtcMillis)>, OutboxError> {
        let act = "reading the last punches";
        let mut select = self
            .db
            .prepare("SELECT kind, payload, part, appended_at FROM event ORDER BY seq DESC")
            .map_err(failed(act))?;
        let mut rows = select.query([]).map_err(failed(act))?;
        let mut punches = Vec::new();
        while let Some(row) = rows.next().map_err(failed(act))? {
            // Newest first, so that only what is wanted is read, however much waits.
            if row.get::<_, i64>(3).map_err(failed(act))? < since.as_i64() {
                break;
            }
            let kind: String = row.get(0).map_err(failed(act))?;
            let payload: String = row.get(1).map_err(failed(act))?;
            let part: Option<String> = row.get(2).map_err(failed(act))?;
            let skeleton = serde_json::from_str::<EventSkeleton>(&payload).ok();
            let personal = part.and_then(|part| serde_json::from_str::<PersonalPart>(&part).ok());
            let person = personal.and_then(|personal| personal.person_id);
            if let (true, Some(skeleton), Some(person)) =
                (EventKind::from(kind.as_str()).is_attendance(), skeleton, person)
            {
                punches.push((person, skeleton.captured_at));
            }
        }
        Ok(punches)
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
