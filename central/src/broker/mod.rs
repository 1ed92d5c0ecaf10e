//! Mosquitto as the centre wants it: its first files, and its clients kept in step with the devices.
//!
//! The broker is never trusted with more than delivery: events are chained, acks are signed, galleries are
//! sealed. What it must do is keep one door from speaking for another, and that is what [`access`] says.
//! Nothing here opens a connection; `ingest::mqtt` holds the one there is.

pub mod access;
pub mod control;
pub mod files;
pub mod password;
pub mod reconcile;
