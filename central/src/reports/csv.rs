//! The day report for spreadsheets, RFC 4180.

use lintel_core::time::zone;

use super::formula::harmless;
use super::hours::whole_minutes;
use super::{ReportError, hours_minutes, local_with_offset};
use crate::attendance::Length;
use crate::store::days::DayRow;

const HEADER: [&str; 17] = [
    "date",
    "site",
    "zone",
    "staff_no",
    "name",
    "first_in",
    "last_out",
    "worked",
    "worked_minutes",
    "punches",
    "exceptions",
    "provisional",
    "status",
    "scheduled_minutes",
    "credited_minutes",
    "payable_minutes",
    "overtime_minutes",
];

pub(super) fn daily(rows: &[DayRow]) -> Result<String, ReportError> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for row in rows {
        let zone = zone(&row.zone)?;
        let day = &row.record;
        let time = |at: Option<_>| at.map(|at| local_with_offset(at, &zone)).unwrap_or_default();
        let exceptions: Vec<&str> = day.exceptions.iter().map(|exception| exception.code.as_str()).collect();
        writer.write_record([
            day.date.to_string(),
            day.site.to_string(),
            row.zone.clone(),
            harmless(row.staff_no.as_deref().unwrap_or_default()).into_owned(),
            harmless(&row.name).into_owned(),
            time(day.first_in()),
            time(day.last_out()),
            hours_minutes(day.hours.worked.as_millis()),
            (day.hours.worked.as_millis() / 60_000).to_string(),
            day.punches.to_string(),
            exceptions.join(" "),
            day.provisional.is_some().to_string(),
            day.status.as_str().to_owned(),
            minutes(day.hours.scheduled),
            minutes(day.hours.credited),
            minutes(day.hours.payable),
            minutes(day.overtime_total()),
        ])?;
    }
    let bytes = writer.into_inner().map_err(|error| ::csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn minutes(length: Length) -> String {
    whole_minutes(length.as_millis()).to_string()
}
