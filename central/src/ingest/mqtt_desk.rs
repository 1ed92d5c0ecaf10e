//! What the broker's road needs from the rest of the centre.
//!
//! A trait, so that the connection knows neither a database nor a key, and its tests can watch both sides.

use std::future::Future;

use bytes::Bytes;
use lintel_core::ids::DeviceId;
use lintel_core::wire::{DeviceStatus, GalleryNotice};

use crate::broker::reconcile::Wanted;

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
