//! Why a whole batch is refused.

use lintel_core::ids::DeviceId;

use crate::store::StoreError;

/// Why a whole batch is refused; nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// Over the limit, so it wasn't even parsed.
    #[error("the batch has {size_bytes} bytes; at most {} are read", lintel_core::limits::MAX_PACKET_BYTES)]
    TooLarge {
        /// Its size.
        size_bytes: usize,
    },
    /// Not JSON of a batch.
    #[error("this is not an event batch: {0}")]
    Malformed(#[source] serde_json::Error),
    /// A version that isn't known.
    #[error("event batches of version {0} are not understood here, only version 1")]
    Version(u32),
    /// Too many events.
    #[error("the batch has {count} events; at most {} are taken", lintel_core::limits::MAX_BATCH_EVENTS)]
    TooMany {
        /// How many.
        count: usize,
    },
    /// It says that it is from another device.
    #[error("the batch says that it is from {claimed}, but the credential is {authenticated}'s")]
    DeviceMismatch {
        /// What the batch says.
        claimed: DeviceId,
        /// Whose credential it is.
        authenticated: DeviceId,
    },
    /// The ack couldn't be written.
    #[error("can't write the ack")]
    Ack(#[source] serde_json::Error),
    /// The site's zone isn't in this version's database.
    #[error("the site of device {device} has a zone that this version doesn't know")]
    Zone {
        /// The device.
        device: DeviceId,
        /// Which zone.
        #[source]
        source: lintel_core::time::UnknownZone,
    },
    /// The database failed; nothing was stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}
