//! To be filled by its owner.
pub mod mqtt;
pub mod mqtt_desk;
pub mod mqtt_link;
mod mqtt_steward;
mod mqtt_worker;
