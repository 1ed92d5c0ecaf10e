//! The live feed: accepted events as server-sent events, in the order of their ingest numbers.
//!
//! A reader resumes with `Last-Event-ID`, so that a broken connection loses nothing; no event is kept in
//! this process for anybody.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{Stream, unfold};
use lintel_runtime::catalogue::Words;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::super::shell::Visit;
use super::view;
use crate::api::input::Params;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::May;
use crate::auth::permit::ReadAttendance;
use crate::auth::sessions::{self, SessionKey, Standing};
use crate::store::{StoreError, events};

/// Another replica's events are looked for this often.
const POLL: Duration = Duration::from_secs(1);
/// Then the browser comes again, and its session is looked at again.
const LIFETIME: Duration = Duration::from_secs(600);
/// Events read at once.
const PAGE: i64 = 100;

/// `?since=`: the ingest number that the page was made at.
#[derive(Debug, Deserialize)]
pub struct Since {
    #[serde(default)]
    since: i64,
}

struct Reader {
    state: AppState,
    words: Words<'static>,
    after: i64,
    ingested: watch::Receiver<i64>,
    ready: VecDeque<events::EventView>,
    until: Instant,
    /// None for an API token.
    session: Option<SessionKey>,
}

/// `GET /console/events`.
///
/// # Errors
/// [`Problem`].
pub async fn live(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ReadAttendance>,
    standing: Option<Extension<Standing>>,
    Params(Since { since }): Params<Since>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    super::saw(&state, permit.actor()).await?;
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let reader = Reader {
        after: resumed.unwrap_or(since),
        ingested: state.db().ingested(),
        ready: VecDeque::new(),
        until: Instant::now() + LIFETIME,
        session: standing.map(|Extension(standing)| standing.key),
        words: visit.words,
        state,
    };
    let mut response = Sse::new(stream(reader)).keep_alive(KeepAlive::default()).into_response();
    // nginx would hold the stream back.
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

fn stream(reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(reader, async |mut reader| {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    })
}

impl Reader {
    /// The next event; None at the end of the stream's life, when the server stops, or when the database
    /// fails: the browser then comes again.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(view) = self.ready.pop_front() {
                self.after = view.ingest_no;
                return event(self.words, &view);
            }
            self.ingested.borrow_and_update();
            match self.fill().await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    log::warn!("error" = error.to_string().as_str(); "the live feed can't read events");
                    return None;
                }
            }
            if self.ready.is_empty() && !self.wait().await {
                return None;
            }
        }
    }

    /// Reads on; false when the session that asked has ended meanwhile. It is looked up each time: somebody
    /// whose account is disabled sees nobody come and go any more.
    async fn fill(&mut self) -> Result<bool, StoreError> {
        let mut tx = self.state.db().read().await?;
        if let Some(key) = self.session
            && !sessions::stands(&mut tx, self.state.clock().now(), key).await?
        {
            return Ok(false);
        }
        self.ready = events::list_after(&mut tx, self.after, PAGE).await?.into();
        Ok(true)
    }

    /// Waits for news; false when the stream should end.
    async fn wait(&mut self) -> bool {
        let now = Instant::now();
        if now >= self.until {
            return false;
        }
        tokio::select! {
            () = self.state.stopping().cancelled() => false,
            changed = self.ingested.changed() => changed.is_ok(),
            () = sleep_until(now + POLL) => true,
        }
    }
}

fn event(words: Words<'_>, view: &events::EventView) -> Option<Event> {
    let item = view::feed_item(words, view)?;
    Event::default().id(view.ingest_no.to_string()).event("door").json_data(item).ok()
}
