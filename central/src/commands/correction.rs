//! `correction add|void|move|direct|assign|excuse|approve-overtime|decide|list`.

use lintel_core::ids::PersonId;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use serde_json::json;

use super::rosters::{find, find_or_all, with_database};
use super::{open, print};
use crate::api::v1::records::corrections::Shown;
use crate::audit::{self, View};
use crate::auth::Actor;
use crate::auth::permit::ReadAttendance;
use crate::cli::{CorrectionCommand, DecisionArgs};
use crate::corrections::{self, Correction, Filter, State, Wish, WishedChange};
use crate::store::Db;

pub(super) async fn run(args: &ConfigArgs, command: CorrectionCommand) -> anyhow::Result<ExitCode> {
    with_database(args, async |db| of_command(db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(db: &Db, command: CorrectionCommand) -> anyhow::Result<()> {
    use CorrectionCommand as C;
    let (person, change, why) = match command {
        C::Add { person, site, at, direction, why } => {
            (person, WishedChange::Add { site, at: at.into(), direction }, why)
        }
        C::Void { person, punch, why } => (person, WishedChange::Void { punch }, why),
        C::Move { person, punch, to, why } => {
            (person, WishedChange::Move { punch, to: find(db, &to).await? }, why)
        }
        C::Direct { person, punch, direction, why } => {
            (person, WishedChange::Direct { punch, direction }, why)
        }
        C::Assign { person, event, why } => (person, WishedChange::Assign { event }, why),
        C::Excuse { person, date, paid, why } => (person, WishedChange::Excuse { date, paid }, why),
        C::ApproveOvertime { person, date, why } => (person, WishedChange::ApproveOvertime { date }, why),
        C::Decide { id, decision: DecisionArgs { approve, refuse } } => {
            let (actor, answer) = (Actor::local(), refuse.unwrap_or_default());
            let permit = actor.permit()?;
            corrections::decide(db, &permit, &actor, &*open::clock(), id, approve, &answer).await?;
            println!("{}", if approve { "approved" } else { "refused" });
            return Ok(());
        }
        C::List { person, list } => {
            let rows = listed(db, find_or_all(db, person.as_deref()).await?, list.limit).await?;
            if list.json.json {
                let rows: Vec<Shown> = rows.into_iter().map(Shown::from).collect();
                print::json(&json!({ "corrections": rows }))?;
            } else {
                show(rows);
            }
            return Ok(());
        }
    };
    let (actor, person) = (Actor::local(), find(db, &person).await?);
    let wish = Wish { change, reason: why.reason };
    let done = corrections::change(db, &actor.permit()?, &actor, &*open::clock(), person, &wish).await?;
    println!("{done}");
    Ok(())
}

async fn listed(db: &Db, person: Option<PersonId>, limit: u32) -> anyhow::Result<Vec<Correction>> {
    let permit = Actor::local().permit::<ReadAttendance>()?;
    let (filter, view, subject) = match person {
        Some(_) => (Filter { person, state: None }, View::Month, person.map(|id| id.to_string())),
        None => (Filter { person, state: Some(State::Proposed) }, View::Days, None),
    };
    let subject = subject.as_deref().unwrap_or("all");
    audit::viewed(db, permit.actor(), &*open::clock(), view, subject).await?;
    Ok(corrections::page(db, &permit, filter, None, limit).await?)
}

fn show(rows: Vec<Correction>) {
    let rows = rows
        .into_iter()
        .map(|row| {
            [
                row.correction_id.to_string(),
                row.person_name,
                row.change.name().to_owned(),
                row.at.to_string(),
                row.state.as_str().to_owned(),
                row.reason,
            ]
        })
        .collect();
    let header = ["Correction", "Person", "What", "At", "State", "Reason"];
    print::table(header, rows, "There is none.");
}
