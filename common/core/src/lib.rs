//! The wire between the door and the centre, and the rules both must read the same way.
//!
//! Pure: no clock, no randomness, no file, no socket. Whatever varies comes in as an argument, so that
//! the same bytes give the same answer on every machine. Nothing here may depend on tokio, a database
//! driver, OpenCV or ONNX Runtime.
#![cfg_attr(test, allow(clippy::indexing_slicing))]

pub mod ack;
pub mod badge;
pub mod chain;
pub mod embedding;
pub mod event;
pub mod gallery;
pub mod ids;
pub mod join;
pub mod limits;
pub mod road;
pub mod seal;
pub mod sign;
pub mod time;
pub mod topic;
pub mod wire;
