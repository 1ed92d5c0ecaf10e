//! Work of a week on average over a reference period, as Directive 2003/88/EC counts it.
//!
//! It belongs to no day: it looks at four months, and a day that did would have to be computed again with each day
//! of them. So it is summed up from records when somebody asks, and never stored.
//!
//! Article 16 (b) leaves leave out of the average, neither as work nor as days without any. Holidays and days off
//! are days like others.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::Length;
use super::exception::Code;
use super::policy::Policy;
use super::record::{DayRecord, Status};

/// The reference period: as many weeks as the policy says, ending with the last one that is over with `by`; both
/// dates included.
#[must_use]
pub fn reference_period(policy: &Policy, by: Date) -> (Date, Date) {
    // The week that ends on `by` began six days before.
    let begins = by.saturating_sub(6.days());
    let passed = policy.week_starts.weekday().until(begins.weekday());
    let last = by.saturating_sub(i64::from(passed).days());
    let weeks = i64::from(policy.legal.average_weeks.max(1));
    (last.saturating_sub((weeks * 7 - 1).days()), last)
}

/// What somebody worked in a reference period, and over how many of its days that is averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WorkingTime {
    /// Worked, without breaks.
    pub worked: Length,
    /// Days that count, in halves: half a day of leave leaves half a day.
    pub half_days: i64,
    /// Days that may still change.
    pub provisional: i64,
}

impl WorkingTime {
    /// Adds a time in which somebody was employed, both dates included; nothing where it ends before it begins.
    pub fn employed(&mut self, from: Date, to: Date) {
        self.half_days += 2 * i64::from((to - from).get_days() + 1).max(0);
    }

    /// Adds what a day came to.
    pub fn add(&mut self, day: &DayRecord) {
        self.worked += day.hours.worked;
        self.provisional += i64::from(day.provisional.is_some());
        let worked_on_leave = day.exceptions.iter().any(|exception| exception.code == Code::OnLeave);
        self.half_days -= match day.status {
            Status::Leave => 2,
            _ if !day.leave.is_empty() && !worked_on_leave => 1,
            _ => 0,
        };
    }

    /// Work of an average week, the part of a millisecond dropped; none where no day counts.
    #[must_use]
    pub fn weekly(self) -> Option<Length> {
        (self.half_days > 0)
            .then(|| Length::from_millis(self.worked.as_millis().saturating_mul(14) / self.half_days))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use lintel_core::ids::{PersonId, SiteId};
    use uuid::Uuid;

    use crate::attendance::exception::Exception;
    use crate::attendance::policy::WeekStart;

    fn day(of: Date, hours: i64) -> DayRecord {
        let person = PersonId::from(Uuid::from_u128(1));
        let mut day = DayRecord::blank(person, of, SiteId::parse("berlin").unwrap(), Status::Present);
        day.hours.worked = Length::from_hours(hours);
        day
    }

    fn policy(week_starts: WeekStart, weeks: u16) -> Policy {
        let mut policy = Policy { week_starts, ..Policy::default() };
        policy.legal.average_weeks = weeks;
        policy
    }

    #[test]
    fn the_period_ends_with_the_last_week_that_is_over() {
        // 2026-11-30 is a Monday.
        let monday = policy(WeekStart::Monday, 17);
        assert_eq!(reference_period(&monday, date(2026, 11, 30)), (date(2026, 8, 3), date(2026, 11, 29)));
        assert_eq!(reference_period(&monday, date(2026, 11, 29)), (date(2026, 8, 3), date(2026, 11, 29)));
        assert_eq!(reference_period(&monday, date(2026, 11, 28)).1, date(2026, 11, 22));
        let sunday = policy(WeekStart::Sunday, 2);
        assert_eq!(reference_period(&sunday, date(2026, 11, 30)), (date(2026, 11, 15), date(2026, 11, 28)));
        // A policy that says nothing sensible still has a week.
        let none = policy(WeekStart::Monday, 0);
        assert_eq!(reference_period(&none, date(2026, 11, 29)), (date(2026, 11, 23), date(2026, 11, 29)));
    }

    #[test]
    fn an_average_week_is_seven_days_and_leave_is_none_of_them() {
        let mut time = WorkingTime::default();
        time.employed(date(2026, 11, 2), date(2026, 11, 15));
        for of in [2, 3, 4, 5, 6] {
            time.add(&day(date(2026, 11, of), 10));
        }
        assert_eq!(time.weekly(), Some(Length::from_hours(25)));
        // The second week is leave: what is left is one week.
        for of in 9..=15 {
            let mut off = day(date(2026, 11, of), 0);
            off.status = Status::Leave;
            time.add(&off);
        }
        assert_eq!(time.weekly(), Some(Length::from_hours(50)));
    }

    #[test]
    fn half_a_day_of_leave_leaves_half_a_day_and_work_on_leave_is_work() {
        let mut time = WorkingTime::default();
        time.employed(date(2026, 11, 2), date(2026, 11, 3));
        let mut half = day(date(2026, 11, 2), 4);
        half.leave = vec!["annual".parse().unwrap()];
        time.add(&half);
        assert_eq!(time.half_days, 3);
        let mut called_in = day(date(2026, 11, 3), 8);
        called_in.leave = vec!["annual".parse().unwrap()];
        called_in.exceptions = vec![Exception::of(Code::OnLeave)];
        time.add(&called_in);
        assert_eq!((time.half_days, time.worked), (3, Length::from_hours(12)));
        assert_eq!(time.weekly(), Some(Length::from_hours(56)));
    }

    #[test]
    fn without_a_day_there_is_no_average() {
        let mut time = WorkingTime::default();
        assert_eq!(time.weekly(), None);
        time.employed(date(2026, 11, 3), date(2026, 11, 2));
        assert_eq!((time.half_days, time.weekly()), (0, None));
    }
}
