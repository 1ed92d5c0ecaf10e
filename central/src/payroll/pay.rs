//! What a day's record is paid as: its hours under categories, exact to the millisecond. Pure.
//!
//! Hours never overlap: `worked` is what is paid without the hours that are overtime, and each hour of overtime
//! is under one category at its whole rate. Overtime that waits for approval is held back, and said.

use std::collections::{BTreeMap, BTreeSet};

use lintel_core::ids::LeaveKind;

use crate::attendance::exception::Code;
use crate::attendance::overtime::Reason;
use crate::attendance::{DayRecord, Length, Status};
use crate::reports::payroll::Category;

/// Milliseconds by category and rate.
pub(super) type Amounts = BTreeMap<(Category, Option<u16>), i64>;

/// What a day is paid as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pay {
    /// What payroll gets.
    pub(super) amounts: Amounts,
    /// Overtime that waits for approval.
    pub(super) held_back: Length,
}

impl Pay {
    /// Nothing at all.
    pub(super) const NOTHING: Self = Self { amounts: Amounts::new(), held_back: Length::ZERO };

    /// Of a record; which kinds of leave are paid is said from outside.
    pub(super) fn of(record: &DayRecord, paid: &BTreeSet<LeaveKind>) -> Self {
        let mut pay = Self::default();
        let usual = (record.hours.payable - record.overtime_total()).at_least_zero();
        pay.add(Category::Worked, None, usual);
        let waits = record.exceptions.iter().any(|one| one.code == Code::OvertimeUnapproved);
        for line in &record.overtime {
            if waits {
                pay.held_back += line.length;
            } else {
                let rate = line.premium.saturating_add(100);
                pay.add(category(&line.reasons), Some(rate), line.length);
            }
        }
        for (category, length) in credited(record, paid) {
            pay.add(category, None, length);
        }
        pay
    }

    fn add(&mut self, category: Category, rate: Option<u16>, length: Length) {
        if !length.is_zero() {
            let sum = self.amounts.entry((category, rate)).or_insert(0);
            *sum = sum.saturating_add(length.as_millis());
        }
    }
}

/// An hour that is overtime for several reasons goes under the rarest: a holiday, then a day off, then the week.
/// What it is paid is in its rate anyway.
fn category(reasons: &[Reason]) -> Category {
    match reasons.iter().max() {
        Some(Reason::Holiday) => Category::OvertimeHoliday,
        Some(Reason::RestDay) => Category::OvertimeRestDay,
        Some(Reason::Weekly) => Category::OvertimeWeekly,
        Some(Reason::Daily) | None => Category::OvertimeDaily,
    }
}

/// What the credited hours are for. A record has their sum: where two things share a day, each is half of it
/// off, so each has its part; the odd millisecond is the first one's.
fn credited(record: &DayRecord, paid: &BTreeSet<LeaveKind>) -> Vec<(Category, Length)> {
    let all = record.hours.credited;
    if all.is_zero() {
        return Vec::new();
    }
    let leave = record.leave.iter().filter(|kind| paid.contains(kind));
    let mut reasons: Vec<Category> = leave.map(|kind| Category::Leave(kind.to_string())).collect();
    if record.holiday.is_some() {
        // Whoever is on leave on a whole holiday has the holiday.
        let whole = record.status == Status::Holiday
            || record.exceptions.iter().any(|exception| exception.code == Code::OnHoliday);
        if whole {
            reasons.clear();
        }
        reasons.insert(0, Category::Holiday);
    }
    if record.status == Status::Excused || reasons.is_empty() {
        reasons.push(Category::Leave("excused".to_owned()));
    }
    reasons.dedup();
    let parts = i64::try_from(reasons.len()).unwrap_or(1);
    let part = Length::from_millis(all.as_millis() / parts);
    let mut left = all;
    let mut shares = Vec::with_capacity(reasons.len());
    for reason in reasons.into_iter().rev() {
        left -= part;
        shares.push((reason, part));
    }
    if let Some((_, first)) = shares.last_mut() {
        *first += left;
    }
    shares
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use lintel_core::ids::{PersonId, SiteId};

    use super::*;
    use crate::attendance::exception::Exception;
    use crate::attendance::overtime::OvertimeLine;

    const HOUR: fn(i64) -> Length = Length::from_hours;

    fn record(status: Status) -> DayRecord {
        let person = PersonId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        DayRecord::blank(person, date(2026, 11, 3), SiteId::parse("berlin").unwrap(), status)
    }

    fn of(record: &DayRecord) -> Vec<(String, Option<u16>, i64)> {
        let paid = ["annual", "sick"].iter().map(|kind| kind.parse().unwrap()).collect();
        let hours = |ms: i64| ms / HOUR(1).as_millis();
        let amounts = Pay::of(record, &paid).amounts.into_iter();
        amounts.map(|((category, rate), ms)| (category.to_string(), rate, hours(ms))).collect()
    }

    fn said(category: &str, rate: Option<u16>, hours: i64) -> (String, Option<u16>, i64) {
        (category.to_owned(), rate, hours)
    }

    #[test]
    fn each_paid_hour_is_under_one_category_at_its_whole_rate() {
        let mut day = record(Status::Present);
        day.hours.payable = HOUR(11);
        day.overtime = vec![
            OvertimeLine { reasons: vec![Reason::Daily, Reason::Weekly], length: HOUR(2), premium: 50 },
            OvertimeLine { reasons: vec![Reason::Weekly], length: HOUR(1), premium: 25 },
        ];
        assert_eq!(
            of(&day),
            [
                said("worked", None, 8),
                said("overtime_weekly", Some(125), 1),
                said("overtime_weekly", Some(150), 2)
            ]
        );
        day.overtime[0].reasons = vec![Reason::RestDay, Reason::Holiday];
        assert_eq!(of(&day)[2], said("overtime_holiday", Some(150), 2));
    }

    #[test]
    fn overtime_that_waits_for_approval_is_held_back_and_said() {
        let mut day = record(Status::Present);
        day.hours.payable = HOUR(10);
        day.overtime = vec![OvertimeLine { reasons: vec![Reason::Daily], length: HOUR(2), premium: 25 }];
        day.exceptions = vec![Exception::of(Code::OvertimeUnapproved)];
        assert_eq!(of(&day), [said("worked", None, 8)]);
        assert_eq!(Pay::of(&day, &BTreeSet::new()).held_back, HOUR(2));
    }

    #[test]
    fn credited_hours_are_for_what_was_off() {
        let mut day = record(Status::Leave);
        day.hours.credited = HOUR(8);
        day.leave = vec!["annual".parse().unwrap()];
        assert_eq!(of(&day), [said("leave:annual", None, 8)]);
        day.leave.push("sick".parse().unwrap());
        assert_eq!(of(&day), [said("leave:annual", None, 4), said("leave:sick", None, 4)]);
        // Unpaid leave has no hours.
        day.leave = vec!["unpaid".parse().unwrap(), "sick".parse().unwrap()];
        assert_eq!(of(&day), [said("leave:sick", None, 8)]);
        day.holiday = Some("Christmas".into());
        assert_eq!(of(&day), [said("leave:sick", None, 4), said("holiday", None, 4)]);
        day.status = Status::Holiday;
        assert_eq!(of(&day), [said("holiday", None, 8)]);
        let mut excused = record(Status::Excused);
        excused.hours.credited = HOUR(8);
        assert_eq!(of(&excused), [said("leave:excused", None, 8)]);
    }

    #[test]
    fn no_credited_millisecond_is_lost_where_a_day_is_shared() {
        let mut day = record(Status::Leave);
        day.hours.credited = Length::from_millis(7);
        day.leave = vec!["annual".parse().unwrap(), "sick".parse().unwrap()];
        let paid = day.leave.iter().cloned().collect();
        let amounts: Vec<i64> = Pay::of(&day, &paid).amounts.into_values().collect();
        assert_eq!(amounts, [4, 3]);
    }

    #[test]
    fn a_day_without_paid_hours_gives_nothing() {
        assert_eq!(of(&record(Status::Absent)), []);
    }
}
