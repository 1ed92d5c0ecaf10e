//! How events come in: one door, [`accept()`], for every road.
//!
//! `validate` reads, `places` judges a batch by place, `intake` stores it in one transaction, `chain` keeps
//! the watermark, and `accept` leads them and acks what was committed. The roads (MQTT here, HTTPS in `api`)
//! authenticate a device and hand over bytes; none of them may store anything on its own.

mod accept;
mod chain;
mod days;
mod error;
mod intake;
mod places;
mod validate;

pub use accept::{Accepted, accept};
pub use error::AcceptError;

pub mod mqtt;
