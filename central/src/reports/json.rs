//! The day report for programs: stable names, the same for the command and the API.

use lintel_core::time::zone;
use serde::Serialize;

use super::{ReportError, local_with_offset};
use crate::store::days::DayRow;

/// `{"days": […]}`.
#[derive(Debug, Serialize)]
pub struct Days {
    days: Vec<Day>,
}

/// One of them.
#[derive(Debug, Serialize)]
pub struct Day {
    date: String,
    site: String,
    zone: String,
    person_id: String,
    name: String,
    staff_no: Option<String>,
    status: &'static str,
    first_in: Option<String>,
    first_in_ms: Option<i64>,
    last_out: Option<String>,
    last_out_ms: Option<i64>,
    worked_ms: i64,
    payable_ms: i64,
    scheduled_ms: i64,
    credited_ms: i64,
    overtime_ms: i64,
    balance_ms: i64,
    punches: u32,
    punches_ignored: u32,
    exceptions: Vec<&'static str>,
    provisional: bool,
    blocked_by: Vec<String>,
    policy_version: String,
}

/// The days as a document.
///
/// # Errors
/// [`ReportError::Zone`] when a site's zone isn't in this version's database.
pub fn days(rows: &[DayRow]) -> Result<Days, ReportError> {
    Ok(Days { days: rows.iter().map(day).collect::<Result<_, _>>()? })
}

impl Day {
    /// Its place among others, behind which a page begins: `2026-11-20@` and the person's id.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}@{}", self.date, self.person_id)
    }
}

/// A day as programs read it.
///
/// # Errors
/// [`ReportError::Zone`] when the site's zone isn't in this version's database.
pub fn day(row: &DayRow) -> Result<Day, ReportError> {
    let zone = zone(&row.zone)?;
    let record = &row.record;
    let hours = &record.hours;
    let blocked = record.provisional.iter().flat_map(|why| &why.blocked_by);
    Ok(Day {
        date: record.date.to_string(),
        site: record.site.to_string(),
        zone: row.zone.clone(),
        person_id: record.person.to_string(),
        name: row.name.clone(),
        staff_no: row.staff_no.clone(),
        status: record.status.as_str(),
        first_in: record.first_in().map(|at| local_with_offset(at, &zone)),
        first_in_ms: record.first_in().map(|at| at.as_i64()),
        last_out: record.last_out().map(|at| local_with_offset(at, &zone)),
        last_out_ms: record.last_out().map(|at| at.as_i64()),
        worked_ms: hours.worked.as_millis(),
        payable_ms: hours.payable.as_millis(),
        scheduled_ms: hours.scheduled.as_millis(),
        credited_ms: hours.credited.as_millis(),
        overtime_ms: record.overtime_total().as_millis(),
        balance_ms: record.balance().as_millis(),
        punches: record.punches,
        punches_ignored: record.repeats,
        exceptions: record.exceptions.iter().map(|exception| exception.code.as_str()).collect(),
        provisional: record.provisional.is_some(),
        blocked_by: blocked.map(ToString::to_string).collect(),
        policy_version: record.policy_version.clone(),
    })
}
