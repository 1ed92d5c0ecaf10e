//! `assignment add|end|remove|list`.

use lintel_core::ids::PersonId;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::{ExitCode, UsageError};
use serde_json::json;

use super::super::{open, print};
use super::{find, find_or_all, say, until, with_database};
use crate::audit::{self, View};
use crate::auth::Actor;
use crate::auth::permit::ReadRosters;
use crate::cli::AssignmentCommand;
use crate::rosters::assignments::{self, AssignmentRow, NewAssignment, Works};
use crate::store::Db;

pub(in crate::commands) async fn run(
    args: &ConfigArgs,
    command: AssignmentCommand,
) -> anyhow::Result<ExitCode> {
    with_database(args, async |db| of_command(db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(db: &Db, command: AssignmentCommand) -> anyhow::Result<()> {
    let (actor, clock) = (Actor::local(), open::clock());
    match command {
        AssignmentCommand::Add { person, pattern, shift, weekdays, from, to } => {
            let works = match (pattern, shift, weekdays) {
                (Some(pattern), _, _) => Works::Pattern { pattern },
                (None, Some(shift), Some(weekdays)) => Works::Shift { shift, weekdays },
                _ => return Err(UsageError("give --pattern, or --shift with --weekdays".into()).into()),
            };
            let new = NewAssignment { person_id: find(db, &person).await?, works, from, to };
            let (id, touched) = assignments::create(db, &actor.permit()?, &*clock, new).await?;
            println!("{id}");
            say(&touched);
        }
        AssignmentCommand::End { id, on } => {
            say(&assignments::end(db, &actor.permit()?, &*clock, id, on).await?);
        }
        AssignmentCommand::Remove { id } => {
            say(&assignments::delete(db, &actor.permit()?, &*clock, id).await?);
        }
        AssignmentCommand::List { person, list } => {
            let person = find_or_all(db, person.as_deref()).await?;
            let read = actor.permit::<ReadRosters>()?;
            let subject = person.as_ref().map_or_else(|| "all".to_owned(), PersonId::to_string);
            audit::viewed(db, read.actor(), &*clock, View::Assignments, &subject).await?;
            let rows = assignments::list(db, &read, person, None, list.limit).await?;
            if list.json.json {
                print::json(&json!({ "assignments": rows }))?;
            } else {
                show(rows);
            }
        }
    }
    Ok(())
}

fn show(rows: Vec<AssignmentRow>) {
    let rows = rows
        .into_iter()
        .map(|row| {
            let works = match row.works {
                Works::Pattern { pattern } => pattern.to_string(),
                Works::Shift { shift, weekdays } => format!("{shift} on {weekdays}"),
            };
            let (id, person) = (row.assignment_id.to_string(), row.person_id.to_string());
            [id, person, works, row.from.to_string(), until(row.to)]
        })
        .collect();
    let empty = "There is no assignment: assignment add PERSON --pattern PATTERN --from DATE";
    print::table(["Assignment", "Person", "Works on", "From", "To"], rows, empty);
}
