//! What a batch gave of a day, as the ledger keeps it, and as lines for the file.

use std::collections::BTreeMap;

use jiff::civil::Date;
use lintel_core::chain::Hash;
use serde::{Deserialize, Serialize};

use super::pay::Amounts;
use crate::attendance::Month;
use crate::reports::payroll::{Category, LineKind, PayLine, Period, When};
use crate::store::payroll::Entry;

/// What a batch gave of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenDay {
    /// Which day.
    pub date: Date,
    /// SHA-256 of the canonical record that it comes from; none where there was no record any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Hash>,
    /// What was taken back, and then what was given.
    pub lines: Vec<GivenLine>,
}

/// Hours of a category at a rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenLine {
    /// Why it is there.
    pub kind: LineKind,
    /// What it is paid as.
    pub category: Category,
    /// Percent of the hourly pay; none where the category has no rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_percent: Option<u16>,
    /// Milliseconds; negative where they were taken back.
    pub ms: i64,
}

impl GivenDay {
    /// Adds what it gave.
    pub(super) fn add_to(&self, amounts: &mut Amounts) {
        for line in &self.lines {
            let sum = amounts.entry((line.category.clone(), line.rate_percent)).or_insert(0);
            *sum = sum.saturating_add(line.ms);
        }
    }
}

/// The lines of a file that an entry comes to. Where a line of the file is a whole period, a person's days are
/// added up here: a month of ten thousand people has a quarter of a million of them.
pub(super) fn pay_lines(entry: &Entry, by_day: bool) -> Vec<PayLine> {
    let line = |line: &GivenLine, when, duration_ms| PayLine {
        person: entry.person_id.to_string(),
        staff_no: entry.staff_no.clone(),
        name: entry.name.clone(),
        site: entry.site_id.to_string(),
        team: entry.team.clone(),
        category: line.category.clone(),
        when,
        duration_ms,
        rate_percent: line.rate_percent,
        kind: line.kind,
    };
    let all = entry.days.iter().flat_map(|day| day.lines.iter().map(|line| (day.date, line)));
    if by_day {
        return all
            .map(|(date, given)| line(given, When::Day { date, period: period(date) }, given.ms))
            .collect();
    }
    let mut sums: BTreeMap<_, (&GivenLine, i64)> = BTreeMap::new();
    for (date, given) in all {
        let key = (Month::of(date), given.kind, &given.category, given.rate_percent);
        let (_, sum) = sums.entry(key).or_insert((given, 0));
        *sum = sum.saturating_add(given.ms);
    }
    sums.into_iter()
        .map(|((month, ..), (given, ms))| line(given, When::Period(period(month.first())), ms))
        .collect()
}

/// The month that a day is paid with: its own, also when it is taken back by another month's batch.
fn period(date: Date) -> Period {
    Period { first: date.first_of_month(), last: date.last_of_month() }
}
