//! Who works which shift or pattern.

use std::collections::HashMap;

use jiff::civil::Date;
use lintel_core::ids::{AssignmentId, PatternId, PersonId, ShiftId};

use super::UploadError;
use super::error::Refusal;
use super::findings::Act;
use super::run::Run;
use crate::imports::{Plan, ShiftAssignmentRow};
use crate::rosters::assignments::{self, AssignmentRow, Shelf, Works};
use crate::rosters::{RosterError, Weekdays, expect_dates};
use crate::store::{StoreError, rosters};

/// What is planned, there and by the rows so far.
struct Planned {
    shelf: Shelf,
    of: HashMap<PersonId, Vec<AssignmentRow>>,
    /// Which of it is this file's, by its row.
    by_row: HashMap<AssignmentId, usize>,
}

pub(super) async fn apply(run: &mut Run, rows: Vec<(usize, ShiftAssignmentRow)>) -> Result<(), UploadError> {
    let Some(first) = rows.iter().map(|(_, row)| row.valid_from).min() else { return Ok(()) };
    let mut planned = Planned::load(run, first).await?;
    for (number, row) in rows {
        let done = one(run, &mut planned, number, &row).await;
        run.note(number, &row.staff_no, done)?;
    }
    Ok(())
}

impl Planned {
    async fn load(run: &mut Run, first: Date) -> Result<Self, StoreError> {
        let shelf = Shelf::load(&mut run.tx).await?;
        let mut of: HashMap<_, Vec<_>> = HashMap::new();
        for row in rosters::assignments::list_from(&mut run.tx, first).await? {
            of.entry(row.person_id).or_default().push(row);
        }
        Ok(Self { shelf, of, by_row: HashMap::new() })
    }

    fn of(&self, person: PersonId) -> &[AssignmentRow] {
        self.of.get(&person).map_or(&[], Vec::as_slice)
    }

    /// An overlap with a row of this file is told by its number: its id is nowhere yet.
    fn expect_free(
        &self,
        person: PersonId,
        but: Option<AssignmentId>,
        from: Date,
        to: Option<Date>,
    ) -> Result<(), Refusal> {
        match assignments::expect_free_among(self.of(person), but, from, to) {
            Err(RosterError::Overlap { other, .. }) if self.by_row.contains_key(&other) => {
                let row = self.by_row.get(&other).copied().unwrap_or_default();
                let reason = format!("overlaps row {row}: nobody has two assignments on one day");
                Err(Refusal::row("valid_from", "assignment_overlaps", reason))
            }
            other => Ok(other?),
        }
    }
}

async fn one(
    run: &mut Run,
    planned: &mut Planned,
    number: usize,
    row: &ShiftAssignmentRow,
) -> Result<(Act, String), Refusal> {
    let person = run.books.person(&row.staff_no).ok_or_else(Refusal::unknown_staff_no)?.clone();
    let (from, to) = (row.valid_from, row.valid_to);
    expect_dates(from, to)?;
    let works = works(row)?;
    planned.shelf.expect(&works, from, to)?;
    let same = planned.of(person.person_id).iter().find(|there| there.from == from && there.works == works);
    match (same.cloned(), to) {
        (Some(there), _) if there.to == to => return Ok((Act::Nothing, words(&works, from, to))),
        (Some(there), Some(last)) if !planned.by_row.contains_key(&there.assignment_id) => {
            return end(run, planned, &person, &there, last).await;
        }
        _ => {}
    }
    planned.expect_free(person.person_id, None, from, to)?;
    let sites = run.books.expect_open_for(&person, from, to)?;
    let new = AssignmentRow {
        assignment_id: assignments::fresh_id(run.at)?,
        person_id: person.person_id,
        works,
        from,
        to,
    };
    assignments::insert(&mut run.tx, &run.actor, run.at, &new).await?;
    run.touch(person.person_id, sites, from, to);
    let what = words(&new.works, from, to);
    planned.by_row.insert(new.assignment_id, number);
    planned.of.entry(person.person_id).or_default().push(new);
    Ok((Act::Create, what))
}

/// The same from the same day on, with another last day.
async fn end(
    run: &mut Run,
    planned: &mut Planned,
    person: &crate::store::people::Person,
    there: &AssignmentRow,
    last: Date,
) -> Result<(Act, String), Refusal> {
    planned.expect_free(person.person_id, Some(there.assignment_id), there.from, Some(last))?;
    let (from, to) = assignments::days_between_ends(there.to, last);
    let sites = run.books.expect_open_for(person, from, to)?;
    assignments::set_end(&mut run.tx, &run.actor, run.at, there.assignment_id, last).await?;
    run.touch(person.person_id, sites, from, to);
    if let Some(rows) = planned.of.get_mut(&person.person_id) {
        for row in rows.iter_mut().filter(|row| row.assignment_id == there.assignment_id) {
            row.to = Some(last);
        }
    }
    let before = there.to.map_or_else(|| "none".to_owned(), |to| to.to_string());
    Ok((Act::Change, format!("{}; the last day was {before}", words(&there.works, there.from, Some(last)))))
}

fn works(row: &ShiftAssignmentRow) -> Result<Works, Refusal> {
    match &row.plan {
        Plan::Shift(shift) => {
            let shift = ShiftId::parse(shift)
                .map_err(|error| Refusal::row("shift", "unknown_shift", error.to_string()))?;
            let bits = row.weekdays.unwrap_or(crate::imports::Weekdays::ALL).bits();
            let weekdays = Weekdays::from_bits(bits.into())
                .ok_or_else(|| Refusal::row("weekdays", "bad_weekdays", "names no day"))?;
            Ok(Works::Shift { shift, weekdays })
        }
        Plan::Pattern(_) if row.weekdays.is_some() => {
            let reason = "stands beside a pattern, which has days of its own: leave it empty";
            Err(Refusal::row("weekdays", "bad_weekdays", reason))
        }
        Plan::Pattern(pattern) => {
            let pattern = PatternId::parse(pattern)
                .map_err(|error| Refusal::row("pattern", "unknown_pattern", error.to_string()))?;
            Ok(Works::Pattern { pattern })
        }
    }
}

fn words(works: &Works, from: Date, to: Option<Date>) -> String {
    let what = match works {
        Works::Pattern { pattern } => pattern.to_string(),
        Works::Shift { shift, weekdays } => format!("{shift} on {weekdays}"),
    };
    match to {
        Some(to) => format!("{what} from {from} to {to}"),
        None => format!("{what} from {from} on"),
    }
}
