//! The outbox: what the door has seen, kept until central has signed for it.
//!
//! It is the door's whole promise. An event is on the disk before anybody is told; it has a place without
//! a gap and the hash of the event before it; it leaves only for an ack with central's signature and the
//! door's own head hash. When there is no room left it refuses aloud instead of forgetting.

mod draft;
mod file;
mod forgetting;
mod leaving;
mod reading;
mod salvage;
mod store;
#[cfg(test)]
mod tests;
mod writer;

use std::path::PathBuf;

use lintel_core::ids::{EventId, StreamId};
use lintel_core::wire::EventBatch;

pub use draft::EventDraft;
pub use file::set_aside_at;
pub use forgetting::Gone;
pub use reading::Listed;
pub use salvage::{Salvaged, salvage};
pub use store::Outbox;
pub use writer::{OutboxHandle, wait_for_end};

/// Bounds of an outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of unacked events; acked ones don't count.
    pub max_bytes: u64,
    /// Events other than attendance that are accepted in a minute; the rest is counted and dropped, so
    /// that strangers can't fill the box.
    pub other_per_minute: u32,
}

impl Limits {
    /// What remains for events other than attendance: a quarter is kept for punches and badges.
    #[must_use]
    pub const fn for_others(self) -> u64 {
        self.max_bytes / 4 * 3
    }
}

/// Why an event was not kept. None of these may pass without the door saying so.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The bound is reached.
    #[error("the outbox is full ({used} of {limit} bytes wait for central): connect this door to central")]
    Full {
        /// Bytes that wait.
        used: u64,
        /// The bound for this kind of event.
        limit: u64,
    },
    /// Too many events that are no attendance.
    #[error("more than {per_minute} events other than punches in a minute: counted, not kept")]
    RateLimited {
        /// The bound.
        per_minute: u32,
    },
    /// The disk or partition is full.
    #[error("no space left on the disk of the outbox: free some")]
    DiskFull,
    /// Anything else.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
}

/// Why the outbox can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The file is no database for this key.
    #[error(
        "{} can't be opened with the key in {}: put back the key that belongs to it; to go on without its \
         events, move the file away", path.display(), key_hint.display()
    )]
    WrongKey {
        /// The database.
        path: PathBuf,
        /// Where the key was read.
        key_hint: PathBuf,
    },
    /// Another device's outbox.
    #[error("the outbox belongs to device {found}, but this door joined as {expected}: move it away")]
    OtherDevice {
        /// Whose it is.
        found: String,
        /// Who we are.
        expected: String,
    },
    /// A page is damaged.
    #[error("{} is damaged: {detail}", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite found.
        detail: String,
    },
    /// The folder of the outbox can't be read.
    #[error("can't read the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Made by a newer program.
    #[error(
        "the outbox has schema {found}, this program knows up to {known}: install the newer version again"
    )]
    Newer {
        /// Of the file.
        found: i64,
        /// Of the program.
        known: i64,
    },
    /// SQLite failed.
    #[error("{act}")]
    Database {
        /// What was tried.
        act: &'static str,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// An event can't be written as JSON, or is larger than the wire allows.
    #[error("the event can't be stored: {0}")]
    Event(String),
    /// The operating system refused randomness.
    #[error(transparent)]
    Random(#[from] lintel_runtime::clock::ClockError),
    /// An ack for something else than what is stored here.
    #[error("central's ack doesn't fit this outbox: {0}")]
    AckMismatch(String),
    /// The writer thread has ended.
    #[error("the outbox is closed")]
    Closed,
}

/// Where a kept event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its place.
    pub seq: u64,
    /// Its id.
    pub event_id: EventId,
}

/// The next events to send.
#[derive(Debug)]
pub struct Pending {
    /// None when nothing waits.
    pub batch: Option<EventBatch>,
    /// Place of the last event of the batch; 0 without one.
    pub last_seq_in_batch: u64,
    /// Everything that waits, the batch included.
    pub backlog: u64,
}

/// What an ack changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acked {
    /// Events that may go now.
    pub newly_acked: u64,
    /// Events that wait again, because central lost them.
    pub taken_back: u64,
    /// Events that still wait.
    pub backlog: u64,
}

/// How an outbox is doing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OutboxStatus {
    /// Its stream.
    pub stream: StreamId,
    /// Highest place.
    pub last_seq: u64,
    /// Highest place that central has signed for.
    pub acked_through: u64,
    /// Events that wait.
    pub backlog: u64,
    /// Their bytes.
    pub backlog_bytes: u64,
    /// The bound.
    pub max_bytes: u64,
    /// Events that central has refused for good.
    pub dead_letters: u64,
    /// Events refused here since the start, for lack of room.
    pub refused: u64,
    /// Events other than attendance that were only counted since the start.
    pub rate_limited: u64,
}
