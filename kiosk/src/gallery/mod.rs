//! Who this door may recognise.

pub mod index;
