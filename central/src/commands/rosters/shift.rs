//! `shift put|show|list`.

use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use serde_json::json;

use super::super::{open, print};
use super::{read_toml, say, today, with_database};
use crate::auth::Actor;
use crate::cli::ShiftCommand;
use crate::rosters::shifts::{self, ShiftRow};
use crate::store::Db;

pub(in crate::commands) async fn run(args: &ConfigArgs, command: ShiftCommand) -> anyhow::Result<ExitCode> {
    with_database(args, async |db| of_command(db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(db: &Db, command: ShiftCommand) -> anyhow::Result<()> {
    let (actor, clock) = (Actor::local(), open::clock());
    match command {
        ShiftCommand::Put { id, from, file, zone } => {
            let row = ShiftRow { shift_id: id, from, zone, template: read_toml(&file)? };
            say(&shifts::put(db, &actor.permit()?, &*clock, row).await?);
        }
        ShiftCommand::Show { id, on } => {
            let on = on.unwrap_or_else(|| today(&*clock));
            let row = shifts::get(db, &actor.permit()?, &id, on).await?;
            println!("# shift {} from {}", row.shift_id, row.from);
            if let Some(zone) = &row.zone {
                println!("# with --zone {zone}");
            }
            print!("{}", toml::to_string(&row.template)?);
        }
        ShiftCommand::List(list) => {
            let rows = shifts::list(db, &actor.permit()?, None, list.limit).await?;
            if list.json.json {
                print::json(&json!({ "shifts": rows }))?;
            } else {
                show(rows);
            }
        }
    }
    Ok(())
}

fn show(rows: Vec<ShiftRow>) {
    let rows = rows
        .into_iter()
        .map(|row| {
            let parts: Vec<_> = row
                .template
                .parts
                .iter()
                .map(|part| format!("{}–{}", part.start.strftime("%H:%M"), part.end.strftime("%H:%M")))
                .collect();
            let times = if parts.is_empty() { "open".to_owned() } else { parts.join(", ") };
            let zone = row.zone.unwrap_or_default();
            [row.shift_id.to_string(), row.from.to_string(), row.template.name, times, zone]
        })
        .collect();
    let empty = "There is no shift yet: shift put ID --from DATE --file FILE";
    print::table(["Shift", "From", "Name", "Times", "Zone"], rows, empty);
}
