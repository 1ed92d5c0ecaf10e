//! Reads what an export needs, some people at a time, so that a month of ten thousand is never in memory as
//! records.

use std::collections::BTreeSet;

use jiff::civil::Date;
use lintel_core::chain::Hash;
use lintel_core::ids::{LeaveKind, PersonId, SiteId};

use super::compare::{Booking, Days, Differences, Due};
use super::pay::Pay;
use super::scope::Scope;
use super::{BatchError, BatchId};
use crate::attendance::Length;
use crate::reports::payroll::{Mapping, PayLine};
use crate::rosters::LONG_AGO;
use crate::store::payroll::{self, Entry};
use crate::store::rosters::{employments, leave};
use crate::store::{StoreError, Tx, adjustments, days, people};

/// People whose days are in memory at once.
const AT_ONCE: usize = 300;

/// What an export gives.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// For the file.
    pub(super) lines: Vec<PayLine>,
    /// Of whom.
    pub(super) people: u64,
    /// Overtime that waits for approval.
    pub(super) held_back: Length,
}

/// Compares everybody's days with what payroll has; writes the differences into the ledger, where a batch is named.
pub(super) async fn gather(
    tx: &mut Tx,
    scope: &Scope,
    mapping: &Mapping,
    batch: Option<BatchId>,
) -> Result<Gathered, BatchError> {
    let reader = Reader::open(tx, scope).await?;
    let mut all = Gathered::default();
    for some in reader.people.chunks(AT_ONCE) {
        let found = reader.days(tx, some).await?.differences(scope, |category| mapping.ignores(category))?;
        all.held_back += found.held_back;
        let entries = entries(tx, scope, found).await?;
        if let Some(batch) = batch {
            payroll::create_entries(tx, batch, &entries).await?;
        }
        let with_hours: BTreeSet<PersonId> = entries.iter().map(|entry| entry.person_id).collect();
        all.people += u64::try_from(with_hours.len()).unwrap_or(u64::MAX);
        all.lines
            .extend(entries.iter().flat_map(|entry| super::given::pay_lines(entry, mapping.is_by_day())));
    }
    Ok(all)
}

/// Differences with the names that the file shows. Whoever is erased meanwhile is left out.
async fn entries(tx: &mut Tx, scope: &Scope, found: Differences) -> Result<Vec<Entry>, StoreError> {
    let people: BTreeSet<PersonId> = found.days.keys().map(|(person, _)| *person).collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    let names = people::names(tx, &people).await?;
    let mut teams = employments::teams_of_people(tx, &people, scope.month.last()).await?;
    let entry = |((person_id, site_id), days): ((PersonId, SiteId), _)| {
        let named = names.get(&person_id)?.clone();
        let team = teams.remove(&(person_id, site_id.clone())).unwrap_or_default();
        Some(Entry { person_id, site_id, name: named.name, staff_no: named.staff_no, team, days })
    };
    Ok(found.days.into_iter().filter_map(entry).collect())
}

/// Who has something in the month, and how far back it reaches.
struct Reader<'a> {
    scope: &'a Scope,
    people: Vec<PersonId>,
    /// Those of whom the month may have a say in earlier days, and the first of those.
    earlier: BTreeSet<PersonId>,
    earliest: Date,
    paid: BTreeSet<LeaveKind>,
}

impl<'a> Reader<'a> {
    async fn open(tx: &mut Tx, scope: &'a Scope) -> Result<Self, StoreError> {
        let (month, site) = (scope.month, scope.site.as_ref());
        let recorded = days::list_people(tx, (month.first(), month.last()), site, None, i64::MAX).await?;
        let booked = adjustments::list_people(tx, month, site).await?;
        let given = payroll::list_people(tx, month, site).await?;
        let others: Vec<_> = booked.into_iter().chain(given).collect();
        let earlier: Vec<_> = others.iter().copied().filter(|(_, first)| *first < month.first()).collect();
        let people: BTreeSet<PersonId> =
            recorded.into_iter().chain(others.into_iter().map(|(person, _)| person)).collect();
        let kinds = leave::list_kinds(tx).await?.into_iter();
        Ok(Self {
            scope,
            people: people.into_iter().collect(),
            earliest: earlier.iter().map(|(_, first)| *first).min().unwrap_or(month.first()),
            earlier: earlier.into_iter().map(|(person, _)| person).collect(),
            paid: kinds.filter(|kind| kind.paid).map(|kind| kind.kind).collect(),
        })
    }

    /// Everything that is known of some people's days.
    async fn days(&self, tx: &mut Tx, people: &[PersonId]) -> Result<Days, StoreError> {
        let month = self.scope.month;
        let mut known = Days::default();
        for rows in adjustments::of_people(tx, people, LONG_AGO, month.last()).await?.into_values() {
            for row in rows {
                let due = row.after.as_deref().map(|text| self.due(text)).transpose()?.map(|(_, due)| due);
                let booking = Booking { month: row.month, due: due.unwrap_or_default() };
                known.booked.entry((row.person_id, row.site_id, row.date)).or_default().push(booking);
            }
        }
        // Earlier days are read of those only who have any here: one correction would else read a year of everybody.
        let (back, now): (Vec<_>, Vec<_>) =
            people.iter().copied().partition(|person| self.earlier.contains(person));
        for (some, from) in [(now, month.first()), (back, self.earliest)] {
            self.read(tx, &mut known, &some, from).await?;
        }
        Ok(known)
    }

    /// Adds what was given and what is recorded of some people from a date on.
    async fn read(
        &self,
        tx: &mut Tx,
        known: &mut Days,
        people: &[PersonId],
        from: Date,
    ) -> Result<(), StoreError> {
        let last = self.scope.month.last();
        for (person, batch, site, days) in payroll::list_given(tx, people, from, last).await? {
            for day in days {
                let given = known.given.entry((person, site.clone(), day.date)).or_default();
                day.add_to(&mut given.amounts);
                given.with_this_month |= batch.month == self.scope.month;
            }
        }
        for ((person, date), text) in days::texts_of_people(tx, people, from, last).await? {
            let (site, due) = self.due(&text)?;
            known.recorded.insert((person, site, date), due);
        }
        Ok(())
    }

    /// What a record is paid as, and where it belongs.
    fn due(&self, text: &str) -> Result<(SiteId, Due), StoreError> {
        let record = days::record(text)?;
        let pay = Pay::of(&record, &self.paid);
        Ok((record.site, Due { pay, record: Some(Hash::of(text.as_bytes())) }))
    }
}
