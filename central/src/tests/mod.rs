//! Stories over the HTTP interface, in-process: the routers of the real server over a temporary SQLite.

mod access;
mod api_v1;
mod console;
mod device_v1;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use lintel_core::ids::PersonId;
use lintel_core::seal::FernetRing;
use lintel_core::sign::SigningKey;
use lintel_core::time::{Clock, UtcMillis};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::api::routes;
use crate::app::{AppState, Parts};
use crate::auth::{Actor, CsrfToken, Role, sessions, tokens};
use crate::config::CentralSettings;
use crate::metrics::Metrics;
use crate::people::{self, NewPerson};
use crate::store::{Db, DbOptions};
use crate::vault::CentralKeys;
use crate::{devices, sites};

/// 2026-11-20T08:00:00Z.
const MORNING: UtcMillis = UtcMillis::from_i64(1_795_161_600_000);

struct HandClock;

impl Clock for HandClock {
    fn now(&self) -> UtcMillis {
        MORNING
    }
    fn monotonic_ms(&self) -> i64 {
        1
    }
}

struct TestCentral {
    state: AppState,
    people: Router,
    doors: Router,
    _dir: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Answer { status: parts.status, headers: parts.headers, text }
}

fn request(method: &str, path: &str, token: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(body.into()).unwrap()
}

impl TestCentral {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("central.db").display());
        let db = Db::open(&DbOptions::for_url(&url)).await.unwrap();
        db.migrate(&HandClock).await.unwrap();
        let ring = || FernetRing::parse(&FernetRing::generate_key()).unwrap();
        let keys = CentralKeys { ack: SigningKey::from_seed(&[7; 32]), face: ring(), data: ring() };
        let state = AppState::new(Parts {
            settings: CentralSettings::default(),
            db,
            keys: Arc::new(keys),
            clock: Arc::new(HandClock),
            vision: None,
            metrics: Arc::new(Metrics::default()),
            stopping: tokio_util::sync::CancellationToken::new(),
        });
        Self { people: routes::people(&state), doors: routes::devices(&state), state, _dir: dir }
    }

    async fn with_site() -> Self {
        let central = Self::start().await;
        let permit = Actor::local().permit().unwrap();
        let site = "berlin".parse().unwrap();
        sites::add(central.state.db(), &permit, &HandClock, &site, "Europe/Berlin", None).await.unwrap();
        central
    }

    async fn token(&self, name: &str, role: Role) -> String {
        let permit = Actor::local().permit().unwrap();
        let token = tokens::create(self.state.db(), &HandClock, &permit, name, role).await.unwrap();
        token.expose().to_owned()
    }

    async fn person(&self, name: &str) -> PersonId {
        let permit = Actor::local().permit().unwrap();
        let new = NewPerson { name: name.into(), site_id: "berlin".parse().unwrap(), staff_no: None };
        people::add(self.state.db(), &permit, &HandClock, &new).await.unwrap().person_id
    }

    async fn door(&self, id: &str) -> String {
        let permit = Actor::local().permit().unwrap();
        let (db, keys) = (self.state.db(), self.state.keys());
        let (id, site) = (id.parse().unwrap(), "berlin".parse().unwrap());
        let hint = lintel_core::event::DirectionHint::In;
        let joined =
            devices::add(db, keys, &permit, &HandClock, &id, &site, "Main entrance", hint).await.unwrap();
        joined.token.expose().to_owned()
    }
}
