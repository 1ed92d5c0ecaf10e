//! Days as a test wants them, put where computed days go, and what payroll has in the end.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use lintel_central::attendance::exception::{Code, Exception};
use lintel_central::attendance::overtime::{OvertimeLine, Reason};
use lintel_central::attendance::{DayRecord, Length, Status};
use lintel_central::days::{self, Wanted};
use lintel_central::payroll::{self, BatchError, Exported, Wish};
use lintel_central::people::{self, NewPerson};
use lintel_central::store::payroll as store;
use lintel_core::ids::PersonId;

use crate::world::{World, may, site};

pub(crate) const LONG: &str = include_str!("../../../../config/payroll/generic-long.toml");
const HOUR: i64 = 3_600_000;

/// What a day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Day {
    /// No record at all.
    Nothing,
    /// So many hours.
    Worked(i64),
    /// So many, those beyond eight as approved overtime.
    Overtime(i64),
    /// The same, not approved yet.
    Waiting(i64),
    /// Eight hours of paid leave.
    Leave,
}

/// What payroll should have of it: category, rate, hours. Written down, not computed.
pub(crate) fn worth(day: Day) -> Vec<(String, Option<u16>, i64)> {
    let worked = |hours| ("worked".to_owned(), None, hours);
    match day {
        Day::Nothing => Vec::new(),
        Day::Worked(hours) => vec![worked(hours)],
        Day::Overtime(hours) => vec![worked(8), ("overtime_daily".to_owned(), Some(125), hours - 8)],
        Day::Waiting(_) => vec![worked(8)],
        Day::Leave => vec![("leave:annual".to_owned(), None, 8)],
    }
}

impl Day {
    fn record(self, person: PersonId, on: Date, at: &str) -> Option<DayRecord> {
        let mut record = DayRecord::blank(person, on, site(at), Status::Present);
        match self {
            Self::Nothing => return None,
            Self::Worked(hours) => record.hours.payable = Length::from_hours(hours),
            Self::Overtime(hours) | Self::Waiting(hours) => {
                record.hours.payable = Length::from_hours(hours);
                let length = Length::from_hours(hours - 8);
                record.overtime = vec![OvertimeLine { reasons: vec![Reason::Daily], length, premium: 25 }];
                if matches!(self, Self::Waiting(_)) {
                    record.exceptions = vec![Exception::of(Code::OvertimeUnapproved).by(length)];
                }
            }
            Self::Leave => {
                record.status = Status::Leave;
                record.hours.credited = Length::from_hours(8);
                record.leave = vec!["annual".parse().unwrap()];
            }
        }
        Some(record)
    }
}

impl World {
    /// Somebody with a staff number.
    pub(crate) async fn staff(&self, name: &str, number: &str) -> PersonId {
        let new = NewPerson { name: name.into(), site_id: site("berlin"), staff_no: Some(number.into()) };
        people::add(&self.db, &may(), &*self.clock, &new).await.unwrap().person_id
    }

    /// What a computation found of a day.
    pub(crate) async fn puts(&self, person: PersonId, on: Date, day: Day) {
        self.puts_at(person, on, day, "berlin").await;
    }

    /// The same of a day that somebody belonged to another site.
    pub(crate) async fn puts_at(&self, person: PersonId, on: Date, day: Day, at: &str) {
        let records: Vec<DayRecord> = day.record(person, on, at).into_iter().collect();
        let wanted = [Wanted { person, from: on, to: on }];
        let mut tx = self.db.write().await.unwrap();
        days::settle(&mut tx, &wanted, &records, self.clock_now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn clock_now(&self) -> lintel_core::time::UtcMillis {
        lintel_core::time::Clock::now(&*self.clock)
    }

    pub(crate) async fn exports_by(&self, month: &str, mapping: &str) -> Result<Exported, BatchError> {
        payroll::export(&self.db, &may(), &*self.clock, &wish(month, mapping)).await
    }

    pub(crate) async fn exports(&self, month: &str) -> Result<Exported, BatchError> {
        self.exports_by(month, LONG).await
    }

    pub(crate) async fn looks(&self, month: &str) -> Result<Exported, BatchError> {
        payroll::look(&self.db, &may(), &*self.clock, &wish(month, LONG)).await
    }

    /// What all standing batches gave of somebody and didn't take back, by category and rate, in hours.
    pub(crate) async fn given(&self, person: PersonId) -> Vec<(String, Option<u16>, i64)> {
        let by_day = self.given_by_day(person).await;
        let mut sums = BTreeMap::new();
        for (category, rate, hours) in by_day.into_values().flatten() {
            *sums.entry((category, rate)).or_insert(0) += hours;
        }
        sums.into_iter()
            .filter(|(_, sum)| *sum != 0)
            .map(|((category, rate), sum)| (category, rate, sum))
            .collect()
    }

    /// The same by day; days of which nothing is left are left out.
    pub(crate) async fn given_by_day(
        &self,
        person: PersonId,
    ) -> BTreeMap<Date, Vec<(String, Option<u16>, i64)>> {
        let mut tx = self.db.read().await.unwrap();
        let all = store::list_given(&mut tx, &[person], date(2000, 1, 1), date(2199, 12, 31)).await.unwrap();
        let mut sums: BTreeMap<(Date, String, Option<u16>), i64> = BTreeMap::new();
        for day in all.into_iter().flat_map(|(.., days)| days) {
            for line in day.lines {
                *sums.entry((day.date, line.category.to_string(), line.rate_percent)).or_default() += line.ms;
            }
        }
        let mut days: BTreeMap<Date, Vec<_>> = BTreeMap::new();
        for ((on, category, rate), ms) in sums.into_iter().filter(|(_, ms)| *ms != 0) {
            assert_eq!(ms % HOUR, 0, "{on}");
            days.entry(on).or_default().push((category, rate, ms / HOUR));
        }
        days
    }
}

fn wish(month: &str, mapping: &str) -> Wish {
    Wish { month: month.parse().unwrap(), site: Some(site("berlin")), mapping: mapping.to_owned() }
}
