//! People: who they are, where they belong, what they consented to, and the templates of their faces.
//!
//! Each change commits with its audit row and with the gallery revisions that it causes, so that no door
//! can be left believing the old state. A template without standing consent is never stored.

mod changes;
pub mod names;

use jiff::civil::Date;
use lintel_core::embedding::Embedding;
use lintel_core::ids::{PersonId, SiteId, TemplateId};
use lintel_core::time::{Clock, UtcMillis};

pub use crate::store::people::Person;
pub(crate) use changes::{LEAVE_FIELDS, forget_face, leave_on_in, move_in, rename_in, take_leave};
pub use changes::{allow_site, leave_on, move_to, remove, withdraw, withdraw_own};
pub use names::{NameError, clean_name, folded};

use crate::auth::Permit;
use crate::auth::permit::{ManagePeople, ReadPeople};
use crate::gallery;
use crate::rosters::employments::{self, Terms};
use crate::store::{Db, StoreError, Tx, audit, people, sites};
use crate::vault::{CentralKeys, PersonKey, VaultError};

/// Why a change of a person is refused.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// No such person.
    #[error("there is no person {0}: `people list` shows ids and staff numbers")]
    Unknown(String),
    /// No such site.
    #[error("there is no site {0}: add it with `site add {0} --zone ZONE`")]
    UnknownSite(SiteId),
    /// The staff number is taken.
    #[error("staff number {0} belongs to another person")]
    StaffNoTaken(String),
    /// The person left.
    #[error("person {0} has left and can't be changed")]
    Left(PersonId),
    /// No consent stands.
    #[error(
        "person {0} has not consented to face recognition: record it with `people consent {0} --notice VERSION`"
    )]
    NoConsent(PersonId),
    /// The first or the last day is no likely one.
    #[error("{0} is more than 400 days away: look at the year")]
    LastDay(Date),
    /// A name, staff number or version can't be stored.
    #[error(transparent)]
    Name(#[from] NameError),
    /// No randomness for an id.
    #[error(transparent)]
    Random(#[from] lintel_runtime::clock::ClockError),
    /// The person's key or template.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PeopleError {
    /// Stable code for programs, such as `staff_no_taken`; none when the fault isn't the asker's.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unknown(_) => "unknown_person",
            Self::UnknownSite(_) => "unknown_site",
            Self::StaffNoTaken(_) => "staff_no_taken",
            Self::Left(_) => "person_left",
            Self::NoConsent(_) => "no_consent",
            Self::LastDay(_) => "unlikely_date",
            Self::Name(_) => "bad_text",
            Self::Random(_) | Self::Vault(_) | Self::Store(_) => return None,
        })
    }
}

/// A person to add.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Their name.
    pub name: String,
    /// Where they belong.
    pub site_id: SiteId,
    /// Their staff number.
    pub staff_no: Option<String>,
}

/// Adds a person.
///
/// # Errors
/// [`PeopleError`] when the site is unknown, the staff number taken or the name empty.
pub async fn add(
    db: &Db,
    permit: &Permit<ManagePeople>,
    clock: &dyn Clock,
    new: &NewPerson,
) -> Result<Person, PeopleError> {
    add_joined(db, permit, clock, new, None).await
}

/// The same with the first day at work; without one they have always been there, so that nobody is absent
/// for a date that wasn't known.
///
/// # Errors
/// [`PeopleError`], also for a first day that is no likely one.
pub async fn add_joined(
    db: &Db,
    permit: &Permit<ManagePeople>,
    clock: &dyn Clock,
    new: &NewPerson,
    joined: Option<Date>,
) -> Result<Person, PeopleError> {
    let mut tx = db.write().await?;
    expect_site(&mut tx, &new.site_id).await?;
    let id = add_in(&mut tx, permit.actor(), clock.now(), new, joined, &Terms::default()).await?;
    let person = expect(&mut tx, id).await?;
    tx.commit().await?;
    Ok(person)
}

/// The same at a site that is there, with a team and hours.
pub(crate) async fn add_in(
    tx: &mut Tx,
    actor: &str,
    at: UtcMillis,
    new: &NewPerson,
    joined: Option<Date>,
    terms: &Terms,
) -> Result<PersonId, PeopleError> {
    if let Some(day) = joined.filter(|day| !(1900..2200).contains(&day.year())) {
        return Err(PeopleError::LastDay(day));
    }
    let name = clean_name(&new.name)?;
    let staff_no = new.staff_no.as_deref().map(clean_name).transpose()?;
    let person_id = PersonId::new(at, &lintel_runtime::clock::random_bytes()?);
    let row = people::NewRow {
        person_id,
        staff_no: staff_no.as_deref(),
        name: &name,
        folded_name: &folded(&name),
        site_id: &new.site_id,
        created_at: at,
    };
    match people::create(tx, row).await {
        Err(error) if error.is_unique_violation() => {
            return Err(PeopleError::StaffNoTaken(staff_no.unwrap_or_default()));
        }
        other => other?,
    }
    employments::begin(tx, person_id, &new.site_id, joined, terms).await?;
    let fields = "name,site_id,staff_no,joined";
    audit::create(tx, at, actor, "person.add", &person_id.to_string(), fields).await?;
    Ok(person_id)
}

/// People by name, of one site or of all.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &Db,
    _permit: &Permit<ReadPeople>,
    site: Option<&SiteId>,
) -> Result<Vec<Person>, StoreError> {
    people::list(&mut db.read().await?, site).await
}

/// A person by id or staff number, as people type it.
///
/// # Errors
/// [`PeopleError::Unknown`].
pub async fn find(
    db: &Db,
    _permit: &Permit<ReadPeople>,
    id_or_staff_no: &str,
) -> Result<Person, PeopleError> {
    let mut tx = db.read().await?;
    let wanted = id_or_staff_no.trim();
    let by_id = match PersonId::parse(wanted) {
        Ok(id) => people::get(&mut tx, id).await?,
        Err(_) => None,
    };
    match by_id {
        Some(person) => Ok(person),
        None => people::get_by_staff_no(&mut tx, wanted)
            .await?
            .ok_or_else(|| PeopleError::Unknown(wanted.chars().take(80).collect())),
    }
}

/// A person by staff number.
///
/// # Errors
/// When the database fails.
pub async fn get_by_staff_no(
    db: &Db,
    _permit: &Permit<ReadPeople>,
    staff_no: &str,
) -> Result<Option<Person>, StoreError> {
    people::get_by_staff_no(&mut db.read().await?, staff_no.trim()).await
}

/// Records consent to face recognition under a version of the privacy notice; `method` says how it was
/// given, such as `cli` or `console`.
///
/// # Errors
/// [`PeopleError`].
pub async fn consent(
    db: &Db,
    permit: &Permit<ManagePeople>,
    clock: &dyn Clock,
    person: PersonId,
    notice_version: &str,
    method: &str,
) -> Result<(), PeopleError> {
    let notice = clean_name(notice_version)?;
    let at = clock.now();
    let mut tx = db.write().await?;
    expect_active(&mut tx, person).await?;
    people::create_consent(&mut tx, person, &notice, method, at).await?;
    gallery::bump_all(&mut tx, person).await?;
    let fields = "notice_version,method";
    audit::create(&mut tx, at, permit.actor(), "consent.give", &person.to_string(), fields).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(())
}

/// Seals and stores a template of a person who consents, and publishes it to the doors of their sites.
///
/// # Errors
/// [`PeopleError::NoConsent`] above all.
#[expect(clippy::too_many_arguments, reason = "each is a different thing; a struct would only rename them")]
pub async fn store_template(
    db: &Db,
    permit: &Permit<ManagePeople>,
    keys: &CentralKeys,
    clock: &dyn Clock,
    person: PersonId,
    model_pack: &str,
    embedding: &Embedding,
    quality: f64,
) -> Result<TemplateId, PeopleError> {
    let at = clock.now();
    let template_id = TemplateId::new(at, &lintel_runtime::clock::random_bytes()?);
    expect_consent(&mut db.read().await?, person).await?;
    PersonKey::make_durable(db, person, &keys.face, at).await?;
    let mut tx = db.write().await?;
    // Again: it may have been withdrawn in between.
    expect_consent(&mut tx, person).await?;
    let key = PersonKey::get_or_create(&mut tx, person, &keys.face, at).await?;
    let token = key.seal(embedding);
    let row = people::NewTemplate {
        template_id,
        person_id: person,
        model_pack,
        token: &token,
        quality,
        created_at: at,
    };
    people::create_template(&mut tx, row).await?;
    gallery::bump_all(&mut tx, person).await?;
    let fields = "template_id,model_pack";
    audit::create(&mut tx, at, permit.actor(), "template.add", &person.to_string(), fields).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(template_id)
}

pub(crate) async fn expect(tx: &mut Tx, person: PersonId) -> Result<Person, PeopleError> {
    people::get(tx, person).await?.ok_or_else(|| PeopleError::Unknown(person.to_string()))
}

pub(crate) async fn expect_active(tx: &mut Tx, person: PersonId) -> Result<Person, PeopleError> {
    let found = expect(tx, person).await?;
    if found.active { Ok(found) } else { Err(PeopleError::Left(person)) }
}

async fn expect_consent(tx: &mut Tx, person: PersonId) -> Result<(), PeopleError> {
    match expect_active(tx, person).await?.consent {
        Some(_) => Ok(()),
        None => Err(PeopleError::NoConsent(person)),
    }
}

pub(crate) async fn expect_site(tx: &mut Tx, site: &SiteId) -> Result<(), PeopleError> {
    match sites::get(tx, site).await? {
        Some(_) => Ok(()),
        None => Err(PeopleError::UnknownSite(site.clone())),
    }
}
