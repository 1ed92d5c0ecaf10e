//! Whether something keeps this machine's clock: timesyncd, chrony, ntpd, or whatever else tells the kernel.
//!
//! The kernel knows (`adjtimex`, `STA_UNSYNC`), and all of them tell it. It is asked by way of `timedatectl`,
//! not by the system call: the call needs unsafe code, and the unit's sandbox refuses it, because the same call
//! sets the clock. Where `timedatectl` or the bus behind it is missing, timesyncd's own file is looked at.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use lintel_runtime::supervisor::TaskContext;

use super::ClockWatch;

/// How often the clock is looked at; nobody's synchronisation comes and goes faster.
const EVERY: Duration = Duration::from_secs(60);
/// An answer takes milliseconds; a bus that hangs must not leave processes behind.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the answer comes from.
#[derive(Debug, Clone)]
pub struct SyncProbe {
    program: PathBuf,
    file: PathBuf,
}

impl Default for SyncProbe {
    fn default() -> Self {
        Self { program: "timedatectl".into(), file: "/run/systemd/timesync/synchronized".into() }
    }
}

impl SyncProbe {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["show", "--property=NTPSynchronized", "--value"]);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// What an answer means; without one, what timesyncd's file says.
    fn meaning(&self, output: std::io::Result<Output>) -> bool {
        let said = output.ok().filter(|output| output.status.success()).map(|output| output.stdout);
        match said.as_deref().map(<[u8]>::trim_ascii) {
            Some(b"yes") => true,
            Some(b"no") => false,
            _ => self.by_file(),
        }
    }

    /// What timesyncd's file says, at once.
    #[must_use]
    pub fn by_file(&self) -> bool {
        self.file.exists()
    }

    /// Asks, and waits for the answer.
    #[must_use]
    pub fn look(&self) -> bool {
        self.meaning(self.command().output())
    }

    async fn look_soon(&self) -> bool {
        let mut command = tokio::process::Command::from(self.command());
        let asked = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).output());
        self.meaning(asked.await.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())))
    }
}

/// Keeps a [`ClockWatch`] told.
#[derive(Clone)]
pub struct SyncTask {
    /// Who wants to know.
    pub watch: ClockWatch,
    /// Whom to ask.
    pub probe: SyncProbe,
}

impl SyncTask {
    /// Runs until the token is cancelled.
    ///
    /// # Errors
    /// Never.
    pub async fn run(self, context: &TaskContext) -> anyhow::Result<()> {
        loop {
            self.watch.set_synced(self.probe.look_soon().await);
            tokio::select! {
                () = context.token.cancelled() => return Ok(()),
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn the_kernels_answer_counts_and_timesyncds_file_only_without_one() {
        let dir = tempfile::tempdir().unwrap();
        let probe = SyncProbe { program: dir.path().join("asked"), file: dir.path().join("synchronized") };
        let mut both = Vec::new();
        for (script, file) in [
            ("echo yes", false),
            ("echo no", true),
            ("echo perhaps", true),
            ("exit 1", true),
            ("exit 1", false),
        ] {
            // The name is new each time: a file that was just written and is open elsewhere can't be run.
            let program = dir.path().join(format!("asked-{}", both.len()));
            std::fs::write(&program, format!("#!/bin/sh\n[ \"$1\" = show ] || exit 1\n{script}\n")).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
            if file {
                std::fs::write(&probe.file, "").unwrap();
            } else if probe.file.exists() {
                std::fs::remove_file(&probe.file).unwrap();
            }
            let probe = SyncProbe { program, ..probe.clone() };
            both.push((probe.look(), probe.look_soon().await));
        }
        assert_eq!(both, [(true, true), (false, false), (true, true), (true, true), (false, false)]);
        assert!(!probe.look(), "neither the program nor the file is there");
    }
}
