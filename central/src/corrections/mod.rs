//! Corrections: what the employee or HR asks to have changed in a record, and who decided.
//!
//! A reason is mandatory, the original stays and is shown, and nobody decides about their own record. The
//! day is computed again in the transaction of the decision's job; nothing here computes hours.

mod read;

use jiff::civil::Date;
use lintel_core::event::EventKind;
use lintel_core::ids::{CorrectionId, EventId, PersonId, SiteId};
use lintel_core::time::{Clock, UnknownZone, UtcMillis, day_bounds, zone};

pub use crate::store::corrections::{Correction, Filter, State};
pub use read::{list, list_open, list_own, page};

use crate::attendance::correction::Change;
use crate::attendance::punch::Direction;
use crate::auth::permit::{DecideCorrections, ProposeCorrection};
use crate::auth::{Actor, OwnPermit, Permit};
use crate::jobs::RecomputeDay;
use crate::store::{Db, StoreError, Tx, audit, corrections, people, sites};

/// Longest reason or answer, in characters.
pub const MAX_REASON: usize = 500;
/// How far back a correction may reach: what is older belongs to closed payrolls.
const OLDEST_MS: i64 = 400 * 86_400_000;

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
    /// Only HR may.
    #[error("only HR gives punches to somebody else: ask them to")]
    Others,
    /// The event names somebody, or is none of a face.
    #[error("this event is nobody's to be given: only unknown and ambiguous faces are")]
    NotToBeGiven,
    /// Given to the one whose it is.
    #[error("this punch is theirs already")]
    Theirs,
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
    /// What shall be otherwise.
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
        /// Which way, where they know.
        direction: Option<Direction>,
    },
    /// A punch that shall not count.
    Void {
        /// Which.
        punch: EventId,
    },
    /// A punch that was somebody else's.
    Move {
        /// Which.
        punch: EventId,
        /// Whose.
        to: PersonId,
    },
    /// Which way a punch was.
    Direct {
        /// Which.
        punch: EventId,
        /// Which way.
        direction: Direction,
    },
    /// An event in which nobody was recognised for sure, that was a punch of this person.
    Assign {
        /// Which.
        event: EventId,
    },
    /// A day on which they didn't have to come.
    Excuse {
        /// Which.
        date: Date,
        /// Whether its hours are credited.
        paid: bool,
    },
    /// Overtime of a day that counts.
    ApproveOvertime {
        /// Which.
        date: Date,
    },
}

impl WishedChange {
    /// Whether it concerns what was recorded of others, so that only whoever decides may ask for it.
    const fn concerns_others(&self) -> bool {
        matches!(self, Self::Move { .. } | Self::Assign { .. })
    }
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
    if wish.change.concerns_others() {
        return Err(CorrectionError::Others);
    }
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
    let to = match wish.change {
        WishedChange::Move { to, .. } => Some(to),
        _ => None,
    };
    if actor.person_id().is_some_and(|own| own == person || Some(own) == to) {
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
    if approve {
        expect_note(answer)?
    } else {
        expect_reason(answer)?
    }
    let now = clock.now();
    let mut tx = db.write().await?;
    let found = corrections::get(&mut tx, id).await?.ok_or(CorrectionError::Unknown)?;
    let concerned = [Some(found.person_id), other_person(&found.change)];
    let own = actor.person_id().is_some_and(|own| concerned.contains(&Some(own)));
    if own || found.proposed_by == permit.actor() {
        return Err(CorrectionError::Own);
    }
    let state = if approve { State::Approved } else { State::Rejected };
    settle(&mut tx, permit.actor(), id, state, answer, now).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(found.person_id)
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
    let (site_id, at, change) = resolved(tx, person, &wish.change, now).await?;
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

/// Where and when a wished change lies, and what it is.
async fn resolved(
    tx: &mut Tx,
    person: PersonId,
    wished: &WishedChange,
    now: UtcMillis,
) -> Result<(SiteId, UtcMillis, Change), CorrectionError> {
    let home = people::get(tx, person).await?.ok_or(CorrectionError::UnknownPerson)?.site_id;
    Ok(match wished {
        WishedChange::Add { site, at, direction } => {
            if sites::get(tx, site).await?.is_none() {
                return Err(CorrectionError::UnknownSite(site.clone()));
            }
            expect_instant(*at, now)?;
            (site.clone(), *at, Change::Add { at: *at, direction: *direction })
        }
        WishedChange::Void { punch } => {
            let (site, at) = own_punch(tx, person, *punch).await?;
            (site, at, Change::Void { punch: *punch })
        }
        WishedChange::Direct { punch, direction } => {
            let (site, at) = own_punch(tx, person, *punch).await?;
            (site, at, Change::Direct { punch: *punch, direction: *direction })
        }
        WishedChange::Move { punch, to } => {
            if *to == person {
                return Err(CorrectionError::Theirs);
            }
            people::get(tx, *to).await?.ok_or(CorrectionError::UnknownPerson)?;
            // An added punch is voided and added to the other record instead: it names a door no more than a face.
            let (site, at, _) =
                corrections::find_event(tx, *punch).await?.ok_or(CorrectionError::UnknownPunch)?;
            own_punch(tx, person, *punch).await?;
            (site, at, Change::Move { punch: *punch, to: Some(*to) })
        }
        WishedChange::Assign { event } => {
            let found = corrections::find_event(tx, *event).await?;
            let (site, at, kind) = found.ok_or(CorrectionError::UnknownPunch)?;
            if !matches!(kind, EventKind::Unknown | EventKind::Ambiguous) {
                return Err(CorrectionError::NotToBeGiven);
            }
            (site, at, Change::Assign { event: *event })
        }
        WishedChange::Excuse { date, paid } => {
            let at = midnight(tx, &home, *date).await?;
            expect_recent(at, now)?;
            (home, at, Change::Excuse { date: *date, paid: *paid })
        }
        WishedChange::ApproveOvertime { date } => {
            let at = midnight(tx, &home, *date).await?;
            expect_instant(at, now)?;
            (home, at, Change::ApproveOvertime { date: *date })
        }
    })
}

async fn own_punch(
    tx: &mut Tx,
    person: PersonId,
    punch: EventId,
) -> Result<(SiteId, UtcMillis), CorrectionError> {
    corrections::find_punch(tx, person, punch).await?.ok_or(CorrectionError::UnknownPunch)
}

async fn midnight(tx: &mut Tx, site: &SiteId, date: Date) -> Result<UtcMillis, CorrectionError> {
    let site = sites::get(tx, site).await?.ok_or_else(|| CorrectionError::UnknownSite(site.clone()))?;
    Ok(day_bounds(date, &zone(&site.zone)?).0)
}

fn expect_instant(at: UtcMillis, now: UtcMillis) -> Result<(), CorrectionError> {
    if at > now { Err(CorrectionError::Instant) } else { expect_recent(at, now) }
}

/// Not too long ago, and not further ahead: a day may be excused before it comes.
fn expect_recent(at: UtcMillis, now: UtcMillis) -> Result<(), CorrectionError> {
    if now.millis_since(at).abs() > OLDEST_MS { Err(CorrectionError::Instant) } else { Ok(()) }
}

/// The other person whose record a change concerns.
const fn other_person(change: &Change) -> Option<PersonId> {
    match change {
        Change::Move { to, .. } => *to,
        _ => None,
    }
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
        for person in [Some(found.person_id), other_person(&found.change)].into_iter().flatten() {
            RecomputeDay::around(person, date).queue(tx).await?;
        }
    }
    let action = if state == State::Approved { "correction.approve" } else { "correction.reject" };
    audit::create(tx, now, actor, action, &id.to_string(), "state,answer").await?;
    Ok(())
}

fn expect_reason(text: &str) -> Result<(), CorrectionError> {
    if text.chars().count() < 3 { Err(CorrectionError::Reason) } else { expect_note(text) }
}

/// The same that may be empty.
fn expect_note(text: &str) -> Result<(), CorrectionError> {
    let odd = text.chars().any(|c| c.is_control() && c != '\n' && c != '\r');
    if text.chars().count() > MAX_REASON || odd { Err(CorrectionError::Reason) } else { Ok(()) }
}
