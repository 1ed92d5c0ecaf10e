//! `[database]`: SQLite in the data folder, or PostgreSQL by URL.

use std::path::{Path, PathBuf};

use lintel_runtime::secrets::SecretString;
use serde::{Deserialize, Serialize};

/// How the database is reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DatabaseSettings {
    /// `sqlite://PATH` or `postgres://…`; SQLite in the data folder when absent.
    pub url: Option<SecretString>,
    /// Seconds after which a connection is replaced; 0 keeps them.
    pub conn_max_age_s: u64,
    /// PostgreSQL: refuse a connection without verified TLS.
    pub ssl_require: bool,
    /// PostgreSQL: the CA (PEM) that the server's certificate is checked against.
    pub ssl_root_cert: Option<PathBuf>,
    /// Statements slower than this are logged.
    pub slow_query_ms: u64,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self { url: None, conn_max_age_s: 600, ssl_require: false, ssl_root_cert: None, slow_query_ms: 5_000 }
    }
}

impl DatabaseSettings {
    /// The URL to open, with the default filled in.
    #[must_use]
    pub fn url_or_default(&self, data_dir: &Path) -> SecretString {
        match self.url.as_ref().filter(|url| !url.is_empty()) {
            Some(url) => url.clone(),
            None => SecretString::new(format!("sqlite://{}", data_dir.join("central.db").display())),
        }
    }
}

pub(super) fn describe() -> Vec<(&'static str, &'static str)> {
    vec![
        ("database", "Where records are kept."),
        (
            "database.url",
            "sqlite:///path/central.db or postgres://user:password@host/name; SQLite in data_dir when absent. Also DATABASE_URL.",
        ),
        (
            "database.conn_max_age_s",
            "Seconds after which a connection is replaced; 0 keeps them. Also DATABASE_CONN_MAX_AGE.",
        ),
        (
            "database.ssl_require",
            "PostgreSQL: refuse to talk without TLS and a verified certificate. Also DATABASE_SSL_REQUIRE.",
        ),
        ("database.ssl_root_cert", "PostgreSQL: CA file for the server's certificate. Also DB_SSLROOTCERT."),
        ("database.slow_query_ms", "Statements slower than this are logged as a warning."),
    ]
}
