//! What the tasks of a running door share.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;

use anyhow::bail;
use arc_swap::ArcSwap;
use lintel_core::ids::PersonId;
use lintel_core::time::{Clock, UtcMillis};
use lintel_runtime::clock::boot_id;
use lintel_runtime::supervisor::{Policy, Supervisor, TaskContext};
use lintel_vision::Pipeline;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{open, storage};
use crate::config::KioskConfig;
use crate::gallery::index::{GalleryHead, GalleryView, SharedGallery};
use crate::health::ClockWatch;
use crate::identity::{Identity, IdentityWatch};
use crate::keys::KeyStore;
use crate::outbox::{Outbox, OutboxHandle};
use crate::recognition::Progress;

/// The parts that more than one task works with.
pub(super) struct Door {
    pub(super) config: KioskConfig,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) identity: Arc<Identity>,
    pub(super) identity_watch: IdentityWatch,
    pub(super) keys: KeyStore,
    pub(super) outbox: OutboxHandle,
    /// Who was recorded shortly before this process began.
    pub(super) recent: Vec<RecentPunch>,
    /// What is searched; empty until a gallery is loaded.
    pub(super) shared: SharedGallery,
    /// The model pack's name and the numbers in one of its templates.
    pub(super) pack: String,
    pub(super) width: usize,
    pub(super) watch: ClockWatch,
    /// How far everything that was seen is stored.
    pub(super) progress: Progress,
    /// Whether central can be reached; shown to the person at the door.
    pub(super) online: Arc<AtomicBool>,
    /// Told about newer galleries, by the broker and by heartbeats.
    pub(super) wanted_tx: Arc<watch::Sender<i64>>,
    /// Cancelled when the last decision is stored.
    pub(super) recorded: CancellationToken,
}

impl Door {
    /// Opens what is on the disk. `writer` gets the outbox's thread, which ends with its last handle; whatever
    /// was asked of it before is done then.
    pub(super) fn open(
        config: KioskConfig,
        clock: Arc<dyn Clock>,
        writer: &mut Option<JoinHandle<()>>,
    ) -> anyhow::Result<(Self, Pipeline)> {
        // Before the identity is read: what changes while the models load is noticed too.
        let identity_watch = IdentityWatch::new(&config.device);
        let identity = Arc::new(Identity::find(&config.device)?);
        let keys = KeyStore::open(&config.device.data_dir, storage::credentials().as_deref())?;
        let (outbox, aside) = storage::open_outbox(&config, &identity, &keys, clock.now())?;
        if let Some(aside) = aside {
            log::error!("file" = aside.display().to_string().as_str();
                "the outbox was damaged: it is set aside, its undelivered events are only there, and a new one begins");
        }
        log::info!("device.id" = identity.device_id.as_str(), "outbox.pending" = outbox.status()?.backlog;
            "outbox open");
        let recent = recent_punches(&outbox, &config, &*clock)?;
        let (outbox, thread) = OutboxHandle::start(outbox, Arc::clone(&clock))?;
        *writer = Some(thread);
        let pipeline = open::pipeline(&config.vision, &config.recognition)?;
        let (pack, width) = (pipeline.pack().name().to_owned(), pipeline.pack().embedding_width());
        if pipeline.pack().trial_only() {
            log::warn!("model.pack" = pack.as_str(); "this model pack is for trying Lintel only");
        }
        let empty = GalleryHead { revision: 0, model_pack: pack.clone(), zone: identity.zone.clone(), width };
        let door = Self {
            shared: Arc::new(ArcSwap::from_pointee(GalleryView::empty(empty))),
            watch: ClockWatch::new(Arc::clone(&clock), &boot_id()?),
            progress: Progress::since(clock.now()),
            online: Arc::new(AtomicBool::new(false)),
            wanted_tx: Arc::new(watch::channel(-1).0),
            recorded: CancellationToken::new(),
            config,
            clock,
            identity,
            identity_watch,
            keys,
            outbox,
            recent,
            pack,
            width,
        };
        Ok((door, pipeline))
    }
}

/// Somebody who was recorded before this process began, on its monotonic clock, ms.
pub(super) struct RecentPunch {
    pub(super) person: PersonId,
    pub(super) monotonic_ms: i64,
}

/// Everybody whose cool-down a restart must not cut short.
fn recent_punches(
    outbox: &Outbox,
    config: &KioskConfig,
    clock: &dyn Clock,
) -> anyhow::Result<Vec<RecentPunch>> {
    let (now, now_ms) = (clock.now(), clock.monotonic_ms());
    let since = now.plus_millis(-i64::from(config.recognition.cooldown_s) * 1_000);
    let punches = outbox.punches_since(since)?.into_iter();
    // A clock that was set back makes a punch look as if it were still to come: it counts as just now.
    let before = |at: UtcMillis| now_ms.saturating_sub(now.millis_since(at).max(0));
    Ok(punches.map(|(person, at)| RecentPunch { person, monotonic_ms: before(at) }).collect())
}

/// A task that owns what it works with, and so runs once.
pub(super) fn spawn_owned<O, F, Fut>(
    supervisor: &mut Supervisor,
    name: &str,
    policy: Policy,
    owned: O,
    run: F,
) where
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
