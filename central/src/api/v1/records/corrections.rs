//! Corrections. What an employee proposes is not here: the API has no employees. Instants are milliseconds
//! since 1970 UTC, as everywhere in the API.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use lintel_core::ids::{CorrectionId, PersonId, SiteId};
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::rosters::{cursor, id, limit, page, paged};
use super::change::{ChangeBody, ShownChange};
use crate::api::input::{Body, Params};
use crate::api::openapi::forms::CorrectionIdForm;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::audit::{self, View};
use crate::auth::permit::{DecideCorrections, ReadAttendance};
use crate::auth::{Actor, May};
use crate::corrections::{self, Correction, Filter, State as Standing, Wish};

/// `?person=&state=&limit=&after=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Only those of this person; without, those that wait.
    person: Option<PersonId>,
    /// Only those that stand so.
    state: Option<Standing>,
    /// At most so many rows; 100 without it.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A correction as it is answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Correction)]
pub struct Shown {
    correction_id: CorrectionId,
    person_id: PersonId,
    site: SiteId,
    /// The instant that it is about.
    at: UtcMillis,
    change: ShownChange,
    /// Why.
    reason: String,
    state: Standing,
    /// By whom, as in the audit.
    proposed_by: String,
    proposed_at: UtcMillis,
    /// By whom, as in the audit.
    decided_by: Option<String>,
    /// What the employee reads.
    answer: Option<String>,
}

impl From<Correction> for Shown {
    fn from(row: Correction) -> Self {
        Self {
            correction_id: row.correction_id,
            person_id: row.person_id,
            site: row.site_id,
            at: row.at,
            change: row.change.into(),
            reason: row.reason,
            state: row.state,
            proposed_by: row.proposed_by,
            proposed_at: row.proposed_at,
            decided_by: row.decided_by,
            answer: row.answer,
        }
    }
}

page! {
    /// A page of corrections.
    CorrectionPage { corrections: Shown }
}

/// Corrections of a person, or those that wait.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/corrections", tag = "record", params(Query), responses((status = 200, body = CorrectionPage)),
)]
pub async fn list_corrections(
    State(state): State<AppState>,
    May(permit): May<ReadAttendance>,
    Params(query): Params<Query>,
) -> Result<Json<CorrectionPage>, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let Query { person, state: standing, .. } = query;
    let (view, subject) =
        person.map_or_else(|| (View::Days, "all".to_owned()), |person| (View::Month, person.to_string()));
    audit::viewed(state.db(), permit.actor(), state.clock(), view, &subject).await?;
    let standing = standing.or(person.is_none().then_some(Standing::Proposed));
    let filter = Filter { person, state: standing };
    let found = corrections::page(state.db(), &permit, filter, after, rows).await?;
    let found: Vec<Shown> = found.into_iter().map(Shown::from).collect();
    Ok(paged(found, rows, |row| row.correction_id.to_string()))
}

/// Whose record, what of it, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewCorrection)]
#[serde(deny_unknown_fields)]
pub struct WishBody {
    /// Whose record.
    person: PersonId,
    /// What shall be otherwise.
    change: ChangeBody,
    /// Why, in 3 to 500 characters.
    #[schema(min_length = 3, max_length = 500)]
    reason: String,
}

/// A correction that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CorrectionMade {
    correction_id: CorrectionId,
}

/// Changes a record at once; never one's own.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/corrections", tag = "record", request_body = WishBody,
    responses((status = 201, body = CorrectionMade)),
    extensions(("x-refusals" = json!([
        "403 own_record", "409 not_to_be_given", "409 theirs_already", "422 reason_needed", "422 unknown_person",
        "422 unknown_punch", "422 unknown_site", "422 unlikely_instant",
    ]))),
)]
pub async fn change_record(
    State(state): State<AppState>,
    May(permit): May<DecideCorrections>,
    Extension(actor): Extension<Actor>,
    Body(body): Body<WishBody>,
) -> Result<(StatusCode, Json<CorrectionMade>), Problem> {
    let wish = Wish { change: body.change.into(), reason: body.reason };
    let changed = corrections::change(state.db(), &permit, &actor, state.clock(), body.person, &wish);
    Ok((StatusCode::CREATED, Json(CorrectionMade { correction_id: changed.await? })))
}

/// A decision; a refusal says why.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CorrectionDecision)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    /// Whether it is approved.
    approve: bool,
    /// What the employee reads.
    #[serde(default)]
    #[schema(max_length = 500)]
    answer: String,
}

/// Approves or refuses a correction that was proposed; never of one's own record.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/corrections/{id}/decision", tag = "record", params(("id" = CorrectionIdForm, Path)),
    request_body = DecisionBody, responses((status = 204)),
    extensions(("x-refusals" = json!([
        "403 own_record", "404 unknown_correction", "409 decided_already", "422 reason_needed",
    ]))),
)]
pub async fn decide_correction(
    State(state): State<AppState>,
    May(permit): May<DecideCorrections>,
    Extension(actor): Extension<Actor>,
    Path(correction): Path<String>,
    Body(body): Body<DecisionBody>,
) -> Result<StatusCode, Problem> {
    let (correction, clock) = (id(&correction)?, state.clock());
    let DecisionBody { approve, answer } = body;
    corrections::decide(state.db(), &permit, &actor, clock, correction, approve, &answer).await?;
    Ok(StatusCode::NO_CONTENT)
}
