//! `serve`: opens, checks, listens, says that it is ready, and stops in order.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use lintel_core::time::Clock;
use lintel_runtime::supervisor::{Ending, Policy, Supervisor};
use lintel_runtime::systemd::{self, feed_watchdog};
use lintel_runtime::{Heartbeats, shutdown::Signals};
use tokio_util::sync::CancellationToken;

use super::keys::{KeyPaths, load_keys};
use super::listen;
use super::state::{AppState, Parts};
use crate::api::routes;
use crate::backup::Desk;
use crate::backup::serving::ServingLock;
use crate::ca;
use crate::config::CentralSettings;
use crate::devices::DoorTrust;
use crate::enrolment::EnrolHandle;
use crate::erasure::{self, ErasureLedger};
use crate::ingest::mqtt::{self, CentralDesk, Link};
use crate::jobs::{self, Jobs};
use crate::metrics::Metrics;
use crate::revocation::{self, RevocationLedger};
use crate::store::{Db, DbOptions};
use crate::vault::{self, CentralKeys};

/// Tasks get this long to end; systemd's own patience is longer.
const GRACE: Duration = Duration::from_secs(5);
/// The job runner beats each second unless a job hangs.
const JOBS_SILENCE: Duration = Duration::from_secs(120);

/// Runs the server until it is asked to stop.
///
/// # Errors
/// With what to do: keys, database, ports; or a critical task's error.
pub async fn serve(settings: CentralSettings, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let signals = Signals::install().context("catch signals")?;
    let keys = Arc::new(load_keys(&settings)?);
    // Held until the end: a restore waits for it.
    let _serving = ServingLock::shared(&settings.storage.data_dir)?;
    let trust = DoorTrust::new(ca::open(&KeyPaths::of(&settings), &keys.data)?, &settings.devices);
    let db = Db::open(&DbOptions::from_settings(&settings.database, &settings.storage.data_dir)).await?;
    let ending = db.closing(async |db| {
        let ending = on_database(settings, db, keys, trust, clock, signals).await?;
        systemd::stopping("closing the database");
        Ok::<_, anyhow::Error>(ending)
    });
    let ending = ending.await?;
    log::info!("central has stopped");
    ending.into_result()
}

/// All that runs while the database is open.
async fn on_database(
    settings: CentralSettings,
    db: &Db,
    keys: Arc<CentralKeys>,
    trust: DoorTrust,
    clock: Arc<dyn Clock>,
    signals: Signals,
) -> anyhow::Result<Ending> {
    let token = CancellationToken::new();
    db.check_migrations().await.context("the database is not ready: run `lintel-central migrate`")?;
    vault::expect_fitting(db, &keys).await?;
    let (erasures, revocations) = repeat_endings(&settings, &keys, db, &*clock).await?;
    let desk = Desk {
        settings: Arc::new(settings.clone()),
        db: db.clone(),
        keys: Arc::clone(&keys),
        ledger: erasures.clone(),
        revocations,
        clock: Arc::clone(&clock),
    };
    let vision = open_vision(&settings).await?;
    let metrics = Arc::new(Metrics::default());
    let state = AppState::new(Parts {
        settings: settings.clone(),
        db: db.clone(),
        keys: Arc::clone(&keys),
        erasures,
        trust,
        clock: Arc::clone(&clock),
        vision,
        metrics: Arc::clone(&metrics),
        stopping: token.clone(),
    });

    let heartbeats = Heartbeats::new(Arc::clone(&clock));
    let mut supervisor = Supervisor::new(token.clone(), heartbeats.clone());
    start_listeners(&mut supervisor, &settings, &state)?;
    start_jobs(&mut supervisor, &settings, desk);
    if settings.mqtt.enabled {
        start_mqtt(&mut supervisor, &settings, &state, &keys, &clock, &metrics)?;
    }
    start_watchers(&mut supervisor, token, &heartbeats, signals);

    let (people, devices) = (settings.server.base_url(), settings.devices.listen.to_string());
    log::info!("server.url" = people.as_str(), "devices.listen" = devices.as_str(),
        "database.engine" = db.engine(); "central is ready");
    systemd::status(&format!("people at {people}, doors at {devices}"));
    systemd::ready();
    Ok(supervisor.run(GRACE).await)
}

/// Before anything is answered: whoever was erased and whatever was revoked is not in this database.
async fn repeat_endings(
    settings: &CentralSettings,
    keys: &Arc<CentralKeys>,
    db: &Db,
    clock: &dyn Clock,
) -> anyhow::Result<(ErasureLedger, RevocationLedger)> {
    let erasures = ErasureLedger::of(settings, Arc::clone(keys));
    let replayed = erasure::replay(db, &erasures, clock).await.context("the erasures can't be repeated")?;
    if replayed.erased > 0 {
        log::warn!("people" = replayed.erased; "this database was restored: people were erased again");
    }
    let revocations = RevocationLedger::of(settings, Arc::clone(keys));
    let again =
        revocation::replay(db, &revocations, clock).await.context("the revocations can't be repeated")?;
    if again.ended > 0 {
        log::warn!("credentials" = again.ended; "this database was restored: credentials were revoked again");
    }
    Ok((erasures, revocations))
}

/// Without a pack the server still takes events and shows attendance; it only can't enrol.
async fn open_vision(settings: &CentralSettings) -> anyhow::Result<Option<EnrolHandle>> {
    let vision = settings.vision.clone();
    let opened = tokio::task::spawn_blocking(move || EnrolHandle::start(&vision)).await?;
    Ok(match opened {
        Ok(handle) => {
            if handle.pack().trial_only {
                log::warn!("model.pack" = handle.pack().name.as_str(); "these models are for trying Lintel only");
            }
            Some(handle)
        }
        Err(error) => {
            let text = lintel_runtime::exit::chain(&error.into());
            log::warn!("error" = text.as_str(); "no photographs can be enrolled until the models are there");
            None
        }
    })
}

fn start_listeners(
    supervisor: &mut Supervisor,
    settings: &CentralSettings,
    state: &AppState,
) -> anyhow::Result<()> {
    let paths = KeyPaths::of(settings);
    let people = listen::bind(settings.server.listen, "server.listen")?;
    let people_tls = match (&settings.server.tls_cert, &settings.server.tls_key) {
        (Some(certificate), Some(key)) => Some(listen::people_tls(certificate, key)?),
        _ => None,
    };
    let doors = listen::bind(settings.devices.listen, "devices.listen")?;
    let doors_tls = listen::doors_tls(&paths)?;
    let mut start = |name: &str, listener: std::net::TcpListener, tls, router: axum::Router| {
        supervisor.spawn(name, Policy::critical(), move |task| {
            // A critical task runs once, and the clone shares the bound socket.
            let listener = listener.try_clone();
            let (tls, router): (Option<_>, _) = (Clone::clone(&tls), router.clone());
            async move { listen::serve(listener?, tls, router, task.token).await }
        });
    };
    start("listen.people", people, people_tls, routes::people(state));
    start("listen.devices", doors, Some(doors_tls), routes::devices(state));
    Ok(())
}

/// What listens to the operating system: signals, and systemd's watchdog.
fn start_watchers(
    supervisor: &mut Supervisor,
    token: CancellationToken,
    heartbeats: &Heartbeats,
    signals: Signals,
) {
    let mut signals = Some(signals);
    supervisor.spawn("signals", Policy::once(), move |_| {
        let (signals, token) = (signals.take(), token.clone());
        async move {
            if let Some(signals) = signals {
                signals.cancel(token).await;
            }
            Ok(())
        }
    });
    let watched = heartbeats.clone();
    supervisor.spawn("watchdog", Policy::once(), move |task| {
        let watched = watched.clone();
        async move {
            feed_watchdog(watched, task.token).await;
            Ok(())
        }
    });
}

fn start_jobs(supervisor: &mut Supervisor, settings: &CentralSettings, desk: Desk) {
    let jobs = Jobs {
        db: desk.db.clone(),
        keys: Arc::clone(&desk.keys),
        clock: Arc::clone(&desk.clock),
        min_gap: settings.attendance.min_gap(),
        desk,
        // The broker's steward looks at the revisions itself.
        notices: None,
    };
    let policy = Policy::persistent().beating(JOBS_SILENCE);
    supervisor.spawn("jobs", policy, move |task| jobs::run(jobs.clone(), task));
}

fn start_mqtt(
    supervisor: &mut Supervisor,
    settings: &CentralSettings,
    state: &AppState,
    keys: &Arc<CentralKeys>,
    clock: &Arc<dyn Clock>,
    metrics: &Arc<Metrics>,
) -> anyhow::Result<()> {
    let link = Link::new(&settings.mqtt, &settings.storage.keys_dir(), Arc::clone(clock))?;
    let desk = CentralDesk::new(state.db().clone(), Arc::clone(keys), Arc::clone(clock));
    let desk = Arc::new(desk.counting(Arc::clone(metrics)));
    let counters = Arc::clone(&metrics.mqtt);
    supervisor.spawn("mqtt", Policy::persistent(), move |task| {
        mqtt::run(task, link.clone(), Arc::clone(&desk), Arc::clone(&counters))
    });
    Ok(())
}
