//! What a page that is open is sent: the screen whenever it changes, the camera's picture while a technician
//! aims it, and the time each second, so that a screen notices when nothing comes any more.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{Stream, unfold};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{Page, assets, language_of, view};
use crate::aim::tap::Sight;
use crate::feedback::presentation::Screen;

const EVERY: Duration = Duration::from_secs(1);

struct Reader {
    page: Page,
    /// Only the newest screen counts: one that was overwritten before it was sent is over.
    screen_rx: watch::Receiver<Screen>,
    sight_rx: watch::Receiver<Option<Arc<Sight>>>,
    /// Whether the page shows the camera's picture instead of the screen.
    aiming: bool,
    language: String,
    ticks: Interval,
    greeted: bool,
    _seat: OwnedSemaphorePermit,
}

/// `GET /events`.
pub(super) async fn events(State(page): State<Page>, headers: HeaderMap) -> Response {
    let Ok(seat) = Arc::clone(&page.seats).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many screens listen\n").into_response();
    };
    let (mut screen_rx, mut sight_rx) = (page.parts.screen_rx.clone(), page.parts.tap.look_on());
    screen_rx.mark_changed();
    sight_rx.mark_changed();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let language = language_of(&headers).to_owned();
    let reader =
        Reader { page, screen_rx, sight_rx, aiming: false, language, ticks, greeted: false, _seat: seat };
    Sse::new(stream(reader)).into_response()
}

/// `GET /aim/picture`: what the camera sees, only while a technician aims it.
pub(super) async fn picture(State(page): State<Page>) -> Response {
    let picture = page.parts.tap.look_on().borrow().as_ref().and_then(|sight| sight.picture.clone());
    match picture {
        Some(jpeg) => {
            let kind = (header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
            ([kind], jpeg.to_vec()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn stream(reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(reader, async |mut reader| {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    })
}

impl Reader {
    /// The next event; `None` when the door stops.
    async fn next(&mut self) -> Option<Event> {
        if !self.greeted {
            self.greeted = true;
            let retry = Duration::from_secs(1);
            return Some(Event::default().event("build").retry(retry).data(assets::addresses().build));
        }
        let stop = self.page.stop.clone();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                Ok(()) = self.sight_rx.changed() => {
                    let sight = self.sight_rx.borrow_and_update().clone();
                    let shown = sight.filter(|sight| sight.picture.is_some());
                    let was_aiming = std::mem::replace(&mut self.aiming, shown.is_some());
                    match shown {
                        Some(sight) => return self.aim(&sight),
                        None if was_aiming => return self.draw(),
                        None => {}
                    }
                }
                changed = self.screen_rx.changed() => {
                    changed.ok()?;
                    if self.aiming {
                        self.screen_rx.mark_unchanged();
                    } else {
                        return self.draw();
                    }
                }
                _ = self.ticks.tick() => {
                    return Some(Event::default().event("clock").data(self.page.time()));
                }
            }
        }
    }

    fn draw(&mut self) -> Option<Event> {
        let screen = self.screen_rx.borrow_and_update().clone();
        let words = self.page.parts.texts.words(&self.language);
        let drawn = view::draw(&screen, words, &self.page.parts.zone);
        let drawn = drawn.inspect_err(|error| drop(view::failed(error))).ok()?;
        event("screen", &drawn)
    }

    fn aim(&self, sight: &Sight) -> Option<Event> {
        let words = self.page.parts.texts.words(&self.language);
        event("aim", &view::aim(sight, words))
    }
}

fn event(name: &str, data: &impl serde::Serialize) -> Option<Event> {
    let event = Event::default().event(name).json_data(data);
    event.inspect_err(|error| log::error!("error" = error.to_string().as_str(); "no JSON")).ok()
}
