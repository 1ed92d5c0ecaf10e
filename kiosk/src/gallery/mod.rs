//! Who this door may recognise.
//!
//! `store` keeps the gallery encrypted on the disk, `sync` brings it up to date, `index` is what is searched.

pub mod index;
pub mod store;
pub mod sync;
