//! What most commands start with: settings, logging, keys, database.

use std::sync::Arc;

use anyhow::Context as _;
use lintel_core::time::Clock;
use lintel_runtime::clock::SystemClock;
use lintel_runtime::config::{ConfigArgs, Loaded};
use lintel_runtime::owner::refuse_foreign_root;
use lintel_runtime::telemetry;

use crate::app::load_keys;
use crate::backup::Desk;
use crate::config::{CentralSettings, load};
use crate::erasure::{self, Erased, ErasureLedger};
use crate::ledger::Entry as _;
use crate::revocation::{self, RevocationLedger, Revoked};
use crate::store::{Db, DbOptions};

/// The settings, with logging started and their warnings said.
pub(super) fn settings(args: &ConfigArgs) -> anyhow::Result<Loaded<CentralSettings>> {
    let loaded = load(args)?;
    telemetry::init(&loaded.value.log, clock())?;
    for warning in &loaded.warnings {
        log::warn!("{warning}");
    }
    refuse_foreign_root(&loaded.value.storage.data_dir, "lintel-central")?;
    Ok(loaded)
}

/// The machine's clock.
pub(super) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Runs something on the database, without a look at its tables first. It is closed however that ends.
pub(super) async fn with_database<T>(
    settings: &CentralSettings,
    work: impl AsyncFnOnce(&Db) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    database(settings).await?.closing(work).await
}

/// Runs something on the database with the tables of this version. It is closed however that ends.
pub(super) async fn with_ready_database<T>(
    settings: &CentralSettings,
    work: impl AsyncFnOnce(&Db) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    with_database(settings, async |db| {
        make_ready(settings, db).await?;
        work(db).await
    })
    .await
}

/// The database, for a caller that ends it by [`Db::closing`].
pub(super) async fn database(settings: &CentralSettings) -> anyhow::Result<Db> {
    Ok(Db::open(&DbOptions::from_settings(&settings.database, &settings.storage.data_dir)).await?)
}

async fn make_ready(settings: &CentralSettings, db: &Db) -> anyhow::Result<()> {
    db.check_migrations().await.context("the database is not ready: run `lintel-central migrate`")?;
    // Whatever is done with a restored database, nobody who was erased is in it and nothing that was
    // revoked opens it.
    if settings.storage.data_dir.join(Erased::FILE_NAME).exists() {
        erasure::replay(db, &ledger(settings)?, &*clock()).await?;
    }
    if settings.storage.data_dir.join(Revoked::FILE_NAME).exists() {
        let ledger = RevocationLedger::of(settings, Arc::new(load_keys(settings)?));
        revocation::replay(db, &ledger, &*clock()).await?;
    }
    Ok(())
}

/// The erasure ledger, which is signed by the centre's key.
pub(super) fn ledger(settings: &CentralSettings) -> anyhow::Result<ErasureLedger> {
    Ok(ErasureLedger::of(settings, Arc::new(load_keys(settings)?)))
}

/// What backups are made with.
pub(super) fn desk(settings: &CentralSettings, db: &Db) -> anyhow::Result<Desk> {
    let keys = Arc::new(load_keys(settings)?);
    Ok(Desk {
        settings: Arc::new(settings.clone()),
        db: db.clone(),
        ledger: ErasureLedger::of(settings, Arc::clone(&keys)),
        revocations: RevocationLedger::of(settings, Arc::clone(&keys)),
        keys,
        clock: clock(),
    })
}
