//! Sizes that are checked before anything is parsed. Both sides use the same numbers: what one side may
//! send, the other must accept.

/// Largest MQTT packet and largest device request body, in bytes. The broker is configured with the
/// same number; a client library's smaller default would turn one large message into an endless
/// reconnect loop.
pub const MAX_PACKET_BYTES: usize = 256 * 1024;
/// Room left in a packet for topic, properties and the batch's own frame, in bytes.
pub const PACKET_OVERHEAD_BYTES: usize = 2 * 1024;
/// Largest event on the wire (skeleton, personal part and frame), in bytes.
pub const MAX_EVENT_BYTES: usize = 8 * 1024;
/// Largest personal part, in bytes.
pub const MAX_PERSONAL_BYTES: usize = 2 * 1024;
/// Most events in one batch.
pub const MAX_BATCH_EVENTS: usize = 500;
/// Longest identifier, in bytes.
pub const MAX_ID_BYTES: usize = 64;
/// Longest embedding, in numbers.
pub const MAX_EMBEDDING_WIDTH: usize = 2048;
/// Largest gallery delta, in bytes, once opened.
pub const MAX_GALLERY_BYTES: usize = 256 * 1024 * 1024;
