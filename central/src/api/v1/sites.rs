//! Sites.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use lintel_core::ids::SiteId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rosters::{Paging, cursor, id, limit, page, paged};
use crate::api::input::{Body, Params};
use crate::api::openapi::forms::SiteIdForm;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::May;
use crate::auth::permit::{ManageSites, ReadDevices};
use crate::rosters::Touched;
use crate::sites::{self, Changes, Site, SiteError};

page! {
    /// A page of sites.
    SitePage { sites: Site }
}

/// Sites.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(get, path = "/api/v1/sites", tag = "sites", params(Paging), responses((status = 200, body = SitePage)))]
pub async fn list_sites(
    State(state): State<AppState>,
    May(permit): May<ReadDevices>,
    Params(query): Params<Paging>,
) -> Result<Json<SitePage>, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let sites = sites::page(state.db(), &permit, after.as_ref(), rows).await?;
    Ok(paged(sites, rows, |site| site.site_id.to_string()))
}

/// A site.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/sites/{id}", tag = "sites", params(("id" = SiteIdForm, Path)),
    responses((status = 200, body = Site)), extensions(("x-refusals" = json!(["404 unknown_site"]))),
)]
pub async fn get_site(
    State(state): State<AppState>,
    May(permit): May<ReadDevices>,
    Path(site): Path<String>,
) -> Result<Json<Site>, Problem> {
    Ok(Json(sites::get(state.db(), &permit, &id(&site)?).await?))
}

/// A site to add.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewSite)]
#[serde(deny_unknown_fields)]
pub struct SiteBody {
    /// Its id, which never changes.
    id: SiteId,
    /// Its time zone, an IANA name.
    #[schema(example = "Europe/Berlin")]
    zone: String,
    /// Its name for people; the id without it.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
}

/// Adds a site.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/sites", tag = "sites", request_body = SiteBody, responses((status = 201, body = Site)),
    extensions(("x-refusals" = json!(["409 site_exists", "422 bad_text", "422 unknown_zone"]))),
)]
pub async fn create_site(
    State(state): State<AppState>,
    May(permit): May<ManageSites>,
    Body(body): Body<SiteBody>,
) -> Result<(StatusCode, Json<Site>), Problem> {
    let SiteBody { id, zone, name } = body;
    let site = sites::add(state.db(), &permit, state.clock(), &id, &zone, name.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(site)))
}

/// What shall be otherwise; what isn't said stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SiteChange)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    /// Its name for people.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Its time zone, an IANA name; only while no month of it is locked.
    #[schema(example = "Europe/Berlin")]
    zone: Option<String>,
}

/// A site as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct SiteChanged {
    site: Site,
    /// The days that another zone touches; null where the zone stayed.
    touched: Option<Touched>,
}

/// Gives a site another name or zone.
///
/// Another zone is for one that was mistyped: every day of the site is computed again, also those long past. So it is
/// refused once a month was locked; a place that really moves is another site.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    patch, path = "/api/v1/sites/{id}", tag = "sites", params(("id" = SiteIdForm, Path)), request_body = ChangeBody,
    responses((status = 200, body = SiteChanged)),
    extensions(("x-refusals" = json!(["404 unknown_site", "409 period_locked", "422 bad_text", "422 unknown_zone"]))),
)]
pub async fn change_site(
    State(state): State<AppState>,
    May(permit): May<ManageSites>,
    Path(site): Path<String>,
    Body(body): Body<ChangeBody>,
) -> Result<Json<SiteChanged>, Problem> {
    let changes = Changes { name: body.name, zone: body.zone };
    let (site, touched) = sites::change(state.db(), &permit, state.clock(), &id(&site)?, changes).await?;
    Ok(Json(SiteChanged { site, touched }))
}

impl From<SiteError> for Problem {
    fn from(error: SiteError) -> Self {
        let (status, code) = match &error {
            SiteError::Unknown(_) => (StatusCode::NOT_FOUND, "unknown_site"),
            SiteError::Exists(_) => (StatusCode::CONFLICT, "site_exists"),
            SiteError::Zone(_) => (StatusCode::UNPROCESSABLE_ENTITY, "unknown_zone"),
            SiteError::Name(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_text"),
            SiteError::Locked { .. } => (StatusCode::CONFLICT, "period_locked"),
            SiteError::Store(_) => return Self::internal(&error),
        };
        Self::new(status, code, error.to_string())
    }
}
