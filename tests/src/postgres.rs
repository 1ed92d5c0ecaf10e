//! A private PostgreSQL from the system's binaries, reached over a Unix socket and a free port. It runs on
//! the sample settings of `config/postgresql.conf`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::process::Command;

use crate::process::{Running, free_port, run};

/// A server of its own with one empty database, thrown away at the end.
#[derive(Debug)]
pub struct TestPostgres {
    _server: Running,
    dir: TempDir,
    port: u16,
}

/// The settings that Lintel recommends; every test's server is started with them.
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/postgresql.conf");

impl TestPostgres {
    /// Makes a cluster and starts it.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub async fn start() -> Result<Self> {
        Self::start_with(None).await
    }

    /// As [`TestPostgres::start`], with a certificate and its key (PEM): nobody is let in over TCP
    /// without TLS.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub async fn start_tls(certificate: &Path, key: &Path) -> Result<Self> {
        Self::start_with(Some((certificate, key))).await
    }

    async fn start_with(tls: Option<(&Path, &Path)>) -> Result<Self> {
        let bin = newest_bin_dir()?;
        let dir = tempfile::Builder::new().prefix("lintel-pg-").tempdir()?;
        let data = dir.path().join("data");
        let owner = run(as_postgres("id"), ["-u"]).await?.ok()?;
        run(Command::new("chown"), [owner.trim(), &dir.path().display().to_string()]).await?.ok()?;
        let mut initdb = as_postgres(bin.join("initdb"));
        initdb.arg("-D").arg(&data);
        run(initdb, ["-U", "lintel", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
            .await?
            .ok()?;
        configure(&data, tls)?;
        run(Command::new("chown"), ["-R", owner.trim(), &data.display().to_string()]).await?.ok()?;
        let port = free_port()?;
        let mut server = as_postgres(bin.join("postgres"));
        server
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-h", "127.0.0.1"])
            .arg("-k")
            .arg(dir.path());
        let mut server =
            Running::start("postgres", server, &dir.path().join("log")).context("starting PostgreSQL")?;
        let ready = bin.join("pg_isready");
        server
            .wait_until("PostgreSQL answers", Duration::from_secs(30), async || {
                let said =
                    run(Command::new(&ready), ["-h", "127.0.0.1", "-p", &port.to_string()]).await.ok()?;
                (said.code == 0).then_some(())
            })
            .await?;
        let args = ["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "lintel", "lintel"];
        run(Command::new(bin.join("createdb")), args).await?.ok()?;
        Ok(Self { _server: server, dir, port })
    }

    /// Runs a statement as the administrator, on a database that nobody drops.
    ///
    /// # Errors
    /// When the server refuses it.
    pub async fn run(&self, statement: &str) -> Result<()> {
        let port = self.port.to_string();
        let mut psql = Command::new(newest_bin_dir()?.join("psql"));
        psql.args([
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "lintel",
            "-d",
            "postgres",
            "-v",
            "ON_ERROR_STOP=1",
        ]);
        run(psql, ["-c", statement]).await?.ok().map(drop)
    }

    /// An empty database in the place of the present one.
    ///
    /// # Errors
    /// When somebody is still connected.
    pub async fn start_over(&self) -> Result<()> {
        self.run("DROP DATABASE lintel").await?;
        self.run("CREATE DATABASE lintel").await
    }

    /// The folder of the tables' files, with everything written out to them.
    ///
    /// # Errors
    /// When the server refuses a checkpoint.
    pub async fn files(&self) -> Result<PathBuf> {
        self.run("CHECKPOINT").await?;
        Ok(self.dir.path().join("data/base"))
    }

    /// What one statement answers.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn ask(&self, statement: &str) -> Result<String> {
        let mut psql = Command::new(newest_bin_dir()?.join("psql"));
        psql.arg("-h").arg(self.dir.path()).args(["-p", &self.port.to_string(), "-U", "lintel"]);
        Ok(run(psql, ["-d", "lintel", "-Atc", statement]).await?.ok()?.trim().to_owned())
    }

    /// For `DATABASE_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://lintel@127.0.0.1:{}/lintel", self.port)
    }
}

/// The sample's settings, and TLS where it is wanted.
fn configure(data: &Path, tls: Option<(&Path, &Path)>) -> Result<()> {
    let sample = std::fs::read_to_string(SAMPLE).with_context(|| format!("reading {SAMPLE}"))?;
    // What `include_dir` does on Debian: the sample stands behind the cluster's own settings.
    let own = data.join("postgresql.conf");
    let mut text = format!("{}\n{sample}\n", std::fs::read_to_string(&own)?);
    if let Some((certificate, key)) = tls {
        let key_copy = data.join("server.key");
        std::fs::copy(certificate, data.join("server.crt"))?;
        std::fs::copy(key, &key_copy)?;
        std::fs::set_permissions(&key_copy, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        text.push_str("ssl = on\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'\n");
        std::fs::write(
            data.join("pg_hba.conf"),
            "local all all trust\nhostssl all all 127.0.0.1/32 trust\n",
        )?;
    }
    Ok(std::fs::write(own, text)?)
}

/// PostgreSQL refuses to run as root, so root hands over to the packages' own user.
fn as_postgres(program: impl Into<PathBuf>) -> Command {
    let program = program.into();
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if is_root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

fn newest_bin_dir() -> Result<PathBuf> {
    let mut dirs: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .context("PostgreSQL is not installed: run `make setup`")?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    dirs.sort();
    dirs.pop().context("PostgreSQL is not installed: run `make setup`")
}
