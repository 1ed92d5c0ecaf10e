//! The composition root: opens everything once and hands each part what it needs.
//!
//! The only place that knows all parts. No rule lives here.

mod keys;
mod listen;
mod serve;
mod state;

pub use keys::{KeyError, KeyPaths, given_keys, load_data_ring, load_keys};
pub use listen::Peer;
pub use serve::serve;
pub use state::{AppState, Parts};
