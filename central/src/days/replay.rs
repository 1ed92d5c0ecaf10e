//! Computing a time again on somebody's order: first what would change, then the change, and back.
//!
//! Days follow from what is recorded and planned by themselves. An order is for what changes them otherwise:
//! another version of the rules or of the time zone database, or a policy that somebody wants to try. Locked
//! months are left alone: what a new version makes of them is nobody's pay.

use std::collections::BTreeMap;

use jiff::civil::Date;
use lintel_core::ids::{PersonId, RecomputeId, SiteId};
use lintel_core::time::{Clock, UtcMillis};

use super::Wanted;
use super::run::{computed, windows};
use super::settle::{Changed, compare, write};
use crate::attendance::calendar::VersionedPolicy;
use crate::attendance::{DayRecord, Length, Month};
use crate::auth::Permit;
use crate::auth::permit::ManageRosters;
use crate::store::recomputes::{self, ChangeRow, RecomputeRow};
use crate::store::{Db, StoreError, Tx, audit, days, rosters};

/// The longest time of one order, in days.
pub const MOST_DAYS: i32 = 366;
/// People that are read at once.
const CHUNK: i64 = 250;

/// Why nothing is computed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The end lies before the start.
    #[error("the time ends on {to}, before it begins on {from}")]
    EndBeforeStart {
        /// First date.
        from: Date,
        /// Last date.
        to: Date,
    },
    /// Longer than a year.
    #[error("{days} days are too many for one order: at most {MOST_DAYS}; order a year at a time")]
    TooLong {
        /// How many.
        days: i32,
    },
    /// No such computation.
    #[error("there is no computation {0}: `recompute list` shows the newest")]
    Unknown(RecomputeId),
    /// It was undone before.
    #[error("computation {0} was undone already")]
    Undone(RecomputeId),
    /// No randomness for an id.
    #[error(transparent)]
    Random(#[from] lintel_runtime::clock::ClockError),
    /// The database failed; nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is ordered.
#[derive(Debug, Clone)]
pub struct Order {
    /// First date.
    pub from: Date,
    /// Last date.
    pub to: Date,
    /// Under this policy instead of those that are valid; to look at only.
    pub policy: Option<VersionedPolicy>,
    /// The setting for sites without a policy.
    pub min_gap: Length,
}

impl Order {
    fn check(&self) -> Result<(), ReplayError> {
        let (from, to) = (self.from, self.to);
        if to < from {
            return Err(ReplayError::EndBeforeStart { from, to });
        }
        let days = (to - from).get_days().saturating_add(1);
        if days > MOST_DAYS { Err(ReplayError::TooLong { days }) } else { Ok(()) }
    }
}

/// What a day would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Whose.
    pub person: PersonId,
    /// Which date.
    pub date: Date,
    /// What is stored; none where nothing is.
    pub before: Option<DayRecord>,
    /// What it would be; none where nothing would be left.
    pub after: Option<DayRecord>,
}

impl Difference {
    fn of(changed: &Changed) -> Result<Self, StoreError> {
        let read = |text: &Option<String>| text.as_deref().map(days::record).transpose();
        Ok(Self {
            person: changed.person,
            date: changed.date,
            before: read(&changed.before)?,
            after: read(&changed.after)?,
        })
    }

    /// Which parts of the record differ, by the names that the record has on the wire.
    #[must_use]
    pub fn parts(&self) -> Vec<&'static str> {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return vec!["day"] };
        let parts = [
            ("site", before.site != after.site),
            ("status", before.status != after.status),
            ("hours", before.hours != after.hours),
            ("stretches", before.stretches != after.stretches),
            ("overtime", before.overtime != after.overtime),
            ("punches", (before.punches, before.repeats) != (after.punches, after.repeats)),
            ("exceptions", before.exceptions != after.exceptions),
            ("provisional", before.provisional != after.provisional),
            ("leave", before.leave != after.leave || before.holiday != after.holiday),
            ("policy_version", before.policy_version != after.policy_version),
        ];
        parts.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

/// What an order would change, in order of people and dates. Writes nothing.
///
/// # Errors
/// [`ReplayError`].
pub async fn dry_run(
    db: &Db,
    _permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    order: &Order,
) -> Result<Vec<Difference>, ReplayError> {
    order.check()?;
    let now = clock.now();
    let mut differences = Vec::new();
    let mut after = None;
    loop {
        // One consistent state for some people at a time: a long look must not hold up anybody.
        let mut tx = db.read().await?;
        let people = rosters::employments::list_everybody(&mut tx, after, CHUNK).await?;
        let Some(last) = people.last() else { break };
        after = Some(*last);
        for changed in changes(&mut tx, &people, order, now).await?.0 {
            differences.push(Difference::of(&changed)?);
        }
    }
    Ok(differences)
}

/// Does what an order says, in one transaction, so that it can be undone by its id. How many days changed.
///
/// # Errors
/// [`ReplayError`]; nothing is changed then.
pub async fn apply(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    order: &Order,
) -> Result<(RecomputeId, usize), ReplayError> {
    order.check()?;
    let now = clock.now();
    let id = RecomputeId::new(now, &lintel_runtime::clock::random_bytes()?);
    let mut tx = db.write().await?;
    let row = RecomputeRow {
        recompute_id: id,
        from: order.from,
        to: order.to,
        applied_by: permit.actor().to_owned(),
        applied_at: now,
        undone_at: None,
    };
    recomputes::create(&mut tx, &row).await?;
    let (mut count, mut after) = (0, None);
    loop {
        let people = rosters::employments::list_everybody(&mut tx, after, CHUNK).await?;
        let Some(last) = people.last() else { break };
        after = Some(*last);
        rosters::hold_people(&mut tx, &people).await?;
        let (changed, records) = changes(&mut tx, &people, order, now).await?;
        let by_day = records.iter().map(|record| ((record.person, record.date), record)).collect();
        write(&mut tx, &changed, &by_day, now).await?;
        count += changed.len();
        let rows: Vec<ChangeRow> = changed.into_iter().map(change_row).collect();
        recomputes::create_changes(&mut tx, id, &rows).await?;
    }
    let fields = format!("{},{}", order.from, order.to);
    audit::create(&mut tx, now, permit.actor(), "recompute.apply", &id.to_string(), &fields).await?;
    tx.commit().await?;
    Ok((id, count))
}

fn change_row(changed: Changed) -> ChangeRow {
    let Changed { person, date, before, after } = changed;
    ChangeRow { person_id: person, date, before, after }
}

/// What became of an order that was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndoneDays {
    /// Days that are as they were before.
    pub restored: usize,
    /// Days that something else has changed since, or whose month was locked: they were left alone.
    pub left: usize,
}

/// Takes an order back: each day that is still as the order left it becomes what it was before.
///
/// # Errors
/// [`ReplayError`]; nothing is changed then.
pub async fn undo(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    id: RecomputeId,
) -> Result<UndoneDays, ReplayError> {
    let now = clock.now();
    let mut tx = db.write().await?;
    let order = recomputes::get(&mut tx, id).await?.ok_or(ReplayError::Unknown(id))?;
    if !recomputes::update_undone(&mut tx, id, permit.actor(), now).await? {
        return Err(ReplayError::Undone(id));
    }
    let rows = recomputes::list_changes(&mut tx, id).await?;
    let mut people: Vec<PersonId> = rows.iter().map(|row| row.person_id).collect();
    people.dedup();
    rosters::hold_people(&mut tx, &people).await?;
    let mut stored = days::texts_of_people(&mut tx, &people, order.from, order.to).await?;
    let locked = locked(&mut tx, order.from, order.to).await?;
    let all = rows.len();
    let mut changed = Vec::new();
    for row in rows {
        let present = stored.remove(&(row.person_id, row.date));
        let texts = [row.before.as_deref(), row.after.as_deref()];
        if present == row.after && !is_locked(&locked, row.date, texts)? {
            changed.push(Changed {
                person: row.person_id,
                date: row.date,
                before: row.after,
                after: row.before,
            });
        }
    }
    let records: Vec<DayRecord> =
        changed.iter().filter_map(|one| one.after.as_deref().map(days::record)).collect::<Result<_, _>>()?;
    let by_day = records.iter().map(|record| ((record.person, record.date), record)).collect();
    write(&mut tx, &changed, &by_day, now).await?;
    audit::create(&mut tx, now, permit.actor(), "recompute.undo", &id.to_string(), "days").await?;
    tx.commit().await?;
    Ok(UndoneDays { restored: changed.len(), left: all - changed.len() })
}

/// The newest orders, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &Db, _permit: &Permit<ManageRosters>) -> Result<Vec<RecomputeRow>, StoreError> {
    recomputes::list(&mut db.read().await?, 50).await
}

/// What an order changes for some people, without the days of locked months; and the records.
async fn changes(
    tx: &mut Tx,
    people: &[PersonId],
    order: &Order,
    now: UtcMillis,
) -> Result<(Vec<Changed>, Vec<DayRecord>), StoreError> {
    let wanted: Vec<Wanted> =
        people.iter().map(|person| Wanted { person: *person, from: order.from, to: order.to }).collect();
    let locked = locked(tx, order.from, order.to).await?;
    let (mut all, mut records) = (Vec::new(), Vec::new());
    for window in windows(&wanted, now) {
        let some = computed(tx, &window, order.min_gap, now, |gathered| {
            if let Some(policy) = &order.policy {
                gathered.replace_policy(policy);
            }
        })
        .await?;
        for changed in compare(tx, &window, &some).await? {
            let texts = [changed.before.as_deref(), changed.after.as_deref()];
            if !is_locked(&locked, changed.date, texts)? {
                all.push(changed);
            }
        }
        records.extend(some);
    }
    all.sort_by_key(|one| (one.person, one.date));
    Ok((all, records))
}

type Locks = BTreeMap<String, Vec<SiteId>>;

async fn locked(tx: &mut Tx, from: Date, to: Date) -> Result<Locks, StoreError> {
    let mut locks = Locks::new();
    for lock in rosters::periods::list_between(tx, from, Some(to)).await? {
        locks.entry(lock.month.to_string()).or_default().push(lock.site_id);
    }
    Ok(locks)
}

/// Whether one of a day's records belongs to a locked month.
fn is_locked(locks: &Locks, date: Date, texts: [Option<&str>; 2]) -> Result<bool, StoreError> {
    let Some(sites) = locks.get(&Month::of(date).to_string()) else { return Ok(false) };
    for text in texts.into_iter().flatten() {
        if sites.contains(&days::record(text)?.site) {
            return Ok(true);
        }
    }
    Ok(false)
}
