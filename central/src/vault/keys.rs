//! The keys that the centre works with, loaded once at start.

use lintel_core::seal::FernetRing;
use lintel_core::sign::SigningKey;

use crate::badges::BadgeKeys;

/// The centre's keys. Never printed: each of them hides itself in `Debug`.
#[derive(Debug)]
pub struct CentralKeys {
    /// Signs acks, clock answers, gallery deltas and audit heads; pinned at the doors.
    pub ack: SigningKey,
    /// Sign badges; their public halves go to the doors with the gallery.
    pub badge: BadgeKeys,
    /// Wraps the people's keys (`FACE_DATA_ENCRYPTION_KEY`).
    pub face: FernetRing,
    /// Seals exports and personal fields (`DATA_ENCRYPTION_KEY`).
    pub data: FernetRing,
}
