//! One person: consent, photographs, the doors that know them, the badge, leaving and erasure.

use askama::Template;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use jiff::civil::Date;
use lintel_core::ids::PersonId;
use lintel_runtime::catalogue::Words;
use serde::Deserialize;

use super::super::shell::{Shell, Tab, Visit, said};
use super::super::{badge, dates, page};
use super::list::face_state;
use super::photos::in_words;
use super::refusal;
use crate::api::input::Fields;
use crate::api::problem::Problem;
use crate::api::v1::photos::photos_of;
use crate::app::AppState;
use crate::audit::{self, View};
use crate::auth::May;
use crate::auth::permit::{ManageAccounts, ManagePeople, ReadAudit, ReadPeople};
use crate::enrolment::{self, Desk, PhotoAnswer};
use crate::erasure;
use crate::people::{self, PeopleError};
use crate::store::gallery::{Reach, Reached};
use crate::store::{accounts, gallery, people as people_store, sites};
use lintel_core::time::zone;

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    shell: Shell,
    person: Facts,
    face: Face,
    consent: Option<String>,
    can_enrol: bool,
    may_manage: bool,
    reach: Vec<DoorLine>,
    badge_card: String,
    answers: Vec<PhotoAnswer>,
    may_audit: bool,
    /// For those who may make accounts: whose this is, or none yet.
    account: Option<Owned>,
}

/// The account of a person: its address and name, when there is one.
struct Owned(Option<(String, String)>);

struct Facts {
    id: String,
    name: String,
    staff_no: String,
    site: String,
    active: bool,
    left: Option<String>,
    /// The last day, when it is known and hasn't ended.
    leaves: Option<String>,
    /// Today at the person's site, for the form.
    today: String,
}

/// A door that was told about the person, and how far that has come.
struct DoorLine {
    door: String,
    site: String,
    state: String,
    class: &'static str,
    mark: &'static str,
}

fn door_line(words: Words<'_>, reach: Reach) -> DoorLine {
    let (text, class, mark) = match reach.reached {
        Reached::Confirmed => ("person-door-confirmed", "good", "✓"),
        Reached::Waits => ("person-door-waits", "wait", "→"),
        Reached::RevokedAfter => ("person-door-revoked-after", "off", "–"),
        Reached::RevokedBefore => ("person-door-revoked-before", "look", "!"),
    };
    DoorLine { door: reach.door, site: reach.site_id, state: words.say(text), class, mark }
}

struct Face {
    state: String,
    class: &'static str,
    mark: &'static str,
}

pub(in crate::console) fn person_id(text: &str) -> Result<PersonId, Problem> {
    PersonId::parse(text).map_err(|error| Problem::not_found(error.to_string()))
}

/// `GET /console/people/{id}`.
///
/// # Errors
/// [`Problem`].
pub async fn show_person(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ReadPeople>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let id = person_id(&id)?;
    audit::viewed(state.db(), permit.actor(), state.clock(), View::Person, &id.to_string()).await?;
    render(&state, &visit, id, Vec::new()).await
}

async fn render(
    state: &AppState,
    visit: &Visit,
    id: PersonId,
    answers: Vec<PhotoAnswer>,
) -> Result<Html<String>, Problem> {
    let words = visit.words;
    let may_manage = visit.actor.permit::<ManagePeople>().is_ok();
    let shell = visit.shell(state, Tab::People);
    let badge_card = badge::card_of(state, visit, &shell, id).await?;
    let mut tx = state.db().read().await?;
    let person = people_store::get(&mut tx, id).await?.ok_or_else(|| PeopleError::Unknown(id.to_string()))?;
    let site = sites::get(&mut tx, &person.site_id).await?;
    let standing = people_store::get_consent(&mut tx, id).await?;
    let reach = gallery::reach(&mut tx, id).await?;
    let zone = zone(site.as_ref().map_or("UTC", |site| site.zone.as_str()))
        .map_err(|error| Problem::internal(&error))?;
    let consent = person.consent.as_ref().zip(standing).map(|(notice, (at, _))| {
        let date = dates::long(words, at.date_in(&zone));
        words.say_with("person-consent", &[("notice", notice.as_str().into()), ("date", date.into())])
    });
    let left = person
        .left_at
        .map(|at| words.say_with("person-left", &[("date", dates::long(words, at.date_in(&zone)).into())]));
    let leaves = person.leaves_on.filter(|_| person.active);
    let leaves =
        leaves.map(|day| words.say_with("person-leaves", &[("date", dates::long(words, day).into())]));
    let account = match visit.actor.permit::<ManageAccounts>() {
        Ok(_) => Some(Owned(
            accounts::get_by_person(&mut tx, id)
                .await?
                .map(|account| (format!("/console/accounts/{}", account.account_id), account.name)),
        )),
        Err(_) => None,
    };
    let (face, class, mark) = face_state(words, &person);
    page(&PersonPage {
        shell,
        person: Facts {
            id: id.to_string(),
            name: person.name,
            staff_no: person.staff_no.unwrap_or_default(),
            site: site.map_or_else(|| person.site_id.to_string(), |site| site.name),
            active: person.active,
            left,
            leaves,
            today: state.clock().now().date_in(&zone).to_string(),
        },
        face: Face { state: face, class, mark },
        consent,
        can_enrol: state.vision().is_some(),
        may_manage,
        reach: reach.into_iter().map(|one| door_line(words, one)).collect(),
        badge_card,
        answers,
        may_audit: visit.actor.permit::<ReadAudit>().is_ok(),
        account,
    })
}

fn back(id: PersonId, done: Result<(), PeopleError>, said_id: &'static str) -> Result<Redirect, Problem> {
    let address = format!("/console/people/{id}");
    match done {
        Ok(()) => Ok(said(&address, said_id)),
        Err(error) => refusal(&error).map(|id| said(&address, id)).ok_or_else(|| error.into()),
    }
}

/// The form that records consent.
#[derive(Debug, Deserialize)]
pub struct ConsentFields {
    notice_version: String,
}

/// `POST /console/people/{id}/consent`.
///
/// # Errors
/// [`Problem`].
pub async fn give_consent(
    State(state): State<AppState>,
    May(permit): May<ManagePeople>,
    Path(id): Path<String>,
    Fields(fields): Fields<ConsentFields>,
) -> Result<Redirect, Problem> {
    let id = person_id(&id)?;
    let done =
        people::consent(state.db(), &permit, state.clock(), id, &fields.notice_version, "console").await;
    back(id, done, "said-consent-given")
}

/// `POST /console/people/{id}/withdraw`.
///
/// # Errors
/// [`Problem`].
pub async fn withdraw_consent(
    State(state): State<AppState>,
    May(permit): May<ManagePeople>,
    Path(id): Path<String>,
) -> Result<Redirect, Problem> {
    let id = person_id(&id)?;
    back(id, people::withdraw(state.db(), &permit, state.clock(), id).await, "said-consent-withdrawn")
}

/// The form about leaving: the last day, and which of its buttons was pressed.
#[derive(Debug, Deserialize)]
pub struct LeaveFields {
    #[serde(default)]
    on: String,
    /// `day`, `now` or `stays`.
    when: String,
}

/// `POST /console/people/{id}/leave`: on a day, at once, or not after all.
///
/// # Errors
/// [`Problem`].
pub async fn leave(
    State(state): State<AppState>,
    May(permit): May<ManagePeople>,
    Path(id): Path<String>,
    Fields(fields): Fields<LeaveFields>,
) -> Result<Redirect, Problem> {
    let id = person_id(&id)?;
    let (db, clock) = (state.db(), state.clock());
    match fields.when.as_str() {
        "now" => back(id, people::remove(db, &permit, clock, id).await, "said-person-left"),
        "stays" => {
            let done = people::leave_on(db, &permit, clock, id, None).await;
            back(id, done.map(drop), "said-person-stays")
        }
        _ => match fields.on.parse::<Date>() {
            Ok(day) => {
                let done = people::leave_on(db, &permit, clock, id, Some(day)).await;
                let has_left = done.as_ref().is_ok_and(|has_left| *has_left);
                back(id, done.map(drop), if has_left { "said-person-left" } else { "said-person-leaves" })
            }
            Err(_) => Ok(said(&format!("/console/people/{id}"), "refused-last-day")),
        },
    }
}

/// The form that erases: the name typed again, so that it isn't done by a slip.
#[derive(Debug, Deserialize)]
pub struct EraseFields {
    name: String,
}

/// `POST /console/people/{id}/erase`.
///
/// # Errors
/// [`Problem`].
pub async fn erase_person(
    State(state): State<AppState>,
    May(permit): May<ManagePeople>,
    Path(id): Path<String>,
    Fields(fields): Fields<EraseFields>,
) -> Result<Redirect, Problem> {
    let id = person_id(&id)?;
    let mut tx = state.db().read().await?;
    let person = people_store::get(&mut tx, id).await?.ok_or_else(|| PeopleError::Unknown(id.to_string()))?;
    drop(tx);
    let typed = people::clean_name(&fields.name).map(|name| people::folded(&name));
    let same = typed.is_ok_and(|typed| typed == people::folded(&person.name));
    if !same {
        return Ok(said(&format!("/console/people/{id}"), "refused-erase-name"));
    }
    erasure::erase(state.db(), state.erasures(), &permit, state.clock(), id).await?;
    Ok(said("/console/people", "said-person-erased"))
}

/// `POST /console/people/{id}/photos`: what became of each picture is shown at once.
///
/// # Errors
/// [`Problem`]; without consent before anything of the body is read.
pub async fn add_photos(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ManagePeople>,
    Path(id): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Html<String>, Problem> {
    let id = person_id(&id)?;
    let mut tx = state.db().read().await?;
    let person = people_store::get(&mut tx, id).await?.ok_or_else(|| PeopleError::Unknown(id.to_string()))?;
    drop(tx);
    if person.consent.is_none() {
        return Err(PeopleError::NoConsent(id).into());
    }
    let photos = photos_of(form).await?;
    let vision = state.vision().ok_or_else(crate::api::v1::photos::no_models)?;
    let desk = Desk { db: state.db(), keys: state.keys(), clock: state.clock(), vision };
    let enrolment = enrolment::enrol(desk, &permit, id, photos, enrolment::Choice::default()).await?;
    render(&state, &visit, id, in_words(visit.words, enrolment.photos)).await
}
