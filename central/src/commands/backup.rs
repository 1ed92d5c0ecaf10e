//! `backup create|verify|list|prune|restore`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use serde_json::{Value, json};

use super::{open, print};
use crate::app::load_keys;
use crate::auth::Actor;
use crate::backup::manifest::{Manifest, Part};
use crate::backup::{self, Consent, Progress, shelf};
use crate::cli::BackupCommand;
use crate::config::CentralSettings;

pub(super) async fn run(args: &ConfigArgs, command: BackupCommand) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    match command {
        BackupCommand::Create { to, json } => create(&settings, to.as_deref(), json.json).await?,
        BackupCommand::Verify { file, json } => verify(&settings, &file, json.json).await?,
        BackupCommand::List { from, json } => list(&settings, from.as_deref(), json.json)?,
        BackupCommand::Prune { keep } => {
            let keep = usize::try_from(keep.unwrap_or(settings.backup.keep))?;
            for path in shelf::prune(&settings.backup.dir_or_default(&settings.storage.data_dir), keep)? {
                println!("deleted {}", path.display());
            }
        }
        BackupCommand::Restore { file, yes, erasures, without_erasures, without_vault } => {
            let consent = Consent { yes, without_vault, without_erasures, erasures };
            restore(&settings, &file, &consent).await?;
        }
    }
    Ok(ExitCode::Fine)
}

/// Bytes as they go by, on a terminal only.
fn progress(what: &'static str) -> (ProgressBar, Progress) {
    let bar = ProgressBar::new_spinner().with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}: {bytes} ({bytes_per_sec})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    let counted = bar.clone();
    (bar, Arc::new(move |bytes| counted.inc(bytes)))
}

async fn create(settings: &CentralSettings, to: Option<&Path>, json: bool) -> anyhow::Result<()> {
    let db = open::ready_database(settings).await?;
    let desk = open::desk(settings, &db)?;
    let folder = to.map_or_else(|| desk.folder(), Path::to_owned);
    let (bar, progress) = progress("copying");
    let made = backup::create(&desk, &Actor::local().permit()?, &folder, &progress).await;
    bar.finish_and_clear();
    let made = made?;
    db.close().await;
    if json {
        return print::json(&json!({
            "file": made.central, "vault": made.vault, "manifest": made.manifest,
            "size_bytes": made.trailer.size_bytes, "sha256": made.trailer.sha256,
        }));
    }
    println!("made {}", made.central.display());
    println!("made {}", made.vault.display());
    println!(
        "both are sealed by DATA_ENCRYPTION_KEY, which is in neither: lintel-central keys export --recovery FILE"
    );
    Ok(())
}

async fn verify(settings: &CentralSettings, file: &Path, json: bool) -> anyhow::Result<()> {
    let keys = load_keys(settings)?;
    let (bar, progress) = progress("reading");
    let found = backup::verify(settings, &keys.data, file, &progress).await;
    bar.finish_and_clear();
    let found = found?;
    if json {
        return print::json(&json!({
            "file": file, "vault": found.vault, "manifest": found.manifest,
            "size_bytes": found.trailer.size_bytes, "sha256": found.trailer.sha256,
        }));
    }
    println!("{} is whole: {}", file.display(), words(&found.manifest));
    match &found.vault {
        Some(vault) => println!("the people's keys come from {}", vault.display()),
        None if found.manifest.part == Part::Central => {
            println!("no vault-….backup beside it fits: without one every face must be enrolled again");
        }
        None => {}
    }
    Ok(())
}

fn words(manifest: &Manifest) -> String {
    format!(
        "{}, tables of version {}, made at {} by lintel-central {}",
        manifest.engine, manifest.schema_version, manifest.created_at, manifest.program
    )
}

fn list(settings: &CentralSettings, from: Option<&Path>, json: bool) -> anyhow::Result<()> {
    let keys = load_keys(settings)?;
    let usual = settings.backup.dir_or_default(&settings.storage.data_dir);
    let entries = shelf::list(from.unwrap_or(&usual), Part::Central, &keys.data)?;
    if json {
        let backups: Vec<Value> = entries
            .iter()
            .map(|entry| {
                let error = entry.manifest.as_ref().err().map(ToString::to_string);
                json!({
                    "file": entry.path, "size_bytes": entry.size_bytes,
                    "manifest": entry.manifest.as_ref().ok(), "error": error,
                })
            })
            .collect();
        return print::json(&json!({ "backups": backups }));
    }
    let rows = entries
        .iter()
        .map(|entry| {
            let said = match &entry.manifest {
                Ok(manifest) => words(manifest),
                Err(error) => error.to_string(),
            };
            [entry.name(), entry.size_bytes.to_string(), said]
        })
        .collect();
    print::table(["Backup", "Bytes", "Content"], rows, "There is no backup yet: backup create");
    Ok(())
}

async fn restore(settings: &CentralSettings, file: &Path, consent: &Consent) -> anyhow::Result<()> {
    let keys = Arc::new(load_keys(settings)?);
    let (bar, progress) = progress("reading");
    let permit = Actor::local().permit()?;
    let done = backup::restore(settings, &keys, &open::clock(), &permit, file, consent, &progress).await;
    bar.finish_and_clear();
    let done = done?;
    println!("restored {}", words(&done.manifest));
    println!("erased again: {}", done.erased);
    if done.vault.is_none() {
        println!("the people's keys were left out: enrol every face again");
    }
    if let Some(former) = &done.former {
        println!("what was there before is kept for a week as {former}");
    }
    println!(
        "everybody is logged out; what was revoked since then is valid again: see `device list` and tokens"
    );
    println!("start the server: systemctl start lintel-central");
    Ok(())
}
