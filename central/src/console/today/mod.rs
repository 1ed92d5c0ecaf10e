//! Today: who is here, who has not been seen, the doors, and what happens at them, live.
//!
//! The board is a part of its own, fetched again after a punch.

mod feed;
mod view;

pub use feed::live;

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use lintel_core::time::zone;

use self::view::{FeedItem, NextStep, SiteBoard, feed_item, next_step, site_board};
use super::devices::{Door, door};
use super::page;
use super::shell::{Shell, Tab, Visit};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::audit::{self, View};
use crate::auth::May;
use crate::auth::permit::ReadAttendance;
use crate::store::{StoreError, Tx, days, devices, events, people, sites};

/// Events that the page shows from the start.
const SHOWN: i64 = 20;

#[derive(Template)]
#[template(path = "board.html")]
struct Board {
    shell: Shell,
    next_step: Option<NextStep>,
    sites: Vec<SiteBoard>,
    doors: Vec<Door>,
}

#[derive(Template)]
#[template(path = "today.html")]
struct Today {
    shell: Shell,
    since: i64,
    board: String,
    feed: Vec<FeedItem>,
}

/// `GET /console`. Whoever may not read attendance is shown their own place instead.
///
/// # Errors
/// [`Problem`].
pub async fn today(State(state): State<AppState>, visit: Visit) -> Result<Response, Problem> {
    if visit.actor.permit::<ReadAttendance>().is_err() {
        return Ok(Redirect::to(visit.home()).into_response());
    }
    saw(&state, visit.actor.name()).await?;
    let mut tx = state.db().read().await?;
    let newest = events::list_newest(&mut tx, SHOWN).await?;
    let today = Today {
        // Of the same transaction as the board, so that the stream goes on without a gap.
        since: newest.first().map_or(0, |event| event.ingest_no),
        board: render_board(&state, &visit, &mut tx).await?,
        feed: newest.iter().filter_map(|event| feed_item(visit.words, event)).collect(),
        shell: visit.shell(&state, Tab::Today),
    };
    page(&today).map(IntoResponse::into_response)
}

/// The page, its part and its feed show the same people: whichever of them is asked for is remembered alike.
async fn saw(state: &AppState, actor: &str) -> Result<(), StoreError> {
    audit::viewed(state.db(), actor, state.clock(), View::Today, "all").await
}

/// `GET /console/board`: the part of the page with the people.
///
/// # Errors
/// [`Problem`].
pub async fn board(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ReadAttendance>,
) -> Result<Html<String>, Problem> {
    saw(&state, permit.actor()).await?;
    let mut tx = state.db().read().await?;
    render_board(&state, &visit, &mut tx).await.map(Html)
}

async fn render_board(state: &AppState, visit: &Visit, tx: &mut Tx) -> Result<String, Problem> {
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
    let devices = devices::list(tx).await?;
    let people = people::list(tx, None).await?;
    let boards: Result<Vec<_>, _> = sites
        .iter()
        .zip(&todays)
        .map(|(site, today)| site_board(visit.words, site, *today, &rows, &people))
        .collect();
    let standing = devices.iter().filter(|state| state.device.revoked_at.is_none());
    let silent_ms = state.settings().devices.offline_after_ms();
    let board = Board {
        shell: visit.shell(state, Tab::Today),
        next_step: next_step(visit.words, sites.len(), devices.len(), people.len()),
        sites: boards.map_err(|error| Problem::internal(&error))?,
        doors: standing.map(|one| door(visit.words, one, now, silent_ms)).collect(),
    };
    board.render().map_err(|error| Problem::internal(&error))
}
