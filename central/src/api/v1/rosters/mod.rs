//! `/api/v1` of the rosters: shifts, patterns, assignments, holidays, leave, policies, periods, outages.
//!
//! Lists come in pages: `limit` rows (100, at most 1,000) behind `after`, and the answer's `next` is the
//! `after` of the next page, null on the last. A change answers which person-days it touches.

pub mod assignments;
pub mod holidays;
pub mod leave;
pub mod outages;
pub mod patterns;
pub mod periods;
pub mod policies;
pub mod shifts;

use std::str::FromStr;

use axum::Json;
use lintel_core::ids::SiteId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::problem::Problem;
use crate::rosters::{LISTED, MOST_LISTED, RosterError, Touched};

impl From<RosterError> for Problem {
    fn from(error: RosterError) -> Self {
        use RosterError as E;
        use axum::http::StatusCode as S;
        let Some(code) = error.code() else { return Self::internal(&error) };
        let status = match &error {
            E::UnknownAssignment(_) | E::UnknownLeave(_) | E::UnknownOutage(_) | E::UnknownHoliday { .. } => {
                S::NOT_FOUND
            }
            E::Own => S::FORBIDDEN,
            E::Cursor(_) => S::BAD_REQUEST,
            E::NotEmployed { .. }
            | E::PatternExists(_)
            | E::PolicyElsewhere { .. }
            | E::PolicyRaced(_)
            | E::Overlap { .. }
            | E::LeaveOverlap { .. }
            | E::Locked { .. }
            | E::LockedAlready { .. }
            | E::Provisional { .. }
            | E::NotLocked { .. }
            | E::Decided => S::CONFLICT,
            _ => S::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, code, error.to_string())
    }
}

/// `?limit=&after=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    /// At most so many rows; 100 without it.
    #[param(minimum = 1, maximum = 1000)]
    pub(super) limit: Option<u32>,
    /// The `next` of the page before.
    pub(super) after: Option<String>,
}

/// `?site=&limit=&after=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PagingOfSite {
    /// Only those of this site.
    pub(super) site: Option<SiteId>,
    /// At most so many rows; 100 without it.
    #[param(minimum = 1, maximum = 1000)]
    pub(super) limit: Option<u32>,
    /// The `next` of the page before.
    pub(super) after: Option<String>,
}

/// How many rows are asked for.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    let rows = asked.unwrap_or(LISTED);
    if (1..=MOST_LISTED).contains(&rows) {
        return Ok(rows);
    }
    Err(Problem::bad_request("bad_query", format!("limit is {rows}: ask for 1 to {MOST_LISTED} rows")))
}

/// The place behind which a page begins.
pub(super) fn cursor<T: FromStr>(after: Option<&str>) -> Result<Option<T>, Problem> {
    let parsed = |text: &str| text.parse().map_err(|_| RosterError::Cursor(text.chars().take(80).collect()));
    Ok(after.map(parsed).transpose()?)
}

/// The same for keys of two parts, such as `berlin@2026-10`.
pub(super) fn pair<A: FromStr, B: FromStr>(after: Option<&str>) -> Result<Option<(A, B)>, Problem> {
    let Some(text) = after else { return Ok(None) };
    let parts = text.split_once('@').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    match parts {
        Some(parts) => Ok(Some(parts)),
        None => Err(RosterError::Cursor(text.chars().take(80).collect()).into()),
    }
}

/// A page of a list: rows under the name of what they are, and the place behind which the next page begins.
pub(super) trait Page {
    /// What it lists.
    type Row;

    /// A page of these rows.
    fn of(rows: Vec<Self::Row>, next: Option<String>) -> Self;
}

/// A page as a type of its own, so that the document can name it.
macro_rules! page {
    ($(#[$doc:meta])* $name:ident { $rows:ident: $row:ty }) => {
        $(#[$doc])*
        #[derive(Debug, serde::Serialize, utoipa::ToSchema)]
        pub struct $name {
            $rows: Vec<$row>,
            /// The `after` of the next page; null on the last.
            next: Option<String>,
        }

        impl $crate::api::v1::rosters::Page for $name {
            type Row = $row;

            fn of($rows: Vec<$row>, next: Option<String>) -> Self {
                Self { $rows, next }
            }
        }
    };
}
pub(super) use page;

/// A page of a list, with the place of its last row when there may be more.
pub(super) fn paged<T, P: Page<Row = T>>(rows: Vec<T>, limit: u32, key: impl Fn(&T) -> String) -> Json<P> {
    let next = next(&rows, limit, key);
    Json(P::of(rows, next))
}

/// The place of the last row of a page that is full.
pub(super) fn next<T>(rows: &[T], limit: u32, key: impl Fn(&T) -> String) -> Option<String> {
    let is_full = u32::try_from(rows.len()).is_ok_and(|count| count >= limit);
    rows.last().filter(|_| is_full).map(key)
}

/// What a change came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Done {
    touched: Touched,
}

fn done(touched: Touched) -> Json<Done> {
    Json(Done { touched })
}

pub(super) fn id<T: FromStr<Err = lintel_core::ids::IdError>>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| Problem::bad_request("bad_id", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_full_says_where_the_next_one_begins() {
        assert_eq!(limit(None).unwrap(), 100);
        assert!(limit(Some(0)).is_err() && limit(Some(1_001)).is_err());
        assert_eq!(cursor::<u8>(Some("7")).unwrap(), Some(7));
        assert_eq!(cursor::<u8>(Some("x")).unwrap_err().code, "bad_query");
        assert_eq!(pair::<String, u8>(Some("a@7")).unwrap(), Some(("a".to_owned(), 7)));
        for wrong in ["a", "a@", "a@x", ""] {
            assert_eq!(pair::<String, u8>(Some(wrong)).unwrap_err().code, "bad_query", "{wrong}");
        }
    }
}
