//! Opening either database, and transactions on it.
//!
//! SQLite has one writing connection, whose transactions begin IMMEDIATE: a transaction that reads first
//! and then finds that it can't write would have to be repeated by every caller. `vault.db` is attached to
//! each connection. With WAL a commit over both files is atomic against a crash of the process but not
//! of the machine; therefore keys are made before what they seal and swept after what they sealed is
//! gone, and a template without its key counts as erased.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use log::LevelFilter;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Postgres, Sqlite, Transaction};
use tokio::sync::{Notify, watch};

use super::{DbOptions, StoreError};

/// Readers of SQLite; they never wait for the writer.
const SQLITE_READERS: u32 = 4;
/// Connections to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 10;
/// How long a transaction waits for its turn before it fails.
const WAIT: Duration = Duration::from_secs(30);

/// A database, open. Clones share it.
#[derive(Clone, Debug)]
pub struct Db(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) pools: Pools,
    /// The newest ingest number that this process committed; wakes live feeds.
    ingested: watch::Sender<i64>,
    /// Wakes the job runner.
    jobs: Notify,
}

#[derive(Debug)]
pub(super) enum Pools {
    Sqlite { read: SqlitePool, write: SqlitePool },
    Postgres(PgPool),
}

/// A transaction. Dropped without [`Tx::commit`] it is rolled back.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Makes the changes durable.
    ///
    /// # Errors
    /// When the database couldn't; nothing is changed then.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
        .map_err(StoreError::from)
    }
}

impl Db {
    /// Opens the database; makes the SQLite files where they are missing. Doesn't touch tables.
    ///
    /// # Errors
    /// [`StoreError::Url`], [`StoreError::File`] or [`StoreError::Open`].
    pub async fn open(options: &DbOptions) -> Result<Self, StoreError> {
        let url = options.url.expose();
        let pools = if url.starts_with("sqlite:") {
            open_sqlite(url, options).await?
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Pools::Postgres(open_postgres(url, options).await?)
        } else {
            return Err(StoreError::Url);
        };
        Ok(Self(Arc::new(Inner { pools, ingested: watch::Sender::new(0), jobs: Notify::new() })))
    }

    /// A transaction for reading: one consistent state.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(match &self.0.pools {
            Pools::Sqlite { read, .. } => Tx::Sqlite(read.begin().await?),
            Pools::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// A transaction for writing. On SQLite it waits here, not in the middle, for the one before it.
    ///
    /// # Errors
    /// When no connection is to be had in time.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        Ok(match &self.0.pools {
            Pools::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// `sqlite` or `postgres`.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        match &self.0.pools {
            Pools::Sqlite { .. } => "sqlite",
            Pools::Postgres(_) => "postgres",
        }
    }

    /// How many writing transactions make progress at once: SQLite has one writer, and more than two on
    /// PostgreSQL only wait for the same disk.
    #[must_use]
    pub fn writers(&self) -> usize {
        match &self.0.pools {
            Pools::Sqlite { .. } => 1,
            Pools::Postgres(_) => 2,
        }
    }

    /// Watches the newest ingest number that this process committed. With several replicas a reader polls
    /// [`super::events::newest`] as well.
    #[must_use]
    pub fn ingested(&self) -> watch::Receiver<i64> {
        self.0.ingested.subscribe()
    }

    /// Says that events up to this number are committed.
    pub(crate) fn announce_ingested(&self, ingest_no: i64) {
        self.0.ingested.send_if_modified(|newest| {
            let newer = ingest_no > *newest;
            *newest = ingest_no.max(*newest);
            newer
        });
    }

    /// Wakes the job runner; call it after the commit that queued a job.
    pub fn wake_jobs(&self) {
        self.0.jobs.notify_one();
    }

    /// Resolves when a job may have been queued by this process.
    pub(crate) async fn jobs_woken(&self) {
        self.0.jobs.notified().await;
    }

    /// Runs something on it and closes it, however that ends.
    ///
    /// A program that only drops its database ends while the connections' threads still close theirs, and what
    /// they use of the encryption is then taken down under them: every now and then it crashed at its end.
    ///
    /// # Errors
    /// What the work returns.
    pub async fn closing<T, E>(self, work: impl AsyncFnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        let done = work(&self).await;
        self.close().await;
        done
    }

    /// Has SQLite look at tables that have grown much, so that it chooses well how to read them; a moment's work
    /// mostly. PostgreSQL does that by itself.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tend_statistics(&self) -> Result<(), StoreError> {
        if let Pools::Sqlite { write, .. } = &self.0.pools {
            // All tables, not only those that this connection has read: the readers have connections of their own.
            sqlx::raw_sql("PRAGMA analysis_limit = 1000; PRAGMA optimize = 0x10002;").execute(write).await?;
        }
        Ok(())
    }

    /// The same at once, and on PostgreSQL too: what its own housekeeping does within a minute.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn gather_statistics(&self) -> Result<(), StoreError> {
        if let Pools::Postgres(pool) = &self.0.pools {
            sqlx::query("ANALYZE").execute(pool).await?;
        }
        self.tend_statistics().await
    }

    /// Closes all connections; running transactions end first.
    pub async fn close(&self) {
        match &self.0.pools {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(url: &str, options: &DbOptions) -> Result<Pools, StoreError> {
    let connect = SqliteConnectOptions::from_str(url).map_err(|_| StoreError::Url)?;
    let main = connect.get_filename().to_owned();
    let vault = vault_beside(&main);
    for path in [&main, &vault] {
        make_private(path)?;
    }
    let connect = connect
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // What is deleted is overwritten, not only forgotten; see `scrub`.
        .pragma("secure_delete", "ON")
        .busy_timeout(WAIT)
        .statement_cache_capacity(256)
        // 16 MB between checkpoints: each costs two fsyncs of its own.
        .pragma("wal_autocheckpoint", "4000")
        .pragma("journal_size_limit", "67108864")
        .pragma("cache_size", "-32768")
        .log_statements(LevelFilter::Off)
        .log_slow_statements(LevelFilter::Warn, options.slow_query);
    let pool = |size: u32| {
        let vault = vault.clone();
        SqlitePoolOptions::new()
            .max_connections(size)
            .acquire_timeout(WAIT)
            .max_lifetime(options.conn_max_age)
            .idle_timeout(None)
            .test_before_acquire(false)
            .after_connect(move |connection, _| {
                let vault = vault.display().to_string();
                Box::pin(async move {
                    sqlx::query("ATTACH DATABASE $1 AS vault").bind(vault).execute(&mut *connection).await?;
                    sqlx::raw_sql(
                        "PRAGMA vault.journal_mode = WAL; PRAGMA vault.synchronous = FULL; \
                         PRAGMA vault.secure_delete = ON;",
                    )
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
    };
    let write = pool(1).connect_with(connect.clone()).await.map_err(StoreError::Open)?;
    match pool(SQLITE_READERS).connect_with(connect).await {
        Ok(read) => Ok(Pools::Sqlite { read, write }),
        Err(error) => {
            write.close().await;
            Err(StoreError::Open(error))
        }
    }
}

/// `vault.db` beside `central.db`; another file's vault carries its name, so that two databases in one
/// folder don't share keys.
pub(super) fn vault_beside(main: &Path) -> PathBuf {
    match main.file_stem().and_then(|stem| stem.to_str()) {
        Some("central") | None => main.with_file_name("vault.db"),
        Some(stem) => main.with_file_name(format!("{stem}-vault.db")),
    }
}

/// SQLite would make the file readable for everybody whom the umask lets.
pub(super) fn make_private(path: &Path) -> Result<(), StoreError> {
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(|source| StoreError::File { path: path.to_owned(), source })
}

/// The driver would say that TLS failed, and not which file it wanted.
fn expect_certificate(path: &Path) -> Result<(), StoreError> {
    let pem = std::fs::read(path).map_err(|source| StoreError::RootCert { path: path.to_owned(), source })?;
    let mut certificates = CertificateDer::pem_slice_iter(&pem);
    match certificates.next() {
        Some(Ok(_)) => Ok(()),
        Some(Err(_)) | None => Err(StoreError::NoRootCert { path: path.to_owned() }),
    }
}

async fn open_postgres(url: &str, options: &DbOptions) -> Result<PgPool, StoreError> {
    let mut connect = PgConnectOptions::from_str(url).map_err(|_| StoreError::Url)?;
    if let Some(ca) = &options.ssl_root_cert {
        expect_certificate(ca)?;
        connect = connect.ssl_root_cert(ca).ssl_mode(PgSslMode::VerifyFull);
    }
    if options.ssl_require {
        connect = connect.ssl_mode(PgSslMode::VerifyFull);
    }
    let connect = connect
        .application_name("lintel-central")
        .statement_cache_capacity(256)
        .log_statements(LevelFilter::Off)
        .log_slow_statements(LevelFilter::Warn, options.slow_query);
    PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(WAIT)
        .max_lifetime(options.conn_max_age)
        .connect_with(connect)
        .await
        .map_err(StoreError::Open)
}
