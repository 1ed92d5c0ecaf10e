//! The store's tests: each story runs on SQLite and on a private PostgreSQL.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]
#![expect(clippy::expect_used, reason = "tests say what is missing")]
#![allow(unreachable_pub, reason = "the modules of one test binary")]

#[path = "../support/postgres.rs"]
mod postgres;

mod absence;
mod account_changes;
mod accounts;
mod audit;
mod backups;
mod badges;
mod certificates;
mod database;
mod days;
mod decisions;
mod devices;
mod door;
mod erasures;
mod galleries;
mod hostile;
mod ledger;
mod locked;
mod office;
mod payroll;
mod people;
mod records;
mod replays;
mod retention;
mod revocations;
mod rosters;
mod rosters_of_people;
mod sites;
mod uploads;
mod working_time;
mod world;

/// Runs a story on both databases, as two tests.
macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident($world:ident: World) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn story($world: World) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                story(World::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                story(World::postgres().await).await;
            }
        }
    )*};
}
pub(crate) use on_both;
