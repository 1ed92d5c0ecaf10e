//! The day report for a terminal.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use lintel_core::time::zone;

use super::{ReportError, exceptions_in_words, hours_minutes, status_in_words};
use crate::store::days::DayRow;
use crate::words::words_in;

pub(super) fn daily(rows: &[DayRow]) -> Result<String, ReportError> {
    if rows.is_empty() {
        return Ok("Nobody was recorded on this day.\n".into());
    }
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED);
    table.set_header([
        "Date", "Site", "Name", "Staff no", "In", "Out", "Worked", "Punches", "Status", "Notes",
    ]);
    let words = words_in("en");
    for row in rows {
        let zone = zone(&row.zone)?;
        let day = &row.record;
        let time = |at: Option<lintel_core::time::UtcMillis>| {
            at.map_or_else(|| "–".to_owned(), |at| at.hour_minute_in(&zone))
        };
        table.add_row([
            Cell::new(day.date),
            Cell::new(printable(day.site.as_str())),
            Cell::new(shown_name(&row.name)),
            Cell::new(printable(row.staff_no.as_deref().unwrap_or("–"))),
            Cell::new(time(day.first_in())),
            Cell::new(time(day.last_out())),
            Cell::new(hours_minutes(day.hours.worked.as_millis())).set_alignment(CellAlignment::Right),
            Cell::new(day.punches).set_alignment(CellAlignment::Right),
            Cell::new(status_in_words(words, day.status)),
            Cell::new(exceptions_in_words(words, day)),
        ]);
    }
    Ok(format!("{}\n", table.trim_fmt()))
}

fn shown_name(name: &str) -> String {
    if name.is_empty() { "(removed person)".into() } else { printable(name) }
}

/// A name must not be able to move the cursor or colour the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
