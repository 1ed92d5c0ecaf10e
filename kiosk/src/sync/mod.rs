//! Delivery: events out, acks, galleries and central's clock in.
//!
//! The drain is a state machine over two roads. It never decides what is durable: only central's signed ack
//! does, and the outbox compares it with what is stored.

pub mod drain;
pub mod heartbeat;
pub mod https;
pub mod mqtt;
pub mod renewal;
pub mod roads;

use std::future::Future;

use lintel_core::ack::SignedAck;
use lintel_core::road::Road;
use lintel_core::wire::EventBatch;

/// A batch couldn't be delivered by one road; it stays in the outbox.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// There is no connection.
    #[error("no connection: {0}")]
    Down(String),
    /// Nobody answered in time.
    #[error("no ack came in time")]
    TimedOut,
    /// Central refused, and said why.
    #[error("central refused with status {status}: {detail}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Central's words, cut.
        detail: String,
    },
    /// The answer is none.
    #[error("central's answer can't be read: {0}")]
    Answer(String),
}

/// What the drain sends over. The real one has both roads; tests have their own.
pub trait Transport: Send {
    /// Whether a road can be tried now. A road that isn't configured never can.
    fn is_up(&self, road: Road) -> bool;
    /// Sends a batch and waits for the ack of its stream that covers `through_seq`, or one that was signed
    /// after it.
    fn send(
        &mut self,
        road: Road,
        batch: &EventBatch,
        through_seq: u64,
    ) -> impl Future<Output = Result<SignedAck, SendError>> + Send;
}
