//! What it takes to give the company's month to payroll, a line for each day: the first time, when everything is
//! written, and once more, when everything is compared and nothing is left to give.

use std::path::Path;

use lintel_core::ids::SiteId;
use lintel_core::time::UtcMillis;
use serde::Serialize;

use super::super::attendance::FIRST;
use super::program::{Program, ProgramError};
use crate::attendance::Month;
use crate::store::rosters::periods::{self, LockRow};
use crate::store::{Db, StoreError};

const MAPPING: &str = include_str!("../../../../config/payroll/german-semicolon.toml");

/// What payroll takes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PayrollFigure {
    /// Bytes of the file.
    pub bytes: u64,
    /// Seconds to compare, write the ledger and the file.
    pub first_s: f64,
    /// The most memory of the process meanwhile, MB; 0 where the system doesn't say.
    pub peak_mb: u64,
    /// Seconds to find that there is nothing more to give.
    pub again_s: f64,
}

/// Only a locked month is given.
pub(super) async fn lock(db: &Db, site: &SiteId) -> Result<(), StoreError> {
    let mut tx = db.write().await?;
    let (locked_by, reason) = ("bench".to_owned(), "bench".to_owned());
    let (month, locked_at) = (Month::of(FIRST), UtcMillis::from_i64(0));
    let lock = LockRow { site_id: site.clone(), month, locked_by, locked_at, reason };
    periods::create(&mut tx, &lock).await?;
    tx.commit().await
}

/// Runs `payroll export` of a program on a database, twice.
///
/// # Errors
/// [`ProgramError`].
pub fn measure_payroll(program: &Path, database_url: &str) -> Result<PayrollFigure, ProgramError> {
    let program = Program::new(program, database_url)?;
    let (mapping, file) = (program.path("mapping.toml"), program.path("month.csv"));
    std::fs::write(&mapping, MAPPING)?;
    let (month, mapping) = (Month::of(FIRST).to_string(), mapping.display().to_string());
    let args = ["payroll", "export", "--month", &month, "--mapping", &mapping];
    let first = program.run(&args, &file)?.expect_success("payroll export")?;
    let again = program.run(&args, &program.path("again.csv"))?;
    if again.status.success() {
        return Err(ProgramError::Twice);
    }
    let bytes = std::fs::metadata(&file)?.len();
    Ok(PayrollFigure { bytes, first_s: first.seconds, peak_mb: first.peak_mb, again_s: again.seconds })
}
