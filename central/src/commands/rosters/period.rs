//! `period lock|unlock|list`.

use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use serde_json::json;

use super::super::{open, print};
use super::{say, with_database};
use crate::auth::Actor;
use crate::cli::{PeriodArgs, PeriodCommand};
use crate::rosters::periods;
use crate::store::Db;

pub(in crate::commands) async fn run(args: &ConfigArgs, command: PeriodCommand) -> anyhow::Result<ExitCode> {
    with_database(args, async |db| of_command(db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(db: &Db, command: PeriodCommand) -> anyhow::Result<()> {
    let (actor, clock) = (Actor::local(), open::clock());
    match command {
        PeriodCommand::Lock(PeriodArgs { site, month, reason }) => {
            periods::lock(db, &actor.permit()?, &*clock, &site, month, &reason).await?;
            println!("{month} of {site} is locked");
        }
        PeriodCommand::Unlock(PeriodArgs { site, month, reason }) => {
            say(&periods::unlock(db, &actor.permit()?, &*clock, &site, month, &reason).await?);
        }
        PeriodCommand::List { site, list } => {
            let rows = periods::list(db, &actor.permit()?, site.as_ref(), None, list.limit).await?;
            if list.json.json {
                print::json(&json!({ "periods": rows }))?;
            } else {
                let rows = rows
                    .into_iter()
                    .map(|row| [row.site_id.to_string(), row.month.to_string(), row.locked_by, row.reason])
                    .collect();
                print::table(["Site", "Month", "By", "Reason"], rows, "No month is locked.");
            }
        }
    }
    Ok(())
}
