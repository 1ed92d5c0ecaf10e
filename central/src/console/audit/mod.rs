//! The audit as a page: newest first, by pages, with filters, and how far it is sealed.
//!
//! Rows are shown as they are kept: ids and names of fields. Nothing is resolved into somebody's name, because
//! the reader may not be one who may see it. That somebody read the audit is itself in the audit.

mod actions;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::time::day_bounds;
use lintel_runtime::catalogue::Words;
use serde::Deserialize;

use super::problem::escaped;
use super::shell::{Shell, Tab, Visit};
use super::{Choice, dates, page};
use crate::api::input::Params;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::audit::{self, AuditFilter, AuditReport, Seal, View};
use crate::auth::permit::ReadAudit;
use crate::auth::{May, Permit};
use crate::store::audit::AuditRow;

/// Rows on a page.
const SHOWN: usize = 100;
/// Longest text that is looked for, in characters.
const MAX_TEXT: usize = 120;
/// A chain of so many rows is read within a second or two; a longer one is left to the command line.
const CHECKED_ROWS: i64 = 100_000;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    shell: Shell,
    wanted: Wanted,
    actions: Vec<Choice>,
    rows: Vec<Row>,
    /// Where older rows are.
    older: Option<String>,
    /// Whether rows are left out, by filter or by page.
    narrowed: bool,
    seal: Vec<String>,
    may_check: bool,
    checked: Option<Checked>,
}

struct Row {
    at: String,
    actor: String,
    actor_in_query: String,
    /// In words; empty for an action that has none.
    said: String,
    action: String,
    subject: String,
    subject_in_query: String,
    fields: String,
}

/// What checking the whole chain found.
struct Checked {
    whole: bool,
    lines: Vec<String>,
}

/// `?actor=&action=&about=&from=&to=&before=`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    actor: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    before: Option<i64>,
}

impl Wanted {
    /// Without what can't be looked for.
    fn cleaned(self) -> Self {
        let text = |text: &str| -> String {
            text.trim().chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect()
        };
        let date = |text: &str| text.trim().parse::<Date>().map(|date| date.to_string()).unwrap_or_default();
        Self {
            actor: text(&self.actor),
            action: text(&self.action),
            about: text(&self.about),
            from: date(&self.from),
            to: date(&self.to),
            before: self.before,
        }
    }

    fn filter(&self) -> AuditFilter {
        let day = |text: &str| text.parse::<Date>().ok().map(|day| day_bounds(day, &TimeZone::UTC));
        AuditFilter {
            actor: self.actor.clone(),
            action: self.action.clone(),
            subject: self.about.clone(),
            from: day(&self.from).map(|(start, _)| start),
            until: day(&self.to).map(|(_, end)| end),
        }
    }

    /// The address of the rows below a number.
    fn below(&self, audit_no: i64) -> String {
        let texts = [
            ("actor", &self.actor),
            ("action", &self.action),
            ("about", &self.about),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let set = texts.into_iter().filter(|(_, text)| !text.is_empty());
        let query: String = set.map(|(name, text)| format!("{name}={}&", escaped(text))).collect();
        format!("/console/audit?{query}before={audit_no}")
    }
}

/// `GET /console/audit`.
///
/// # Errors
/// [`Problem`].
pub async fn list_audit(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ReadAudit>,
    Params(wanted): Params<Wanted>,
) -> Result<Html<String>, Problem> {
    show(&state, &visit, &permit, wanted.cleaned(), None).await
}

/// `POST /console/audit`: reads the whole chain and says what was found.
///
/// # Errors
/// [`Problem`].
pub async fn check_audit(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ReadAudit>,
) -> Result<Html<String>, Problem> {
    let seal = audit::seal_state(state.db(), &permit).await?;
    let checked = if seal.sealed <= CHECKED_ROWS {
        let key = state.keys().ack.verifying_key();
        let report = audit::verify(state.db(), &permit, &key).await?;
        Some(checked(visit.words, &report))
    } else {
        None
    };
    show(&state, &visit, &permit, Wanted::default(), checked).await
}

async fn show(
    state: &AppState,
    visit: &Visit,
    permit: &Permit<ReadAudit>,
    wanted: Wanted,
    checked: Option<Checked>,
) -> Result<Html<String>, Problem> {
    let words = visit.words;
    let about = if wanted.about.is_empty() { "all" } else { wanted.about.as_str() };
    audit::viewed(state.db(), permit.actor(), state.clock(), View::Audit, about).await?;
    let (rows, more) = audit::page(state.db(), permit, &wanted.filter(), wanted.before, SHOWN).await?;
    let seal = audit::seal_state(state.db(), permit).await?;
    let older = rows.last().filter(|_| more).map(|row| wanted.below(row.audit_no));
    page(&AuditPage {
        shell: visit.shell(state, Tab::Audit),
        actions: actions::choices(words, &wanted.action),
        rows: rows.into_iter().map(|row| said(words, row)).collect(),
        older,
        narrowed: wanted.before.is_some() || wanted.filter() != AuditFilter::default(),
        seal: sealed(words, &seal),
        may_check: seal.sealed <= CHECKED_ROWS,
        checked,
        wanted,
    })
}

fn said(words: Words<'_>, row: AuditRow) -> Row {
    Row {
        at: row.at.timestamp().strftime("%Y-%m-%d %H:%M:%S").to_string(),
        actor_in_query: escaped(&row.actor),
        actor: row.actor,
        said: actions::in_words(words, &row.action).unwrap_or_default(),
        action: row.action,
        subject_in_query: escaped(&row.subject),
        subject: row.subject,
        // A place to break a line after each field.
        fields: row.fields.replace(',', ", "),
    }
}

fn sealed(words: Words<'_>, seal: &Seal) -> Vec<String> {
    let mut lines = vec![words.say_with("audit-sealed", &[("count", seal.sealed.into())])];
    if seal.unsealed > 0 {
        lines.push(words.say_with("audit-unsealed", &[("count", seal.unsealed.into())]));
    }
    if let Some((place, at)) = seal.signed {
        let at = dates::moment(words, at, &TimeZone::UTC);
        lines.push(words.say_with("audit-signed", &[("place", place.into()), ("at", at.into())]));
    }
    lines
}

fn checked(words: Words<'_>, report: &AuditReport) -> Checked {
    let mut lines = Vec::new();
    if report.is_whole() {
        let heads = i64::try_from(report.heads).unwrap_or(i64::MAX);
        let values = [("count", report.sealed.into()), ("heads", heads.into())];
        lines.push(words.say_with("audit-whole", &values));
    }
    if let Some(place) = report.broken_at {
        lines.push(words.say_with("audit-broken", &[("place", place.into())]));
    }
    for place in &report.bad_heads {
        lines.push(words.say_with("audit-bad-head", &[("place", (*place).into())]));
    }
    Checked { whole: report.is_whole(), lines }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words_in;

    #[test]
    fn an_address_of_older_rows_keeps_the_filter_and_nothing_that_is_no_date() {
        let wanted = Wanted {
            actor: " account:1&x=2 ".into(),
            from: "2026-11-20".into(),
            to: "tomorrow".into(),
            ..Wanted::default()
        };
        let wanted = wanted.cleaned();
        assert_eq!(wanted.below(7), "/console/audit?actor=account%3A1%26x%3D2&from=2026-11-20&before=7");
        let filter = wanted.filter();
        assert_eq!(filter.from.map(|from| from.to_string()).unwrap(), "2026-11-20T00:00:00.000Z");
        assert_eq!((filter.until, filter.action.as_str()), (None, ""));
    }

    #[test]
    fn a_broken_chain_is_said_with_its_place_and_never_called_whole() {
        let report = AuditReport { sealed: 4, unsealed: 0, broken_at: Some(5), heads: 1, bad_heads: vec![9] };
        let found = checked(words_in("en"), &report);
        assert!(!found.whole && found.lines.len() == 2, "{:?}", found.lines);
        assert!(found.lines.iter().any(|line| line.contains('5')), "{:?}", found.lines);
    }
}
