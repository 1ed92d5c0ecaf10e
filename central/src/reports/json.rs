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

#[derive(Debug, Serialize)]
struct Day {
    date: String,
    site: String,
    zone: String,
    person_id: String,
    name: String,
    staff_no: Option<String>,
    first_in: Option<String>,
    first_in_ms: Option<i64>,
    last_out: Option<String>,
    last_out_ms: Option<i64>,
    worked_ms: i64,
    punches: u32,
    punches_ignored: u32,
    exceptions: Vec<&'static str>,
    provisional: bool,
    policy_version: String,
}

/// The document of some days.
///
/// # Errors
/// [`ReportError::Zone`].
pub fn days(rows: &[DayRow]) -> Result<Days, ReportError> {
    Ok(Days { days: rows.iter().map(day).collect::<Result<_, _>>()? })
}

fn day(row: &DayRow) -> Result<Day, ReportError> {
    let zone = zone(&row.zone)?;
    let result = &row.day;
    Ok(Day {
        date: result.date.to_string(),
        site: row.site_id.to_string(),
        zone: row.zone.clone(),
        person_id: result.person.to_string(),
        name: row.name.clone(),
        staff_no: row.staff_no.clone(),
        first_in: result.first_in.map(|at| local_with_offset(at, &zone)),
        first_in_ms: result.first_in.map(|at| at.as_i64()),
        last_out: result.last_out.map(|at| local_with_offset(at, &zone)),
        last_out_ms: result.last_out.map(|at| at.as_i64()),
        worked_ms: result.worked_ms,
        punches: result.punches_counted,
        punches_ignored: result.punches_ignored,
        exceptions: result.exceptions.iter().map(|code| code.as_str()).collect(),
        provisional: result.provisional,
        policy_version: result.policy_version.clone(),
    })
}
