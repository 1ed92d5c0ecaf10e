//! The centre: people, templates, devices, attendance and reports, behind one HTTP server.
//!
//! The library exists so that tests can drive what the binary runs. Pure rules (`attendance`), documents
//! (`reports`), what uploads hold (`imports`) and use cases (`people`, `badges`, `devices`, `sites`,
//! `gallery`, `uploads`, `inquiries`, `payroll`) know nothing of HTTP; only `store`
//! knows SQL; only `app` knows everything.
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::panic))]

pub mod api;
pub mod app;
pub mod attendance;
pub mod audit;
pub mod auth;
pub mod backup;
pub mod badges;
pub mod bench;
pub mod broker;
pub mod ca;
pub mod cli;
pub mod commands;
pub mod config;
pub mod console;
pub mod corrections;
pub mod days;
pub mod devices;
pub mod enrolment;
pub mod erasure;
pub mod gallery;
pub mod health;
pub mod imports;
pub mod ingest;
pub mod inquiries;
pub mod jobs;
pub mod ledger;
pub mod metrics;
pub mod payroll;
pub mod people;
pub mod reports;
pub mod retention;
pub mod revocation;
pub mod rosters;
pub mod sites;
pub mod store;
pub mod uploads;
pub mod vault;
pub mod words;

#[cfg(test)]
mod tests;
