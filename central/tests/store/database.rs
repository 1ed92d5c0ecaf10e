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
        let before = lintel_central::store::jobs::count(&mut world.db.read().await.unwrap()).await.unwrap();
        let mut tx = world.db.write().await.unwrap();
        let job = lintel_central::store::jobs::NewJob { kind: "k", key: "1".into(), payload: String::new() };
        lintel_central::store::jobs::create(&mut tx, &[job], lintel_core::time::UtcMillis::default()).await.unwrap();
        drop(tx);
        let mut tx = world.db.read().await.unwrap();
        assert_eq!(lintel_central::store::jobs::count(&mut tx).await.unwrap(), before);
    }

    async fn it_is_closed_also_when_the_work_on_it_fails(world: World) {
        let left = world.db.clone();
        let failed: Result<(), StoreError> = world.db.clone().closing(async |db| {
            // Nobody gives it back by hand.
            let _open = db.read().await?;
            Err(StoreError::Url)
        }).await;
        assert!(matches!(failed, Err(StoreError::Url)));
        assert!(left.read().await.is_err());
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
async fn a_ca_that_is_missing_unreadable_or_none_is_named_with_its_setting() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = DbOptions::for_url("postgres://lintel:hunter2@127.0.0.1:1/lintel");
    let missing = dir.path().join("ca.pem");
    // A folder can be opened and not read, for root too.
    let folder = dir.path().to_owned();
    let other = dir.path().join("notes.txt");
    std::fs::write(&other, "-----BEGIN CERTIFICATE-----\nnot base64\n").unwrap();
    for (path, expected) in
        [(missing, "can't read the CA"), (folder, "can't read the CA"), (other, "holds no certificate")]
    {
        options.ssl_root_cert = Some(path.clone());
        let refused = Db::open(&options).await.unwrap_err().to_string();
        for part in [expected, &*path.display().to_string(), "database.ssl_root_cert", "DB_SSLROOTCERT"] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
        assert!(!refused.contains("hunter2"), "{refused}");
    }
}

#[tokio::test]
async fn a_url_of_another_database_is_refused_without_showing_it() {
    let refused = Db::open(&DbOptions::for_url("mysql://root:hunter2@localhost/x")).await.unwrap_err();
    assert!(matches!(refused, StoreError::Url));
    assert!(!format!("{refused:?} {refused}").contains("hunter2"));
}
