//! How the database is reached, resolved from the settings.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use lintel_runtime::secrets::SecretString;
use sqlx::sqlite::SqliteConnectOptions;

use crate::config::DatabaseSettings;

/// What [`super::Db::open`] needs.
#[derive(Debug, Clone)]
pub struct DbOptions {
    /// `sqlite://PATH` or `postgres://…`.
    pub url: SecretString,
    /// Connections older than this are replaced; None keeps them.
    pub conn_max_age: Option<Duration>,
    /// PostgreSQL: no connection without verified TLS.
    pub ssl_require: bool,
    /// PostgreSQL: the CA for the server's certificate.
    pub ssl_root_cert: Option<PathBuf>,
    /// Statements slower than this are logged.
    pub slow_query: Duration,
}

impl DbOptions {
    /// Usual options for a URL, for tests and benches.
    #[must_use]
    pub fn for_url(url: &str) -> Self {
        Self {
            url: SecretString::new(url.to_owned()),
            conn_max_age: None,
            ssl_require: false,
            ssl_root_cert: None,
            slow_query: Duration::from_secs(5),
        }
    }

    /// The file of an SQLite database; None for PostgreSQL and for a URL that is none.
    #[must_use]
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        let url = Some(self.url.expose()).filter(|url| url.starts_with("sqlite:"))?;
        Some(SqliteConnectOptions::from_str(url).ok()?.get_filename().to_owned())
    }

    /// From the settings; SQLite in the data folder where no URL is given.
    #[must_use]
    pub fn from_settings(settings: &DatabaseSettings, data_dir: &Path) -> Self {
        Self {
            url: settings.url_or_default(data_dir),
            conn_max_age: (settings.conn_max_age_s > 0).then(|| Duration::from_secs(settings.conn_max_age_s)),
            ssl_require: settings.ssl_require,
            ssl_root_cert: settings.ssl_root_cert.clone(),
            slow_query: Duration::from_millis(settings.slow_query_ms),
        }
    }
}
