//! Moving, allowing, withdrawing, leaving: the changes that take a face away from doors. Erasing is a room
//! of its own.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::{Clock, UtcMillis, day_bounds, zone};

use super::{PeopleError, clean_name, expect, expect_active, expect_site, folded};
use crate::auth::permit::{ManageOwnConsent, ManagePeople};
use crate::auth::{OwnPermit, Permit, accounts};
use crate::rosters::employments;
use crate::store::{Db, StoreError, Tx, audit, badges, people, sites, vault};
use crate::{gallery, revocation};

/// Moves a person to another site. Named exceptions end, and the old site's doors forget the face.
///
/// # Errors
/// [`PeopleError`].
pub async fn move_to(
    db: &Db,
    permit: &Permit<ManagePeople>,
    clock: &dyn Clock,
    person: PersonId,
    site: &SiteId,
) -> Result<(), PeopleError> {
    let mut tx = db.write().await?;
    gallery::bump_all(&mut tx, person).await?;
    move_in(&mut tx, permit.actor(), clock.now(), person, site).await?;
    gallery::bump_all(&mut tx, person).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(())
}

/// The same within a larger change, which tells the doors of both sites.
pub(crate) async fn move_in(
    tx: &mut Tx,
    actor: &str,
    at: UtcMillis,
    person: PersonId,
    site: &SiteId,
) -> Result<(), PeopleError> {
    expect_active(tx, person).await?;
    expect_site(tx, site).await?;
    people::delete_exceptions(tx, person).await?;
    people::update_site(tx, person, site).await?;
    let today = at.date_in(&zone_of(tx, site).await?);
    employments::move_on(tx, person, site, today).await?;
    audit::create(tx, at, actor, "person.move", &person.to_string(), "site_id,employment").await?;
    Ok(())
}

/// Writes another name, of somebody who has gone too, within a larger change, which tells the doors.
pub(crate) async fn rename_in(
    tx: &mut Tx,
    actor: &str,
    at: UtcMillis,
    person: PersonId,
    name: &str,
) -> Result<(), PeopleError> {
    let name = clean_name(name)?;
    people::update_name(tx, person, &name, &folded(&name)).await?;
    audit::create(tx, at, actor, "person.rename", &person.to_string(), "name").await?;
    Ok(())
}

/// Lets the doors of another site know a person too.
///
/// # Errors
/// [`PeopleError`].
pub async fn allow_site(
    db: &Db,
    permit: &Permit<ManagePeople>,
    clock: &dyn Clock,
    person: PersonId,
    site: &SiteId,
) -> Result<(), PeopleError> {
    let mut tx = db.write().await?;
    expect_active(&mut tx, person).await?;
    expect_site(&mut tx, site).await?;
    people::create_exception(&mut tx, person, site, clock.now()).await?;
    gallery::bump_all(&mut tx, person).await?;
    finish(db, tx, permit.actor(), clock.now(), "person.allow", person, "site_id").await
}

/// Withdraws consent: templates and key are destroyed, doors forget the face.
///
/// # Errors
/// [`PeopleError`].
pub async fn withdraw(
    db: &Db,
    permit: &Permit<ManagePeople>,
    clock: &dyn Clock,
    person: PersonId,
) -> Result<(), PeopleError> {
    withdraw_as(db, permit.actor(), clock, person).await
}

/// A person withdraws their own consent; nobody has to agree.
///
/// # Errors
/// [`PeopleError`].
pub async fn withdraw_own(
    db: &Db,
    permit: &OwnPermit<ManageOwnConsent>,
    clock: &dyn Clock,
) -> Result<(), PeopleError> {
    withdraw_as(db, permit.actor(), clock, permit.person()).await
}

async fn withdraw_as(db: &Db, actor: &str, clock: &dyn Clock, person: PersonId) -> Result<(), PeopleError> {
    let mut tx = db.write().await?;
    expect(&mut tx, person).await?;
    forget_face(&mut tx, person, clock.now()).await?;
    finish(db, tx, actor, clock.now(), "consent.withdraw", person, "withdrawn_at,templates,key").await
}

/// Removes a person who leaves: templates, key and exceptions are destroyed, the badge is revoked, doors
/// forget face and badge. Name and attendance stay until they are erased or their retention ends.
///
/// # Errors
/// [`PeopleError`].
pub async fn remove(
    db: &Db,
    permit: &Permit<ManagePeople>,
    clock: &dyn Clock,
    person: PersonId,
) -> Result<(), PeopleError> {
    let at = clock.now();
    let mut tx = db.write().await?;
    expect(&mut tx, person).await?;
    take_leave(&mut tx, person, at).await?;
    finish(db, tx, permit.actor(), at, "person.remove", person, LEAVE_FIELDS).await
}

/// What [`take_leave`] changes, for the audit.
pub(crate) const LEAVE_FIELDS: &str = "active,left_at,templates,key,badge,exceptions,account,employment";

/// What happens when somebody has left.
pub(crate) async fn take_leave(tx: &mut Tx, person: PersonId, at: UtcMillis) -> Result<(), StoreError> {
    forget_face(tx, person, at).await?;
    revocation::end_badge(tx, person, at).await?;
    badges::revoke(tx, person, at).await?;
    people::delete_exceptions(tx, person).await?;
    people::update_left(tx, person, at).await?;
    if let Some(found) = people::get(tx, person).await? {
        let day = at.date_in(&zone_of(tx, &found.site_id).await?);
        let last = found.leaves_on.map_or(day, |leaves_on| leaves_on.min(day));
        employments::end(tx, person, Some(last)).await?;
    }
    accounts::close_of_person(tx, person, at).await
}

/// How far from today a last day may lie, ms: a year that was mistyped would destroy templates at once.
const LAST_DAY_MS: i64 = 400 * 86_400_000;

/// Says which day at work is a person's last, or with None that they stay. When it has ended in the zone of
/// their site, templates and badges go; a door forgets the face by itself then, also without a network. A
/// day that has ended already takes effect now; says whether it has.
///
/// # Errors
/// [`PeopleError`].
pub async fn leave_on(
    db: &Db,
    permit: &Permit<ManagePeople>,
    clock: &dyn Clock,
    person: PersonId,
    last_day: Option<Date>,
) -> Result<bool, PeopleError> {
    let mut tx = db.write().await?;
    let has_left = leave_on_in(&mut tx, permit.actor(), clock.now(), person, last_day).await?;
    gallery::bump_all(&mut tx, person).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(has_left)
}

/// The same within a larger change, which tells the doors.
pub(crate) async fn leave_on_in(
    tx: &mut Tx,
    actor: &str,
    now: UtcMillis,
    person: PersonId,
    last_day: Option<Date>,
) -> Result<bool, PeopleError> {
    let found = expect_active(tx, person).await?;
    let mut has_left = false;
    people::update_leaves_on(tx, person, last_day).await?;
    employments::end(tx, person, last_day).await?;
    if let Some(day) = last_day {
        let zone = zone_of(tx, &found.site_id).await?;
        let ends = day_bounds(day, &zone).1;
        if ends.millis_since(now).saturating_abs() > LAST_DAY_MS {
            return Err(PeopleError::LastDay(day));
        }
        if ends <= now {
            take_leave(tx, person, now).await?;
            has_left = true;
        }
    }
    let fields =
        if has_left { format!("leaves_on,{LEAVE_FIELDS}") } else { "leaves_on,employment".to_owned() };
    audit::create(tx, now, actor, "person.leave_on", &person.to_string(), &fields).await?;
    Ok(has_left)
}

async fn zone_of(tx: &mut Tx, site: &SiteId) -> Result<TimeZone, StoreError> {
    let site = sites::get(tx, site).await?;
    Ok(zone(site.as_ref().map_or("UTC", |site| site.zone.as_str())).unwrap_or(TimeZone::UTC))
}

/// Destroys consent, templates and key. The bump comes first: it reads the sites that are about to go.
pub(crate) async fn forget_face(tx: &mut Tx, person: PersonId, at: UtcMillis) -> Result<(), StoreError> {
    gallery::bump_all(tx, person).await?;
    people::delete_consent(tx, person, at).await?;
    people::delete_templates(tx, person).await?;
    vault::delete(tx, person).await?;
    Ok(())
}

async fn finish(
    db: &Db,
    mut tx: Tx,
    actor: &str,
    at: UtcMillis,
    action: &str,
    person: PersonId,
    fields: &str,
) -> Result<(), PeopleError> {
    audit::create(&mut tx, at, actor, action, &person.to_string(), fields).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(())
}
