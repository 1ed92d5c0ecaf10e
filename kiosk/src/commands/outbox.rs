//! `outbox status|list`: works beside a running door, because the database lets many read.

use lintel_core::time::Clock as _;
use lintel_runtime::clock::SystemClock;

use crate::app;
use crate::cli::OutboxCommand;
use crate::config::KioskConfig;
use crate::identity::Identity;
use crate::keys::KeyStore;

/// Runs the command.
///
/// # Errors
/// When there is no join file, key or outbox that can be read.
pub fn run(config: &KioskConfig, command: &OutboxCommand) -> anyhow::Result<()> {
    let identity = Identity::load(&config.device.join_file)?;
    let keys = KeyStore::open(&config.device.data_dir, app::credentials().as_deref())?;
    let (outbox, _) = app::open_outbox(config, &identity, &keys, SystemClock.now())?;
    match command {
        OutboxCommand::Status(args) => {
            let status = outbox.status()?;
            if args.json {
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
    }
    Ok(())
}
