//! `audit verify|list`.

use lintel_core::ids::PersonId;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use serde_json::json;

use super::{open, print};
use crate::app::load_keys;
use crate::audit::{self, View};
use crate::auth::Actor;
use crate::auth::permit::ReadAudit;
use crate::cli::AuditCommand;
use crate::config::CentralSettings;
use crate::store::Db;

pub(super) async fn run(args: &ConfigArgs, command: AuditCommand) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    open::with_ready_database(&settings, async |db| of_command(&settings, db, command).await).await
}

async fn of_command(settings: &CentralSettings, db: &Db, command: AuditCommand) -> anyhow::Result<ExitCode> {
    let permit = Actor::local().permit::<ReadAudit>()?;
    Ok(match command {
        AuditCommand::Verify(json) => {
            let key = load_keys(settings)?.ack.verifying_key();
            let report = audit::verify(db, &permit, &key).await?;
            if json.json {
                print::json(&report)?;
            } else {
                println!("{} rows in the chain, {} signed heads", report.sealed, report.heads);
                println!("{} rows wait to be chained; the server does it each second", report.unsealed);
                if let Some(place) = report.broken_at {
                    println!("row {place} was changed, moved or taken away");
                }
                for place in &report.bad_heads {
                    println!(
                        "the signed head at row {place} doesn't fit: rows at the end were taken away, or its key is another"
                    );
                }
            }
            if report.is_whole() { ExitCode::Fine } else { ExitCode::ProblemsFound }
        }
        AuditCommand::List { about, limit, json } => {
            // An id and nothing else: somebody may have typed a name.
            let subject = about.as_deref().filter(|id| PersonId::parse(id).is_ok()).unwrap_or("all");
            audit::viewed(db, permit.actor(), &*open::clock(), View::Audit, subject).await?;
            let rows = audit::list(db, &permit, about.as_deref(), limit).await?;
            if json.json {
                print::json(&json!({ "rows": rows }))?;
            } else {
                let rows = rows
                    .into_iter()
                    .map(|row| [row.at.to_string(), row.actor, row.action, row.subject, row.fields])
                    .collect();
                print::table(["At (UTC)", "Who", "What", "About", "Fields"], rows, "Nothing yet.");
            }
            ExitCode::Fine
        }
    })
}
