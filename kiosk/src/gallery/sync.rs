//! Brings the gallery up to date: pull, verify, open, store, build, swap, confirm.
//!
//! Only central's signature makes a delta believable and only this door's key opens it. What is searched
//! changes after the disk has changed, never before.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use lintel_core::gallery::{GalleryDelta, SealedDelta};
use lintel_core::limits::MAX_GALLERY_BYTES;
use lintel_core::seal::DeviceSealKey;
use lintel_core::sign::Purpose;
use lintel_core::time::Clock;
use lintel_core::wire::GalleryConfirmation;
use lintel_runtime::backoff::Backoff;
use lintel_runtime::clock::jitter;
use lintel_runtime::exit::chain;
use lintel_runtime::supervisor::TaskContext;
use tokio::sync::watch;

use super::index::{GalleryHead, GalleryView, SharedGallery};
use super::store::GalleryStore;
use crate::faults;
use crate::identity::Identity;
use crate::outbox::{Gone, OutboxHandle};
use crate::sync::https::CentralApi;

const RETRY: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
/// Without a reason to look earlier, expiries are looked for this often.
const IDLE: Duration = Duration::from_secs(60);

/// What keeps the gallery up to date.
pub struct GallerySync {
    /// Central.
    pub api: CentralApi,
    /// This door.
    pub identity: Arc<Identity>,
    /// Opens what is sealed to this door.
    pub seal_key: DeviceSealKey,
    /// The disk's copy.
    pub store: GalleryStore,
    /// Forgets whom the gallery no longer holds.
    pub outbox: OutboxHandle,
    /// What is searched.
    pub shared: SharedGallery,
    /// The pack that runs here.
    pub pack: String,
    /// Numbers in a template of that pack.
    pub width: usize,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Newest revision that was heard of; negative before anything was.
    pub wanted_rx: watch::Receiver<i64>,
}

impl GallerySync {
    /// Builds what is searched from the disk. Another pack's templates are of no use here.
    ///
    /// # Errors
    /// When the stored gallery can't be read or built.
    pub fn load(&self) -> anyhow::Result<()> {
        let view = view(&self.store, &self.pack, self.width, &*self.clock)?;
        log::info!("gallery.revision" = view.revision(), "gallery.len" = view.people().len(),
            "gallery.templates" = view.templates(),
            "gallery.badges" = view.badges().len(); "gallery in use");
        self.shared.store(Arc::new(view));
        Ok(())
    }

    /// Runs until the token is cancelled.
    ///
    /// # Errors
    /// Never for central's or the network's failures; those are tried again.
    pub async fn run(&mut self, context: &TaskContext) -> anyhow::Result<()> {
        let mut failures = 0;
        loop {
            context.beat.beat();
            let wait = match failures {
                0 => self.idle(),
                failures => RETRY.delay(failures, jitter()),
            };
            let mut wanted_rx = self.wanted_rx.clone();
            tokio::select! {
                () = context.token.cancelled() => return Ok(()),
                // After a failure only the clock counts: a notice would undo the back-off.
                changed = self.wanted_rx.changed(), if failures == 0 => changed.context("nobody tells about galleries any more")?,
                () = tokio::time::sleep(wait) => {}
            }
            let wanted = *wanted_rx.borrow_and_update();
            match self.catch_up(wanted).await {
                Ok(()) => failures = 0,
                Err(error) => {
                    failures += 1;
                    log::warn!("attempt" = failures, "error" = chain(&error).as_str(); "the gallery is not up to date");
                }
            }
        }
    }

    fn idle(&self) -> Duration {
        let until = self.shared.load().next_expiry().map(|end| end.millis_since(self.clock.now()));
        until.map_or(IDLE, |ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0) + 1).min(IDLE))
    }

    async fn catch_up(&mut self, wanted: i64) -> anyhow::Result<()> {
        let state = self.store.state()?;
        let have = if state.model_pack == self.pack { state.revision } else { 0 };
        if wanted > 0 && wanted != have {
            // Central may have been set back: then only a whole gallery helps.
            let since = if wanted > have { have } else { 0 };
            if let Some(sealed) = self.api.gallery(since, &self.pack).await? {
                let delta = self.open(&sealed)?;
                // Before the delta is kept: a door that dies in between fetches it again and forgets then.
                self.outbox.forget(gone(&delta)).await?;
                self.store.apply(&delta)?;
                self.load()?;
                faults::point("gallery.swapped");
                self.confirm().await?;
            }
        } else if self.shared.load().next_expiry().is_some_and(|end| end <= self.clock.now()) {
            self.load()?;
        }
        Ok(())
    }

    fn open(&self, sealed: &SealedDelta) -> anyhow::Result<GalleryDelta> {
        self.identity
            .ack_public_key
            .verify(Purpose::Gallery, sealed.sealed.as_bytes(), &sealed.sig)
            .context("a gallery is not signed by the central that this door joined")?;
        let opened = self.seal_key.open(&sealed.sealed, self.identity.device_id.as_str().as_bytes())?;
        if opened.len() > MAX_GALLERY_BYTES {
            bail!("a gallery of {} bytes is over the limit of {MAX_GALLERY_BYTES}", opened.len());
        }
        let delta: GalleryDelta = serde_json::from_slice(&opened).context("a gallery can't be read")?;
        if delta.model_pack != self.pack {
            bail!(
                "central's templates are of pack {}, this door runs {}: set vision.pack to the same on both",
                delta.model_pack,
                self.pack
            );
        }
        for template in delta.upsert.iter().flat_map(|person| &person.templates) {
            template.embedding.clone().expect_width(self.width)?;
        }
        Ok(delta)
    }

    async fn confirm(&mut self) -> anyhow::Result<()> {
        let view = self.shared.load_full();
        let confirmation = GalleryConfirmation {
            device_id: self.identity.device_id.clone(),
            revision: view.revision(),
            templates: view.templates() as u64,
        };
        Ok(self.api.confirm_gallery(&confirmation).await?)
    }
}

/// Whom the door no longer knows after this delta: erased, withdrawn, or at another site. Central has what it has
/// signed for, so the door needn't keep who that was.
fn gone(delta: &GalleryDelta) -> Gone {
    match delta.since {
        0 => Gone::AllBut(delta.upsert.iter().map(|person| person.person_id).collect()),
        _ => Gone::People(delta.remove.clone()),
    }
}

/// What the disk's copy gives to search, for the pack that runs.
fn view(store: &GalleryStore, pack: &str, width: usize, clock: &dyn Clock) -> anyhow::Result<GalleryView> {
    let state = store.state()?;
    let usable = state.model_pack == pack;
    let head = GalleryHead {
        revision: if usable { state.revision } else { 0 },
        model_pack: pack.to_owned(),
        zone: state.zone,
        width,
    };
    let mut people = store.people()?;
    if !usable {
        // Another pack's faces are of no use; a badge is one with any pack.
        people.iter_mut().for_each(|person| person.templates.clear());
    }
    Ok(GalleryView::build(head, &people, &store.badge_keys()?, clock.now())?)
}
