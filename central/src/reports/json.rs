//! The day report for programs: stable names, the same for the command and the API.

use jiff::civil::Date;
use lintel_core::ids::{DeviceId, PersonId, SiteId};
use lintel_core::time::{UtcMillis, zone};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ReportError, local_with_offset};
use crate::attendance::exception::Code;
use crate::attendance::{Length, Status};
use crate::store::days::DayRow;

/// `{"days": […]}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Days {
    days: Vec<Day>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Day {
    date: Date,
    site: SiteId,
    /// The site's zone.
    zone: String,
    person_id: PersonId,
    name: String,
    staff_no: Option<String>,
    status: Status,
    /// The first arrival in the site's zone: RFC 3339.
    first_in: Option<String>,
    first_in_ms: Option<UtcMillis>,
    /// The last departure in the site's zone: RFC 3339.
    last_out: Option<String>,
    last_out_ms: Option<UtcMillis>,
    worked_ms: Length,
    payable_ms: Length,
    scheduled_ms: Length,
    credited_ms: Length,
    overtime_ms: Length,
    balance_ms: Length,
    /// Punches that count.
    punches: u32,
    /// Punches that repeat one that counts.
    punches_ignored: u32,
    exceptions: Vec<Code>,
    /// Whether it may still change.
    provisional: bool,
    /// The doors that it waits for.
    blocked_by: Vec<DeviceId>,
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
        date: record.date,
        site: record.site.clone(),
        zone: row.zone.clone(),
        person_id: record.person,
        name: row.name.clone(),
        staff_no: row.staff_no.clone(),
        status: record.status,
        first_in: record.first_in().map(|at| local_with_offset(at, &zone)),
        first_in_ms: record.first_in(),
        last_out: record.last_out().map(|at| local_with_offset(at, &zone)),
        last_out_ms: record.last_out(),
        worked_ms: hours.worked,
        payable_ms: hours.payable,
        scheduled_ms: hours.scheduled,
        credited_ms: hours.credited,
        overtime_ms: record.overtime_total(),
        balance_ms: record.balance(),
        punches: record.punches,
        punches_ignored: record.repeats,
        exceptions: record.exceptions.iter().map(|exception| exception.code).collect(),
        provisional: record.provisional.is_some(),
        blocked_by: blocked.cloned().collect(),
        policy_version: record.policy_version.clone(),
    })
}
