//! Reports: what is asked stands in the address, the answer below it, and beside it the same as files.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::ids::SiteId;
use lintel_core::time::zone;
use lintel_runtime::catalogue::Words;
use serde::Deserialize;

use super::assets::plots_style;
use super::problem::escaped;
use super::shell::{Shell, Tab, Visit};
use super::{Choice, page, site_choices};
use crate::api::input::Params;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::Month;
use crate::auth::permit::ReadAttendance;
use crate::auth::{May, Permit};
use crate::inquiries::{self, Answer, Asked, InquiryError, Question};
use crate::people::{self, PeopleError};
use crate::reports::documents::{View, view};
use crate::reports::sheets::Name;
use crate::store::sites::{self, Site};

/// Rows on the page; the files have all.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "reports.html")]
struct ReportsPage {
    shell: Shell,
    plots: String,
    names: Vec<Tabbed>,
    fields: Fields,
    wanted: Wanted,
    sites: Vec<Choice>,
    found: Found,
}

/// A report to go to.
struct Tabbed {
    name: String,
    address: String,
    current: bool,
}

/// Which questions the form asks.
struct Fields {
    month: bool,
    date: bool,
    range: bool,
    person: bool,
}

/// The answer, or why there is none.
enum Found {
    Answer(Box<Shown>),
    Refused(String),
}

struct Shown {
    title: String,
    subtitle: String,
    headings: Vec<(String, bool)>,
    view: View,
    /// How many rows there are; and that not all of them are shown, if so.
    count: String,
    more: Option<String>,
    notes: Vec<String>,
    picture: Option<String>,
    /// What stands before each ending in the addresses of the files, and what behind it.
    file: String,
    query: String,
}

/// `?report=&month=&date=&from=&to=&site=&person=`; what is left out or can't be read is today, or this month.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    report: String,
    #[serde(default)]
    month: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    site: String,
    /// An id or a staff number.
    #[serde(default)]
    person: String,
}

impl Wanted {
    fn name(&self) -> Name {
        Name::parse(&self.report).unwrap_or(Name::Daily)
    }

    /// With today's date, month and beginning of it where nothing is said.
    fn completed(self, today: Date) -> Self {
        let date = |text: &str, other: Date| text.parse::<Date>().unwrap_or(other).to_string();
        let month = self.month.parse().unwrap_or_else(|_| Month::of(today));
        let person = self.person.trim().chars().filter(|c| !c.is_control()).take(100).collect();
        Self {
            report: self.name().as_str().to_owned(),
            month: month.to_string(),
            date: date(&self.date, today),
            from: date(&self.from, Month::of(today).first()),
            to: date(&self.to, today),
            site: SiteId::parse(&self.site).map(|site| site.to_string()).unwrap_or_default(),
            person,
        }
    }

    /// What the report takes of it.
    fn asked(&self) -> Asked {
        let fields = Fields::of(self.name());
        Asked {
            month: fields.month.then(|| self.month.parse().ok()).flatten(),
            date: fields.date.then(|| self.date.parse().ok()).flatten(),
            from: fields.range.then(|| self.from.parse().ok()).flatten(),
            to: fields.range.then(|| self.to.parse().ok()).flatten(),
            site: SiteId::parse(&self.site).ok(),
            person: None,
        }
    }

    /// The same question to another report.
    fn address(&self, name: Name) -> String {
        let texts = [
            ("month", &self.month),
            ("date", &self.date),
            ("from", &self.from),
            ("to", &self.to),
            ("site", &self.site),
            ("person", &self.person),
        ];
        let set = texts.into_iter().filter(|(_, text)| !text.is_empty());
        let rest: String = set.map(|(key, text)| format!("&{key}={}", escaped(text))).collect();
        format!("/console/reports?report={}{rest}", name.as_str())
    }
}

impl Fields {
    const fn of(name: Name) -> Self {
        let month = matches!(name, Name::Monthly | Name::Rounding | Name::WorkingTime);
        let range = matches!(name, Name::Exceptions | Name::Overtime | Name::Raw);
        let date = matches!(name, Name::Daily);
        Self { month, date, range, person: month || range || date }
    }
}

/// `GET /console/reports`.
///
/// # Errors
/// [`Problem`].
pub async fn show_reports(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ReadAttendance>,
    Params(wanted): Params<Wanted>,
) -> Result<Html<String>, Problem> {
    let all = sites::list(&mut state.db().read().await?).await?;
    let today = state.clock().now().date_in(&zone_of(&all)?);
    let wanted = wanted.completed(today);
    let name = wanted.name();
    let found = match find(&state, &visit, &permit, &wanted).await {
        Ok(found) => found,
        Err(error) => {
            let refusal = refusal(visit.words, &error).ok_or_else(|| Problem::from(error))?;
            Found::Refused(refusal)
        }
    };
    let tab = |one: Name| Tabbed {
        name: one.in_words(visit.words),
        address: wanted.address(one),
        current: one == name,
    };
    page(&ReportsPage {
        shell: visit.shell(&state, Tab::Reports),
        plots: plots_style(),
        names: Name::ALL.into_iter().map(tab).collect(),
        fields: Fields::of(name),
        sites: site_choices(&all, SiteId::parse(&wanted.site).ok().as_ref()),
        wanted,
        found,
    })
}

/// Where it is today, for whoever says nothing of when.
fn zone_of(all: &[Site]) -> Result<TimeZone, Problem> {
    let name = all.first().map_or("UTC", |site| site.zone.as_str());
    zone(name).map_err(|error| Problem::internal(&error))
}

/// What can't be asked, in words; None when the server failed.
fn refusal(words: Words<'_>, error: &InquiryError) -> Option<String> {
    Some(match error {
        InquiryError::Range { most } => {
            words.say_with("reports-refused-range", &[("most", i64::from(*most).into())])
        }
        InquiryError::TooMany => words.say("reports-refused-too-many"),
        InquiryError::UnknownSite(_) => words.say("refused-site-unknown"),
        InquiryError::UnknownPerson(_) => words.say("refused-person-unknown"),
        _ => return None,
    })
}

async fn find(
    state: &AppState,
    visit: &Visit,
    permit: &Permit<ReadAttendance>,
    wanted: &Wanted,
) -> Result<Found, InquiryError> {
    let words = visit.words;
    let mut asked = wanted.asked();
    if Fields::of(wanted.name()).person && !wanted.person.is_empty() {
        let Ok(may) = visit.actor.permit() else {
            return Ok(Found::Refused(words.say("refused-person-unknown")));
        };
        match people::find(state.db(), &may, &wanted.person).await {
            Ok(person) => asked.person = Some(person.person_id),
            Err(PeopleError::Store(error)) => return Err(error.into()),
            Err(_) => return Ok(Found::Refused(words.say("refused-person-unknown"))),
        }
    }
    let query = query(&asked);
    let question = Question::of(wanted.name(), asked)?;
    let answer = inquiries::ask(state.db(), permit, state.clock(), question).await?;
    Ok(Found::Answer(Box::new(shown(words, &answer, wanted.name(), query)?)))
}

/// The question as the API reads it.
fn query(asked: &Asked) -> String {
    let parts = [
        ("month", asked.month.map(|month| month.to_string())),
        ("date", asked.date.map(|date| date.to_string())),
        ("from", asked.from.map(|date| date.to_string())),
        ("to", asked.to.map(|date| date.to_string())),
        ("site", asked.site.as_ref().map(ToString::to_string)),
        ("person", asked.person.map(|person| person.to_string())),
    ];
    let said = parts.into_iter().filter_map(|(key, value)| Some(format!("{key}={}", escaped(&value?))));
    said.collect::<Vec<_>>().join("&")
}

fn shown(words: Words<'_>, answer: &Answer, name: Name, query: String) -> Result<Shown, InquiryError> {
    let saying = answer.saying(words);
    let sheet = answer.material.sheet(&saying);
    let view = view(&sheet.document, words, sheet.rows, SHOWN)?;
    let count = i64::try_from(view.count).unwrap_or(i64::MAX);
    let most = i64::try_from(SHOWN).unwrap_or(i64::MAX);
    let document = sheet.document;
    Ok(Shown {
        title: document.title,
        subtitle: document.subtitle,
        headings: document.columns.into_iter().map(|one| (one.heading, one.kind.is_amount())).collect(),
        count: words.say_with("document-count", &[("count", count.into())]),
        more: (count > most).then(|| words.say_with("reports-more", &[("count", most.into())])),
        view,
        notes: document.notes,
        picture: answer.material.picture(words, &answer.zones)?,
        file: format!("/api/v1/reports/{}", name.as_str()),
        query,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_report_is_asked_only_what_it_takes_and_the_address_keeps_the_rest() {
        let wanted = Wanted { report: "monthly".into(), site: "berlin".into(), ..Wanted::default() };
        let wanted = wanted.completed(date(2026, 11, 20));
        let asked = wanted.asked();
        assert_eq!((asked.month, asked.date, asked.from), ("2026-11".parse().ok(), None, None));
        assert_eq!(query(&asked), "month=2026-11&site=berlin");
        let address = wanted.address(Name::Raw);
        assert_eq!(
            address,
            "/console/reports?report=raw&month=2026-11&date=2026-11-20&from=2026-11-01&to=2026-11-20&site=berlin"
        );
        for name in Name::ALL {
            let asked = Wanted { report: name.as_str().into(), ..wanted.clone() }.asked();
            assert!(Question::of(name, asked).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_today() {
        let odd = Wanted { report: "x".into(), date: "<b>".into(), month: "13".into(), ..Wanted::default() };
        let completed = odd.completed(date(2026, 11, 20));
        assert_eq!((completed.report.as_str(), completed.date.as_str()), ("daily", "2026-11-20"));
        assert_eq!(completed.month, "2026-11");
    }
}
