//! Everybody's timesheet of a month as a workbook.

use std::path::Path;

use serde::Serialize;

use super::super::attendance::FIRST;
use super::program::{Program, ProgramError};
use crate::attendance::Month;

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

/// Runs `report monthly --format xlsx` of a program on a database.
///
/// # Errors
/// [`ProgramError`].
pub fn measure_workbook(program: &Path, database_url: &str) -> Result<WorkbookFigure, ProgramError> {
    let program = Program::new(program, database_url)?;
    let (month, file) = (Month::of(FIRST).to_string(), program.path("month.xlsx"));
    let ran = program.run(&["report", "monthly", "--month", &month, "--format", "xlsx"], &file)?;
    let ran = ran.expect_success("report monthly")?;
    Ok(WorkbookFigure { seconds: ran.seconds, bytes: std::fs::metadata(&file)?.len(), peak_mb: ran.peak_mb })
}
