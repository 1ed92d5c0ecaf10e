//! A door in a folder of its own: `lintel-kiosk run` on a clip, its outbox and its feedback.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::process::{Running, Said, eventually, program, run};

const SIGKILL: i32 = 9;

/// A kiosk that can be started, killed and started again on the same files.
#[derive(Debug)]
pub struct TestKiosk {
    dir: TempDir,
    join_file: PathBuf,
    source: String,
    settings: Vec<String>,
    daemon: Option<Running>,
}

impl TestKiosk {
    /// A door that has joined and will look at `source`.
    ///
    /// # Errors
    /// When its folder can't be made.
    pub fn new(join_file: &Path, source: &str) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("lintel-kiosk-").tempdir()?;
        let kiosk = Self {
            dir,
            join_file: join_file.to_owned(),
            source: source.to_owned(),
            settings: Vec::new(),
            daemon: None,
        };
        let text = format!(
            "[device]\njoin_file = \"{}\"\ndata_dir = \"{}\"\n\n[camera]\nsource = \"{}\"\nloop = false\n\n\
             [sync]\ninterval_ms = 500\n\n[feedback]\npage_listen = \"off\"\n\n[log]\nlevel = \"info\"\n",
            kiosk.join_file.display(),
            kiosk.dir.path().join("data").display(),
            kiosk.source,
        );
        std::fs::write(kiosk.config(), text)?;
        Ok(kiosk)
    }

    /// A setting on top of the configuration, as `section.key=value`.
    #[must_use]
    pub fn with(mut self, setting: &str) -> Self {
        self.settings.push(setting.to_owned());
        self
    }

    /// Its configuration file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.dir.path().join("kiosk.toml")
    }

    /// Its data folder.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn command(&self) -> Result<Command> {
        let mut command = Command::new(program("lintel-kiosk")?);
        command.arg("--config").arg(self.config());
        for setting in &self.settings {
            command.args(["--set", setting]);
        }
        Ok(command)
    }

    /// Runs a command of `lintel-kiosk` with this door's configuration.
    ///
    /// # Errors
    /// When it can't be started or does not end; its own failure is in [`Said::code`].
    pub async fn cli<S: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<Said> {
        run(self.command()?, args).await
    }

    /// Starts the daemon.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(&mut self) -> Result<()> {
        self.start_life(None, &[])
    }

    /// Starts the daemon with settings of this life only, told to kill itself at a step: `point` or `point:n`.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start_to_die_at(&mut self, point: &str, settings: &[&str]) -> Result<()> {
        self.start_life(Some(point), settings)
    }

    /// Starts the daemon with settings of this life only.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start_with(&mut self, settings: &[&str]) -> Result<()> {
        self.start_life(None, settings)
    }

    fn start_life(&mut self, fault: Option<&str>, settings: &[&str]) -> Result<()> {
        let mut command = self.command()?;
        for setting in settings {
            command.args(["--set", setting]);
        }
        if let Some(fault) = fault {
            command.env("LINTEL_FAULT", fault);
        }
        command.arg("run");
        self.daemon = Some(Running::start("lintel-kiosk", command, &self.dir.path().join("run.log"))?);
        Ok(())
    }

    /// Waits until the daemon has died of SIGKILL by its own hand.
    ///
    /// # Errors
    /// At the deadline, or when it ended in another way.
    pub async fn dies(&mut self, within: Duration) -> Result<()> {
        let daemon = self.daemon.take().context("the kiosk does not run")?;
        let ending = daemon.ended(within).await.context(
            "no such step was passed, or the program was built without --features lintel-kiosk/fault-injection",
        )?;
        ensure!(ending.signal() == Some(SIGKILL), "the kiosk ended with {ending}:\n{}", self.log());
        Ok(())
    }

    /// Waits until the daemon has ended by itself, in good order.
    ///
    /// # Errors
    /// At the deadline, or when it failed.
    pub async fn ends(&mut self, within: Duration) -> Result<()> {
        let daemon = self.daemon.take().context("the kiosk does not run")?;
        let ending = daemon.ended(within).await?;
        ensure!(ending.success(), "the kiosk ended with {ending}:\n{}", self.log());
        Ok(())
    }

    /// Starts another command of this door that goes on until it is ended, its output in `log`.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start_command(&self, args: &[&str], log: &str) -> Result<Running> {
        let mut command = self.command()?;
        command.args(args);
        Running::start("lintel-kiosk", command, &self.dir.path().join(log))
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// When it did not run.
    pub async fn kill(&mut self) -> Result<()> {
        self.daemon.take().context("the kiosk does not run")?.kill().await
    }

    /// SIGTERM; the promise is an orderly end within five seconds (one more for a busy machine).
    ///
    /// # Errors
    /// When it takes longer.
    pub async fn stop(&mut self) -> Result<()> {
        self.daemon.take().context("the kiosk does not run")?.stop(Duration::from_secs(6)).await
    }

    /// What the daemon wrote, over all its starts.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("run.log")).unwrap_or_default()
    }

    /// `outbox status --json`.
    ///
    /// # Errors
    /// When the command fails.
    pub async fn outbox(&self) -> Result<Value> {
        self.cli(["outbox", "status", "--json"]).await?.json()
    }

    /// Waits until the daemon's output holds a text.
    ///
    /// # Errors
    /// At the deadline, or when the daemon ends.
    pub async fn says(&mut self, text: &str, within: Duration) -> Result<()> {
        self.says_after(0, text, within).await
    }

    /// Waits until the daemon's output holds a text behind its first `start` bytes, those of earlier lives.
    ///
    /// # Errors
    /// At the deadline, or when the daemon ends.
    pub async fn says_after(&mut self, start: usize, text: &str, within: Duration) -> Result<()> {
        let log = self.dir.path().join("run.log");
        let holds = |said: &str| said.get(start..).is_some_and(|said| said.contains(text));
        self.daemon
            .as_mut()
            .context("the kiosk does not run")?
            .wait_until(text, within, async || {
                std::fs::read_to_string(&log).ok().filter(|said| holds(said)).map(|_| ())
            })
            .await
    }

    /// Waits until the outbox satisfies a condition.
    ///
    /// # Errors
    /// At the deadline.
    pub async fn outbox_when(
        &self,
        what: &str,
        within: Duration,
        holds: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        eventually(what, within, async || {
            let status = self.outbox().await?;
            Ok(holds(&status).then_some(status))
        })
        .await
        .with_context(|| self.log())
    }

    /// Waits until the door's gallery holds so many people.
    ///
    /// # Errors
    /// At the deadline.
    pub async fn gallery_has(&self, people: usize, within: Duration) -> Result<()> {
        self.gallery_when(&format!("{people} people"), within, |gallery| {
            gallery.get("people").and_then(Value::as_u64) == u64::try_from(people).ok()
        })
        .await
    }

    /// Waits until the door's gallery is as wanted.
    ///
    /// # Errors
    /// At the deadline.
    pub async fn gallery_when(
        &self,
        what: &str,
        within: Duration,
        holds: impl Fn(&Value) -> bool,
    ) -> Result<()> {
        eventually(&format!("the gallery has {what}"), within, async || {
            let status = self.cli(["gallery", "status", "--json"]).await?.json()?;
            Ok(holds(&status).then_some(()))
        })
        .await
        .with_context(|| self.log())
    }
}
