//! Opening, migrating, and what SQLite's files look like.

use std::os::unix::fs::MetadataExt as _;

use lintel_central::store::{Db, DbOptions, StoreError};

use crate::on_both;
use crate::world::World;

on_both! {
    async fn migrating_twice_changes_nothing_and_serve_may_start(world: World) {
        assert!(world.db.migrate(&*world.clock).await.unwrap().applied.is_empty());
        world.db.check_migrations().await.unwrap();
    }

    async fn one_transaction_that_is_dropped_leaves_nothing(world: World) {
        let mut tx = world.db.write().await.unwrap();
        let job = lintel_central::store::jobs::NewJob { kind: "k", key: "1".into(), payload: String::new() };
        lintel_central::store::jobs::create(&mut tx, &[job], lintel_core::time::UtcMillis::default()).await.unwrap();
        drop(tx);
        let mut tx = world.db.read().await.unwrap();
        assert_eq!(lintel_central::store::jobs::count(&mut tx).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn an_empty_database_is_refused_with_what_to_run() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", dir.path().join("central.db").display());
    let db = Db::open(&DbOptions::for_url(&url)).await.unwrap();
    let refused = db.check_migrations().await.unwrap_err();
    assert!(refused.to_string().contains("lintel-central migrate"), "{refused}");
}

#[tokio::test]
async fn the_database_and_the_vault_are_two_files_for_their_owner_only() {
    let world = World::sqlite().await;
    for name in ["central.db", "vault.db"] {
        let mode = std::fs::metadata(world.dir().join(name)).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_url_of_another_database_is_refused_without_showing_it() {
    let refused = Db::open(&DbOptions::for_url("mysql://root:hunter2@localhost/x")).await.unwrap_err();
    assert!(matches!(refused, StoreError::Url));
    assert!(!format!("{refused:?} {refused}").contains("hunter2"));
}
