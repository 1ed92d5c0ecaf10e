//! Everybody's timesheet as a workbook, made by the program itself in a process of its own: what it takes is what
//! whoever types the command pays, and nothing of what the bench holds in memory.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::super::attendance::FIRST;
use crate::attendance::Month;

/// How often the process is asked for its memory; what it says is the most so far, so only the very end is missed.
const LOOK: Duration = Duration::from_millis(5);

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// A temporary folder, or the program.
    #[error("can't make the workbook in a process of its own")]
    Run(#[from] std::io::Error),
    /// The program failed.
    #[error("`report monthly` failed: {said}")]
    Failed {
        /// Its words.
        said: String,
    },
}

/// What everybody's timesheet of a month takes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct WorkbookFigure {
    /// Seconds from start to end of the command.
    pub seconds: f64,
    /// The file's bytes.
    pub bytes: u64,
    /// The most memory of the process, MB; 0 where the system doesn't say.
    pub peak_mb: u64,
}

/// Runs `report monthly --format xlsx` of `program` on a migrated database.
///
/// # Errors
/// [`WorkbookError`].
pub fn measure_workbook(program: &Path, database_url: &str) -> Result<WorkbookFigure, WorkbookError> {
    let folder = tempfile::Builder::new().prefix("lintel-bench-").tempdir()?;
    let (file, said) = (folder.path().join("month.xlsx"), folder.path().join("said"));
    let begun = Instant::now();
    let mut child = Command::new(program)
        .args(["report", "monthly", "--month", &Month::of(FIRST).to_string(), "--format", "xlsx", "--out"])
        .arg(&file)
        .env("DATABASE_URL", database_url)
        .env("LINTEL_CENTRAL__STORAGE__DATA_DIR", folder.path())
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
    if !status.success() {
        let said = std::fs::read_to_string(&said).unwrap_or_default().trim().to_owned();
        return Err(WorkbookError::Failed { said });
    }
    Ok(WorkbookFigure { seconds, bytes: std::fs::metadata(&file)?.len(), peak_mb })
}

fn most_memory_mb(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|text| text.parse().ok());
    kilobytes.unwrap_or(0_u64) / 1_000
}
