//! The list: search by name or staff number, and add.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Redirect};
use lintel_core::ids::SiteId;
use lintel_runtime::catalogue::Words;
use serde::Deserialize;

use super::super::shell::{Shell, Tab, Visit, said};
use super::super::{Choice, page, site_choices};
use super::refusal;
use crate::api::input::{Fields, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::audit::{self, View};
use crate::auth::May;
use crate::auth::permit::{ManageBadges, ManagePeople, ReadPeople};
use crate::people::{self, NewPerson, folded};
use crate::store::people::Person;
use crate::store::{people as people_store, sites};

/// People on one page; whoever wants another types a name.
const SHOWN: i64 = 200;
/// Longest search, in characters.
const MAX_QUERY: usize = 80;

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    shell: Shell,
    query: String,
    nobody: String,
    sites: Vec<Choice>,
    rows: Vec<Row>,
    more: bool,
    may_manage: bool,
    may_print: bool,
}

struct Row {
    id: String,
    name: String,
    staff_no: String,
    site: String,
    state: String,
    class: &'static str,
    mark: &'static str,
}

/// Whether doors know a face, in words, a mark and a class that repeats them.
pub(super) fn face_state(words: Words<'_>, person: &Person) -> (String, &'static str, &'static str) {
    if !person.active {
        return (words.say("people-left"), "off", "–");
    }
    match (&person.consent, person.templates) {
        (None, _) => (words.say("people-no-consent"), "off", "–"),
        (Some(_), 0) => (words.say("people-no-photo"), "wait", "→"),
        (Some(_), photos) => (words.say_with("people-enrolled", &[("count", photos.into())]), "good", "✓"),
    }
}

/// `?q=&site=`.
#[derive(Debug, Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    site: String,
}

/// `GET /console/people`.
///
/// # Errors
/// [`Problem`].
pub async fn list_people(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ReadPeople>,
    Params(search): Params<Search>,
) -> Result<Html<String>, Problem> {
    let query: String = search.q.trim().chars().filter(|c| !c.is_control()).take(MAX_QUERY).collect();
    let site = SiteId::parse(&search.site).ok();
    let subject = site.as_ref().map_or("all", SiteId::as_str);
    audit::viewed(state.db(), permit.actor(), state.clock(), View::People, subject).await?;
    let mut tx = state.db().read().await?;
    let mut found = people_store::search(&mut tx, &folded(&query), site.as_ref(), SHOWN + 1).await?;
    let sites = sites::list(&mut tx).await?;
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let more = found.len() > shown;
    found.truncate(shown);
    let nobody = match query.as_str() {
        "" => visit.words.say("people-none"),
        query => visit.words.say_with("people-none-found", &[("query", query.into())]),
    };
    let rows = found
        .into_iter()
        .map(|person| {
            let (state, class, mark) = face_state(visit.words, &person);
            Row {
                id: person.person_id.to_string(),
                name: person.name,
                staff_no: person.staff_no.unwrap_or_default(),
                site: person.site_id.to_string(),
                state,
                class,
                mark,
            }
        })
        .collect();
    page(&PeoplePage {
        shell: visit.shell(&state, Tab::People),
        nobody,
        query,
        sites: site_choices(&sites, site.as_ref()),
        rows,
        more,
        may_manage: visit.actor.permit::<ManagePeople>().is_ok(),
        may_print: visit.actor.permit::<ManageBadges>().is_ok(),
    })
}

/// The form that adds a person.
#[derive(Debug, Deserialize)]
pub struct NewFields {
    name: String,
    #[serde(default)]
    staff_no: String,
    site: String,
}

/// `POST /console/people`.
///
/// # Errors
/// [`Problem`].
pub async fn add_person(
    State(state): State<AppState>,
    May(permit): May<ManagePeople>,
    Fields(fields): Fields<NewFields>,
) -> Result<Redirect, Problem> {
    let list = "/console/people";
    let Ok(site_id) = SiteId::parse(&fields.site) else { return Ok(said(list, "refused-site-unknown")) };
    let staff_no = Some(fields.staff_no).filter(|number| !number.trim().is_empty());
    let new = NewPerson { name: fields.name, site_id, staff_no };
    match people::add(state.db(), &permit, state.clock(), &new).await {
        Ok(person) => Ok(said(&format!("{list}/{}", person.person_id), "said-person-added")),
        Err(error) => refusal(&error).map(|id| said(list, id)).ok_or_else(|| error.into()),
    }
}
