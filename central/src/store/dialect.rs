//! The few statements that the two databases don't read alike.
//!
//! Each has one function here that gives the text; nobody else asks which database it is.

use std::fmt::Write as _;

use super::Tx;

/// `VALUES` of `rows` rows of `columns` placeholders.
///
/// SQLite gets nameless placeholders: it keeps the names of numbered ones in a list that every bind
/// searches from the start, which for a statement of 3,000 parameters takes longer than the insert.
pub(super) fn values(tx: &Tx, rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * (columns * 6 + 3));
    let mut number = 0_usize;
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..columns {
            if column > 0 {
                text.push(',');
            }
            number += 1;
            match tx {
                Tx::Sqlite(_) => text.push('?'),
                // Writing to a String can't fail.
                Tx::Postgres(_) => drop(write!(text, "${number}")),
            }
        }
        text.push(')');
    }
    text
}

/// One placeholder behind the ones of [`values`]; numbered from one.
pub(super) fn placeholder(tx: &Tx, number: usize) -> String {
    match tx {
        Tx::Sqlite(_) => "?".to_owned(),
        Tx::Postgres(_) => format!("${number}"),
    }
}

/// A column of bytes as hexadecimal digits.
pub(super) fn hex(tx: &Tx, column: &str) -> String {
    match tx {
        Tx::Sqlite(_) => format!("hex({column})"),
        Tx::Postgres(_) => format!("encode({column}, 'hex')"),
    }
}

/// Whether a writing transaction is alone in the database anyway.
pub(super) const fn has_one_writer(tx: &Tx) -> bool {
    matches!(tx, Tx::Sqlite(_))
}

/// Takes the oldest due job. PostgreSQL passes over rows that another replica is taking; SQLite has one
/// writer at a time, so nobody else is.
pub(super) fn claim_job(tx: &Tx) -> &'static str {
    match tx {
        Tx::Sqlite(_) => {
            "UPDATE job SET lease = $1, lease_until = $2, attempts = attempts + 1 \
             WHERE (kind, key) IN (SELECT kind, key FROM job WHERE run_after <= $3 \
               AND (lease_until IS NULL OR lease_until <= $3) ORDER BY run_after LIMIT $4) \
             RETURNING kind, key, payload, attempts, generation"
        }
        Tx::Postgres(_) => {
            "UPDATE job SET lease = $1, lease_until = $2, attempts = attempts + 1 \
             WHERE (kind, key) IN (SELECT kind, key FROM job WHERE run_after <= $3 \
               AND (lease_until IS NULL OR lease_until <= $3) ORDER BY run_after LIMIT $4 \
               FOR UPDATE SKIP LOCKED) \
             RETURNING kind, key, payload, attempts, generation"
        }
    }
}

/// Holds every person, then every site, each in one order. On SQLite whoever writes is alone already.
pub(super) fn hold_everything(tx: &Tx) -> &'static [&'static str] {
    match tx {
        Tx::Sqlite(_) => &[],
        Tx::Postgres(_) => &[
            "SELECT person_id FROM person ORDER BY person_id FOR NO KEY UPDATE",
            "SELECT site_id FROM site ORDER BY site_id FOR NO KEY UPDATE",
        ],
    }
}

/// Takes the personal part off rejected events that hold some bytes.
pub(super) fn clear_rejected(tx: &Tx) -> &'static str {
    match tx {
        Tx::Sqlite(_) => "UPDATE rejected_event SET personal = NULL WHERE instr(personal, $1) > 0",
        Tx::Postgres(_) => "UPDATE rejected_event SET personal = NULL WHERE position($1 in personal) > 0",
    }
}
