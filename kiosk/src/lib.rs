//! The daemon at the door, as a library, so that its parts can be tested.
//!
//! `main.rs` parses the command line and ends with an exit code; everything else is here.

pub mod aim;
pub mod app;
pub mod badge;
pub mod camera;
pub mod cli;
pub mod commands;
pub mod config;
pub mod faults;
pub mod feedback;
pub mod gallery;
pub mod health;
pub mod identity;
pub mod keys;
pub mod local_socket;
pub mod outbox;
pub mod recognition;
mod sqlcipher;
pub mod sync;
