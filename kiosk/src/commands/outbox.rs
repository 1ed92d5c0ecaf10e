//! `outbox status|list|salvage`: looks at the outbox beside a running door, and at one that was set aside. It makes
//! and changes nothing here, so that it can be asked at any time, also before the door's first start.

mod salvage;

use std::path::PathBuf;

use crate::app::storage;
use crate::cli::OutboxCommand;
use crate::config::KioskConfig;

/// Runs the command.
///
/// # Errors
/// When there is an outbox that can't be read.
pub fn run(config: &KioskConfig, command: &OutboxCommand) -> anyhow::Result<()> {
    if let OutboxCommand::Salvage { file } = command {
        return salvage::run(config, file);
    }
    let damaged = storage::damaged_outboxes(config);
    let Some(outbox) = storage::read_outbox(config)? else { return none_yet(config, command, &damaged) };
    match command {
        OutboxCommand::Status(args) => {
            let status = outbox.status()?;
            if args.json {
                let mut status = serde_json::to_value(&status)?;
                if let Some(fields) = status.as_object_mut() {
                    fields.insert("damaged".to_owned(), serde_json::json!(damaged));
                }
                println!("{}", serde_json::to_string_pretty(&status)?);
            } else {
                println!("stream         {}", status.stream);
                println!("last event     {}", status.last_seq);
                println!("acked through  {}", status.acked_through);
                println!(
                    "waiting        {} events, {} bytes of {}",
                    status.backlog, status.backlog_bytes, status.max_bytes
                );
                println!("dead letters   {}", status.dead_letters);
                warn(&damaged);
            }
        }
        OutboxCommand::List { limit, json } => {
            let events = outbox.list(*limit)?;
            if *json {
                println!("{}", serde_json::to_string_pretty(&serde_json::json!({ "events": events }))?);
            } else {
                for event in events {
                    let state = match (&event.rejected, event.acked) {
                        (Some(reason), _) => format!("rejected: {reason}"),
                        (None, true) => "acked".to_owned(),
                        (None, false) => "waiting".to_owned(),
                    };
                    println!(
                        "{:>8}  {}  {:<12} {}  {state}",
                        event.seq, event.appended_at, event.kind, event.event_id
                    );
                }
            }
        }
        OutboxCommand::Salvage { .. } => {}
    }
    Ok(())
}

/// Says what waits in files that were set aside.
fn warn(damaged: &[PathBuf]) {
    for file in damaged {
        println!(
            "set aside      {}: damaged; `lintel-kiosk outbox salvage FILE` sends what can be read",
            file.display()
        );
    }
}

/// A script that polls sees the same fields as later; a person sees why they are empty.
fn none_yet(config: &KioskConfig, command: &OutboxCommand, damaged: &[PathBuf]) -> anyhow::Result<()> {
    let json = match command {
        OutboxCommand::Status(args) if args.json => serde_json::json!({
            "stream": null, "last_seq": 0, "acked_through": 0, "backlog": 0, "backlog_bytes": 0,
            "max_bytes": config.outbox.max_bytes, "dead_letters": 0, "refused": 0, "rate_limited": 0,
            "damaged": damaged,
        }),
        OutboxCommand::List { json: true, .. } => serde_json::json!({ "events": [] }),
        _ => {
            println!("no outbox yet: `lintel-kiosk run` makes {}", storage::outbox_path(config).display());
            warn(damaged);
            return Ok(());
        }
    };
    println!("{}", serde_json::to_string_pretty(&json)?);
    Ok(())
}
