//! Stories over the HTTP interface, in-process: the routers of the real server over a temporary SQLite.

mod access;
mod api_v1;
mod console;
mod contract;
mod corrections;
mod device_v1;
mod imports;
mod join;
mod login;
mod openapi;
mod others_records;
mod payroll;
mod records;
mod rosters;
mod sessions_by_role;
mod sites_v1;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use lintel_core::ids::{AccountId, PersonId};
use lintel_core::seal::FernetRing;
use lintel_core::sign::SigningKey;
use lintel_core::time::{Clock, UtcMillis};
use lintel_runtime::clock::random_bytes;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::api::routes;
use crate::app::{AppState, KeyPaths, Parts};
use crate::auth::{AccountName, Actor, CsrfToken, Role, sessions, tokens};
use crate::config::CentralSettings;
use crate::devices::DoorTrust;
use crate::erasure::ErasureLedger;
use crate::metrics::Metrics;
use crate::people::{self, NewPerson};
use crate::store::{Db, DbOptions, accounts};
use crate::vault::CentralKeys;
use crate::{ca, devices, sites};

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
    keys: Arc<CentralKeys>,
    _dir: tempfile::TempDir,
}

/// Somebody who is logged in.
struct TestSession {
    account: AccountName,
    cookie: String,
    csrf: CsrfToken,
}

impl TestSession {
    /// A request as one of our own pages sends it.
    fn asks(&self, method: &str, path: &str) -> Request<Body> {
        self.asks_with(method, path, self.csrf.as_str())
    }

    /// The same with another token; without the header where it is empty.
    fn asks_with(&self, method: &str, path: &str, token: &str) -> Request<Body> {
        let request = Request::builder().method(method).uri(path).header("cookie", &self.cookie);
        let mut request = request.header("sec-fetch-site", "same-origin");
        if !token.is_empty() {
            request = request.header("x-csrf-token", token);
        }
        // What the console's forms send, and what the API takes.
        let (kind, body) = if path.starts_with("/api/") {
            ("application/json", "{}")
        } else {
            ("application/x-www-form-urlencoded", "a=b")
        };
        request.header("content-type", kind).body(Body::from(body)).unwrap()
    }
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

/// Asks, and holds the answer against the API's document.
async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let answer = Answer { status: parts.status, headers: parts.headers, text };
    let objection = contract::objection(method.as_str(), &path, &answer);
    assert_eq!(objection, None, "{method} {path}: {}", answer.text);
    answer
}

fn request(method: &str, path: &str, token: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(body.into()).unwrap()
}

fn ring() -> FernetRing {
    FernetRing::parse(&FernetRing::generate_key()).unwrap()
}

fn keys() -> CentralKeys {
    let badge = crate::badges::BadgeKeys::new(SigningKey::from_seed(&[9; 32]));
    CentralKeys { ack: SigningKey::from_seed(&[7; 32]), badge, face: ring(), data: ring() }
}

fn key_paths(dir: &tempfile::TempDir) -> KeyPaths {
    let paths = KeyPaths { dir: dir.path().join("keys") };
    std::fs::create_dir_all(paths.tls("")).unwrap();
    paths
}

impl TestCentral {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("central.db").display());
        let db = Db::open(&DbOptions::for_url(&url)).await.unwrap();
        db.migrate(&HandClock).await.unwrap();
        let keys = Arc::new(keys());
        ca::init(&key_paths(&dir), &keys.data, &[], &HandClock).unwrap();
        let mut settings = CentralSettings::default();
        settings.devices.allow_tokens = true;
        settings.storage.data_dir = dir.path().to_owned();
        let state = Self::state_of(db, Arc::clone(&keys), &dir, settings);
        let (people, doors) = (routes::people(&state), routes::devices(&state));
        Self { people, doors, keys, state, _dir: dir }
    }

    fn state_of(
        db: Db,
        keys: Arc<CentralKeys>,
        dir: &tempfile::TempDir,
        settings: CentralSettings,
    ) -> AppState {
        let erasures = ErasureLedger::new(dir.path().join("erasures.log"), None, Arc::clone(&keys));
        let trust = DoorTrust::new(ca::open(&key_paths(dir), &keys.data).unwrap(), &settings.devices);
        AppState::new(Parts {
            settings,
            db,
            keys,
            erasures,
            trust,
            clock: Arc::new(HandClock),
            vision: None,
            metrics: Arc::new(Metrics::default()),
            stopping: tokio_util::sync::CancellationToken::new(),
        })
    }

    /// The same centre under other settings.
    fn state_with(&self, settings: CentralSettings) -> AppState {
        Self::state_of(self.state.db().clone(), Arc::clone(&self.keys), &self._dir, settings)
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

    /// Somebody of a role who has logged in; an employee is a person.
    async fn session(&self, role: Role) -> TestSession {
        self.session_that(role, false).await
    }

    async fn session_that(&self, role: Role, must_change: bool) -> TestSession {
        let person_id = if role.needs_person() { Some(self.person("Somebody").await) } else { None };
        let account_id = AccountId::new(MORNING, &random_bytes().unwrap());
        let account = AccountName::parse(&account_id.to_string()).unwrap();
        let row = accounts::NewRow {
            account_id,
            name: account.as_str(),
            folded_name: account.folded(),
            display_name: "Somebody",
            // No password is this; hashing one would only take time.
            password_hash: "none",
            role: role.as_str(),
            person_id,
            must_change,
            created_at: MORNING,
        };
        let mut tx = self.state.db().write().await.unwrap();
        accounts::create(&mut tx, row).await.unwrap();
        let (idle_ms, id) = (self.state.settings().server.session_idle_ms(), Some(account_id));
        let secret = sessions::open(&mut tx, MORNING, idle_ms, id, role.as_str()).await.unwrap();
        tx.commit().await.unwrap();
        TestSession {
            account,
            cookie: format!("lintel_session={}", secret.expose()),
            csrf: CsrfToken::of_session(secret.expose()),
        }
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
        let hint = lintel_core::event::DirectionHint::None;
        let joined =
            devices::add(db, keys, &permit, &HandClock, &id, &site, "Main entrance", hint).await.unwrap();
        joined.token.expose().to_owned()
    }
}
