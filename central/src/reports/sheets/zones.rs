//! The zones of sites, looked up once a report.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use lintel_core::time::{UnknownZone, zone};

/// Zones by their names.
#[derive(Debug, Clone, Default)]
pub struct Zones(BTreeMap<String, TimeZone>);

/// For a name that wasn't given at the start: an instant is then said in UTC, with its offset, and stays true.
static UTC: TimeZone = TimeZone::UTC;

impl Zones {
    /// The zones of these names.
    ///
    /// # Errors
    /// [`UnknownZone`] for a name that isn't in the time zone database.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Self, UnknownZone> {
        let found = names.into_iter().map(|name| Ok((name.to_owned(), zone(name)?)));
        Ok(Self(found.collect::<Result<_, UnknownZone>>()?))
    }

    /// A zone.
    #[must_use]
    pub fn get(&self, name: &str) -> &TimeZone {
        self.0.get(name).unwrap_or(&UTC)
    }
}
