//! The day report for spreadsheets, RFC 4180.

use lintel_core::time::zone;

use super::formula::harmless;
use super::{ReportError, hours_minutes, local_with_offset};
use crate::store::days::DayRow;

const HEADER: [&str; 12] = [
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
];

pub(super) fn daily(rows: &[DayRow]) -> Result<String, ReportError> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for row in rows {
        let zone = zone(&row.zone)?;
        let day = &row.day;
        let time = |at: Option<_>| at.map(|at| local_with_offset(at, &zone)).unwrap_or_default();
        let exceptions: Vec<&str> = day.exceptions.iter().map(|code| code.as_str()).collect();
        writer.write_record([
            day.date.to_string(),
            row.site_id.to_string(),
            row.zone.clone(),
            harmless(row.staff_no.as_deref().unwrap_or_default()).into_owned(),
            harmless(&row.name).into_owned(),
            time(day.first_in),
            time(day.last_out),
            hours_minutes(day.worked_ms),
            (day.worked_ms / 60_000).to_string(),
            day.punches_counted.to_string(),
            exceptions.join(" "),
            day.provisional.to_string(),
        ])?;
    }
    let bytes = writer.into_inner().map_err(|error| ::csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
