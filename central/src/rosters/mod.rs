//! Rosters: what people's days are measured against, and who may change it.
//!
//! Contracts, shifts, rotations, holidays, leave, policies, locked months, and doors out of service. Each
//! change is checked against what is there, written with its audit row in one transaction, and says which
//! person-days it touches: [`touched`] is the one place where their computation is queued. What lies in a
//! locked month is never changed from here.

pub mod assignments;
pub(crate) mod books;
pub mod employments;
mod error;
pub mod holidays;
pub mod leave;
mod locks;
pub mod outages;
pub mod patterns;
pub mod periods;
pub mod policies;
pub mod shifts;
mod touched;
mod weekdays;

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};

pub use error::RosterError;
pub use touched::{Touched, touched};
pub use weekdays::{NotWeekdays, Weekdays};

use crate::people::names::clean_name;
use crate::store::people::Person;
use crate::store::{StoreError, Tx, people, rosters, sites};

/// Longest reason, note or answer, in characters.
pub const MAX_REASON: usize = 500;
/// Rows of a list when nobody says how many.
pub const LISTED: u32 = 100;
/// The most rows of a list.
pub const MOST_LISTED: u32 = 1_000;

/// The beginning of somebody's employment when nobody knows it: they are not to be absent for it, nor to
/// lose a day.
pub const LONG_AGO: Date = Date::constant(2000, 1, 1);

/// Dates outside of these are mistyped; within them their texts sort.
const YEARS: std::ops::Range<i16> = 2000..2200;

pub(crate) fn limit(rows: u32) -> i64 {
    rows.clamp(1, MOST_LISTED).into()
}

pub(crate) fn expect_date(date: Date) -> Result<(), RosterError> {
    if YEARS.contains(&date.year()) { Ok(()) } else { Err(RosterError::Date(date)) }
}

pub(crate) fn expect_dates(from: Date, to: Option<Date>) -> Result<(), RosterError> {
    expect_date(from)?;
    match to {
        Some(to) if to < from => Err(RosterError::EndBeforeStart { from, to }),
        Some(to) => expect_date(to),
        None => Ok(()),
    }
}

pub(crate) fn expect_reason(text: &str) -> Result<&str, RosterError> {
    let text = text.trim();
    if text.chars().count() < 3 { Err(RosterError::Reason) } else { expect_note(text) }
}

fn expect_note(text: &str) -> Result<&str, RosterError> {
    let text = text.trim();
    let odd = text.chars().any(|c| c.is_control() && c != '\n' && c != '\r');
    if text.chars().count() > MAX_REASON || odd { Err(RosterError::Reason) } else { Ok(text) }
}

/// A name that may be missing.
fn expect_title(name: &str) -> Result<String, RosterError> {
    if name.trim().is_empty() { Ok(String::new()) } else { Ok(clean_name(name)?) }
}

async fn expect_site(tx: &mut Tx, site: &SiteId) -> Result<sites::Site, RosterError> {
    sites::get(tx, site).await?.ok_or_else(|| RosterError::UnknownSite(site.clone()))
}

/// The person, whom nobody else plans for until the transaction ends.
async fn expect_person(tx: &mut Tx, person: PersonId) -> Result<Person, RosterError> {
    rosters::hold_person(tx, person).await?;
    people::get(tx, person).await?.ok_or(RosterError::UnknownPerson(person))
}

async fn all_sites(tx: &mut Tx) -> Result<Vec<SiteId>, StoreError> {
    Ok(sites::list(tx).await?.into_iter().map(|site| site.site_id).collect())
}

fn day_before(date: Date) -> Date {
    date.yesterday().unwrap_or(date)
}

fn day_after(date: Date) -> Date {
    date.tomorrow().unwrap_or(date)
}

/// Whether two times have a day in common; both dates of each are in it.
fn overlap((from, to): (Date, Option<Date>), (other_from, other_to): (Date, Option<Date>)) -> bool {
    to.is_none_or(|to| other_from <= to) && other_to.is_none_or(|to| from <= to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn times_that_share_their_last_and_first_day_overlap() {
        let day = |d| date(2026, 11, d);
        assert!(overlap((day(1), Some(day(5))), (day(5), None)));
        assert!(!overlap((day(1), Some(day(5))), (day(6), None)));
        assert!(overlap((day(7), None), (day(1), None)));
        assert!(!overlap((day(7), None), (day(1), Some(day(6)))));
    }

    #[test]
    fn a_reason_has_three_to_five_hundred_characters_and_none_that_steer() {
        assert_eq!(expect_reason("  because ").unwrap(), "because");
        for wrong in ["", "  a ", "a\0bc", "bell\x07", "x".repeat(501).as_str()] {
            assert!(matches!(expect_reason(wrong), Err(RosterError::Reason)), "{wrong:?}");
        }
        assert_eq!(expect_note("").unwrap(), "");
    }

    #[test]
    fn a_mistyped_year_and_an_end_before_the_start_are_refused() {
        assert!(matches!(expect_dates(date(206, 1, 1), None), Err(RosterError::Date(_))));
        let backwards = expect_dates(date(2026, 2, 1), Some(date(2026, 1, 1)));
        assert!(matches!(backwards, Err(RosterError::EndBeforeStart { .. })));
    }
}
