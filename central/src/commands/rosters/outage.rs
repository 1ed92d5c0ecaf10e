//! `device out-of-service declare|approve|end|list`.

use lintel_core::time::UtcMillis;
use serde_json::json;

use super::super::{open, print};
use super::say;
use crate::auth::Actor;
use crate::cli::OutageCommand;
use crate::rosters::outages::{self, NewOutage, OutageRow};
use crate::store::Db;

pub(in crate::commands) async fn of_command(db: &Db, command: OutageCommand) -> anyhow::Result<()> {
    let (actor, clock) = (Actor::local(), open::clock());
    match command {
        OutageCommand::Declare { id, from, to, reason } => {
            let new = NewOutage { device_id: id, from: from.into(), to: to.map(UtcMillis::from), reason };
            println!("{}", outages::declare(db, &actor.permit()?, &*clock, new).await?);
            println!("it counts once somebody else has approved it");
        }
        OutageCommand::Approve { id } => {
            say(&outages::approve(db, &actor.permit()?, &*clock, id).await?);
        }
        OutageCommand::End { id, at } => {
            say(&outages::end(db, &actor.permit()?, &*clock, id, at.map(UtcMillis::from)).await?);
        }
        OutageCommand::List { device, list } => {
            let rows = outages::list(db, &actor.permit()?, device.as_ref(), None, list.limit).await?;
            if list.json.json { print::json(&json!({ "out_of_service": rows }))? } else { show(rows) }
        }
    }
    Ok(())
}

fn show(rows: Vec<OutageRow>) {
    let rows = rows
        .into_iter()
        .map(|row| {
            [
                row.outage_id.to_string(),
                row.device_id.to_string(),
                row.from.to_string(),
                row.to.map(|to| to.to_string()).unwrap_or_default(),
                row.reason,
                row.approved_by.unwrap_or_else(|| "waits for approval".to_owned()),
            ]
        })
        .collect();
    let header = ["Outage", "Door", "From", "To", "Reason", "Approved by"];
    print::table(header, rows, "No door is out of service.");
}
