//! What both daemons need to run: configuration, logging, shutdown, supervision, TLS, secrets.
//!
//! It exists so that the door and the centre start, stop, complain and recover in the same way. It knows
//! nothing about faces, punches or people, opens no listening socket, and keeps no global state but the
//! two that its libraries insist on: the logger and the TLS provider.

pub mod atomic_file;
pub mod backoff;
pub mod catalogue;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod exit;
pub mod manual;
pub mod owner;
pub mod secrets;
pub mod shutdown;
pub mod supervisor;
pub mod systemd;
pub mod telemetry;
pub mod tls;

mod heartbeat;

pub use heartbeat::{Beat, Heartbeats, Stale};
