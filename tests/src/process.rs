//! Finding, starting and ending programs, and waiting for a condition with a deadline.

use std::ffi::OsStr;
use std::fs::File;
use std::future::Future;
use std::io::{Read as _, Seek as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::process::{Child, Command};
use tokio::time::Instant;

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// One of the workspace's own programs, from the folder that this test was built into.
///
/// # Errors
/// When it was not built.
pub fn program(name: &str) -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let found = here.ancestors().skip(1).take(3).map(|dir| dir.join(name)).find(|path| path.is_file());
    found.with_context(|| format!("{name} is not built beside {}: run `make test`", here.display()))
}

/// Ports that are handed out: below those that systems give to connections of their own accord (from 32,768
/// on Linux), where another test's client could sit on one between its choice and its use.
const PORTS: std::ops::Range<u16> = 18_000..32_000;

/// A TCP port on loopback that nobody listens on now, and that no other test is given soon: tests run side by
/// side in processes of their own, so the next one stands in a locked file.
///
/// # Errors
/// When the file can't be kept, or all are taken.
pub fn free_port() -> Result<u16> {
    let path = std::env::current_exe()?.with_file_name("test-ports");
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path)?;
    file.lock()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    // Another checkout's tests begin elsewhere.
    let anywhere = || PORTS.start + u16::try_from(std::process::id() % 13_000).unwrap_or(0);
    let last = text.trim().parse().ok().filter(|port| PORTS.contains(port)).unwrap_or_else(anywhere);
    for port in (last + 1..PORTS.end).chain(PORTS.start..=last) {
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            file.set_len(0)?;
            file.rewind()?;
            write!(file, "{port}")?;
            return Ok(port);
        }
    }
    bail!("no port from {} to {} is free", PORTS.start, PORTS.end)
}

/// A program that is killed when the value goes, writing its output to a file.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts a command with its output appended to `log`.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let out = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        Ok(Self { name: name.to_owned(), child, log: log.to_owned() })
    }

    /// Everything it has written.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its process id, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for an end that the program brings about itself.
    ///
    /// # Errors
    /// When it outlives `within`.
    pub async fn ended(mut self, within: Duration) -> Result<ExitStatus> {
        let Ok(status) = tokio::time::timeout(within, self.child.wait()).await else {
            bail!("{} did not end within {within:?}:\n{}", self.name, self.log());
        };
        Ok(status?)
    }

    /// SIGKILL: no chance to tidy up.
    ///
    /// # Errors
    /// When it could not be killed.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.with_context(|| format!("killing {}", self.name))
    }

    /// SIGTERM, then waits; fails when it does not end in time.
    ///
    /// # Errors
    /// When it outlives `within` or ends with another code than 0.
    pub async fn stop(mut self, within: Duration) -> Result<()> {
        let id = self.child.id().with_context(|| format!("{} has ended already", self.name))?;
        let sent = Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
        ensure!(sent.success(), "kill -TERM {id} failed");
        let Ok(status) = tokio::time::timeout(within, self.child.wait()).await else {
            bail!("{} did not end within {within:?} of SIGTERM:\n{}", self.name, self.log());
        };
        let status = status?;
        ensure!(status.success(), "{} ended with {status}:\n{}", self.name, self.log());
        Ok(())
    }

    /// Waits until a condition holds, failing with the program's output at the deadline or its end.
    ///
    /// # Errors
    /// At the deadline, or when the program ends first.
    pub async fn wait_until<F, T>(&mut self, what: &str, within: Duration, mut look: F) -> Result<T>
    where
        F: AsyncFnMut() -> Option<T>,
    {
        let deadline = Instant::now() + within;
        loop {
            if let Some(found) = look().await {
                return Ok(found);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status} before {what}:\n{}", self.name, self.log());
            }
            ensure!(Instant::now() < deadline, "{what}: not within {within:?}:\n{}", self.log());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// Waits until a condition holds.
///
/// # Errors
/// At the deadline, with the last thing that was seen.
pub async fn eventually<F, Fut, T>(what: &str, within: Duration, mut look: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Option<T>>>,
{
    let deadline = Instant::now() + within;
    let mut last = String::new();
    loop {
        match look().await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            Err(error) => last = format!(" (last error: {error:#})"),
        }
        ensure!(Instant::now() < deadline, "{what}: not within {within:?}{last}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What a finished command said.
#[derive(Debug)]
pub struct Said {
    /// Exit code; −1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// The output, when the command succeeded.
    ///
    /// # Errors
    /// When it did not, with what it said.
    pub fn ok(self) -> Result<String> {
        ensure!(self.code == 0, "exit code {}:\n{}\n{}", self.code, self.out, self.err);
        Ok(self.out)
    }

    /// The output as JSON.
    ///
    /// # Errors
    /// When the command failed or said something else.
    pub fn json(self) -> Result<serde_json::Value> {
        let out = self.ok()?;
        serde_json::from_str(&out).with_context(|| format!("not JSON: {out}"))
    }
}

/// Runs a command to its end.
///
/// # Errors
/// When it can't be started or takes over two minutes.
pub async fn run<S: AsRef<OsStr>>(command: Command, args: impl IntoIterator<Item = S>) -> Result<Said> {
    run_reading(command, args, Stdio::null()).await
}

/// The same with something on its standard input.
///
/// # Errors
/// As [`run`].
pub async fn run_reading<S: AsRef<OsStr>>(
    mut command: Command,
    args: impl IntoIterator<Item = S>,
    stdin: Stdio,
) -> Result<Said> {
    let output = command.args(args).stdin(stdin).kill_on_drop(true).output();
    let output = tokio::time::timeout(Duration::from_secs(120), output)
        .await
        .context("the command did not end within two minutes")??;
    Ok(Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
