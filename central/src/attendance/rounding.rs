//! Rounding for pay. What was recorded is never overwritten: a day has both, and their difference.
//!
//! Times are rounded on the site's wall clock, because that is what people compare them with. Over time
//! rounding must neither give nor take (29 CFR 785.48 (b)), so what it did is added up per person.

use jiff::tz::TimeZone;
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Interval;

/// How arrivals and departures are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rounding {
    /// To what.
    pub step: Step,
    /// Which way.
    pub favour: Favour,
}

/// To how many minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RoundingStep)]
pub enum Step {
    /// Not at all.
    #[default]
    None,
    /// Twelfths of an hour.
    FiveMinutes,
    /// Tenths of an hour.
    SixMinutes,
    /// Quarters of an hour.
    QuarterHour,
}

impl Step {
    const fn millis(self) -> Option<i64> {
        match self {
            Self::None => None,
            Self::FiveMinutes => Some(5 * 60_000),
            Self::SixMinutes => Some(6 * 60_000),
            Self::QuarterHour => Some(15 * 60_000),
        }
    }
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RoundingFavour)]
pub enum Favour {
    /// To the nearest, and from the very middle to the later.
    #[default]
    Nearest,
    /// Arrivals down, departures up.
    Employee,
    /// Arrivals up, departures down.
    Employer,
}

#[derive(Clone, Copy)]
enum Way {
    Down,
    Nearest,
    Up,
}

impl Rounding {
    /// One stretch of presence as it is paid.
    #[must_use]
    pub fn rounded(self, presence: Interval, zone: &TimeZone) -> Interval {
        let Some(step) = self.step.millis() else { return presence };
        let (arrival, departure) = match self.favour {
            Favour::Nearest => (Way::Nearest, Way::Nearest),
            Favour::Employee => (Way::Down, Way::Up),
            Favour::Employer => (Way::Up, Way::Down),
        };
        Interval::new(to(presence.start(), step, arrival, zone), to(presence.end(), step, departure, zone))
    }
}

fn to(at: UtcMillis, step: i64, way: Way, zone: &TimeZone) -> UtcMillis {
    let offset = i64::from(zone.to_offset(at.timestamp()).seconds()) * 1000;
    let beyond = at.as_i64().saturating_add(offset).rem_euclid(step);
    let by = match way {
        Way::Down => -beyond,
        Way::Up if beyond > 0 => step - beyond,
        Way::Nearest if 2 * beyond >= step => step - beyond,
        Way::Up | Way::Nearest => -beyond,
    };
    at.plus_millis(by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lintel_core::time::zone;
    use proptest::prelude::*;

    fn rounded(step: Step, favour: Favour, name: &str, minutes: (i64, i64)) -> (i64, i64) {
        let at = |minute: i64| UtcMillis::from_i64(minute * 60_000);
        let interval = Interval::new(at(minutes.0), at(minutes.1));
        let rounded = Rounding { step, favour }.rounded(interval, &zone(name).unwrap());
        (rounded.start().as_i64() / 60_000, rounded.end().as_i64() / 60_000)
    }

    #[test]
    fn to_the_nearest_seven_goes_down_and_eight_goes_up() {
        assert_eq!(rounded(Step::QuarterHour, Favour::Nearest, "UTC", (487, 1028)), (480, 1035));
        assert_eq!(rounded(Step::SixMinutes, Favour::Nearest, "UTC", (483, 1022)), (486, 1020));
    }

    #[test]
    fn in_favour_of_one_side_means_both_ends() {
        assert_eq!(rounded(Step::FiveMinutes, Favour::Employee, "UTC", (484, 1021)), (480, 1025));
        assert_eq!(rounded(Step::FiveMinutes, Favour::Employer, "UTC", (481, 1024)), (485, 1020));
        assert_eq!(rounded(Step::FiveMinutes, Favour::Employer, "UTC", (480, 1020)), (480, 1020));
    }

    #[test]
    fn a_quarter_is_a_quarter_of_the_local_hour() {
        // 05:45 ahead of UTC, so a local quarter is a UTC quarter; Chatham's 12:45 as well; Lord Howe's 10:30 too.
        assert_eq!(rounded(Step::QuarterHour, Favour::Nearest, "Asia/Kathmandu", (7, 8)), (0, 15));
        // Before 1972 Liberia was 44 minutes and 30 seconds behind: at 00:00 UTC it was 23:15:30 there.
        let liberia = zone("Africa/Monrovia").unwrap();
        let rounding = Rounding { step: Step::QuarterHour, favour: Favour::Nearest };
        let zero = Interval::new(UtcMillis::from_i64(0), UtcMillis::from_i64(3_600_000));
        assert_eq!(rounding.rounded(zero, &liberia).start().as_i64(), -30_000);
    }

    proptest! {
        #[test]
        fn the_nearest_is_never_further_than_half_a_step(start in 0_i64..4_000_000_000_000, length in 0_i64..90_000_000) {
            let berlin = zone("Europe/Berlin").unwrap();
            let raw = Interval::new(UtcMillis::from_i64(start), UtcMillis::from_i64(start + length));
            for (step, millis) in [(Step::FiveMinutes, 300_000), (Step::SixMinutes, 360_000), (Step::QuarterHour, 900_000)] {
                let near = Rounding { step, favour: Favour::Nearest }.rounded(raw, &berlin);
                prop_assert!((near.start().as_i64() - start).abs() * 2 <= millis);
                let giving = Rounding { step, favour: Favour::Employee }.rounded(raw, &berlin);
                prop_assert!(giving.start() <= raw.start() && giving.end() >= raw.end());
                let taking = Rounding { step, favour: Favour::Employer }.rounded(raw, &berlin);
                prop_assert!(taking.length() <= raw.length());
            }
        }
    }
}
