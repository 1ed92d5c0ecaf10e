//! `holiday add|remove|list`.

use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use serde_json::json;

use super::super::{open, print};
use super::{say, with_database};
use crate::auth::Actor;
use crate::cli::HolidayCommand;
use crate::rosters::holidays::{self, HolidayRow};
use crate::store::Db;

pub(in crate::commands) async fn run(args: &ConfigArgs, command: HolidayCommand) -> anyhow::Result<ExitCode> {
    with_database(args, async |db| of_command(db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(db: &Db, command: HolidayCommand) -> anyhow::Result<()> {
    let (actor, clock) = (Actor::local(), open::clock());
    match command {
        HolidayCommand::Add { site, date, name, part } => {
            let row = HolidayRow { site_id: site, date, name, part };
            say(&holidays::put(db, &actor.permit()?, &*clock, row).await?);
        }
        HolidayCommand::Remove { site, date } => {
            say(&holidays::delete(db, &actor.permit()?, &*clock, &site, date).await?);
        }
        HolidayCommand::List { site, year, list } => {
            let rows = holidays::list(db, &actor.permit()?, &site, year, None, list.limit).await?;
            if list.json.json {
                print::json(&json!({ "holidays": rows }))?;
            } else {
                let rows = rows
                    .into_iter()
                    .map(|row| [row.date.to_string(), row.name, row.part.as_str().to_owned()])
                    .collect();
                let empty =
                    "There is no holiday in this year: holiday add --site SITE --date DATE --name NAME";
                print::table(["Date", "Name", "Part"], rows, empty);
            }
        }
    }
    Ok(())
}
