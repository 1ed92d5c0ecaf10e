//! Patterns: cycles of shifts, which never change.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::ids::{PatternId, ShiftId};
use lintel_core::time::Clock;

pub use crate::store::rosters::patterns::PatternRow;

use super::{RosterError, expect_date, expect_title, limit};
use crate::attendance::calendar::Versions;
use crate::attendance::pattern::{Pattern, PatternError};
use crate::attendance::shift::ShiftTemplate;
use crate::auth::Permit;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::store::rosters::{patterns, shifts};
use crate::store::{Db, StoreError, audit};

/// Adds a pattern whose shifts are there and can be worked as they are from today on. It touches no day
/// before somebody is assigned to it.
///
/// # Errors
/// [`RosterError`].
pub async fn create(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    mut row: PatternRow,
) -> Result<(), RosterError> {
    expect_date(row.pattern.anchor)?;
    row.pattern.name = expect_title(&row.pattern.name)?;
    let at = clock.now();
    let mut tx = db.write().await?;
    check(&row.pattern, &shifts::list_all(&mut tx).await?, at.date_in(&TimeZone::UTC), None)?;
    match patterns::create(&mut tx, &row, at).await {
        Err(error) if error.is_unique_violation() => return Err(RosterError::PatternExists(row.pattern_id)),
        other => other?,
    }
    audit::create(&mut tx, at, permit.actor(), "pattern.add", row.pattern_id.as_str(), "body").await?;
    tx.commit().await?;
    Ok(())
}

/// Checks a pattern with its shifts as they are on every day from one to another.
pub(super) fn check(
    pattern: &Pattern,
    rows: &[shifts::ShiftRow],
    from: Date,
    to: Option<Date>,
) -> Result<(), PatternError> {
    let mut versions: BTreeMap<&ShiftId, Vec<(Date, &ShiftTemplate)>> = BTreeMap::new();
    let mut dates = BTreeSet::from([from]);
    for row in rows {
        if pattern.days.iter().flatten().any(|shift| *shift == row.shift_id) {
            versions.entry(&row.shift_id).or_default().push((row.from, &row.template));
            if row.from > from && to.is_none_or(|to| row.from <= to) {
                dates.insert(row.from);
            }
        }
    }
    let versions: BTreeMap<_, _> =
        versions.into_iter().map(|(id, values)| (id, Versions::of(values))).collect();
    for date in dates {
        pattern.check(|id| versions.get(id).and_then(|versions| versions.on(date)).copied())?;
    }
    Ok(())
}

/// Patterns by id, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &Db,
    _permit: &Permit<ReadRosters>,
    after: Option<&PatternId>,
    rows: u32,
) -> Result<Vec<PatternRow>, StoreError> {
    patterns::list(&mut db.read().await?, after.map_or("", PatternId::as_str), limit(rows)).await
}
