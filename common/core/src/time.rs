//! Instants, the clock as an argument, and time zones from one bundled database.
//!
//! An instant is UTC milliseconds. Zones are read from the bundled IANA database only, so that the same
//! events give the same local days on every machine.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct UtcMillis(i64);

impl UtcMillis {
    /// From milliseconds since the epoch.
    #[must_use]
    pub const fn from_i64(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_i64(self) -> i64 {
        self.0
    }

    /// This instant moved by milliseconds, staying at the ends of the range.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this instant; negative when it lies before.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The instant for calendar arithmetic. Values outside years −9999 to 9999 are moved to the end.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }

    /// The civil date of this instant in `zone`.
    #[must_use]
    pub fn date_in(self, zone: &TimeZone) -> Date {
        zone.to_datetime(self.timestamp()).date()
    }

    /// `HH:MM` of this instant in `zone`.
    #[must_use]
    pub fn hour_minute_in(self, zone: &TimeZone) -> String {
        let local = zone.to_datetime(self.timestamp());
        format!("{:02}:{:02}", local.hour(), local.minute())
    }
}

impl From<Timestamp> for UtcMillis {
    fn from(at: Timestamp) -> Self {
        Self(at.as_millisecond())
    }
}

impl fmt::Display for UtcMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.timestamp())
    }
}

/// Where the present comes from. Real in the daemons, set by hand in tests.
pub trait Clock: Send + Sync {
    /// The wall clock.
    fn now(&self) -> UtcMillis;
    /// Milliseconds since an arbitrary start that never go back while the machine is up, suspended time
    /// included.
    fn monotonic_ms(&self) -> i64;
}

/// No zone of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone {name:?}: write an IANA name such as Europe/Berlin or UTC")]
pub struct UnknownZone {
    /// What was asked for.
    pub name: String,
}

/// The zone of an IANA name, from the bundled database.
///
/// # Errors
/// [`UnknownZone`] when the database has no such name.
pub fn zone(name: &str) -> Result<TimeZone, UnknownZone> {
    TimeZoneDatabase::bundled().get(name).map_err(|_| UnknownZone { name: name.chars().take(80).collect() })
}

/// The half-open interval `[start, end)` of a civil date in a zone: 23, 24 or 25 hours. Where midnight
/// does not exist the day starts at the first instant after the gap.
#[must_use]
pub fn day_bounds(date: Date, zone: &TimeZone) -> (UtcMillis, UtcMillis) {
    let start_of = |day: Date| -> UtcMillis {
        zone.to_ambiguous_timestamp(day.at(0, 0, 0, 0))
            .compatible()
            .map_or(UtcMillis(if day.year() < 0 { i64::MIN } else { i64::MAX }), UtcMillis::from)
    };
    (start_of(date), date.tomorrow().map_or(UtcMillis(i64::MAX), start_of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn a_day_has_23_hours_when_summer_time_begins_and_25_when_it_ends() {
        let berlin = zone("Europe/Berlin").unwrap();
        let hours = |day| {
            let (start, end) = day_bounds(day, &berlin);
            end.millis_since(start) / 3_600_000
        };
        assert_eq!(hours(date(2026, 3, 29)), 23);
        assert_eq!(hours(date(2026, 10, 25)), 25);
        assert_eq!(hours(date(2026, 11, 20)), 24);
    }

    #[test]
    fn an_unknown_zone_says_what_to_write() {
        assert!(zone("Europe/Berlln").unwrap_err().to_string().contains("Europe/Berlin"));
    }

    #[test]
    fn instants_print_as_rfc_3339() {
        assert_eq!(UtcMillis::from_i64(0).to_string(), "1970-01-01T00:00:00.000Z");
    }

    proptest! {
        #[test]
        fn every_instant_lies_in_the_day_it_is_said_to_be_in(
            millis in 0_i64..4_102_444_800_000,
            name in prop::sample::select(vec![
                "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu", "America/Sao_Paulo", "UTC",
            ]),
        ) {
            let zone = zone(name).unwrap();
            let at = UtcMillis::from_i64(millis);
            let (start, end) = day_bounds(at.date_in(&zone), &zone);
            prop_assert!(start <= at && at < end);
        }
    }
}
