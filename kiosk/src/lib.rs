//! The daemon at the door, as a library, so that its parts can be tested.
//!
//! `main.rs` parses the command line and ends with an exit code; everything else is here.

pub mod camera;
pub mod commands;
pub mod config;
pub mod feedback;
pub mod gallery;
pub mod recognition;
