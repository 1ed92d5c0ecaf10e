//! How events leave the outbox: an ack with central's signature marks them, a purge lets marked ones go.
//!
//! There is no other way out; `forgetting` only says how a row loses who it was. An ack that is for something else, or that names another hash than the one stored
//! here, changes nothing.

use lintel_core::ack::AckBody;
use lintel_core::time::UtcMillis;
use rusqlite::{OptionalExtension, params};

use super::file::{failed, from_sql, set_meta, to_sql};
use super::{Acked, Outbox, OutboxError, forgetting};
use crate::faults;

impl Outbox {
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
        if ack.through_seq < self.acked_through && ack.at > self.acked_at {
            return self.go_back(ack);
        }
        if ack.through_seq <= self.acked_through {
            return Ok(Acked { newly_acked: 0, taken_back: 0, backlog: self.backlog() });
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
        self.rewrite_if_due();
        Ok(Acked { newly_acked, taken_back: 0, backlog: self.backlog() })
    }

    /// A newer ack covers less than an older one: central was restored from a backup. What it lost and this
    /// door still holds waits again. An older ack that was late on its way has an older time, and one that
    /// has not only costs sending again what central recognises.
    fn go_back(&mut self, ack: &AckBody) -> Result<Acked, OutboxError> {
        let act = "taking an ack back";
        let own: Option<Vec<u8>> = self
            .db
            .query_row("SELECT hash FROM event WHERE seq = ?1", [to_sql(ack.through_seq)], |row| row.get(0))
            .optional()
            .map_err(failed(act))?;
        if let Some(own) = own
            && self.hash(&own)? != ack.head_hash
        {
            let text = format!("event {} has another hash at central", ack.through_seq);
            return Err(OutboxError::AckMismatch(text));
        }
        let to = ack.through_seq.max(self.purged_through);
        let taken_back = self.acked_through.saturating_sub(to);
        let transaction = self.db.transaction().map_err(failed(act))?;
        transaction
            .execute("UPDATE event SET acked_at = NULL WHERE seq > ?1", [to_sql(to)])
            .map_err(failed(act))?;
        set_meta(&transaction, "acked_through", &to.to_string())?;
        set_meta(&transaction, "acked_at", &ack.at.as_i64().to_string())?;
        transaction.commit().map_err(failed(act))?;
        self.read_head()?;
        Ok(Acked { newly_acked: 0, taken_back, backlog: self.backlog() })
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
        forgetting::forget_acked(&transaction, self.acked_through, ack.through_seq)?;
        for rejection in &ack.rejected {
            transaction
                .execute(
                    "INSERT INTO dead_letter (seq, event_id, reason, payload, recorded_at)
                     SELECT seq, event_id, ?2, payload, ?3 FROM event WHERE seq = ?1 AND seq <= ?4
                     ON CONFLICT (seq) DO NOTHING",
                    params![to_sql(rejection.seq), rejection.reason.as_str(), now.as_i64(), to],
                )
                .map_err(failed("keeping a dead letter"))?;
        }
        set_meta(&transaction, "acked_through", &ack.through_seq.to_string())?;
        set_meta(&transaction, "acked_at", &ack.at.as_i64().max(self.acked_at.as_i64()).to_string())?;
        faults::point("mark.before_commit");
        transaction.commit().map_err(failed(act))?;
        faults::point("mark.after_commit");
        Ok(())
    }

    /// Deletes rows that were acked before `before`; the last hash stays, so that the chain goes on.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn purge(&mut self, before: UtcMillis) -> Result<u64, OutboxError> {
        let act = "purging acked events";
        self.rewrite_if_due();
        let last = self
            .db
            .query_row(
                "SELECT seq, hash FROM event WHERE acked_at IS NOT NULL AND acked_at < ?1 ORDER BY seq DESC LIMIT 1",
                [before.as_i64()],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)),
            )
            .optional()
            .map_err(failed(act))?;
        let Some((seq, hash)) = last else { return Ok(0) };
        // Without its hash the chain would begin anew, and nobody would see that something is missing.
        let hash = self.hash(&hash)?;
        let transaction = self.db.transaction().map_err(failed(act))?;
        set_meta(&transaction, "purged_seq", &seq.to_string())?;
        set_meta(&transaction, "purged_hash", &hash.to_string())?;
        let gone = transaction.execute("DELETE FROM event WHERE seq <= ?1", [seq]).map_err(failed(act))?;
        faults::point("purge.before_commit");
        transaction.commit().map_err(failed(act))?;
        faults::point("purge.after_commit");
        self.purged_through = from_sql(seq);
        self.empty_log()?;
        Ok(u64::try_from(gone).unwrap_or(0))
    }
}
