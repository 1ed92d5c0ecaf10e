//! People from a table: who they are, where they belong, since when, and how much they work.

use std::collections::HashMap;

use jiff::civil::Date;
use lintel_core::ids::SiteId;

use super::columns::{Column, Headings, Line, STAFF_NO, read_rows};
use super::errors::{ImportError, Parsed};
use super::fields;
use super::table::Table;

/// The columns of a file of people.
pub(super) const COLUMNS: &[Column] = &[
    STAFF_NO,
    Column { name: "name", also: &["full name", "person", "employee", "employee name"], needed: true },
    Column { name: "site", also: &["site id", "location"], needed: false },
    Column { name: "team", also: &["team id", "team name", "department"], needed: false },
    Column {
        name: "joined",
        also: &["joined on", "start date", "first day", "entry date", "hire date"],
        needed: false,
    },
    Column { name: "left", also: &["left on", "end date", "last day", "exit date"], needed: false },
    Column {
        name: "weekly_hours",
        also: &["hours per week", "hours a week", "contract hours"],
        needed: false,
    },
];

/// A person as a file names them. Fields that the file leaves empty are `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// The staff number, once in the file, up to 64 characters.
    pub staff_no: String,
    /// Their name.
    pub name: String,
    /// Where they belong.
    pub site: Option<SiteId>,
    /// Their team's name or id.
    pub team: Option<String>,
    /// Their first day.
    pub joined: Option<Date>,
    /// Their last day, never before the first.
    pub left: Option<Date>,
    /// Agreed minutes a week, 0 to 10,080.
    pub weekly_minutes: Option<u32>,
}

/// The people of a table.
///
/// # Errors
/// [`ImportError`] when a column is unknown or missing.
pub(super) fn rows(table: &Table) -> Result<Parsed<PersonRow>, ImportError> {
    let headings = Headings::of(table, COLUMNS)?;
    let mut seen: HashMap<String, usize> = HashMap::new();
    Ok(read_rows(table, &headings, |line| person(line, &mut seen)))
}

fn person(line: &mut Line<'_>, seen: &mut HashMap<String, usize>) -> Option<PersonRow> {
    let staff_no = line.needed("staff_no", fields::staff_no).and_then(|staff_no| once(line, seen, staff_no));
    let name = line.needed("name", fields::name);
    let site = line.optional("site", fields::site);
    let team = line.optional("team", fields::id);
    let joined = line.optional("joined", fields::date);
    let left = line.optional("left", fields::date);
    let weekly_minutes = line.optional("weekly_hours", fields::weekly_minutes);
    if let (Some(Some(joined)), Some(Some(left))) = (joined, left)
        && left < joined
    {
        line.fault(Some("left"), &left.to_string(), format!("is before joined, {joined}"));
        return None;
    }
    Some(PersonRow {
        staff_no: staff_no?,
        name: name?,
        site: site?,
        team: team?,
        joined: joined?,
        left: left?,
        weekly_minutes: weekly_minutes?,
    })
}

/// The staff number, unless a row above has it already.
fn once(line: &mut Line<'_>, seen: &mut HashMap<String, usize>, staff_no: String) -> Option<String> {
    if let Some(first) = seen.get(&staff_no) {
        let reason = format!("is in row {first} too: a staff number is one person's");
        line.fault(Some("staff_no"), &staff_no, reason);
        return None;
    }
    seen.insert(staff_no.clone(), line.number());
    Some(staff_no)
}
