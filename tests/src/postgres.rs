//! A private PostgreSQL from the system's binaries, reached over a Unix socket and a free port.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::process::Command;

use crate::process::{Running, free_port, run};

/// A server of its own with one empty database, thrown away at the end.
#[derive(Debug)]
pub struct TestPostgres {
    _server: Running,
    _dir: TempDir,
    port: u16,
}

impl TestPostgres {
    /// Makes a cluster and starts it.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub async fn start() -> Result<Self> {
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
        Ok(Self { _server: server, _dir: dir, port })
    }

    /// For `DATABASE_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://lintel@127.0.0.1:{}/lintel", self.port)
    }
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
