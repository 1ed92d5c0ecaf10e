//! Why the database didn't do it. Callers outside see the act; the log sees the cause.

use std::path::PathBuf;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names no database that Lintel can use. Never shows the URL: it may hold a password.
    #[error(
        "database.url isn't usable: write sqlite:///path/central.db or postgres://user:password@host/name"
    )]
    Url,
    /// The database file couldn't be made for its owner only.
    #[error("can't make {}: check that the folder exists and is writable", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The CA for PostgreSQL can't be read.
    #[error(
        "can't read the CA {} (database.ssl_root_cert, DB_SSLROOTCERT): name a PEM file that lintel-central's user may read",
        path.display()
    )]
    RootCert {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error(
        "{} (database.ssl_root_cert, DB_SSLROOTCERT) holds no certificate: name the CA's in PEM, from -----BEGIN CERTIFICATE----- on",
        path.display()
    )]
    NoRootCert {
        /// The file.
        path: PathBuf,
    },
    /// The database can't be reached.
    #[error("can't open the database: check database.url and that the server runs")]
    Open(#[source] sqlx::Error),
    /// A statement failed.
    #[error("the database refused a statement")]
    Query(#[source] sqlx::Error),
    /// A row holds what Lintel never writes.
    #[error("the database holds a value in {column} that Lintel never writes: was it edited by hand?")]
    Row {
        /// The column.
        column: &'static str,
    },
    /// A copy of the database is not whole.
    #[error("the copy of the database is not whole: {said}")]
    Copy {
        /// What was found.
        said: String,
    },
    /// The files couldn't be rewritten.
    #[error("somebody is reading an older state of the database, so its files can't be rewritten yet")]
    Busy,
    /// The tables aren't those of this version.
    #[error(transparent)]
    Migration(#[from] super::MigrationError),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Query(error)
    }
}

impl StoreError {
    /// Whether the statement broke a unique index: it is there already.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Query(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}
