//! What it takes to give the company's month to payroll, a line for each day: the first time, when everything is
//! written, and once more, when everything is compared and nothing is left to give.

use std::time::Instant;

use lintel_core::ids::SiteId;
use lintel_core::time::UtcMillis;
use lintel_runtime::clock::SystemClock;
use serde::Serialize;

use super::super::attendance::FIRST;
use super::{CompanyError, forget_peak, peak_mb};
use crate::attendance::Month;
use crate::auth::Actor;
use crate::payroll::{self, BatchError, Wish};
use crate::store::Db;
use crate::store::rosters::periods::{self, LockRow};

const MAPPING: &str = include_str!("../../../../config/payroll/german-semicolon.toml");

/// What payroll takes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PayrollFigure {
    /// Lines of the file.
    pub lines: u64,
    /// Seconds to compare, write the ledger and the file.
    pub first_s: f64,
    /// The most memory of the process meanwhile, MB; 0 where the system doesn't say.
    pub peak_mb: u64,
    /// Seconds to find that there is nothing more to give.
    pub again_s: f64,
}

pub(super) async fn payroll(db: &Db, site: &SiteId) -> Result<PayrollFigure, CompanyError> {
    let month = Month::of(FIRST);
    let mut tx = db.write().await?;
    let (locked_by, reason) = ("bench".to_owned(), "bench".to_owned());
    let locked_at = UtcMillis::from_i64(0);
    let lock = LockRow { site_id: site.clone(), month, locked_by, locked_at, reason };
    periods::create(&mut tx, &lock).await?;
    tx.commit().await?;
    let permit = Actor::local().permit()?;
    let wish = Wish { month, site: Some(site.clone()), mapping: MAPPING.to_owned() };
    forget_peak();
    let begun = Instant::now();
    let lines = payroll::export(db, &permit, &SystemClock, &wish).await?.lines;
    let (first_s, peak_mb) = (begun.elapsed().as_secs_f64(), peak_mb());
    let begun = Instant::now();
    match payroll::export(db, &permit, &SystemClock, &wish).await {
        Err(BatchError::AlreadyExported { .. }) => {}
        Ok(again) => return Err(CompanyError::Twice(again.lines)),
        Err(error) => return Err(error.into()),
    }
    Ok(PayrollFigure { lines, first_s, peak_mb, again_s: begun.elapsed().as_secs_f64() })
}
