//! What a command of this program takes when somebody types it: a process of its own, and nothing of what the bench
//! holds in memory.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How often the process is asked for its memory; what it says is the most so far, so only the very end is missed.
const LOOK: Duration = Duration::from_millis(5);

/// Why a command was not measured.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// A temporary folder, or the program.
    #[error("can't run the program once more")]
    Run(#[from] std::io::Error),
    /// The command failed.
    #[error("`{command}` failed: {said}")]
    Failed {
        /// Its first words.
        command: String,
        /// What it said.
        said: String,
    },
    /// Hours were given twice.
    #[error("payroll was given a month a second time: the figure would not be true")]
    Twice,
}

/// The program on a migrated database.
pub(super) struct Program {
    file: PathBuf,
    database_url: String,
    folder: TempDir,
}

/// A command that has ended.
pub(super) struct Ran {
    pub(super) seconds: f64,
    /// The most memory of the process, MB; 0 where the system doesn't say.
    pub(super) peak_mb: u64,
    pub(super) status: ExitStatus,
    /// What it complained of.
    pub(super) said: String,
}

impl Program {
    pub(super) fn new(file: &Path, database_url: &str) -> Result<Self, ProgramError> {
        let folder = tempfile::Builder::new().prefix("lintel-bench-").tempdir()?;
        Ok(Self { file: file.to_owned(), database_url: database_url.to_owned(), folder })
    }

    /// A file that goes away with this.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn run(&self, args: &[&str], out: &Path) -> Result<Ran, ProgramError> {
        let said = self.path("said");
        let begun = Instant::now();
        let mut child = Command::new(&self.file)
            .args(args)
            .arg("--out")
            .arg(out)
            .env("DATABASE_URL", &self.database_url)
            .env("LINTEL_CENTRAL__STORAGE__DATA_DIR", self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&said)?)
            .spawn()?;
        let mut peak_mb = 0;
        let status = loop {
            peak_mb = peak_mb.max(most_memory_mb(child.id()));
            if let Some(status) = child.try_wait()? {
                break status;
            }
            std::thread::sleep(LOOK);
        };
        let seconds = begun.elapsed().as_secs_f64();
        Ok(Ran { seconds, peak_mb, status, said: std::fs::read_to_string(&said).unwrap_or_default() })
    }
}

impl Ran {
    pub(super) fn expect_success(self, command: &str) -> Result<Self, ProgramError> {
        if self.status.success() {
            return Ok(self);
        }
        Err(ProgramError::Failed { command: command.to_owned(), said: self.said.trim().to_owned() })
    }
}

fn most_memory_mb(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|text| text.parse().ok());
    kilobytes.unwrap_or(0_u64) / 1_000
}
