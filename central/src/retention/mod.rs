//! What goes by itself: faces that nobody was recognised in, and people whose last day has ended.
//!
//! Runs each hour. What it deletes is said in the audit with numbers, never with names; skeletons of events
//! stay, so that the doors' chains still verify.

use lintel_core::ids::PersonId;
use lintel_core::time::{Clock, UtcMillis, day_bounds};

use crate::config::RetentionSettings;
use crate::people;
use crate::store::{Db, StoreError, audit, retention as rows};

/// Rows per transaction, so that doors don't wait long.
const ROWS: i64 = 5_000;
const DAY_MS: i64 = 24 * 3_600_000;
/// Who the audit says it was.
const ACTOR: &str = "retention";

/// What was deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Personal parts of events that identified nobody.
    pub unidentified: u64,
    /// Personal parts of rejected events.
    pub rejected: u64,
    /// People whose templates and badges went.
    pub left: u64,
}

/// Deletes what has had its time.
///
/// # Errors
/// When the database fails; what was deleted until then stays deleted and is in the audit next time.
pub async fn run(db: &Db, settings: &RetentionSettings, clock: &dyn Clock) -> Result<Swept, StoreError> {
    let now = clock.now();
    let before = now.plus_millis(-DAY_MS * i64::from(settings.unidentified_days));
    let mut swept = Swept { left: take_leavers(db, now).await?, ..Swept::default() };
    loop {
        let mut tx = db.write().await?;
        let gone = rows::delete_unidentified(&mut tx, before, ROWS).await?;
        let rejected = rows::delete_rejected(&mut tx, before).await?;
        if gone + rejected > 0 {
            let fields = format!("unidentified={gone},rejected={rejected}");
            audit::create(&mut tx, now, ACTOR, "retention.run", "events", &fields).await?;
        }
        tx.commit().await?;
        swept.unidentified += gone;
        swept.rejected += rejected;
        if gone < ROWS.unsigned_abs() {
            return Ok(swept);
        }
    }
}

/// Removes everybody whose last day has ended where they work.
async fn take_leavers(db: &Db, now: UtcMillis) -> Result<u64, StoreError> {
    // East of Greenwich the day has ended already when UTC still writes it: tomorrow's date covers all zones.
    let latest = now.plus_millis(DAY_MS).date_in(&jiff::tz::TimeZone::UTC);
    let mut left = 0;
    for leaver in rows::list_leavers(&mut db.read().await?, latest).await? {
        let Ok(zone) = lintel_core::time::zone(&leaver.zone) else {
            log::error!("person.id" = leaver.person_id.to_string().as_str(); "the site's zone is unknown");
            continue;
        };
        if day_bounds(leaver.last_day, &zone).1 <= now {
            remove(db, leaver.person_id, now).await?;
            left += 1;
        }
    }
    Ok(left)
}

async fn remove(db: &Db, person: PersonId, now: UtcMillis) -> Result<(), StoreError> {
    let mut tx = db.write().await?;
    people::take_leave(&mut tx, person, now).await?;
    let fields = people::LEAVE_FIELDS;
    audit::create(&mut tx, now, ACTOR, "person.remove", &person.to_string(), fields).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(())
}
