//! Shifts: templates that are valid from a date on.

use jiff::civil::Date;
use lintel_core::ids::ShiftId;
use lintel_core::time::{Clock, zone};

pub use crate::store::rosters::shifts::ShiftRow;

use super::locks::{expect_open, spans};
use super::{
    RosterError, Touched, all_sites, day_before, expect_date, expect_title, limit, patterns, touched,
};
use crate::attendance::calendar::Versions;
use crate::auth::Permit;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::store::rosters::{patterns as cycles, shifts};
use crate::store::{Db, StoreError, Tx, audit};

/// Stores a version of a shift, in place of one that begins on the same day. Every pattern that it is in
/// must still be workable.
///
/// # Errors
/// [`RosterError`].
pub async fn put(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    mut row: ShiftRow,
) -> Result<Touched, RosterError> {
    expect_date(row.from)?;
    row.template.name = expect_title(&row.template.name)?;
    row.template.check()?;
    row.zone.as_deref().map(zone).transpose()?;
    let mut tx = db.write().await?;
    let versions = shifts::list_by_id(&mut tx, &row.shift_id).await?;
    let (from, to) = days_of(&versions, row.from);
    let sites = all_sites(&mut tx).await?;
    expect_open(&mut tx, &spans(&sites, from, to)).await?;
    expect_workable(&mut tx, &row, from, to).await?;
    let at = clock.now();
    shifts::put(&mut tx, &row, at).await?;
    let subject = format!("{}@{}", row.shift_id, row.from);
    audit::create(&mut tx, at, permit.actor(), "shift.put", &subject, "zone,body").await?;
    let touches = Touched::of_sites(sites, from, to);
    touched(&mut tx, &touches).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(touches)
}

/// The days on which a version counts that begins on a date. The first one counts before itself, too.
fn days_of(versions: &[ShiftRow], from: Date) -> (Date, Option<Date>) {
    let next = versions.iter().find(|version| version.from > from);
    let is_first = versions.first().is_some_and(|first| from <= first.from);
    (if is_first { Date::MIN } else { from }, next.map(|next| day_before(next.from)))
}

async fn expect_workable(
    tx: &mut Tx,
    row: &ShiftRow,
    from: Date,
    to: Option<Date>,
) -> Result<(), RosterError> {
    let mut rows = shifts::list_all(tx).await?;
    rows.retain(|known| (&known.shift_id, known.from) != (&row.shift_id, row.from));
    rows.push(row.clone());
    for cycle in cycles::list_all(tx).await? {
        if cycle.pattern.days.iter().flatten().any(|shift| *shift == row.shift_id) {
            patterns::check(&cycle.pattern, &rows, from, to)
                .map_err(|source| RosterError::PatternOf { pattern: cycle.pattern_id, source })?;
        }
    }
    Ok(())
}

/// A shift as it is on a date.
///
/// # Errors
/// [`RosterError::UnknownShift`].
pub async fn get(
    db: &Db,
    _permit: &Permit<ReadRosters>,
    id: &ShiftId,
    on: Date,
) -> Result<ShiftRow, RosterError> {
    let rows = shifts::list_by_id(&mut db.read().await?, id).await?;
    let versions = Versions::of(rows.into_iter().map(|row| (row.from, row)));
    versions.on(on).cloned().ok_or_else(|| RosterError::UnknownShift(id.clone()))
}

/// Versions of all shifts by id and date, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &Db,
    _permit: &Permit<ReadRosters>,
    after: Option<&(ShiftId, Date)>,
    rows: u32,
) -> Result<Vec<ShiftRow>, StoreError> {
    let (id, from) = after.map_or_else(Default::default, |(id, from)| (id.as_str(), from.to_string()));
    shifts::list(&mut db.read().await?, (id, &from), limit(rows)).await
}
