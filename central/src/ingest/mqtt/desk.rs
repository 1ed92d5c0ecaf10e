//! What the broker's road needs from the rest of the centre.
//!
//! A trait, so that the connection knows neither a database nor a key, and its tests can watch both sides.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use bytes::Bytes;
use lintel_core::ids::DeviceId;
use lintel_core::road::Road;
use lintel_core::time::Clock;
use lintel_core::wire::{DeviceStatus, GalleryNotice};
use lintel_runtime::exit::chain;
use lintel_runtime::secrets::SecretString;

use crate::broker::reconcile::Wanted;
use crate::devices::{self, DeviceError};
use crate::ingest::{AcceptError, accept};
use crate::metrics::Metrics;
use crate::store::{Db, broker};
use crate::vault::CentralKeys;

/// What became of a message with events.
#[derive(Debug)]
pub enum Verdict {
    /// Committed, or there already: the signed ack as JSON.
    Acked(Bytes),
    /// Can never be taken, for this reason: not to be sent again as it is.
    Refused(String),
}

/// The centre behind the connection.
pub trait Desk: Send + Sync + 'static {
    /// Takes a batch from a device. An error means "not now": the door will send it again.
    fn events(&self, device: &DeviceId, body: &[u8]) -> impl Future<Output = anyhow::Result<Verdict>> + Send;

    /// Notes that a device came or went.
    fn status(
        &self,
        device: &DeviceId,
        status: &DeviceStatus,
    ) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// The devices that may connect, with their passwords.
    fn wanted(&self) -> impl Future<Output = anyhow::Result<Wanted>> + Send;

    /// The newest gallery revision of each device that may connect.
    fn notices(&self) -> impl Future<Output = anyhow::Result<Vec<(DeviceId, GalleryNotice)>>> + Send;
}

/// The centre itself.
pub struct CentralDesk {
    db: Db,
    keys: Arc<CentralKeys>,
    clock: Arc<dyn Clock>,
    /// Opened tokens by their sealed form, so that a look at an unchanged list opens nothing.
    opened: Mutex<BTreeMap<String, SecretString>>,
    metrics: Option<Arc<Metrics>>,
}

impl std::fmt::Debug for CentralDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CentralDesk").field("db", &self.db).finish_non_exhaustive()
    }
}

impl CentralDesk {
    /// A desk over the database and keys.
    #[must_use]
    pub fn new(db: Db, keys: Arc<CentralKeys>, clock: Arc<dyn Clock>) -> Self {
        Self { db, keys, clock, opened: Mutex::new(BTreeMap::new()), metrics: None }
    }

    /// The same, counting what becomes of the events.
    #[must_use]
    pub fn counting(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics: Some(metrics), ..self }
    }

    /// Opens the tokens that weren't opened before. One that doesn't open is left out and said once a look:
    /// its device still has HTTPS, and the others must not suffer.
    fn open(&self, sealed: Vec<(DeviceId, String)>) -> Wanted {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = BTreeMap::new();
        let mut wanted = Wanted::new();
        for (device, text) in sealed {
            let token = match opened.remove(&text) {
                Some(token) => Some(token),
                None => self.open_one(&device, &text),
            };
            if let Some(token) = token {
                wanted.insert(device, token.clone());
                now.insert(text, token);
            }
        }
        *opened = now;
        wanted
    }

    fn open_one(&self, device: &DeviceId, sealed: &str) -> Option<SecretString> {
        let bytes = self.keys.data.open(sealed).ok();
        let token = bytes.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()).map(SecretString::new);
        if token.is_none() {
            log::error!(
                "device.id" = device.as_str();
                "DATA_ENCRYPTION_KEY doesn't open the device's token, so the broker can't admit it: put back the key that this database was made with; where it is lost, run `device reset {device}`"
            );
        }
        token
    }
}

impl Desk for CentralDesk {
    async fn events(&self, id: &DeviceId, body: &[u8]) -> anyhow::Result<Verdict> {
        let device = match devices::authenticated_by_broker(&self.db, id).await {
            Ok(device) => device,
            Err(DeviceError::Store(error)) => return Err(error).context("looking the device up"),
            Err(refused) => return Ok(Verdict::Refused(refused.to_string())),
        };
        match accept(&self.db, &self.keys.ack, &*self.clock, Road::Mqtt, &device, body).await {
            Ok(accepted) => {
                if let Some(metrics) = &self.metrics {
                    metrics.events.accepted(Road::Mqtt, &accepted);
                }
                let ack = serde_json::to_vec(&accepted.ack).context("writing the ack")?;
                Ok(Verdict::Acked(ack.into()))
            }
            Err(error) if is_for_good(&error) => Ok(Verdict::Refused(chain(&error.into()))),
            Err(error) => Err(error).context("accepting the batch"),
        }
    }

    async fn status(&self, device: &DeviceId, status: &DeviceStatus) -> anyhow::Result<()> {
        log::info!("device.id" = device.as_str(), "device.online" = status.online; "a device's connection changed");
        if status.online {
            let mut tx = self.db.write().await?;
            broker::update_seen(&mut tx, device, self.clock.now()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn wanted(&self) -> anyhow::Result<Wanted> {
        let mut tx = self.db.read().await?;
        Ok(self.open(broker::list(&mut tx).await?))
    }

    async fn notices(&self) -> anyhow::Result<Vec<(DeviceId, GalleryNotice)>> {
        let mut tx = self.db.read().await?;
        let revisions = broker::list_revisions(&mut tx).await?;
        Ok(revisions.into_iter().map(|(device, revision)| (device, GalleryNotice { revision })).collect())
    }
}

/// Whether sending the same again can never help.
fn is_for_good(error: &AcceptError) -> bool {
    match error {
        AcceptError::TooLarge { .. }
        | AcceptError::Malformed(_)
        | AcceptError::Version(_)
        | AcceptError::TooMany { .. }
        | AcceptError::DeviceMismatch { .. } => true,
        AcceptError::Ack(_) | AcceptError::Zone { .. } | AcceptError::Store(_) => false,
    }
}
