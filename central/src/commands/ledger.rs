//! `ledger hash`: what two databases are compared by.

use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;

use super::{open, print};
use crate::cli::LedgerCommand;
use crate::store::ledger;

pub(super) async fn run(args: &ConfigArgs, command: &LedgerCommand) -> anyhow::Result<ExitCode> {
    let LedgerCommand::Hash(json) = command;
    let settings = open::settings(args)?.value;
    let sum = open::with_ready_database(&settings, async |db| Ok(ledger::sum(&mut db.read().await?).await?))
        .await?;
    if json.json {
        print::json(&sum)?;
    } else {
        println!("{}  {} events, {} days", sum.hash, sum.events, sum.days);
    }
    Ok(ExitCode::Fine)
}
