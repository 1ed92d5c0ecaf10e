//! From the disk to central and back: both roads with the drain, the heartbeat, the gallery, the retention.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lintel_core::seal::DeviceSealKey;
use lintel_runtime::exit::chain;
use lintel_runtime::supervisor::{Policy, Supervisor};
use lintel_runtime::tls::FlooredTime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::door::{Door, spawn_owned};
use super::roads::BothRoads;
use super::storage;
use crate::camera::thread::CameraState;
use crate::gallery::sync::GallerySync;
use crate::health::{SyncProbe, SyncTask};
use crate::identity::IdentityStore;
use crate::keys::KeyStore;
use crate::outbox::OutboxError;
use crate::sync::drain::{Drain, DrainSettings};
use crate::sync::heartbeat::{HeartbeatTask, time_floor};
use crate::sync::https::CentralApi;
use crate::sync::mqtt;
use crate::sync::renewal::RenewalTask;
use crate::sync::roads::Roads;

const GALLERY_SEAL_KEY: &str = "gallery.key";
/// Acked events are looked through this often.
const PURGE_EVERY: Duration = Duration::from_secs(3600);

/// Central's API, and the time that its certificate is checked against.
pub(super) struct Central {
    api: CentralApi,
    tls_time: Arc<FlooredTime>,
    time_file: PathBuf,
}

pub(super) fn central(door: &Door) -> anyhow::Result<Central> {
    let time_file = door.config.device.data_dir.join("central-time");
    let tls_time = Arc::new(FlooredTime::new(Arc::clone(&door.clock), time_floor(&time_file)));
    let own =
        door.identity.certificate.as_ref().map(|certificate| certificate.open(&door.keys)).transpose()?;
    let api = CentralApi::new(Arc::clone(&door.identity), own, Arc::clone(&tls_time) as _)?;
    Ok(Central { api, tls_time, time_file })
}

/// The gallery's task, with the gallery of the disk in use.
pub(super) fn gallery(door: &Door, central: &Central) -> anyhow::Result<GallerySync> {
    let gallery = GallerySync {
        api: central.api.clone(),
        identity: Arc::clone(&door.identity),
        seal_key: DeviceSealKey::from_seed(&*door.keys.get_or_make(GALLERY_SEAL_KEY)?),
        store: storage::open_gallery(&door.config, &door.keys, door.clock.now())?,
        outbox: door.outbox.clone(),
        shared: Arc::clone(&door.shared),
        pack: door.pack.clone(),
        width: door.width,
        clock: Arc::clone(&door.clock),
        wanted_rx: door.wanted_tx.subscribe(),
    };
    gallery.load()?;
    Ok(gallery)
}

/// The broker's connection, where there is one, and the drain over both roads.
pub(super) fn events(door: &Door, central: &Central, supervisor: &mut Supervisor) -> anyhow::Result<()> {
    let sync = &door.config.sync;
    let link = match door.identity.mqtt.as_ref().filter(|_| sync.mqtt) {
        Some(address) => Some(mqtt::link(
            Arc::clone(&door.identity),
            address,
            Arc::clone(&central.tls_time) as _,
            Arc::clone(&door.wanted_tx),
        )?),
        None => None,
    };
    let roads = Roads::new(link.is_some(), sync.https || link.is_none());
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
    let interval = Duration::from_millis(sync.interval_ms);
    let settings = DrainSettings {
        interval,
        batch_events: sync.batch_events,
        ack_key: door.identity.ack_public_key.clone(),
    };
    let transport = BothRoads { mqtt: sender, https: central.api.clone(), online: Arc::clone(&door.online) };
    let (outbox, clock, recorded) = (door.outbox.clone(), Arc::clone(&door.clock), door.recorded.clone());
    let drain = Drain::new(transport, outbox, roads, settings, clock, recorded);
    // Silence as long as the longest interval and a batch on each road is no stall.
    let policy = Policy::critical().beating(interval + Duration::from_secs(120));
    spawn_owned(supervisor, "drain", policy, drain, |drain, context| async move {
        let ended = drain.run(&context).await;
        drained.cancel();
        Ok(ended?)
    });
    Ok(())
}

/// Renews the door's certificate; a door with a token has none.
pub(super) fn renewal(door: &Door, central: &Central, supervisor: &mut Supervisor) -> anyhow::Result<()> {
    let Some(certificate) = door.identity.certificate.clone() else { return Ok(()) };
    let data_dir = &door.config.device.data_dir;
    let task = RenewalTask {
        api: central.api.clone(),
        certificate,
        store: IdentityStore::new(data_dir),
        keys: KeyStore::open(data_dir, storage::credentials().as_deref())?,
        time: Arc::clone(&central.tls_time),
    };
    spawn_owned(supervisor, "renewal", Policy::critical(), task, |mut task, context| async move {
        task.run(&context).await
    });
    Ok(())
}

/// Looks whether something keeps the clock.
pub(super) fn clock(door: &Door, supervisor: &mut Supervisor) {
    let task = SyncTask { watch: door.watch.clone(), probe: SyncProbe::default() };
    // Until the kernel has answered; the first event must not wait for it.
    task.watch.set_synced(task.probe.by_file());
    spawn_owned(supervisor, "clock", Policy::critical(), task, |task, context| async move {
        task.run(&context).await
    });
}

/// Ends the daemon when the door has joined anew.
pub(super) fn identity(door: &Door, supervisor: &mut Supervisor) {
    let watch = door.identity_watch.clone();
    spawn_owned(supervisor, "identity", Policy::critical(), watch, |watch, context| async move {
        watch.run(&context).await
    });
}

pub(super) fn heartbeat(
    door: &Door,
    central: Central,
    gallery: &GallerySync,
    camera_rx: watch::Receiver<CameraState>,
    supervisor: &mut Supervisor,
) {
    let heartbeat = HeartbeatTask {
        api: central.api,
        identity: Arc::clone(&door.identity),
        outbox: door.outbox.clone(),
        progress: door.progress.clone(),
        shared: Arc::clone(&door.shared),
        pack: door.pack.clone(),
        gallery_public_key: gallery.seal_key.public_text(),
        clock: Arc::clone(&door.clock),
        watch: door.watch.clone(),
        tls_time: central.tls_time,
        time_file: central.time_file,
        online: Arc::clone(&door.online),
        camera_rx,
        wanted_tx: Arc::clone(&door.wanted_tx),
    };
    spawn_owned(supervisor, "heartbeat", Policy::critical(), heartbeat, |task, context| async move {
        task.run(&context).await
    });
}

/// Lets acked events go when their time has come.
pub(super) fn retention(door: &Door, supervisor: &mut Supervisor) {
    let keep_ms = i64::from(door.config.outbox.retain_acked_days) * 86_400_000;
    let owned = (door.outbox.clone(), Arc::clone(&door.clock));
    spawn_owned(
        supervisor,
        "retention",
        Policy::critical(),
        owned,
        move |(outbox, clock), context| async move {
            loop {
                match outbox.purge(clock.now().plus_millis(-keep_ms)).await {
                    Ok(0) => {}
                    Ok(gone) => log::info!("batch.len" = gone; "acked events purged"),
                    Err(OutboxError::Closed) => return Err(OutboxError::Closed.into()),
                    // A door that can't tidy up still records.
                    Err(error) => {
                        let error = chain(&error.into());
                        log::error!("error" = error.as_str(); "acked events can't be purged; tried again later");
                    }
                }
                tokio::select! {
                    () = context.token.cancelled() => return Ok(()),
                    () = tokio::time::sleep(PURGE_EVERY) => {}
                }
            }
        },
    );
}
