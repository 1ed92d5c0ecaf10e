//! A centre in a folder of its own: keys, database, two listeners, and its command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::broker::TestBroker;
use crate::process::{Running, Said, free_port, program, run, run_reading};

/// The site that every test centre has.
pub const SITE: &str = "office";
/// Its zone: one with summer time, so that a mistake shows.
pub const ZONE: &str = "Europe/Berlin";

/// Where the centre keeps its records.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file in the centre's folder.
    Sqlite,
    /// A PostgreSQL at this URL.
    Postgres(String),
}

/// What differs from the usual test centre.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The broker speaks TLS, with the centre's own certificate.
    pub mqtts: bool,
    /// The people's listener speaks TLS, with the centre's own certificate.
    pub https: bool,
    /// Settings on top of the configuration, as `section.key=value`.
    pub settings: Vec<String>,
}

/// `lintel-central serve` with everything that it needs.
#[derive(Debug)]
pub struct TestCentral {
    dir: TempDir,
    database: Database,
    wanted: Wanted,
    people_port: u16,
    device_port: u16,
    broker_port: u16,
    server: Option<Running>,
    api_token: String,
}

impl TestCentral {
    /// Makes keys, schema, the site and an API token; starts the broker, then the server.
    ///
    /// # Errors
    /// When any step fails, with what the program said.
    pub async fn start(database: Database) -> Result<(Self, TestBroker)> {
        Self::start_as(database, Wanted::default()).await
    }

    /// As [`TestCentral::start`], with what differs.
    ///
    /// # Errors
    /// When any step fails, with what the program said.
    pub async fn start_as(database: Database, wanted: Wanted) -> Result<(Self, TestBroker)> {
        let mut central = Self::prepare(database, wanted).await?;
        let broker_dir = central.dir.path().join("broker");
        let port = central.broker_port.to_string();
        let args = ["mqtt", "config", "--out", &broker_dir.display().to_string(), "--port", &port];
        central.cli(args).await?.ok()?;
        let broker = TestBroker::start(&broker_dir, central.broker_port).await?;
        central.serve().await?;
        Ok((central, broker))
    }

    /// A machine on which nothing but the settings is there: no key, no table.
    ///
    /// # Errors
    /// When its folder can't be made.
    pub fn bare(database: Database) -> Result<Self> {
        Self::bare_as(database, Wanted::default())
    }

    fn bare_as(database: Database, wanted: Wanted) -> Result<Self> {
        // Whoever installs it first wins; the tests of one process share it.
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let dir = tempfile::Builder::new().prefix("lintel-central-").tempdir()?;
        let central = Self {
            dir,
            database,
            wanted,
            people_port: free_port()?,
            device_port: free_port()?,
            broker_port: free_port()?,
            server: None,
            api_token: String::new(),
        };
        central.write_config()?;
        Ok(central)
    }

    /// Takes everything off the machine but the settings: keys, database, backups in the usual place. Of a
    /// PostgreSQL only the caller can empty the database.
    ///
    /// # Errors
    /// When a file can't be removed.
    pub fn purge(&self) -> Result<()> {
        let data = self.data_dir();
        if data.exists() {
            std::fs::remove_dir_all(data)?;
        }
        for name in ["central.db", "vault.db"] {
            for suffix in ["", "-wal", "-shm"] {
                // The log's files are there only while somebody works on the database.
                std::fs::remove_file(self.dir.path().join(format!("{name}{suffix}"))).ok();
            }
        }
        Ok(())
    }

    /// Where keys and backups are.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    async fn prepare(database: Database, wanted: Wanted) -> Result<Self> {
        let mut central = Self::bare_as(database, wanted)?;
        central.cli(["keys", "init"]).await?.ok()?;
        central.cli(["migrate"]).await?.ok()?;
        central.cli(["site", "add", SITE, "--zone", ZONE]).await?.ok()?;
        let token = central.cli(["token", "create", "--name", "tests", "--role", "admin"]).await?.ok()?;
        central.api_token = token.trim().lines().last().unwrap_or_default().trim().to_owned();
        ensure!(!central.api_token.is_empty(), "`token create` printed no token");
        Ok(central)
    }

    fn write_config(&self) -> Result<()> {
        let url = match &self.database {
            Database::Sqlite => format!("sqlite://{}", self.dir.path().join("central.db").display()),
            Database::Postgres(url) => url.clone(),
        };
        let mqtt = if self.wanted.mqtts { "mqtts" } else { "mqtt" };
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:{}\"\n\n[devices]\nlisten = \"127.0.0.1:{}\"\n\
             allow_tokens = true\n\n\
             [storage]\ndata_dir = \"{}\"\n\n[database]\nurl = \"{url}\"\n\n\
             [mqtt]\nenabled = true\nurl = \"{mqtt}://127.0.0.1:{}\"\n\n[log]\nlevel = \"info\"\n",
            self.people_port,
            self.device_port,
            self.dir.path().join("data").display(),
            self.broker_port,
        );
        Ok(std::fs::write(self.config(), text)?)
    }

    /// A file of the centre's TLS folder.
    #[must_use]
    pub fn tls_file(&self, name: &str) -> PathBuf {
        self.dir.path().join("data/keys/tls").join(name)
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("central.toml")
    }

    fn command(&self) -> Result<Command> {
        let mut command = Command::new(program("lintel-central")?);
        command.arg("--config").arg(self.config());
        if self.wanted.https {
            for (setting, file) in [("server.tls_cert", "server.pem"), ("server.tls_key", "server.key")] {
                command.args(["--set", &format!("{setting}={}", self.tls_file(file).display())]);
            }
        }
        for setting in &self.wanted.settings {
            command.args(["--set", setting]);
        }
        Ok(command)
    }

    /// Runs a command of `lintel-central` with this centre's configuration.
    ///
    /// # Errors
    /// When it can't be started or does not end; its own failure is in [`Said::code`].
    pub async fn cli<S: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<Said> {
        run(self.command()?, args).await
    }

    /// The same with something to read on its standard input.
    ///
    /// # Errors
    /// As [`TestCentral::cli`].
    pub async fn cli_reading<S: AsRef<std::ffi::OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        stdin: &str,
    ) -> Result<Said> {
        let file = tempfile::NamedTempFile::new_in(self.dir.path())?;
        std::fs::write(file.path(), stdin)?;
        run_reading(self.command()?, args, file.reopen()?.into()).await
    }

    /// Starts the server and waits until it says that it is ready.
    ///
    /// # Errors
    /// When it is not ready within thirty seconds.
    pub async fn serve(&mut self) -> Result<()> {
        let mut command = self.command()?;
        command.arg("serve");
        let mut server = Running::start("lintel-central", command, &self.dir.path().join("serve.log"))?;
        let url = self.url("/health/ready");
        let client = self.client()?;
        server
            .wait_until("central is ready", Duration::from_secs(30), async || {
                client.get(&url).send().await.ok().filter(|answer| answer.status().is_success()).map(|_| ())
            })
            .await?;
        self.server = Some(server);
        Ok(())
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// When it did not run.
    pub async fn kill(&mut self) -> Result<()> {
        self.server.take().context("central does not run")?.kill().await
    }

    /// SIGTERM, and waits for the end.
    ///
    /// # Errors
    /// When it does not end in order within ten seconds.
    pub async fn stop(&mut self) -> Result<()> {
        self.server.take().context("central does not run")?.stop(Duration::from_secs(10)).await
    }

    /// An address on the people's listener.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.wanted.https { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}{path}", self.people_port)
    }

    /// An address on the devices' listener.
    #[must_use]
    pub fn device_url(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.device_port)
    }

    /// The people's port on loopback.
    #[must_use]
    pub fn people_port(&self) -> u16 {
        self.people_port
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// What the server wrote.
    #[must_use]
    pub fn log(&self) -> String {
        self.server.as_ref().map(Running::log).unwrap_or_default()
    }

    /// A client that trusts this centre's own authority.
    ///
    /// # Errors
    /// When its certificate can't be read.
    pub fn client(&self) -> Result<reqwest::Client> {
        let ca = std::fs::read(self.tls_file("ca.pem"))?;
        Ok(reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([reqwest::Certificate::from_pem(&ca)?])
            .build()?)
    }

    /// `GET` on the API with the admin token.
    ///
    /// # Errors
    /// When the answer is no success or no JSON.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let answer = self
            .client()?
            .get(self.url(path))
            .bearer_auth(&self.api_token)
            .send()
            .await?
            .error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    /// The API token of the role admin.
    #[must_use]
    pub fn api_token(&self) -> &str {
        &self.api_token
    }
}
