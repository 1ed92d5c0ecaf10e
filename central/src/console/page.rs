//! Today's page, and the part of it that is fetched again after a punch.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Html;
use lintel_core::time::zone;

use super::assets::{Addresses, addresses};
use super::view::{FeedItem, NextStep, SiteBoard, feed_item, next_step, site_board};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::permit::ReadAttendance;
use crate::auth::{Actor, CsrfToken};
use crate::store::{Tx, days, devices, events, people, sites};

/// Events that the page shows from the start.
const SHOWN: i64 = 20;

#[derive(Template)]
#[template(path = "board.html")]
struct Board {
    next_step: Option<NextStep>,
    sites: Vec<SiteBoard>,
}

#[derive(Template)]
#[template(path = "today.html")]
struct Today {
    assets: Addresses,
    since: i64,
    trial_pack: Option<String>,
    board: String,
    feed: Vec<FeedItem>,
    csrf: CsrfToken,
}

/// `GET /console`.
///
/// # Errors
/// [`Problem`].
pub async fn today(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Result<Html<String>, Problem> {
    actor.permit::<ReadAttendance>()?;
    let mut tx = state.db().read().await?;
    let newest = events::list_newest(&mut tx, SHOWN).await?;
    let page = Today {
        assets: addresses(),
        // Of the same transaction as the board, so that the stream goes on without a gap.
        since: newest.first().map_or(0, |event| event.ingest_no),
        trial_pack: state.trial_pack().map(str::to_owned),
        board: render_board(&state, &mut tx).await?,
        feed: newest.iter().filter_map(feed_item).collect(),
        csrf: actor.csrf().clone(),
    };
    page.render().map(Html).map_err(|error| Problem::internal(&error))
}

/// `GET /console/board`: the part of the page with the people.
///
/// # Errors
/// [`Problem`].
pub async fn board(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
) -> Result<Html<String>, Problem> {
    actor.permit::<ReadAttendance>()?;
    let mut tx = state.db().read().await?;
    render_board(&state, &mut tx).await.map(Html)
}

async fn render_board(state: &AppState, tx: &mut Tx) -> Result<String, Problem> {
    let sites = sites::list(tx).await?;
    let now = state.clock().now();
    let mut todays = Vec::with_capacity(sites.len());
    for site in &sites {
        let zone = zone(&site.zone).map_err(|error| Problem::internal(&error))?;
        todays.push(now.date_in(&zone));
    }
    let rows = match (todays.iter().min(), todays.iter().max()) {
        (Some(from), Some(to)) => days::list(tx, *from, *to, None).await?,
        _ => Vec::new(),
    };
    let devices = devices::list(tx).await?.len();
    let people = people::list(tx, None).await?.len();
    let boards: Result<Vec<_>, _> =
        sites.iter().zip(&todays).map(|(site, today)| site_board(site, *today, &rows)).collect();
    let board = Board {
        next_step: next_step(sites.len(), devices, people),
        sites: boards.map_err(|error| Problem::internal(&error))?,
    };
    board.render().map_err(|error| Problem::internal(&error))
}
