//! The month of everybody: hours by person, proposals that wait for an answer, and the file for payroll.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Redirect, Response};
use lintel_core::ids::{CorrectionId, PersonId, SiteId};
use lintel_core::time::zone;
use lintel_runtime::catalogue::Words;
use serde::Deserialize;

use super::record::page::answer;
use super::shell::{Shell, Tab, Visit};
use super::{Choice, dates, page, site_choices};
use crate::api::input::{Fields, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::Month;
use crate::attendance::correction::Change;
use crate::attendance::punch::Direction;
use crate::audit::{self, View};
use crate::auth::May;
use crate::auth::permit::{DecideCorrections, ReadAttendance};
use crate::corrections::{self, Correction};
use crate::reports::sheets::needs_a_look;
use crate::reports::{self, Format, hours_minutes};
use crate::store::days::{self, DayRow};
use crate::store::sites;

#[derive(Template)]
#[template(path = "month.html")]
struct MonthPage {
    shell: Shell,
    title: String,
    month: String,
    before: String,
    after: String,
    site: String,
    sites: Vec<Choice>,
    rows: Vec<Row>,
    waiting: Vec<Waiting>,
    may_decide: bool,
}

/// A person's sums.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    id: String,
    name: String,
    staff_no: String,
    days: usize,
    worked: String,
    look: usize,
}

/// A proposal.
struct Waiting {
    id: String,
    person: String,
    person_id: String,
    what: String,
    reason: String,
    month: String,
}

/// `?month=&site=`.
#[derive(Debug, Default, Deserialize)]
pub struct Chosen {
    month: Option<Month>,
    #[serde(default)]
    site: String,
}

/// Sums by person, by name; erased people last.
fn sums(words: Words<'_>, rows: &[DayRow]) -> Vec<Row> {
    let mut people: BTreeMap<PersonId, Vec<&DayRow>> = BTreeMap::new();
    for row in rows {
        people.entry(row.record.person).or_default().push(row);
    }
    let mut sums: Vec<Row> = people
        .into_iter()
        .map(|(id, rows)| {
            let first = rows.first();
            let name = first.map(|row| row.name.clone()).filter(|name| !name.is_empty());
            Row {
                id: id.to_string(),
                name: name.unwrap_or_else(|| words.say("today-removed")),
                staff_no: first.and_then(|row| row.staff_no.clone()).unwrap_or_default(),
                days: rows.len(),
                worked: hours_minutes(rows.iter().map(|row| row.record.hours.worked.as_millis()).sum()),
                look: rows.iter().filter(|row| needs_a_look(&row.record)).count(),
            }
        })
        .collect();
    sums.sort_by_cached_key(|row| (crate::people::folded(&row.name), row.id.clone()));
    sums
}

fn waiting(words: Words<'_>, correction: Correction) -> Option<Waiting> {
    let zone = zone(&correction.zone).ok()?;
    let date = correction.at.date_in(&zone);
    let time = correction.at.hour_minute_in(&zone);
    let values = [("date", dates::long(words, date).into()), ("time", time.into())];
    let id = match correction.change {
        Change::Add { .. } => "month-wants-add",
        Change::Void { .. } => "month-wants-void",
        Change::Move { .. } => "month-wants-move",
        Change::Direct { direction: Direction::In, .. } => "month-wants-in",
        Change::Direct { direction: Direction::Out, .. } => "month-wants-out",
        Change::Assign { .. } => "month-wants-assign",
        Change::Excuse { paid: true, .. } => "month-wants-paid-excuse",
        Change::Excuse { paid: false, .. } => "month-wants-excuse",
        Change::ApproveOvertime { .. } => "month-wants-overtime",
    };
    Some(Waiting {
        id: correction.correction_id.to_string(),
        person: correction.person_name,
        person_id: correction.person_id.to_string(),
        what: words.say_with(id, &values),
        reason: correction.reason,
        month: Month::of(date).to_string(),
    })
}

/// The month that is asked for, or that of now in the first site's zone.
fn month_of(state: &AppState, chosen: Option<Month>, zone_name: &str) -> Result<Month, Problem> {
    match chosen {
        Some(month) => Ok(month),
        None => {
            let zone = zone(zone_name).map_err(|error| Problem::internal(&error))?;
            Ok(Month::of(state.clock().now().date_in(&zone)))
        }
    }
}

/// `GET /console/month`.
///
/// # Errors
/// [`Problem`].
pub async fn show_team(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ReadAttendance>,
    Params(chosen): Params<Chosen>,
) -> Result<Html<String>, Problem> {
    let words = visit.words;
    let open = corrections::list_open(state.db(), &permit).await?;
    let mut tx = state.db().read().await?;
    let all = sites::list(&mut tx).await?;
    let month = month_of(&state, chosen.month, all.first().map_or("UTC", |site| &site.zone))?;
    let site = SiteId::parse(&chosen.site).ok();
    drop(tx);
    saw(&state, permit.actor(), site.as_ref()).await?;
    let mut tx = state.db().read().await?;
    let rows = days::list(&mut tx, month.first(), month.last(), site.as_ref()).await?;
    page(&MonthPage {
        shell: visit.shell(&state, Tab::Month),
        title: dates::month_and_year(words, month.first()),
        month: month.to_string(),
        before: month.before().to_string(),
        after: month.after().to_string(),
        site: site.as_ref().map(ToString::to_string).unwrap_or_default(),
        sites: site_choices(&all, site.as_ref()),
        rows: sums(words, &rows),
        waiting: open.into_iter().filter_map(|correction| waiting(words, correction)).collect(),
        may_decide: visit.actor.permit::<DecideCorrections>().is_ok(),
    })
}

/// `GET /console/month.csv`: one line a person and day.
///
/// # Errors
/// [`Problem`].
pub async fn download_month(
    State(state): State<AppState>,
    May(permit): May<ReadAttendance>,
    Params(chosen): Params<Chosen>,
) -> Result<Response, Problem> {
    let mut tx = state.db().read().await?;
    let all = sites::list(&mut tx).await?;
    let month = month_of(&state, chosen.month, all.first().map_or("UTC", |site| &site.zone))?;
    let site = SiteId::parse(&chosen.site).ok();
    drop(tx);
    saw(&state, permit.actor(), site.as_ref()).await?;
    let mut tx = state.db().read().await?;
    let rows = days::list(&mut tx, month.first(), month.last(), site.as_ref()).await?;
    let csv = reports::daily(&rows, Format::Csv)?;
    let disposition = format!("attachment; filename=\"attendance-{month}.csv\"");
    Ok((
        [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, disposition),
        ],
        csv,
    )
        .into_response())
}

async fn saw(state: &AppState, actor: &str, site: Option<&SiteId>) -> Result<(), Problem> {
    let subject = site.map_or("all", SiteId::as_str);
    Ok(audit::viewed(state.db(), actor, state.clock(), View::Days, subject).await?)
}

/// The form that decides: one of two buttons, and an answer.
#[derive(Debug, Deserialize)]
pub struct DecisionFields {
    decision: Decision,
    #[serde(default)]
    answer: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Approve,
    Reject,
}

/// `POST /console/corrections/{id}`.
///
/// # Errors
/// [`Problem`].
pub async fn decide_correction(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<DecideCorrections>,
    Path(id): Path<String>,
    Fields(fields): Fields<DecisionFields>,
) -> Result<Redirect, Problem> {
    let id = CorrectionId::parse(&id).map_err(|error| Problem::not_found(error.to_string()))?;
    let approve = fields.decision == Decision::Approve;
    let (db, clock) = (state.db(), state.clock());
    let done = corrections::decide(db, &permit, &visit.actor, clock, id, approve, &fields.answer).await;
    answer("/console/month", done, if approve { "said-approved" } else { "said-rejected" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attendance::exception::{Code, Exception};
    use crate::attendance::{DayRecord, Length, Status};
    use crate::words::words_in;
    use lintel_core::time::UtcMillis;
    use uuid::Uuid;

    fn row(person: u128, name: &str, worked_ms: i64, exceptions: &[Code]) -> DayRow {
        let date = jiff::civil::date(2026, 11, 20);
        let person = PersonId::from(Uuid::from_u128(person));
        let mut record = DayRecord::blank(person, date, SiteId::parse("berlin").unwrap(), Status::Present);
        record.hours.worked = Length::from_millis(worked_ms);
        record.exceptions = exceptions.iter().map(|code| Exception::of(*code)).collect();
        DayRow {
            name: name.into(),
            staff_no: None,
            zone: "Europe/Berlin".into(),
            record,
            computed_at: UtcMillis::from_i64(0),
        }
    }

    #[test]
    fn a_persons_days_are_summed_and_people_stand_by_name() {
        let rows = [
            row(2, "zoe", 3_600_000, &[]),
            row(1, "Ada", 60_000, &[Code::MissingOut]),
            row(2, "zoe", 1_800_000, &[]),
        ];
        let sums = sums(words_in("en"), &rows);
        let seen: Vec<_> =
            sums.iter().map(|row| (row.name.as_str(), row.days, row.worked.as_str(), row.look)).collect();
        assert_eq!(seen, [("Ada", 1, "0:01", 1), ("zoe", 2, "1:30", 0)]);
    }
}
