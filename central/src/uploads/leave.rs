//! Leave that counts at once.

use std::collections::HashMap;

use lintel_core::ids::{LeaveId, LeaveKind, PersonId};

use super::UploadError;
use super::error::Refusal;
use super::findings::Act;
use super::run::Run;
use crate::imports::LeaveRow as Line;
use crate::rosters::RosterError;
use crate::rosters::leave::{self, LeaveKindRow, LeaveRow, LeaveState, Wish};
use crate::store::rosters;

pub(super) async fn apply(run: &mut Run, rows: Vec<(usize, Line)>) -> Result<(), UploadError> {
    let Some(first) = rows.iter().map(|(_, row)| row.from).min() else { return Ok(()) };
    let kinds = rosters::leave::list_kinds(&mut run.tx).await?;
    let mut there: HashMap<PersonId, Vec<LeaveRow>> = HashMap::new();
    for row in rosters::leave::list_standing_from(&mut run.tx, first).await? {
        there.entry(row.person_id).or_default().push(row);
    }
    let mut by_row: HashMap<LeaveId, usize> = HashMap::new();
    for (number, row) in rows {
        let done = one(run, &kinds, &mut there, &row).await.map_err(|refusal| named(refusal, &by_row));
        let done = done.map(|(act, what, id)| {
            by_row.extend(id.map(|id| (id, number)));
            (act, what)
        });
        run.note(number, &row.staff_no, done)?;
    }
    Ok(())
}

/// An overlap with a row of this file is told by its number: its id is nowhere yet.
fn named(refusal: Refusal, by_row: &HashMap<LeaveId, usize>) -> Refusal {
    match refusal {
        Refusal::Roster(RosterError::LeaveOverlap { other, .. }) if by_row.contains_key(&other) => {
            let row = by_row.get(&other).copied().unwrap_or_default();
            Refusal::row("from", "leave_overlaps", format!("overlaps row {row}: keep one of the two"))
        }
        other => other,
    }
}

async fn one(
    run: &mut Run,
    kinds: &[LeaveKindRow],
    there: &mut HashMap<PersonId, Vec<LeaveRow>>,
    row: &Line,
) -> Result<(Act, String, Option<LeaveId>), Refusal> {
    let person = run.books.person(&row.staff_no).ok_or_else(Refusal::unknown_staff_no)?.clone();
    if run.own == Some(person.person_id) {
        return Err(RosterError::Own.into());
    }
    let kind = LeaveKind::parse(&row.kind)
        .map_err(|error| Refusal::row("kind", "unknown_leave_kind", error.to_string()))?;
    let note = row.note.clone().unwrap_or_default();
    let wish = Wish { kind, from: row.from, to: row.to, part: row.part, note };
    leave::expect_sound(&wish, kinds)?;
    let others = there.entry(person.person_id).or_default();
    let what = format!("{} from {} to {} ({})", wish.kind, wish.from, wish.to, wish.part.as_str());
    let same = |other: &LeaveRow| {
        let days = (other.from, other.to) == (wish.from, wish.to);
        other.state == LeaveState::Approved && days && other.part == wish.part && other.kind == wish.kind
    };
    if others.iter().any(same) {
        return Ok((Act::Nothing, what, None));
    }
    leave::expect_free_among(others, &wish)?;
    let sites = run.books.expect_open_for(&person, wish.from, Some(wish.to))?;
    let state = LeaveState::Approved;
    let new = leave::insert(&mut run.tx, &run.actor, run.at, person.person_id, &wish, state).await?;
    let id = new.leave_id;
    others.push(new);
    run.touch(person.person_id, sites, wish.from, Some(wish.to));
    Ok((Act::Create, what, Some(id)))
}
