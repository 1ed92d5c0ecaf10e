//! A private Mosquitto with the configuration that `lintel-central mqtt config` wrote for it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::process::Running;

/// A broker that can be stopped and started again on its port with its stored sessions.
#[derive(Debug)]
pub struct TestBroker {
    dir: PathBuf,
    port: u16,
    server: Option<Running>,
}

impl TestBroker {
    /// Starts Mosquitto on a folder with `mosquitto.conf`.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub async fn start(dir: &Path, port: u16) -> Result<Self> {
        let mut broker = Self { dir: dir.to_owned(), port, server: None };
        broker.restart().await?;
        Ok(broker)
    }

    /// Starts it again after [`Self::stop`].
    ///
    /// # Errors
    /// When it does not answer within ten seconds.
    pub async fn restart(&mut self) -> Result<()> {
        let mut command = Command::new(mosquitto()?);
        command.arg("-c").arg(self.dir.join("mosquitto.conf"));
        let mut server = Running::start("mosquitto", command, &self.dir.join("mosquitto.out"))?;
        let port = self.port;
        server
            .wait_until("Mosquitto listens", Duration::from_secs(10), async || {
                TcpStream::connect(("127.0.0.1", port)).await.ok()
            })
            .await?;
        self.server = Some(server);
        Ok(())
    }

    /// Stops it in good order.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(&mut self) -> Result<()> {
        match self.server.take() {
            Some(server) => server.stop(Duration::from_secs(10)).await,
            None => Ok(()),
        }
    }

    /// Its port on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it wrote.
    #[must_use]
    pub fn log(&self) -> String {
        self.server.as_ref().map(Running::log).unwrap_or_default()
    }
}

fn mosquitto() -> Result<PathBuf> {
    ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"]
        .map(PathBuf::from)
        .into_iter()
        .find(|path| path.is_file())
        .context("Mosquitto is not installed: run `make setup`")
}
