//! How events come in: one door, [`accept()`], for every road.
//!
//! `validate` reads and judges, `accept` stores in one transaction and acks what it committed, `chain`
//! keeps the watermark. The roads (MQTT here, HTTPS in `api`) authenticate a device and hand over bytes;
//! none of them may store anything on its own.

mod accept;
mod chain;
mod validate;

pub use accept::{AcceptError, Accepted, accept};

pub mod mqtt;
pub mod mqtt_desk;
pub mod mqtt_link;
mod mqtt_steward;
mod mqtt_worker;
