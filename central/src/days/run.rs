//! Days computed and stored: what jobs and commands do once they know whose.

use jiff::ToSpan as _;
use jiff::civil::Date;
use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;

use super::{Again, Changed, Gathered, Wanted, gathered, settle};
use crate::attendance::{DayRecord, Length};
use crate::store::{StoreError, Tx, rosters};

/// No event is older than the program, so no day is either; one day more for the zones.
const FIRST: Date = Date::constant(2025, 12, 31);
/// The most days of one read: a person's year isn't read at once for five hundred people.
const WINDOW_DAYS: i32 = 45;

/// Computes days and stores what is new of them; see [`settle`].
///
/// # Errors
/// When the database fails.
pub async fn refresh(
    tx: &mut Tx,
    wanted: &[Wanted],
    min_gap: Length,
    now: UtcMillis,
) -> Result<(Vec<Changed>, Vec<Again>), StoreError> {
    let mut people: Vec<PersonId> = wanted.iter().map(|one| one.person).collect();
    people.sort_unstable();
    people.dedup();
    rosters::hold_people(tx, &people).await?;
    let (mut changed, mut again) = (Vec::new(), Vec::new());
    for window in windows(wanted, now) {
        let records = computed(tx, &window, min_gap, now, |_| {}).await?;
        let (some, more) = settle(tx, &window, &records, now).await?;
        changed.extend(some);
        again.extend(more);
    }
    Ok((changed, again))
}

/// Computes days of one window without storing them; `prepare` may change what they depend on.
///
/// # Errors
/// When the database fails.
pub(super) async fn computed(
    tx: &mut Tx,
    window: &[Wanted],
    min_gap: Length,
    now: UtcMillis,
    prepare: impl FnOnce(&mut Gathered),
) -> Result<Vec<DayRecord>, StoreError> {
    let Some(from) = window.iter().map(|one| one.from).min() else { return Ok(Vec::new()) };
    let to = window.iter().map(|one| one.to).max().unwrap_or(from);
    let mut people: Vec<PersonId> = window.iter().map(|one| one.person).collect();
    people.sort_unstable();
    people.dedup();
    let mut gathered = gathered(tx, &people, (from, to), min_gap, now).await?;
    prepare(&mut gathered);
    let mut records: Vec<DayRecord> = window.iter().flat_map(|one| gathered.compute(*one)).collect();
    // Two jobs about one person may ask for the same day.
    records.sort_by_key(|record| (record.person, record.date));
    records.dedup_by_key(|record| (record.person, record.date));
    Ok(records)
}

/// What is wanted, cut to days that there can be, in windows that are read at once.
pub(super) fn windows(wanted: &[Wanted], now: UtcMillis) -> Vec<Vec<Wanted>> {
    let last = Gathered::last_date(now);
    let mut pieces = Vec::new();
    for one in wanted {
        let (mut from, to) = (one.from.max(FIRST), one.to.min(last));
        while from <= to {
            let end = from.saturating_add((WINDOW_DAYS - 1).days()).min(to);
            pieces.push(Wanted { person: one.person, from, to: end });
            let Ok(next) = end.tomorrow() else { break };
            from = next;
        }
    }
    pieces.sort_by_key(|piece| (piece.from, piece.person));
    let mut windows: Vec<Vec<Wanted>> = Vec::new();
    for piece in pieces {
        let fits = windows
            .last()
            .and_then(|window| window.first())
            .is_some_and(|first| (piece.to - first.from).get_days() < 2 * WINDOW_DAYS);
        match windows.last_mut().filter(|_| fits) {
            Some(window) => window.push(piece),
            None => windows.push(vec![piece]),
        }
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use uuid::Uuid;

    fn wanted(person: u128, from: Date, to: Date) -> Wanted {
        Wanted { person: PersonId::from(Uuid::from_u128(person)), from, to }
    }

    /// 2026-11-20T08:00:00Z.
    const NOW: UtcMillis = UtcMillis::from_i64(1_795_161_600_000);

    #[test]
    fn a_year_is_read_in_pieces_that_leave_no_day_out() {
        let pieces = windows(&[wanted(1, date(2000, 1, 1), date(9999, 12, 31))], NOW).concat();
        assert_eq!(pieces.first().unwrap().from, FIRST);
        assert_eq!(pieces.last().unwrap().to, date(2026, 11, 21));
        for pair in pieces.windows(2) {
            assert_eq!(pair[0].to.tomorrow().unwrap(), pair[1].from);
            assert!((pair[0].to - pair[0].from).get_days() < WINDOW_DAYS);
        }
    }

    #[test]
    fn neighbouring_days_of_several_people_are_one_read() {
        let day = |day| date(2026, 11, day);
        let read = windows(&[wanted(1, day(1), day(15)), wanted(2, day(3), day(17))], NOW);
        assert_eq!(read.len(), 1);
        let far = windows(&[wanted(1, date(2026, 2, 1), date(2026, 2, 2)), wanted(2, day(3), day(17))], NOW);
        assert_eq!(far.len(), 2);
        assert!(windows(&[wanted(1, day(25), day(26))], NOW).is_empty(), "nothing is computed ahead");
    }
}
