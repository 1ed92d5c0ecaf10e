//! `leave add|decide|cancel|kinds|list`.

use lintel_core::ids::PersonId;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use serde_json::json;

use super::super::{open, print};
use super::{find, find_or_all, say, with_database};
use crate::audit::{self, View};
use crate::auth::Actor;
use crate::auth::permit::ReadRosters;
use crate::cli::{DecisionArgs, LeaveCommand};
use crate::rosters::leave::{self, LeaveKindRow, LeaveRow, LeaveState, Wish};
use crate::store::Db;

pub(in crate::commands) async fn run(args: &ConfigArgs, command: LeaveCommand) -> anyhow::Result<ExitCode> {
    with_database(args, async |db| of_command(db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(db: &Db, command: LeaveCommand) -> anyhow::Result<()> {
    let (actor, clock) = (Actor::local(), open::clock());
    match command {
        LeaveCommand::Add { person, kind, from, to, part, note } => {
            let (person, wish) = (find(db, &person).await?, Wish { kind, from, to, part, note });
            let (id, touched) = leave::record(db, &actor.permit()?, &actor, &*clock, person, &wish).await?;
            println!("{id}");
            say(&touched);
        }
        LeaveCommand::Decide { id, decision: DecisionArgs { approve, refuse } } => {
            let answer = refuse.unwrap_or_default();
            let permit = actor.permit()?;
            let touched = leave::decide(db, &permit, &actor, &*clock, id, approve, &answer).await?;
            if approve { say(&touched) } else { println!("refused") }
        }
        LeaveCommand::Cancel { id, reason } => {
            say(&leave::cancel(db, &actor.permit()?, &actor, &*clock, id, &reason).await?);
        }
        LeaveCommand::Kinds(json) => {
            let kinds = leave::kinds(db, &actor.permit()?).await?;
            if json.json { print::json(&json!({ "kinds": kinds }))? } else { show_kinds(kinds) }
        }
        LeaveCommand::List { person, open, list } => {
            let person = find_or_all(db, person.as_deref()).await?;
            let read = actor.permit::<ReadRosters>()?;
            let subject = person.as_ref().map_or_else(|| "all".to_owned(), PersonId::to_string);
            audit::viewed(db, read.actor(), &*clock, View::Leave, &subject).await?;
            let state = open.then_some(LeaveState::Proposed);
            let rows = leave::list(db, &read, person, state, None, list.limit).await?;
            if list.json.json { print::json(&json!({ "leave": rows }))? } else { show(rows) }
        }
    }
    Ok(())
}

fn show_kinds(kinds: Vec<LeaveKindRow>) {
    let paid = |paid| if paid { "paid" } else { "unpaid" }.to_owned();
    let rows = kinds.into_iter().map(|row| [row.kind.to_string(), row.name, paid(row.paid)]).collect();
    print::table(["Kind", "Name", "Paid"], rows, "There is no kind of leave.");
}

fn show(rows: Vec<LeaveRow>) {
    let rows = rows
        .into_iter()
        .map(|row| {
            [
                row.leave_id.to_string(),
                row.person_id.to_string(),
                row.kind.to_string(),
                row.from.to_string(),
                row.to.to_string(),
                row.part.as_str().to_owned(),
                row.state.as_str().to_owned(),
            ]
        })
        .collect();
    let header = ["Leave", "Person", "Kind", "From", "To", "Part", "State"];
    print::table(header, rows, "There is none: leave add PERSON --kind KIND --from DATE --to DATE");
}
