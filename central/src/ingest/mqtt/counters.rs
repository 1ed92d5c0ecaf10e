//! What happened on the broker's road, in numbers. Nothing else is known here, so that metrics can count it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What happened on this road, for `/metrics` and `doctor`.
#[derive(Debug, Default)]
pub struct MqttCounters {
    /// Whether a connection stands.
    pub connected: AtomicBool,
    /// Connections made.
    pub connections: AtomicU64,
    /// Messages taken from the broker.
    pub received: AtomicU64,
    /// Batches answered with a signed ack.
    pub acked: AtomicU64,
    /// Messages refused: unreadable, or from an unknown or revoked device.
    pub refused: AtomicU64,
    /// Messages dropped because too many waited; their doors send them again.
    pub dropped: AtomicU64,
    /// Messages on topics that are not ours.
    pub foreign: AtomicU64,
    /// Connections lost to a message that the client library can't take.
    pub unreadable: AtomicU64,
}

impl MqttCounters {
    /// Adds one.
    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
