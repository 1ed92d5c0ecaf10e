//! Where the bench works: a folder that goes away, a PostgreSQL of its own, or a database of its own on
//! somebody's server.
//!
//! A private PostgreSQL keeps fsync on, because durability is what is measured.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lintel_core::time::Clock;
use lintel_runtime::clock::random_bytes;
use tempfile::TempDir;

use crate::store::{Db, DbOptions, StoreError, scratch};

/// Where Debian keeps PostgreSQL's programs, one folder per version.
const POSTGRES_DIR: &str = "/usr/lib/postgresql";
/// How long PostgreSQL may take to start.
const START_WITHIN: Duration = Duration::from_secs(30);

/// Why there is no place to work in.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The temporary folder.
    #[error("can't make a temporary folder: set TMPDIR to one with a few hundred megabytes")]
    Folder(#[source] io::Error),
    /// A program of PostgreSQL.
    #[error("can't run {program}")]
    Run {
        /// Which.
        program: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A program of PostgreSQL failed.
    #[error("{program} failed: {said}")]
    Failed {
        /// Which.
        program: String,
        /// Its words.
        said: String,
    },
    /// No name for the database.
    #[error(transparent)]
    Random(#[from] lintel_runtime::clock::ClockError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A folder for a SQLite database.
#[derive(Debug)]
pub struct SqlitePlace(TempDir);

impl SqlitePlace {
    /// Makes the folder in the usual place for temporary files (`TMPDIR`).
    ///
    /// # Errors
    /// [`PlaceError::Folder`].
    pub fn make() -> Result<Self, PlaceError> {
        temp_dir().map(Self)
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("sqlite://{}", self.0.path().join("central.db").display())
    }

    /// Opens a new, migrated database.
    ///
    /// # Errors
    /// [`PlaceError::Store`].
    pub async fn open(&self, clock: &dyn Clock) -> Result<Db, PlaceError> {
        open(&self.url(), clock).await
    }
}

/// A database of the bench's own on a PostgreSQL server.
#[derive(Debug)]
pub struct PostgresPlace {
    server_url: String,
    name: String,
}

impl PostgresPlace {
    /// Makes a database on the server that a URL names; the database in the URL is only connected to.
    ///
    /// # Errors
    /// [`PlaceError::Store`], such as when the user may not make databases.
    pub async fn make(server_url: &str) -> Result<Self, PlaceError> {
        let name = scratch::name(random_bytes()?);
        scratch::create(server_url, &name).await?;
        Ok(Self { server_url: server_url.to_owned(), name })
    }

    /// Its URL.
    ///
    /// # Errors
    /// [`PlaceError::Store`] where the server's can't be read.
    pub fn url(&self) -> Result<String, PlaceError> {
        Ok(scratch::url_of(&self.server_url, &self.name)?)
    }

    /// Opens it, migrated.
    ///
    /// # Errors
    /// [`PlaceError::Store`].
    pub async fn open(&self, clock: &dyn Clock) -> Result<Db, PlaceError> {
        open(&self.url()?, clock).await
    }

    /// Drops it; every connection must be closed.
    ///
    /// # Errors
    /// [`PlaceError::Store`].
    pub async fn drop(self) -> Result<(), PlaceError> {
        Ok(scratch::drop(&self.server_url, &self.name).await?)
    }
}

async fn open(url: &str, clock: &dyn Clock) -> Result<Db, PlaceError> {
    let db = Db::open(&DbOptions::for_url(url)).await?;
    if let Err(error) = db.migrate(clock).await {
        db.close().await;
        return Err(error.into());
    }
    Ok(db)
}

fn temp_dir() -> Result<TempDir, PlaceError> {
    tempfile::Builder::new().prefix("lintel-bench-").tempdir().map_err(PlaceError::Folder)
}

/// A PostgreSQL of the bench's own, ended when the value goes.
#[derive(Debug)]
pub struct PrivatePostgres {
    folder: TempDir,
    server: Child,
}

impl PrivatePostgres {
    /// Starts one from the installed programs; None where PostgreSQL isn't installed. It listens on a Unix
    /// socket in its own folder only.
    ///
    /// # Errors
    /// [`PlaceError`] when it is installed and doesn't start.
    pub fn start() -> Result<Option<Self>, PlaceError> {
        let Some(bin) = newest_bin() else { return Ok(None) };
        let folder = temp_dir()?;
        let data = folder.path().join("data");
        give_to_postgres(folder.path())?;
        let mut initdb = as_postgres(&bin.join("initdb"));
        initdb.arg("-D").arg(&data).args(["-U", "lintel", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
        finish("initdb", initdb)?;
        let log = folder.path().join("log");
        let out = fs::File::create(&log).map_err(PlaceError::Folder)?;
        let mut postgres = as_postgres(&bin.join("postgres"));
        postgres.arg("-D").arg(&data).args(["-c", "listen_addresses=", "-k"]).arg(folder.path());
        let server = postgres
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(out)
            .spawn()
            .map_err(|source| PlaceError::Run { program: "postgres".into(), source })?;
        let mut started = Self { folder, server };
        started.wait(&bin, &log)?;
        Ok(Some(started))
    }

    /// Its URL, with the database that every server has.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://lintel@localhost/postgres?host={}", self.folder.path().display())
    }

    fn wait(&mut self, bin: &Path, log: &Path) -> Result<(), PlaceError> {
        let end = Instant::now() + START_WITHIN;
        loop {
            let mut ready = Command::new(bin.join("pg_isready"));
            ready.arg("-q").arg("-h").arg(self.folder.path());
            if ready.status().is_ok_and(|status| status.success()) {
                return Ok(());
            }
            let ended = self.server.try_wait().ok().flatten().is_some();
            if ended || Instant::now() > end {
                let said = fs::read_to_string(log).unwrap_or_default();
                return Err(PlaceError::Failed { program: "postgres".into(), said });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        // Nothing in it is worth a good shutdown; setpriv has become postgres itself, so this reaches it.
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

fn newest_bin() -> Option<PathBuf> {
    let versions = fs::read_dir(POSTGRES_DIR).ok()?;
    versions
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").is_file())
        .max()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// PostgreSQL refuses to run as root, so root hands over to the packages' own user.
fn as_postgres(program: &Path) -> Command {
    if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

fn give_to_postgres(folder: &Path) -> Result<(), PlaceError> {
    if !is_root() {
        return Ok(());
    }
    let mut chown = Command::new("chown");
    chown.arg("postgres").arg(folder);
    finish("chown", chown)
}

fn finish(program: &str, mut command: Command) -> Result<(), PlaceError> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| PlaceError::Run { program: program.to_owned(), source })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(PlaceError::Failed { program: program.to_owned(), said })
}
