//! `pattern add|list`.

use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use serde_json::json;

use super::super::{open, print};
use super::{read_toml, with_database};
use crate::auth::Actor;
use crate::cli::PatternCommand;
use crate::rosters::patterns::{self, PatternRow};
use crate::store::Db;

pub(in crate::commands) async fn run(args: &ConfigArgs, command: PatternCommand) -> anyhow::Result<ExitCode> {
    with_database(args, async |db| of_command(db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(db: &Db, command: PatternCommand) -> anyhow::Result<()> {
    let actor = Actor::local();
    match command {
        PatternCommand::Add { id, file } => {
            let row = PatternRow { pattern_id: id.clone(), pattern: read_toml(&file)? };
            patterns::create(db, &actor.permit()?, &*open::clock(), row).await?;
            println!("added pattern {id}");
        }
        PatternCommand::List(list) => {
            let rows = patterns::list(db, &actor.permit()?, None, list.limit).await?;
            if list.json.json {
                print::json(&json!({ "patterns": rows }))?;
            } else {
                show(rows);
            }
        }
    }
    Ok(())
}

fn show(rows: Vec<PatternRow>) {
    let day = |shifts: &Vec<lintel_core::ids::ShiftId>| match shifts.as_slice() {
        [] => "-".to_owned(),
        shifts => shifts.iter().map(|shift| shift.as_str()).collect::<Vec<_>>().join("+"),
    };
    let rows = rows
        .into_iter()
        .map(|row| {
            let days: Vec<_> = row.pattern.days.iter().map(day).collect();
            [row.pattern_id.to_string(), row.pattern.name, row.pattern.anchor.to_string(), days.join(" ")]
        })
        .collect();
    let empty = "There is no pattern yet: pattern add ID --file FILE";
    print::table(["Pattern", "Name", "First day", "Cycle"], rows, empty);
}
