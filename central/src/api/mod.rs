//! The HTTP interfaces: the JSON API for people's programs, the device API for doors.
//!
//! A handler parses, asks for a permit, calls a use case and writes the answer. Every route stands in the
//! table of `routes`; there is no other way to mount one.

pub mod device;
pub mod input;
pub mod join;
pub mod layers;
pub mod openapi;
pub mod problem;
pub mod routes;
pub mod v1;
