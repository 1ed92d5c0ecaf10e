//! The plot that fits a report: presence for a day, hours for a month, lateness for exceptions.

use std::collections::BTreeMap;

use jiff::civil::Date;
use lintel_core::time::UtcMillis;
use lintel_runtime::catalogue::Words;

use super::super::hours::HOUR_MS;
use super::super::plots::{
    Frame, HoursRow, LateDay, PlotError, Presence, in_both_sizes, lateness, presence, worked,
};
use super::{ExceptionLine, Material, Sums, Zones};
use crate::attendance::exception::Code;
use crate::store::days::DayRow;

/// Part of an id, so that the pictures of a page don't mix.
const ID: &str = "report";

impl Material {
    /// The picture in both sizes; none where no plot fits.
    ///
    /// # Errors
    /// [`PlotError`].
    pub fn picture(&self, words: Words<'_>, zones: &Zones) -> Result<Option<String>, PlotError> {
        let drawn = match self {
            Self::Daily(rows) => {
                let data = presence_of(rows, zones);
                in_both_sizes(ID, |frame: &Frame| presence(words, &data, frame))
            }
            Self::Team(rows) => {
                let rows: Vec<HoursRow> = rows.iter().map(|sums| of_person(words, sums)).collect();
                in_both_sizes(ID, |frame| worked(words, &rows, frame))
            }
            Self::Person(days, _) => {
                let rows = by_week(words, days);
                in_both_sizes(ID, |frame| worked(words, &rows, frame))
            }
            Self::Exceptions(lines) => {
                let days = late_days(lines);
                in_both_sizes(ID, |frame| lateness(words, &days, frame))
            }
            Self::Overtime(_)
            | Self::Raw(_)
            | Self::OnSite(_)
            | Self::Evacuation(_)
            | Self::Rounding(_)
            | Self::WorkingTime(_) => return Ok(None),
        };
        drawn.map(Some)
    }
}

fn of_person(words: Words<'_>, sums: &Sums) -> HoursRow {
    let label = if sums.name.is_empty() { words.say("today-removed") } else { sums.name.clone() };
    HoursRow { label, worked_ms: sums.hours.worked_ms, scheduled_ms: sums.hours.scheduled_ms }
}

/// The weeks of a month by their Mondays.
fn by_week(words: Words<'_>, days: &[DayRow]) -> Vec<HoursRow> {
    let mut weeks: BTreeMap<Date, (i64, i64)> = BTreeMap::new();
    for row in days {
        let date = row.record.date;
        let back = i64::from(date.weekday().to_monday_zero_offset());
        let monday = date.saturating_sub(jiff::Span::new().days(back));
        let week = weeks.entry(monday).or_default();
        week.0 += row.record.hours.worked.as_millis();
        week.1 += row.record.hours.scheduled.as_millis();
    }
    let row = |(monday, (worked_ms, scheduled_ms)): (Date, (i64, i64))| HoursRow {
        label: words.say_with("reports-week-of", &[("date", monday.to_string().into())]),
        worked_ms,
        scheduled_ms,
    };
    weeks.into_iter().map(row).collect()
}

/// The dates with late arrivals in order, each with how many there were and their median.
fn late_days(lines: &[ExceptionLine]) -> Vec<LateDay> {
    let mut days: BTreeMap<Date, Vec<i64>> = BTreeMap::new();
    for line in lines {
        let late = days.entry(line.date).or_default();
        if line.exception.code == Code::LateIn {
            late.push(line.exception.length.map_or(0, |length| length.as_millis()));
        }
    }
    let day = |(date, mut late): (Date, Vec<i64>)| {
        late.sort_unstable();
        let count = u32::try_from(late.len()).unwrap_or(u32::MAX);
        LateDay { date, late: count, median_ms: late.get(late.len() / 2).copied() }
    };
    days.into_iter().map(day).collect()
}

/// How long people were there in each hour of the local day.
fn presence_of(rows: &[DayRow], zones: &Zones) -> Presence {
    let mut present_ms = [0_i64; 24];
    let days: std::collections::BTreeSet<Date> = rows.iter().map(|row| row.record.date).collect();
    for row in rows {
        let zone = zones.get(&row.zone);
        for stretch in row.record.stretches.iter().flat_map(|stretch| &stretch.presence) {
            let mut at = stretch.start();
            while at < stretch.end() {
                let (hour, next) = rest_of_hour(at, zone);
                let until = next.min(stretch.end());
                if let Some(sum) = present_ms.get_mut(hour) {
                    *sum += until.millis_since(at);
                }
                at = until;
            }
        }
    }
    Presence { days: u32::try_from(days.len()).unwrap_or(u32::MAX), present_ms }
}

/// The local hour of an instant, and when it ends.
fn rest_of_hour(at: UtcMillis, zone: &jiff::tz::TimeZone) -> (usize, UtcMillis) {
    let local = at.timestamp().to_zoned(zone.clone());
    let gone =
        (i64::from(local.minute()) * 60 + i64::from(local.second())) * 1_000 + i64::from(local.millisecond());
    // Whatever the zone does within the hour, time goes on.
    let left = (i64::from(HOUR_MS) - gone).max(1);
    (usize::try_from(local.hour()).unwrap_or(0), at.plus_millis(left))
}
