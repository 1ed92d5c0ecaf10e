//! The composition root of `run`: opens what the door needs, starts its tasks, stops them in order.
//!
//! camera thread → recognition thread → recorder → outbox → (only then) feedback; the drain, the heartbeat and
//! the gallery run beside it. A door that can't be recorded by must not look as if it could: what it can't
//! start without ends it with an error.

mod recorder;
mod roads;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use arc_swap::ArcSwap;
use lintel_core::seal::DeviceSealKey;
use lintel_core::time::{Clock, UtcMillis};
use lintel_runtime::Heartbeats;
use lintel_runtime::clock::boot_id;
use lintel_runtime::secrets::SecretString;
use lintel_runtime::shutdown::Signals;
use lintel_runtime::supervisor::{Policy, Supervisor, TaskContext};
use lintel_runtime::{systemd, tls::FlooredTime};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::camera::thread::CameraThread;
use crate::config::KioskConfig;
use crate::feedback::stream::FeedbackStream;
use crate::gallery::index::{GalleryHead, GalleryView, SharedGallery};
use crate::gallery::store::GalleryStore;
use crate::gallery::sync::GallerySync;
use crate::health::ClockWatch;
use crate::identity::Identity;
use crate::keys::KeyStore;
use crate::outbox::{self, Limits, Outbox, OutboxHandle};
use crate::recognition::worker::WorkerHandle;
use crate::recognition::{Params, open};
use crate::sync::drain::{Drain, DrainSettings};
use crate::sync::heartbeat::{HeartbeatTask, time_floor};
use crate::sync::https::CentralApi;
use crate::sync::mqtt::{self, MqttLink, MqttSender};
use crate::sync::roads::Roads;
use recorder::Recorder;
use roads::BothRoads;

/// Tasks have this long to end; one second of the promised five is for the threads and the process.
const GRACE: Duration = Duration::from_secs(4);
/// The outbox has this long to close its file after them.
const CLOSING: Duration = Duration::from_millis(700);
/// Decisions that wait for the outbox.
const DECISIONS: usize = 32;
const DATABASE_KEY: &str = "database.key";
const GALLERY_DATABASE_KEY: &str = "gallery-database.key";
const GALLERY_SEAL_KEY: &str = "gallery.key";

/// `$CREDENTIALS_DIRECTORY`, where systemd puts the unit's credentials.
#[must_use]
pub fn credentials() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

fn hex(key: &[u8; 32]) -> SecretString {
    SecretString::new(lintel_core::chain::Hash::from_bytes(*key).to_string())
}

/// Opens the outbox with its key. A damaged file has been set aside then, and its new place is returned.
///
/// # Errors
/// When there is an outbox and no key for it, or it can't be opened.
pub fn open_outbox(
    config: &KioskConfig,
    identity: &Identity,
    keys: &KeyStore,
    now: UtcMillis,
) -> anyhow::Result<(Outbox, Option<PathBuf>)> {
    let path = outbox_path(config);
    let hint = keys.path(DATABASE_KEY);
    let key = match keys.get(DATABASE_KEY)? {
        Some(key) => key,
        None if path.exists() => return Err(key_is_gone(&path, &hint)),
        None => keys.get_or_make(DATABASE_KEY)?,
    };
    Ok(Outbox::open(&path, &hex(&key), &hint, &identity.device_id, outbox_limits(config), now)?)
}

/// Where the outbox is.
#[must_use]
pub fn outbox_path(config: &KioskConfig) -> PathBuf {
    config.device.data_dir.join("outbox.db")
}

/// Opens the outbox for looking; nothing is made or changed. None when there is none yet.
///
/// # Errors
/// When there is an outbox and no key for it, or it can't be read.
pub fn read_outbox(config: &KioskConfig) -> anyhow::Result<Option<Outbox>> {
    let path = outbox_path(config);
    if !path.exists() {
        return Ok(None);
    }
    // A key store makes its folder, so it is opened only when the key is there.
    let hint = config.device.data_dir.join("keys").join(DATABASE_KEY);
    if !hint.exists() {
        return Err(key_is_gone(&path, &hint));
    }
    let keys = KeyStore::open(&config.device.data_dir, credentials().as_deref())?;
    let key = keys.get(DATABASE_KEY)?.ok_or_else(|| key_is_gone(&path, &hint))?;
    Ok(Outbox::open_read_only(&path, &hex(&key), &hint, outbox_limits(config))?)
}

fn outbox_limits(config: &KioskConfig) -> Limits {
    Limits { max_bytes: config.outbox.max_bytes, other_per_minute: config.outbox.other_per_minute }
}

fn key_is_gone(path: &Path, key: &Path) -> anyhow::Error {
    anyhow!(
        "{} is there, but its key {} is not: put the key back; to go on without its events, move the outbox away",
        path.display(),
        key.display()
    )
}

/// Opens the gallery with its key.
///
/// # Errors
/// When it can't be opened.
pub fn open_gallery(config: &KioskConfig, keys: &KeyStore, now: UtcMillis) -> anyhow::Result<GalleryStore> {
    let key = keys.get_or_make(GALLERY_DATABASE_KEY)?;
    Ok(GalleryStore::open(&config.device.data_dir.join("gallery.db"), &hex(&key), now)?)
}

/// Runs the door until it is told to stop.
///
/// # Errors
/// What it can't start without, or the critical task that failed.
pub async fn run(config: KioskConfig, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let mut writer = None;
    let ending = run_until_told(config, clock, &mut writer).await;
    if let Some(writer) = writer {
        outbox::wait_for_end(writer, CLOSING).await;
    }
    log::info!("stopped");
    ending
}

async fn run_until_told(
    config: KioskConfig,
    clock: Arc<dyn Clock>,
    writer: &mut Option<JoinHandle<()>>,
) -> anyhow::Result<()> {
    let token = CancellationToken::new();
    let signals = Signals::install().context("can't catch signals")?;
    let heartbeats = Heartbeats::new(Arc::clone(&clock));
    let mut supervisor = Supervisor::new(token.clone(), heartbeats.clone());
    let mut signals = Some(signals);
    supervisor.spawn("signals", Policy::once(), move |context| {
        let signals = signals.take();
        async move {
            if let Some(signals) = signals {
                signals.cancel(context.token).await;
            }
            Ok(())
        }
    });
    let door = start(config, clock, &heartbeats, &mut supervisor, writer)?;
    supervisor.spawn("watchdog", Policy::once(), move |context| {
        let heartbeats = heartbeats.clone();
        async move {
            systemd::feed_watchdog(heartbeats, context.token).await;
            Ok(())
        }
    });
    systemd::ready("recording");
    let ending = supervisor.run(GRACE).await;
    systemd::stopping("delivering what is left");
    drop(door);
    ending.into_result()
}

/// What lives as long as the door and isn't a task.
struct Door {
    _camera: CameraThread,
}

fn start(
    config: KioskConfig,
    clock: Arc<dyn Clock>,
    heartbeats: &Heartbeats,
    supervisor: &mut Supervisor,
    writer: &mut Option<JoinHandle<()>>,
) -> anyhow::Result<Door> {
    let identity = Arc::new(Identity::load(&config.device.join_file)?);
    let keys = KeyStore::open(&config.device.data_dir, credentials().as_deref())?;
    let (outbox, aside) = open_outbox(&config, &identity, &keys, clock.now())?;
    if let Some(aside) = aside {
        log::error!("file" = aside.display().to_string().as_str();
            "the outbox was damaged: it is set aside, its undelivered events are only there, and a new one begins");
    }
    log::info!("device.id" = identity.device_id.as_str(), "outbox.pending" = outbox.status()?.backlog;
        "outbox open");
    // The thread ends with the last handle; whatever was asked before is done then.
    let (outbox, thread) = OutboxHandle::start(outbox, Arc::clone(&clock))?;
    *writer = Some(thread);
    let pipeline = open::pipeline(&config.vision, &config.recognition)?;
    let (pack, width) = (pipeline.pack().name().to_owned(), pipeline.pack().embedding_width());
    if pipeline.pack().trial_only() {
        log::warn!("model.pack" = pack.as_str(); "this model pack is for trying Lintel only");
    }
    let thresholds = pipeline.pack().thresholds();
    let params = Params::from_config(&config.recognition, thresholds.match_score, thresholds.margin);

    let time_file = config.device.data_dir.join("central-time");
    let tls_time = Arc::new(FlooredTime::new(Arc::clone(&clock), time_floor(&time_file)));
    let api = CentralApi::new(Arc::clone(&identity), Arc::clone(&tls_time) as _)?;
    let empty = GalleryHead { revision: 0, model_pack: pack.clone(), zone: identity.zone.clone(), width };
    let shared: SharedGallery = Arc::new(ArcSwap::from_pointee(GalleryView::empty(empty)));
    let (wanted_tx, wanted_rx) = watch::channel(-1);
    let wanted_tx = Arc::new(wanted_tx);
    let seal_key = DeviceSealKey::from_seed(&*keys.get_or_make(GALLERY_SEAL_KEY)?);
    let gallery_public_key = seal_key.public_text();
    let gallery = GallerySync {
        api: api.clone(),
        identity: Arc::clone(&identity),
        seal_key,
        store: open_gallery(&config, &keys, clock.now())?,
        shared: Arc::clone(&shared),
        pack: pack.clone(),
        width,
        clock: Arc::clone(&clock),
        wanted_rx,
    };
    gallery.load()?;
    let clock_watch = ClockWatch::new(Arc::clone(&clock), &boot_id()?);

    // Overflow: await. Recognition waits for the disk; a decision is never dropped.
    let (decisions_tx, decisions_rx) = mpsc::channel(DECISIONS);
    let camera = CameraThread::start(config.camera.source()?, &config.camera, Arc::clone(&clock))?;
    let beat = heartbeats.promise("recognition", Duration::from_secs(30));
    let worker = WorkerHandle::start(
        pipeline,
        params,
        camera.slot.clone(),
        Arc::clone(&shared),
        decisions_tx,
        Box::new(move || beat.beat()),
    )?;
    let (feedback, stream) = FeedbackStream::open(&config.feedback.socket_in(&config.device.data_dir))?;
    let mut stream = Some(stream);
    supervisor.spawn("feedback", Policy::once(), move |context| {
        let stream = stream.take();
        async move {
            if let Some(stream) = stream {
                stream.serve(context.token).await;
            }
            Ok(())
        }
    });

    let recorded = CancellationToken::new();
    let online = Arc::new(AtomicBool::new(false));
    let recorder = Recorder {
        decisions_rx,
        outbox: outbox.clone(),
        worker,
        feedback,
        shared: Arc::clone(&shared),
        identity: Arc::clone(&identity),
        pack: pack.clone(),
        watch: clock_watch.clone(),
        online: Arc::clone(&online),
        recorded: recorded.clone(),
    };
    spawn_owned(
        supervisor,
        "recorder",
        Policy::critical().beating(Duration::from_secs(60)),
        recorder,
        |recorder, context| async move { recorder.run(&context).await },
    );
    let link = match identity.mqtt.as_ref().filter(|_| config.sync.mqtt) {
        Some(address) => Some(mqtt::link(
            Arc::clone(&identity),
            address,
            Arc::clone(&tls_time) as _,
            Arc::clone(&wanted_tx),
        )?),
        None => None,
    };
    let drain =
        SyncParts { api: api.clone(), link, outbox: outbox.clone(), recorded, online: Arc::clone(&online) };
    spawn_sync(&config, &identity, drain, Arc::clone(&clock), supervisor);
    let heartbeat = HeartbeatTask {
        api,
        identity,
        outbox: outbox.clone(),
        shared,
        pack,
        gallery_public_key,
        clock: Arc::clone(&clock),
        watch: clock_watch,
        tls_time,
        time_file,
        online,
        wanted_tx,
    };
    spawn_owned(supervisor, "heartbeat", Policy::critical(), heartbeat, |task, context| async move {
        task.run(&context).await
    });
    spawn_owned(supervisor, "gallery", Policy::critical(), gallery, |mut task, context| async move {
        task.run(&context).await
    });
    spawn_retention(&config, outbox, clock, supervisor);
    Ok(Door { _camera: camera })
}

struct SyncParts {
    api: CentralApi,
    link: Option<(MqttSender, MqttLink)>,
    outbox: OutboxHandle,
    recorded: CancellationToken,
    online: Arc<AtomicBool>,
}

fn spawn_sync(
    config: &KioskConfig,
    identity: &Identity,
    parts: SyncParts,
    clock: Arc<dyn Clock>,
    supervisor: &mut Supervisor,
) {
    let SyncParts { api, link, outbox, recorded, online } = parts;
    let roads = Roads::new(link.is_some(), config.sync.https || link.is_none());
    let (sender, link) = link.unzip();
    // The broker's connection outlives the token: the last batches go over it.
    let drained = CancellationToken::new();
    if let Some(link) = link {
        let drained = drained.clone();
        spawn_owned(supervisor, "mqtt", Policy::critical(), link, |link, _| async move {
            link.run(drained).await;
            Ok(())
        });
    }
    let settings = DrainSettings {
        interval: Duration::from_millis(config.sync.interval_ms),
        batch_events: config.sync.batch_events,
        ack_key: identity.ack_public_key.clone(),
    };
    let transport = BothRoads { mqtt: sender, https: api, online };
    let drain = Drain::new(transport, outbox, roads, settings, clock, recorded);
    // Silence as long as the longest interval and a batch on each road is no stall.
    let max_silence = Duration::from_millis(config.sync.interval_ms) + Duration::from_secs(120);
    spawn_owned(
        supervisor,
        "drain",
        Policy::critical().beating(max_silence),
        drain,
        |drain, context| async move {
            let ended = drain.run(&context).await;
            drained.cancel();
            Ok(ended?)
        },
    );
}

fn spawn_retention(
    config: &KioskConfig,
    outbox: OutboxHandle,
    clock: Arc<dyn Clock>,
    supervisor: &mut Supervisor,
) {
    const EVERY: Duration = Duration::from_secs(3600);
    let keep_ms = i64::from(config.outbox.retain_acked_days) * 86_400_000;
    spawn_owned(supervisor, "retention", Policy::critical(), (), move |(), context| async move {
        loop {
            let gone = outbox.purge(clock.now().plus_millis(-keep_ms)).await?;
            if gone > 0 {
                log::info!("batch.len" = gone; "acked events purged");
            }
            tokio::select! {
                () = context.token.cancelled() => return Ok(()),
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    });
}

/// A task that owns what it works with, and so runs once.
fn spawn_owned<O, F, Fut>(supervisor: &mut Supervisor, name: &str, policy: Policy, owned: O, run: F)
where
    O: Send + 'static,
    F: FnOnce(O, TaskContext) -> Fut + Send + 'static,
    Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let mut once = Some((owned, run));
    supervisor.spawn(name, policy, move |context| {
        let once = once.take();
        async move {
            match once {
                Some((owned, run)) => run(owned, context).await,
                None => bail!("it can't be started twice"),
            }
        }
    });
}
