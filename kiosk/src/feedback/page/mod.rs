//! The page for a screen beside the door, served by the daemon itself on loopback.
//!
//! It shows what [`super::presentation`] says and nothing else; it takes no input and asks nothing from
//! anywhere. Any program on this machine can read it, so it never shows more of a name than the site wants,
//! and never anything about somebody who isn't standing there.

mod assets;
mod guard;
mod live;
mod view;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use jiff::tz::TimeZone;
use lintel_core::time::Clock;
use lintel_runtime::catalogue::{Catalogue, CatalogueError, Words};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::presentation::Screen;
use crate::aim::tap::Tap;

/// Screens that listen at once: one is the rule, a technician's a second.
const MAX_SCREENS: usize = 8;

/// The texts of the door's screen, in every language that there is.
///
/// # Errors
/// [`CatalogueError`]: a mistake of the build.
pub fn texts() -> Result<Catalogue, CatalogueError> {
    let english: &[&str] =
        &[include_str!("../../../text/en/door.ftl"), include_str!("../../../text/en/aim.ftl")];
    Catalogue::new(&[("en", english)])
}

/// What the page needs to know.
pub struct PageParts {
    /// What is shown.
    pub screen_rx: watch::Receiver<Screen>,
    /// The door's name.
    pub door: String,
    /// The site's zone, for times.
    pub zone: TimeZone,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// The texts.
    pub texts: Catalogue,
    /// What the camera sees, while a technician aims it.
    pub tap: Tap,
}

/// The page, ready to be served again and again.
#[derive(Clone)]
pub struct Page {
    parts: Arc<PageParts>,
    seats: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Page {
    /// Nothing is opened yet.
    #[must_use]
    pub fn new(parts: PageParts) -> Self {
        let seats = Arc::new(Semaphore::new(MAX_SCREENS));
        Self { parts: Arc::new(parts), seats, stop: CancellationToken::new() }
    }

    /// Serves the page until told to stop.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(mut self, listener: TcpListener, stop: CancellationToken) -> std::io::Result<()> {
        // Port 0 has become a real one, which the guard must know.
        let address = listener.local_addr()?;
        log::info!("page.address" = address.to_string().as_str(); "the door's page is served");
        self.stop = stop.clone();
        axum::serve(listener, self.router(address)).with_graceful_shutdown(stop.cancelled_owned()).await
    }

    fn router(self, address: SocketAddr) -> Router {
        let allowed = guard::Allowed::at(address);
        Router::new()
            .route("/", get(page))
            .route("/events", get(live::events))
            .route("/aim/picture", get(live::picture))
            .route("/assets/{name}", get(assets::asset))
            .layer(axum::middleware::from_fn_with_state(allowed, guard::check))
            .with_state(self)
    }

    fn words(&self, headers: &HeaderMap) -> Words<'_> {
        self.parts.texts.words(language_of(headers))
    }

    fn time(&self) -> String {
        self.parts.clock.now().hour_minute_in(&self.parts.zone)
    }
}

/// Takes the address.
///
/// # Errors
/// When it is taken already; it can be tried again.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

fn language_of(headers: &HeaderMap) -> &str {
    headers.get("accept-language").and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn page(State(page): State<Page>, headers: HeaderMap) -> Response {
    let words = page.words(&headers);
    let screen = page.parts.screen_rx.borrow().clone();
    match view::page(&screen, words, &page.parts.door, &page.time(), &page.parts.zone) {
        Ok(html) => Html(html).into_response(),
        Err(error) => view::failed(&error),
    }
}

#[cfg(test)]
mod tests;
