//! Agreed hours a week. They hold until the next change that is known.

use super::UploadError;
use super::error::Refusal;
use super::findings::Act;
use super::run::Run;
use crate::attendance::Length;
use crate::imports::ContractHoursRow;
use crate::rosters::employments::{self, Terms};
use crate::rosters::expect_date;

pub(super) async fn apply(run: &mut Run, rows: Vec<(usize, ContractHoursRow)>) -> Result<(), UploadError> {
    for (number, row) in rows {
        let done = one(run, &row).await;
        run.note(number, &row.staff_no, done)?;
    }
    Ok(())
}

async fn one(run: &mut Run, row: &ContractHoursRow) -> Result<(Act, String), Refusal> {
    let person = run.books.person(&row.staff_no).ok_or_else(Refusal::unknown_staff_no)?.clone();
    let from = row.valid_from;
    expect_date(from)?;
    let there = employments::on(run.books.employments_of(person.person_id), person.person_id, from)?.clone();
    let weekly = Some(Length::from_minutes(row.weekly_minutes.into()));
    let what = format!("{} a week from {from} on", hours(row.weekly_minutes));
    if there.weekly == weekly {
        return Ok((Act::Nothing, what));
    }
    let terms = Terms { team: there.team.clone(), weekly };
    let sites = run.books.expect_open_for(&person, from, there.to)?;
    let rows = run.books.employments_of(person.person_id);
    let rows = employments::change_from(&mut run.tx, &run.actor, run.at, rows, &there, from, &terms).await?;
    run.books.set_employments(person.person_id, rows);
    run.touch(person.person_id, sites, from, there.to);
    Ok((Act::Change, what))
}

/// `38:30`.
pub(super) fn hours(minutes: u32) -> String {
    format!("{}:{:02}", minutes / 60, minutes % 60)
}
