//! Corrections: what the employee or HR asks to have changed in a record, and who decided.
//!
//! A reason is mandatory, the original stays and is shown, and nobody decides about their own record. The
//! day is computed again in the transaction of the decision's job; nothing here computes hours.

use lintel_core::ids::{CorrectionId, EventId, PersonId, SiteId};
use lintel_core::time::{Clock, UnknownZone, UtcMillis, zone};

pub use crate::store::corrections::{Correction, State};

use crate::attendance::correction::Change;
use crate::auth::permit::{DecideCorrections, ProposeCorrection, ReadAttendance, ReadOwnRecord};
use crate::auth::{Actor, OwnPermit, Permit};
use crate::jobs::RecomputeDay;
use crate::store::{Db, StoreError, Tx, audit, corrections, people, sites};

/// Longest reason or answer, in characters.
pub const MAX_REASON: usize = 500;
/// How far back a correction may reach: what is older belongs to closed payrolls.
const OLDEST_MS: i64 = 400 * 86_400_000;
/// Open proposals that are listed at once.
const LISTED: i64 = 200;

/// Why a correction isn't taken.
#[derive(Debug, thiserror::Error)]
pub enum CorrectionError {
    /// No such person, or gone.
    #[error("there is no such person: the record may have been erased")]
    UnknownPerson,
    /// No such site.
    #[error("there is no site {0}")]
    UnknownSite(SiteId),
    /// No such punch of this person.
    #[error("there is no such punch in this person's record")]
    UnknownPunch,
    /// No such correction.
    #[error("there is no such correction: the record may have been erased")]
    Unknown,
    /// Somebody was faster.
    #[error("this correction was decided already")]
    Decided,
    /// Nobody decides about themselves.
    #[error("nobody decides about their own record: somebody else has to")]
    Own,
    /// No reason.
    #[error("say why, in up to {MAX_REASON} characters: whoever reads the record later wants to know")]
    Reason,
    /// In the future, or too long ago.
    #[error("a punch can't be added in the future, or more than 400 days back")]
    Instant,
    /// A site's zone.
    #[error(transparent)]
    Zone(#[from] UnknownZone),
    /// No randomness for an id.
    #[error(transparent)]
    Random(#[from] lintel_runtime::clock::ClockError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Add a punch, or void one.
    pub change: WishedChange,
    /// Why.
    pub reason: String,
}

/// The change itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WishedChange {
    /// A punch that no door recorded.
    Add {
        /// Where.
        site: SiteId,
        /// When.
        at: UtcMillis,
    },
    /// A punch that shall not count.
    Void {
        /// Which.
        punch: EventId,
    },
}

/// The employee asks; somebody else decides.
///
/// # Errors
/// [`CorrectionError`].
pub async fn propose(
    db: &Db,
    permit: &OwnPermit<ProposeCorrection>,
    clock: &dyn Clock,
    wish: &Wish,
) -> Result<CorrectionId, CorrectionError> {
    let now = clock.now();
    let mut tx = db.write().await?;
    let id = create(&mut tx, permit.actor(), permit.person(), wish, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// HR changes a record: proposed and approved at once, both said in the audit.
///
/// # Errors
/// [`CorrectionError::Own`] above all.
pub async fn change(
    db: &Db,
    permit: &Permit<DecideCorrections>,
    actor: &Actor,
    clock: &dyn Clock,
    person: PersonId,
    wish: &Wish,
) -> Result<CorrectionId, CorrectionError> {
    if actor.person_id() == Some(person) {
        return Err(CorrectionError::Own);
    }
    let now = clock.now();
    let mut tx = db.write().await?;
    let id = create(&mut tx, permit.actor(), person, wish, now).await?;
    settle(&mut tx, permit.actor(), id, State::Approved, &wish.reason, now).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(id)
}

/// Approves or rejects a proposal, with an answer that the employee reads.
///
/// # Errors
/// [`CorrectionError`].
pub async fn decide(
    db: &Db,
    permit: &Permit<DecideCorrections>,
    actor: &Actor,
    clock: &dyn Clock,
    id: CorrectionId,
    approve: bool,
    answer: &str,
) -> Result<PersonId, CorrectionError> {
    let answer = answer.trim();
    // A refusal without a reason helps nobody; an approval speaks for itself.
    if !approve {
        expect_reason(answer)?;
    }
    let now = clock.now();
    let mut tx = db.write().await?;
    let found = corrections::get(&mut tx, id).await?.ok_or(CorrectionError::Unknown)?;
    if actor.person_id() == Some(found.person_id) || found.proposed_by == permit.actor() {
        return Err(CorrectionError::Own);
    }
    let state = if approve { State::Approved } else { State::Rejected };
    settle(&mut tx, permit.actor(), id, state, answer, now).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(found.person_id)
}

/// Proposals that wait, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list_open(db: &Db, _permit: &Permit<ReadAttendance>) -> Result<Vec<Correction>, StoreError> {
    corrections::list_open(&mut db.read().await?, LISTED).await
}

/// A person's corrections in `[from, to)`.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &Db,
    _permit: &Permit<ReadAttendance>,
    person: PersonId,
    from: UtcMillis,
    to: UtcMillis,
) -> Result<Vec<Correction>, StoreError> {
    corrections::list_by_person(&mut db.read().await?, person, from, to).await
}

/// One's own corrections in `[from, to)`.
///
/// # Errors
/// When the database fails.
pub async fn list_own(
    db: &Db,
    permit: &OwnPermit<ReadOwnRecord>,
    from: UtcMillis,
    to: UtcMillis,
) -> Result<Vec<Correction>, StoreError> {
    corrections::list_by_person(&mut db.read().await?, permit.person(), from, to).await
}

async fn create(
    tx: &mut Tx,
    actor: &str,
    person: PersonId,
    wish: &Wish,
    now: UtcMillis,
) -> Result<CorrectionId, CorrectionError> {
    let reason = wish.reason.trim();
    expect_reason(reason)?;
    if people::get(tx, person).await?.is_none() {
        return Err(CorrectionError::UnknownPerson);
    }
    let (site_id, at, change) = match &wish.change {
        WishedChange::Add { site, at } => {
            if sites::get(tx, site).await?.is_none() {
                return Err(CorrectionError::UnknownSite(site.clone()));
            }
            if *at > now || now.millis_since(*at) > OLDEST_MS {
                return Err(CorrectionError::Instant);
            }
            (site.clone(), *at, Change::Add { at: *at })
        }
        WishedChange::Void { punch } => {
            let found = corrections::find_punch(tx, person, *punch).await?;
            let (site, at) = found.ok_or(CorrectionError::UnknownPunch)?;
            (site, at, Change::Void { punch: *punch })
        }
    };
    let correction_id = CorrectionId::new(now, &lintel_runtime::clock::random_bytes()?);
    let new = corrections::NewCorrection {
        correction_id,
        person_id: person,
        site_id: &site_id,
        change,
        at,
        reason,
        proposed_by: actor,
        proposed_at: now,
    };
    corrections::create(tx, new).await?;
    audit::create(tx, now, actor, "correction.propose", &correction_id.to_string(), "change,reason").await?;
    Ok(correction_id)
}

async fn settle(
    tx: &mut Tx,
    actor: &str,
    id: CorrectionId,
    state: State,
    answer: &str,
    now: UtcMillis,
) -> Result<(), CorrectionError> {
    let found = corrections::get(tx, id).await?.ok_or(CorrectionError::Unknown)?;
    if !corrections::update_decided(tx, id, state, actor, now, answer).await? {
        return Err(CorrectionError::Decided);
    }
    if state == State::Approved {
        let date = found.at.date_in(&zone(&found.zone)?);
        RecomputeDay { person_id: found.person_id, site_id: found.site_id, date }.queue(tx).await?;
    }
    let action = if state == State::Approved { "correction.approve" } else { "correction.reject" };
    audit::create(tx, now, actor, action, &id.to_string(), "state,answer").await?;
    Ok(())
}

fn expect_reason(text: &str) -> Result<(), CorrectionError> {
    let long = text.chars().count();
    let odd = text.chars().any(|c| c.is_control() && c != '\n' && c != '\r');
    if (3..=MAX_REASON).contains(&long) && !odd { Ok(()) } else { Err(CorrectionError::Reason) }
}
