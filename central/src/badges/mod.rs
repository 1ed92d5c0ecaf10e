//! Badges: the way past a door without a face, of equal standing.
//!
//! A person has at most one good badge; a new one revokes the one before it. No consent is asked for,
//! because nothing biometric is kept. What a card says is never stored: it is signed again from its row
//! whenever it is printed, and then it is worth as much as the card, so it is hidden from logs.

mod keys;
mod picture;
mod print;

use lintel_core::badge::Badge;
use lintel_core::ids::{BadgeId, PersonId, SiteId};
use lintel_core::time::{Clock, UtcMillis};
use lintel_runtime::secrets::SecretString;

pub use crate::store::badges::IssuedBadge;
pub use keys::BadgeKeys;
pub use picture::{PictureError, modules};
pub use print::{PrintError, card_svg, sheet_html, sheet_page};

use crate::auth::permit::{IssueOwnBadge, ManageBadges, ReadPeople};
use crate::auth::{OwnPermit, Permit};
use crate::gallery;
use crate::people::{self, PeopleError, Person};
use crate::revocation;
use crate::store::{Db, StoreError, Tx, audit, badges, sites};

/// How long a badge is good for when nothing else is said, in days.
pub const VALID_DAYS: u32 = 3 * 365;
/// Longest that a badge may be good for, in days: paper doesn't last longer either.
pub const MAX_VALID_DAYS: u32 = 3_650;
const DAY_MS: i64 = 86_400_000;

/// Why a badge can't be issued, revoked or printed.
#[derive(Debug, thiserror::Error)]
pub enum BadgeError {
    /// The person.
    #[error(transparent)]
    Person(#[from] PeopleError),
    /// There is none.
    #[error("person {0} has no badge: issue one with `badge issue {0}`")]
    None(PersonId),
    /// The key that signed it was taken out of the ring.
    #[error("the key {key_id} that signs this badge is gone: issue a new badge with `badge issue {person}`")]
    KeyGone {
        /// The key.
        key_id: String,
        /// Whose badge.
        person: PersonId,
    },
    /// Out of range.
    #[error("a badge is good for 1 to {MAX_VALID_DAYS} days, not {0}")]
    Days(u32),
    /// No randomness for an id.
    #[error(transparent)]
    Random(#[from] lintel_runtime::clock::ClockError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A badge ready to be printed.
#[derive(Debug, Clone)]
pub struct Card {
    /// The badge and its holder.
    pub badge: IssuedBadge,
    /// The site's zone, for the date on the card.
    pub zone: String,
    /// What the code says. Whoever has it has the badge.
    pub text: SecretString,
}

/// Gives a person a badge, good for so many days, in place of the one they had.
///
/// # Errors
/// [`BadgeError`]; somebody who left gets none.
pub async fn issue(
    db: &Db,
    keys: &BadgeKeys,
    permit: &Permit<ManageBadges>,
    clock: &dyn Clock,
    person: PersonId,
    valid_days: u32,
) -> Result<Card, BadgeError> {
    issue_as(db, keys, permit.actor(), clock, person, valid_days).await
}

/// [`issue`], for oneself: whoever has lost a card need not wait for anybody.
///
/// # Errors
/// [`BadgeError`].
pub async fn issue_own(
    db: &Db,
    keys: &BadgeKeys,
    permit: &OwnPermit<IssueOwnBadge>,
    clock: &dyn Clock,
) -> Result<Card, BadgeError> {
    issue_as(db, keys, permit.actor(), clock, permit.person(), VALID_DAYS).await
}

async fn issue_as(
    db: &Db,
    keys: &BadgeKeys,
    actor: &str,
    clock: &dyn Clock,
    person: PersonId,
    valid_days: u32,
) -> Result<Card, BadgeError> {
    let not_after = end(clock.now(), valid_days)?;
    let mut tx = db.write().await?;
    let found = people::expect_active(&mut tx, person).await?;
    let card = issue_to(&mut tx, keys, actor, clock.now(), found, not_after).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(card)
}

/// Gives everybody of a site a badge who has none that is good; the new cards, by name.
///
/// # Errors
/// [`BadgeError`]; nobody got one then.
pub async fn issue_to_site(
    db: &Db,
    keys: &BadgeKeys,
    permit: &Permit<ManageBadges>,
    clock: &dyn Clock,
    site: &SiteId,
    valid_days: u32,
) -> Result<Vec<Card>, BadgeError> {
    let now = clock.now();
    let not_after = end(now, valid_days)?;
    let mut tx = db.write().await?;
    people::expect_site(&mut tx, site).await?;
    let standing = badges::list(&mut tx, Some(site)).await?;
    let has_good =
        |person: PersonId| standing.iter().any(|badge| badge.person_id == person && badge.not_after > now);
    let mut cards = Vec::new();
    for person in crate::store::people::list(&mut tx, Some(site)).await? {
        if person.active && !has_good(person.person_id) {
            cards.push(issue_to(&mut tx, keys, permit.actor(), now, person, not_after).await?);
        }
    }
    tx.commit().await?;
    db.wake_jobs();
    Ok(cards)
}

fn end(now: UtcMillis, valid_days: u32) -> Result<UtcMillis, BadgeError> {
    if (1..=MAX_VALID_DAYS).contains(&valid_days) {
        Ok(now.plus_millis(i64::from(valid_days) * DAY_MS))
    } else {
        Err(BadgeError::Days(valid_days))
    }
}

async fn issue_to(
    tx: &mut Tx,
    keys: &BadgeKeys,
    actor: &str,
    at: UtcMillis,
    person: Person,
    not_after: UtcMillis,
) -> Result<Card, BadgeError> {
    let badge_id = BadgeId::random(lintel_runtime::clock::random_bytes()?);
    let key_id = keys.newest_id();
    let person_id = person.person_id;
    revocation::end_badge(tx, person_id, at).await?;
    badges::revoke(tx, person_id, at).await?;
    let row = badges::NewBadge { badge_id, person_id, key_id: &key_id, issued_at: at, not_after };
    badges::create(tx, row).await?;
    gallery::bump_all(tx, person_id).await?;
    let fields = "badge_id,not_after,revoked_at";
    audit::create(tx, at, actor, "badge.issue", &person_id.to_string(), fields).await?;
    let badge = badges::get_by_person(tx, person_id).await?.ok_or(BadgeError::None(person_id))?;
    card(tx, keys, badge).await
}

/// Makes a person's badge worthless at every door that it reaches.
///
/// # Errors
/// [`BadgeError::None`] when they have none.
pub async fn revoke(
    db: &Db,
    permit: &Permit<ManageBadges>,
    clock: &dyn Clock,
    person: PersonId,
) -> Result<(), BadgeError> {
    let at = clock.now();
    let mut tx = db.write().await?;
    revocation::end_badge(&mut tx, person, at).await?;
    if !badges::revoke(&mut tx, person, at).await? {
        return Err(BadgeError::None(person));
    }
    gallery::bump_all(&mut tx, person).await?;
    audit::create(&mut tx, at, permit.actor(), "badge.revoke", &person.to_string(), "revoked_at").await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(())
}

/// Badges that are not revoked, by name, of one site or of all. They can't be printed from this.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &Db,
    _permit: &Permit<ReadPeople>,
    site: Option<&SiteId>,
) -> Result<Vec<IssuedBadge>, StoreError> {
    badges::list(&mut db.read().await?, site).await
}

/// A person's badge that is not revoked; it may have expired. It can't be printed from this.
///
/// # Errors
/// When the database fails.
pub async fn of_person(
    db: &Db,
    _permit: &Permit<ReadPeople>,
    person: PersonId,
) -> Result<Option<IssuedBadge>, StoreError> {
    badges::get_by_person(&mut db.read().await?, person).await
}

/// [`of_person`], of oneself.
///
/// # Errors
/// When the database fails.
pub async fn own(db: &Db, permit: &OwnPermit<IssueOwnBadge>) -> Result<Option<IssuedBadge>, StoreError> {
    badges::get_by_person(&mut db.read().await?, permit.person()).await
}

/// A person's card, to be printed again.
///
/// # Errors
/// [`BadgeError::None`] or [`BadgeError::KeyGone`].
pub async fn print(
    db: &Db,
    keys: &BadgeKeys,
    permit: &Permit<ManageBadges>,
    clock: &dyn Clock,
    person: PersonId,
) -> Result<Card, BadgeError> {
    print_as(db, keys, permit.actor(), clock, person).await
}

/// [`print()`], of oneself.
///
/// # Errors
/// [`BadgeError::None`] or [`BadgeError::KeyGone`].
pub async fn print_own(
    db: &Db,
    keys: &BadgeKeys,
    permit: &OwnPermit<IssueOwnBadge>,
    clock: &dyn Clock,
) -> Result<Card, BadgeError> {
    print_as(db, keys, permit.actor(), clock, permit.person()).await
}

async fn print_as(
    db: &Db,
    keys: &BadgeKeys,
    actor: &str,
    clock: &dyn Clock,
    person: PersonId,
) -> Result<Card, BadgeError> {
    let mut tx = db.write().await?;
    let badge = badges::get_by_person(&mut tx, person).await?.ok_or(BadgeError::None(person))?;
    let card = card(&mut tx, keys, badge).await?;
    audit::create(&mut tx, clock.now(), actor, "badge.print", &person.to_string(), "badge_id").await?;
    tx.commit().await?;
    Ok(card)
}

/// All cards of a site, to be printed again, by name.
///
/// # Errors
/// [`BadgeError::KeyGone`], or when the site is unknown.
pub async fn print_site(
    db: &Db,
    keys: &BadgeKeys,
    permit: &Permit<ManageBadges>,
    clock: &dyn Clock,
    site: &SiteId,
) -> Result<Vec<Card>, BadgeError> {
    let mut tx = db.write().await?;
    people::expect_site(&mut tx, site).await?;
    let mut cards = Vec::new();
    for badge in badges::list(&mut tx, Some(site)).await? {
        let person = badge.person_id.to_string();
        audit::create(&mut tx, clock.now(), permit.actor(), "badge.print", &person, "badge_id").await?;
        cards.push(card(&mut tx, keys, badge).await?);
    }
    tx.commit().await?;
    Ok(cards)
}

async fn card(tx: &mut Tx, keys: &BadgeKeys, badge: IssuedBadge) -> Result<Card, BadgeError> {
    let Some(key) = keys.by_id(&badge.key_id) else {
        return Err(BadgeError::KeyGone { key_id: badge.key_id, person: badge.person_id });
    };
    let signed = Badge { badge_id: badge.badge_id, not_after: badge.not_after }.sign(key);
    let zone = sites::get(tx, &badge.site_id).await?.map_or_else(|| "UTC".to_owned(), |site| site.zone);
    Ok(Card { badge, zone, text: SecretString::new(signed) })
}
