//! Badges of a site on sheets to print: for those who have none, or for everybody.
//!
//! The sheet is the answer to a form and has no address of its own: whoever has it has the badges, and each
//! that is on it is in the audit as issued or printed.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use lintel_core::ids::SiteId;
use serde::Deserialize;

use super::assets::addresses;
use super::people::refusal;
use super::shell::{Visit, said};
use crate::api::input::Fields;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::May;
use crate::auth::permit::ManageBadges;
use crate::badges::{self, BadgeError, VALID_DAYS};

const BACK: &str = "/console/people";

/// The form that asks for a sheet.
#[derive(Debug, Deserialize)]
pub struct SheetFields {
    site: String,
    /// `new` for those who have no good badge, `all` for everybody.
    of: String,
}

/// `POST /console/badges`.
///
/// # Errors
/// [`Problem`].
pub async fn print_badges(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ManageBadges>,
    Fields(fields): Fields<SheetFields>,
) -> Result<Response, Problem> {
    let Ok(site) = SiteId::parse(&fields.site) else {
        return Ok(said(BACK, "refused-site-unknown").into_response());
    };
    let (db, keys, clock) = (state.db(), &state.keys().badge, state.clock());
    let mut cards = badges::issue_to_site(db, keys, &permit, clock, &site, VALID_DAYS).await;
    if fields.of == "all" && cards.is_ok() {
        cards = badges::print_site(db, keys, &permit, clock, &site).await;
    }
    let cards = match cards {
        Ok(cards) => cards,
        Err(BadgeError::KeyGone { .. }) => return Ok(said(BACK, "refused-badge-key").into_response()),
        Err(BadgeError::Person(error)) => {
            return refusal(&error).map(|id| said(BACK, id).into_response()).ok_or_else(|| error.into());
        }
        Err(error) => return Err(Problem::internal(&error)),
    };
    if cards.is_empty() {
        let nobody = if fields.of == "all" { "refused-no-badges" } else { "said-all-have-badges" };
        return Ok(said(BACK, nobody).into_response());
    }
    let html = badges::sheet_page(visit.words, &cards, &addresses().sheet, BACK)
        .map_err(|error| Problem::internal(&error))?;
    Ok(Html(html).into_response())
}
