//! How a person leaves the outbox before the rows do: whom the gallery no longer holds, the outbox forgets.
//!
//! A row that central has signed for loses its salt and part at once, any other as soon as central has signed.
//! Skeleton and hash stay, so the chain goes on: it was made over the digest only. Nothing that central hasn't
//! got is ever forgotten here.

use std::collections::BTreeSet;

use lintel_core::ids::PersonId;
use rusqlite::{Connection, Transaction, params};

use super::file::{failed, meta, set_meta, to_sql};
use super::{Outbox, OutboxError};

/// With more than this waiting, the file is rewritten later: recording must not wait for it.
const REWRITE_BELOW_BYTES: u64 = 32 << 20;

/// Who is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gone {
    /// These.
    People(Vec<PersonId>),
    /// Everybody but these.
    AllBut(Vec<PersonId>),
}

impl Outbox {
    /// Forgets who it was in the rows of these people that central has, and notes it for the others. Gives how
    /// many rows were changed at once.
    ///
    /// # Errors
    /// When the database refuses; nothing has changed then.
    pub fn forget(&mut self, gone: &Gone) -> Result<u64, OutboxError> {
        let act = "forgetting a person in the outbox";
        let people = match gone {
            Gone::People(people) => people.iter().map(ToString::to_string).collect(),
            Gone::AllBut(stay) => {
                let stay: BTreeSet<String> = stay.iter().map(ToString::to_string).collect();
                named(&self.db)?.difference(&stay).cloned().collect::<Vec<_>>()
            }
        };
        if people.is_empty() {
            return Ok(0);
        }
        let transaction = self.db.transaction().map_err(failed(act))?;
        let mut changed = 0;
        for person in people {
            // Ids are unique for ever, so wherever one stands in a part, it is this person.
            changed += transaction
                .prepare_cached(
                    "UPDATE event SET salt = NULL, part = NULL, forget = 0
                     WHERE acked_at IS NOT NULL AND instr(part, ?1) > 0",
                )
                .and_then(|mut update| update.execute([&person]))
                .map_err(failed(act))?;
            transaction
                .prepare_cached("UPDATE event SET forget = 1 WHERE acked_at IS NULL AND instr(part, ?1) > 0")
                .and_then(|mut update| update.execute([&person]))
                .map_err(failed(act))?;
        }
        rewrite_is_due(&transaction, changed)?;
        transaction.commit().map_err(failed(act))?;
        self.rewrite_if_due();
        Ok(u64::try_from(changed).unwrap_or(0))
    }

    /// Leaves nothing of what was forgotten in the gaps of pages whose rows were moved, nor in the log. What
    /// can't be done now is done with the next purge: what is acked and recorded doesn't depend on it.
    pub(super) fn rewrite_if_due(&self) {
        if self.backlog_bytes > REWRITE_BELOW_BYTES {
            return;
        }
        let rewritten = (|| {
            if meta(&self.db, "rewrite")?.as_deref() != Some("due") {
                return Ok(());
            }
            self.db.execute_batch("VACUUM").map_err(failed("rewriting the outbox"))?;
            set_meta(&self.db, "rewrite", "done")?;
            self.empty_log()
        })();
        if let Err(error) = rewritten {
            let error = lintel_runtime::exit::chain(&anyhow::Error::from(error));
            log::warn!("error" = error.as_str(); "the outbox is not rewritten yet; it is tried again");
        }
    }

    /// Carries the log into the file and empties it: old pages stay readable in it otherwise.
    pub(super) fn empty_log(&self) -> Result<(), OutboxError> {
        let emptied = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        emptied.map_err(failed("writing the outbox back"))
    }
}

/// The part of an ack that forgets: rows that are acked with it and whose person is gone.
pub(super) fn forget_acked(transaction: &Transaction<'_>, from: u64, to: u64) -> Result<(), OutboxError> {
    let act = "forgetting acked events";
    let forgotten = transaction
        .execute(
            "UPDATE event SET salt = NULL, part = NULL, forget = 0 WHERE seq > ?1 AND seq <= ?2 AND forget = 1",
            params![to_sql(from), to_sql(to)],
        )
        .map_err(failed(act))?;
    rewrite_is_due(transaction, forgotten)
}

fn rewrite_is_due(transaction: &Transaction<'_>, changed: usize) -> Result<(), OutboxError> {
    if changed > 0 { set_meta(transaction, "rewrite", "due") } else { Ok(()) }
}

/// Everybody who is named in a row.
fn named(db: &Connection) -> Result<BTreeSet<String>, OutboxError> {
    let act = "reading who is in the outbox";
    let mut select = db
        .prepare(
            "SELECT DISTINCT json_extract(part, '$.person_id') FROM event
             WHERE part IS NOT NULL AND json_extract(part, '$.person_id') IS NOT NULL",
        )
        .map_err(failed(act))?;
    let people = select.query_map([], |row| row.get(0)).map_err(failed(act))?;
    people.collect::<Result<_, _>>().map_err(failed(act))
}
