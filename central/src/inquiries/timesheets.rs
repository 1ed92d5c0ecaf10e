//! Sums of a month by person, with what is booked in it of locked months.

use std::collections::{BTreeMap, BTreeSet};

use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::Clock;

use super::AT_ONCE;
use super::InquiryError;
use crate::attendance::Month;
use crate::audit::{self, View};
use crate::auth::Permit;
use crate::auth::permit::ReadAttendance;
use crate::reports::sheets::{Adjusted, Sums};
use crate::store::people::Named;
use crate::store::{Db, StoreError, Tx, adjustments, days, people, sites};

/// What is booked in a month, by person.
type Booked = BTreeMap<PersonId, Vec<Adjusted>>;

/// A page of timesheets by person, behind one of them; who asked is in the audit.
///
/// # Errors
/// [`InquiryError`].
pub async fn page(
    db: &Db,
    permit: &Permit<ReadAttendance>,
    clock: &dyn Clock,
    month: Month,
    site: Option<&SiteId>,
    (after, limit): (Option<PersonId>, u32),
) -> Result<Vec<Sums>, InquiryError> {
    super::site_of(&sites::list(&mut db.read().await?).await?, site)?;
    audit::viewed(db, permit.actor(), clock, View::Days, site.map_or("all", SiteId::as_str)).await?;
    let mut tx = db.read().await?;
    let booked = adjusted(&mut tx, month, site).await?;
    let people = people_of(&mut tx, month, site, &booked, (after, limit.into())).await?;
    sums_of(&mut tx, month, site, &booked, &people).await
}

/// Everybody's, by name.
pub(super) async fn all(tx: &mut Tx, month: Month, site: Option<&SiteId>) -> Result<Vec<Sums>, InquiryError> {
    let booked = adjusted(tx, month, site).await?;
    let people = people_of(tx, month, site, &booked, (None, i64::MAX)).await?;
    let mut all: Vec<Sums> = Vec::with_capacity(people.len());
    for some in people.chunks(AT_ONCE) {
        all.extend(sums_of(tx, month, site, &booked, some).await?);
    }
    all.sort_by_cached_key(Sums::place);
    Ok(all)
}

/// What is booked in a month.
pub(super) async fn adjusted(tx: &mut Tx, month: Month, site: Option<&SiteId>) -> Result<Booked, StoreError> {
    let mut booked = Booked::new();
    for row in adjustments::list_by_month(tx, month, site).await? {
        booked.entry(row.person_id).or_default().push(Adjusted::of(&row)?);
    }
    Ok(booked)
}

/// Who has a day in the month or something booked in it, by id.
async fn people_of(
    tx: &mut Tx,
    month: Month,
    site: Option<&SiteId>,
    booked: &Booked,
    (after, limit): (Option<PersonId>, i64),
) -> Result<Vec<PersonId>, StoreError> {
    let with_days = days::list_people(tx, (month.first(), month.last()), site, after, limit).await?;
    // Whoever left before the month may still have something booked in it.
    let with_adjustments = booked.keys().copied().filter(|person| after.is_none_or(|after| *person > after));
    let people: BTreeSet<PersonId> = with_days.into_iter().chain(with_adjustments).collect();
    Ok(people.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
}

async fn sums_of(
    tx: &mut Tx,
    month: Month,
    site: Option<&SiteId>,
    booked: &Booked,
    people: &[PersonId],
) -> Result<Vec<Sums>, InquiryError> {
    let names: BTreeMap<PersonId, Named> = people::names(tx, people).await?;
    let mut sums: BTreeMap<PersonId, Sums> =
        people.iter().map(|person| (*person, Sums::of(*person, names.get(person).cloned()))).collect();
    for row in days::list_of_people(tx, people, (month.first(), month.last()), site).await? {
        if let Some(sums) = sums.get_mut(&row.record.person) {
            sums.add(&row.record);
        }
    }
    for (person, sums) in &mut sums {
        for one in booked.get(person).into_iter().flatten() {
            sums.adjust(one);
        }
    }
    Ok(sums.into_values().collect())
}
