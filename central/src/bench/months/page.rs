//! A page of days as a client gets it: through the router, with its credential, its row in the audit and its JSON;
//! all but the socket.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use jiff::civil::Date;
use lintel_core::ids::SiteId;
use lintel_core::seal::{FernetRing, SealError};
use lintel_core::sign::SigningKey;
use lintel_runtime::clock::{ClockError, SystemClock, random_bytes};
use serde::Deserialize;
use tower::ServiceExt as _;

use crate::api::routes;
use crate::app::{AppState, KeyPaths, Parts};
use crate::auth::{Actor, Denied, Role, tokens};
use crate::badges::BadgeKeys;
use crate::ca::{self, CaError};
use crate::config::CentralSettings;
use crate::devices::DoorTrust;
use crate::erasure::ErasureLedger;
use crate::metrics::Metrics;
use crate::store::Db;
use crate::vault::CentralKeys;

const PAGES: usize = 100;
/// More than a hundred records come to.
const MAX_BODY_BYTES: usize = 4 << 20;

/// Why no page was measured.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A temporary folder.
    #[error("can't make a temporary folder")]
    Folder(#[from] std::io::Error),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] ClockError),
    /// A key.
    #[error(transparent)]
    Key(#[from] SealError),
    /// The doors' CA, which every server has.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// The credential.
    #[error(transparent)]
    Token(#[from] tokens::TokenError),
    /// The credential, which would be a mistake of this file.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The request.
    #[error(transparent)]
    Request(#[from] axum::http::Error),
    /// The answer ended early.
    #[error(transparent)]
    Body(#[from] axum::Error),
    /// The answer was another than asked for.
    #[error("a page of days was answered with {status}: {said}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its beginning.
        said: String,
    },
    /// The answer isn't a page.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Pages end before a hundred were read and with less than everybody.
    #[error("a page has {0} days instead of a hundred")]
    Short(usize),
}

#[derive(Deserialize)]
struct Page {
    days: Vec<serde_json::Value>,
    next: Option<String>,
}

/// The 95th of a hundred pages of a hundred days of one date, in milliseconds.
pub(super) async fn measure(db: &Db, site: &SiteId, date: Date) -> Result<f64, PageError> {
    let folder = tempfile::Builder::new().prefix("lintel-bench-").tempdir()?;
    let token = tokens::create(db, &SystemClock, &Actor::local().permit()?, "bench", Role::Auditor).await?;
    let router = routes::people(&state(db, folder.path())?);
    let first = format!("/api/v1/days?from={date}&to={date}&site={site}&limit=100");
    let (mut path, mut took) = (first.clone(), Vec::new());
    while took.len() < PAGES {
        let bearer = format!("Bearer {}", token.expose());
        let request = Request::builder().uri(&path).header("authorization", bearer).body(Body::empty())?;
        let begun = Instant::now();
        let answer = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let status = answer.status();
        let body = to_bytes(answer.into_body(), MAX_BODY_BYTES).await?;
        took.push(begun.elapsed().as_secs_f64() * 1e3);
        if !status.is_success() {
            let said = String::from_utf8_lossy(&body).chars().take(200).collect();
            return Err(PageError::Refused { status: status.as_u16(), said });
        }
        let page: Page = serde_json::from_slice(&body)?;
        if page.days.len() != 100 && page.next.is_some() {
            return Err(PageError::Short(page.days.len()));
        }
        // A small company has fewer pages: they are read again.
        path = page.next.map_or_else(|| first.clone(), |next| format!("{first}&after={next}"));
    }
    took.sort_by(f64::total_cmp);
    Ok(took.get(PAGES * 95 / 100 - 1).copied().unwrap_or_default())
}

/// A server with keys of its own and nothing but the database.
fn state(db: &Db, folder: &std::path::Path) -> Result<AppState, PageError> {
    let key = || -> Result<SigningKey, ClockError> { Ok(SigningKey::from_seed(&random_bytes()?)) };
    let ring = || FernetRing::parse(&FernetRing::generate_key());
    let badge = BadgeKeys::new(key()?);
    let keys = Arc::new(CentralKeys { ack: key()?, badge, face: ring()?, data: ring()? });
    let paths = KeyPaths { dir: folder.join("keys") };
    std::fs::create_dir_all(paths.tls(""))?;
    ca::init(&paths, &keys.data, &[], &SystemClock)?;
    let mut settings = CentralSettings::default();
    settings.storage.data_dir = folder.to_owned();
    Ok(AppState::new(Parts {
        trust: DoorTrust::new(ca::open(&paths, &keys.data)?, &settings.devices),
        settings,
        db: db.clone(),
        erasures: ErasureLedger::new(folder.join("erasures.log"), None, Arc::clone(&keys)),
        keys,
        clock: Arc::new(SystemClock),
        vision: None,
        metrics: Arc::new(Metrics::default()),
        stopping: tokio_util::sync::CancellationToken::new(),
    }))
}
