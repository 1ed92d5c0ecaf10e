//! Leave: asked for by the employee and decided by somebody else, or recorded by HR at once.
//!
//! A refusal says why. What was approved can be taken back, which stays in sight; nothing is deleted.

use jiff::civil::Date;
use lintel_core::ids::{LeaveId, LeaveKind, PersonId};
use lintel_core::time::{Clock, UtcMillis};

pub use crate::store::rosters::leave::{LeaveKindRow, LeaveRow, LeaveState};

use super::locks::expect_open_for;
use super::{
    RosterError, Touched, expect_dates, expect_note, expect_person, expect_reason, limit, overlap, touched,
};
use crate::attendance::calendar::DayPart;
use crate::auth::permit::{AskLeave, ManageRosters, ReadOwnRecord, ReadRosters};
use crate::auth::{Actor, OwnPermit, Permit};
use crate::store::rosters::leave;
use crate::store::{Db, StoreError, Tx, audit};

/// What is asked for. Both dates are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Which kind.
    pub kind: LeaveKind,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// How much of each day.
    pub part: DayPart,
    /// What is said about it; may be empty.
    pub note: String,
}

/// The kinds of leave.
///
/// # Errors
/// When the database fails.
pub async fn kinds(db: &Db, _permit: &Permit<ReadRosters>) -> Result<Vec<LeaveKindRow>, StoreError> {
    leave::list_kinds(&mut db.read().await?).await
}

/// The kinds of leave, for whoever asks for some.
///
/// # Errors
/// When the database fails.
pub async fn own_kinds(db: &Db, _permit: &OwnPermit<AskLeave>) -> Result<Vec<LeaveKindRow>, StoreError> {
    leave::list_kinds(&mut db.read().await?).await
}

/// The employee asks; somebody else decides. It touches no day yet.
///
/// # Errors
/// [`RosterError`].
pub async fn ask(
    db: &Db,
    permit: &OwnPermit<AskLeave>,
    clock: &dyn Clock,
    wish: &Wish,
) -> Result<LeaveId, RosterError> {
    let at = clock.now();
    let mut tx = db.write().await?;
    let (id, _) = create(&mut tx, permit.actor(), permit.person(), wish, at, LeaveState::Proposed).await?;
    tx.commit().await?;
    Ok(id)
}

/// HR records leave that counts at once; never their own.
///
/// # Errors
/// [`RosterError::Own`] above all.
pub async fn record(
    db: &Db,
    permit: &Permit<ManageRosters>,
    actor: &Actor,
    clock: &dyn Clock,
    person: PersonId,
    wish: &Wish,
) -> Result<(LeaveId, Touched), RosterError> {
    if actor.person_id() == Some(person) {
        return Err(RosterError::Own);
    }
    let at = clock.now();
    let mut tx = db.write().await?;
    let (id, touches) = create(&mut tx, permit.actor(), person, wish, at, LeaveState::Approved).await?;
    touched(&mut tx, &touches).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok((id, touches))
}

async fn create(
    tx: &mut Tx,
    actor: &str,
    person: PersonId,
    wish: &Wish,
    at: UtcMillis,
    state: LeaveState,
) -> Result<(LeaveId, Touched), RosterError> {
    let found = expect_person(tx, person).await?;
    expect_sound(wish, &leave::list_kinds(tx).await?)?;
    expect_free_among(&leave::list_by_person(tx, person).await?, wish)?;
    let sites = expect_open_for(tx, &found, wish.from, Some(wish.to)).await?;
    let row = insert(tx, actor, at, person, wish, state).await?;
    Ok((row.leave_id, Touched::of_person(person, sites, wish.from, Some(wish.to))))
}

/// Dates, note and kind are as they should be.
pub(crate) fn expect_sound(wish: &Wish, kinds: &[LeaveKindRow]) -> Result<(), RosterError> {
    expect_dates(wish.from, Some(wish.to))?;
    expect_note(&wish.note)?;
    if !kinds.iter().any(|kind| kind.kind == wish.kind) {
        let known: Vec<_> = kinds.iter().map(|kind| kind.kind.as_str()).collect();
        return Err(RosterError::UnknownKind { kind: wish.kind.clone(), known: known.join(", ") });
    }
    Ok(())
}

/// Writes one that was judged.
pub(crate) async fn insert(
    tx: &mut Tx,
    actor: &str,
    at: UtcMillis,
    person: PersonId,
    wish: &Wish,
    state: LeaveState,
) -> Result<LeaveRow, RosterError> {
    let leave_id = LeaveId::new(at, &lintel_runtime::clock::random_bytes()?);
    let approved = state == LeaveState::Approved;
    let row = LeaveRow {
        leave_id,
        person_id: person,
        kind: wish.kind.clone(),
        from: wish.from,
        to: wish.to,
        part: wish.part,
        note: expect_note(&wish.note)?.to_owned(),
        state,
        asked_by: actor.to_owned(),
        asked_at: at,
        decided_by: approved.then(|| actor.to_owned()),
        decided_at: approved.then_some(at),
        answer: None,
    };
    leave::create(tx, &row).await?;
    let action = if approved { "leave.record" } else { "leave.ask" };
    let fields = "person_id,leave_kind,first_date,last_date,part,note,state";
    audit::create(tx, at, actor, action, &leave_id.to_string(), fields).await?;
    Ok(row)
}

/// Refuses when a leave of the same person that stands has one of these days, or the same half of one.
pub(crate) fn expect_free_among(others: &[LeaveRow], wish: &Wish) -> Result<(), RosterError> {
    let hit = others.iter().find(|other| {
        // Two different halves of one day are two leaves.
        let same_part = wish.part == other.part || [wish.part, other.part].contains(&DayPart::Full);
        let same_day = overlap((wish.from, Some(wish.to)), (other.from, Some(other.to)));
        other.state.stands() && same_part && same_day
    });
    match hit {
        Some(other) => Err(RosterError::LeaveOverlap {
            other: other.leave_id,
            kind: other.kind.clone(),
            from: other.from,
            to: other.to,
        }),
        None => Ok(()),
    }
}

/// Approves or refuses what somebody else asked for; a refusal says why.
///
/// # Errors
/// [`RosterError::Own`] above all.
pub async fn decide(
    db: &Db,
    permit: &Permit<ManageRosters>,
    actor: &Actor,
    clock: &dyn Clock,
    id: LeaveId,
    approve: bool,
    answer: &str,
) -> Result<Touched, RosterError> {
    let answer = if approve { expect_note(answer)? } else { expect_reason(answer)? };
    let mut tx = db.write().await?;
    let found = leave::get(&mut tx, id).await?.ok_or(RosterError::UnknownLeave(id))?;
    if actor.person_id() == Some(found.person_id) || found.asked_by == permit.actor() {
        return Err(RosterError::Own);
    }
    let (becomes, action) = match approve {
        true => (LeaveState::Approved, "leave.approve"),
        false => (LeaveState::Rejected, "leave.reject"),
    };
    settle(db, tx, permit, clock, &found, (LeaveState::Proposed, becomes), action, answer).await
}

/// Takes leave back that was asked for or approved, and says why; never one's own.
///
/// # Errors
/// [`RosterError`].
pub async fn cancel(
    db: &Db,
    permit: &Permit<ManageRosters>,
    actor: &Actor,
    clock: &dyn Clock,
    id: LeaveId,
    reason: &str,
) -> Result<Touched, RosterError> {
    let reason = expect_reason(reason)?;
    let mut tx = db.write().await?;
    let found = leave::get(&mut tx, id).await?.ok_or(RosterError::UnknownLeave(id))?;
    if actor.person_id() == Some(found.person_id) {
        return Err(RosterError::Own);
    }
    if !found.state.stands() {
        return Err(RosterError::Decided);
    }
    let states = (found.state, LeaveState::Cancelled);
    settle(db, tx, permit, clock, &found, states, "leave.cancel", reason).await
}

#[expect(clippy::too_many_arguments, reason = "each is a different thing; a struct would only rename them")]
async fn settle(
    db: &Db,
    mut tx: Tx,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    found: &LeaveRow,
    (was, becomes): (LeaveState, LeaveState),
    action: &str,
    answer: &str,
) -> Result<Touched, RosterError> {
    let person = expect_person(&mut tx, found.person_id).await?;
    let sites = if becomes == LeaveState::Rejected {
        // A wish for a month that was locked meanwhile can still be refused.
        vec![person.site_id]
    } else {
        expect_open_for(&mut tx, &person, found.from, Some(found.to)).await?
    };
    let at = clock.now();
    let done = leave::update_state(&mut tx, found.leave_id, was, becomes, (permit.actor(), at), answer);
    if !done.await? {
        return Err(RosterError::Decided);
    }
    let subject = found.leave_id.to_string();
    audit::create(&mut tx, at, permit.actor(), action, &subject, "state,answer").await?;
    let touches = Touched::of_person(found.person_id, sites, found.from, Some(found.to));
    if [was, becomes].contains(&LeaveState::Approved) {
        touched(&mut tx, &touches).await?;
    }
    tx.commit().await?;
    db.wake_jobs();
    Ok(touches)
}

/// Leave in a state or in any, of one person or of all by id, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &Db,
    _permit: &Permit<ReadRosters>,
    person: Option<PersonId>,
    state: Option<LeaveState>,
    after: Option<LeaveId>,
    rows: u32,
) -> Result<Vec<LeaveRow>, StoreError> {
    leave::list(&mut db.read().await?, person, state, after, limit(rows)).await
}

/// One's own leave by its first day.
///
/// # Errors
/// When the database fails.
pub async fn list_own(db: &Db, permit: &OwnPermit<ReadOwnRecord>) -> Result<Vec<LeaveRow>, StoreError> {
    leave::list_by_person(&mut db.read().await?, permit.person()).await
}
