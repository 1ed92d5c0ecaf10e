//! Imports: a file of HR's as the body. `?dry_run=true` says what would be done and writes nothing.
//!
//! All or nothing: with one row that can't be done the answer is a problem `row_errors` that names every such row
//! (`import.errors`), and nothing was written.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::{Extension, Json};
use lintel_core::ids::SiteId;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use crate::api::input::{self, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::permit::{ManagePeople, ManageRosters};
use crate::auth::{Actor, May};
use crate::imports::limits::{MAX_CALENDAR_BYTES, MAX_FILE_BYTES};
use crate::uploads::{self, Kind, Mode, Report, Upload, UploadError};

/// `?dry_run=&name=&sheet=&site=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Say what would be done, and write nothing.
    #[serde(default)]
    dry_run: bool,
    /// The file's name; its ending says what it is where the content type doesn't.
    name: Option<String>,
    /// Which sheet of a workbook; the first without it.
    sheet: Option<String>,
    /// The site of rows that name none.
    site: Option<SiteId>,
}

macro_rules! import {
    ($(#[$doc:meta])* $name:ident at $path:tt, $kind:ident, $permission:ty) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// [`Problem`], `row_errors` above all.
        #[utoipa::path(
            post, path = $path, tag = "imports", params(Query),
            request_body(content(
                (Vec<u8> = "text/csv"),
                (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (Vec<u8> = "text/calendar"),
            )),
            responses((status = 200, body = Report)),
            extensions(("x-refusals" = json!([
                "409 staff_no_taken", "422 not_a_table", "422 row_errors", "422 unknown_site", "422 unreadable_file",
            ]))),
        )]
        pub async fn $name(
            State(state): State<AppState>,
            // Before a byte of the body is read.
            May(_): May<$permission>,
            Extension(actor): Extension<Actor>,
            Params(query): Params<Query>,
            request: Request,
        ) -> Result<Json<Report>, Problem> {
            import(&state, &actor, Kind::$kind, query, request).await
        }
    };
}

import!(
    /// Takes in a file of people with their teams.
    import_people at "/api/v1/imports/people",
    People,
    ManagePeople
);
import!(
    /// Takes in a file of who works which shift or pattern.
    import_assignments at "/api/v1/imports/assignments",
    Assignments,
    ManageRosters
);
import!(
    /// Takes in a file of agreed hours a week.
    import_contract_hours at "/api/v1/imports/contract-hours",
    ContractHours,
    ManageRosters
);
import!(
    /// Takes in a file of leave that counts at once.
    import_leave at "/api/v1/imports/leave",
    Leave,
    ManageRosters
);
import!(
    /// Takes in a file of holidays; also a calendar.
    import_holidays at "/api/v1/imports/holidays",
    Holidays,
    ManageRosters
);

async fn import(
    state: &AppState,
    actor: &Actor,
    kind: Kind,
    query: Query,
    request: Request,
) -> Result<Json<Report>, Problem> {
    let name = name_of(request.headers(), query.name)?;
    let limit = if name.ends_with(".ics") { MAX_CALENDAR_BYTES } else { MAX_FILE_BYTES };
    expect_length(request.headers(), limit)?;
    let bytes = input::read(request, state).await?.to_vec();
    let upload = Upload { kind, bytes, name, sheet: query.sheet, site: query.site };
    let mode = if query.dry_run { Mode::Trial } else { Mode::Apply };
    let report = uploads::take_in(state.db(), actor, state.clock(), upload, mode).await?;
    if report.is_clean() { Ok(Json(report)) } else { Err(refused(&report)) }
}

/// The file's name, or one that says what the body is.
fn name_of(headers: &HeaderMap, name: Option<String>) -> Result<String, Problem> {
    const ENDINGS: [&str; 3] = [".csv", ".xlsx", ".ics"];
    if let Some(name) = name.map(|name| name.to_lowercase())
        && ENDINGS.iter().any(|ending| name.ends_with(ending))
    {
        return Ok(name.chars().filter(|c| !c.is_control()).take(120).collect());
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim() {
        "text/csv" => Ok("upload.csv".to_owned()),
        "text/calendar" => Ok("upload.ics".to_owned()),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Ok("upload.xlsx".to_owned()),
        _ => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "send the file as text/csv, text/calendar or the type of .xlsx, or name it: ?name=people.csv",
        )),
    }
}

/// A body that says itself that it is too large is not read.
fn expect_length(headers: &HeaderMap, limit: usize) -> Result<(), Problem> {
    let said = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    match said.and_then(|length| length.parse::<usize>().ok()) {
        Some(bytes) if bytes > limit => {
            let text = format!("the file has {bytes} bytes, {limit} at most: split it into several files");
            Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text))
        }
        _ => Ok(()),
    }
}

fn refused(report: &Report) -> Problem {
    let text = format!("{} rows can't be done, so nothing was written", report.counts.refused);
    let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "row_errors", text);
    problem.more = Some(json!({ "import": report }));
    problem
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        let unreadable =
            |code, error: &UploadError| Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, error.to_string());
        match error {
            UploadError::File(_) => unreadable("unreadable_file", &error),
            UploadError::Calendar(_) => unreadable("not_a_table", &error),
            UploadError::Raced(_) => Self::new(StatusCode::CONFLICT, "staff_no_taken", error.to_string()),
            UploadError::Site(error) | UploadError::Rosters(error) => error.into(),
            UploadError::People(error) => error.into(),
            UploadError::Denied(denied) => denied.into(),
            UploadError::Store(error) => error.into(),
            UploadError::Stopped(_) => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn named(kind: Option<&'static str>, name: Option<&str>) -> Result<String, &'static str> {
        let mut headers = HeaderMap::new();
        headers.extend(kind.map(|kind| (header::CONTENT_TYPE, HeaderValue::from_static(kind))));
        name_of(&headers, name.map(str::to_owned)).map_err(|problem| problem.code)
    }

    #[test]
    fn a_file_is_what_its_name_says_and_otherwise_its_content_type() {
        assert_eq!(named(Some("text/csv; charset=utf-8"), None), Ok("upload.csv".to_owned()));
        assert_eq!(named(Some("text/csv"), Some("Days.ICS")), Ok("days.ics".to_owned()));
        assert_eq!(named(Some("text/calendar"), Some("days")), Ok("upload.ics".to_owned()));
        assert_eq!(named(Some("application/json"), None), Err("unsupported_media_type"));
        assert_eq!(named(None, Some("people.exe")), Err("unsupported_media_type"));
    }

    #[test]
    fn a_body_that_says_it_is_too_large_is_refused_unread() {
        let mut headers = HeaderMap::new();
        assert!(expect_length(&headers, 10).is_ok());
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("10"));
        assert!(expect_length(&headers, 10).is_ok());
        assert_eq!(expect_length(&headers, 9).unwrap_err().code, "too_large");
    }
}
