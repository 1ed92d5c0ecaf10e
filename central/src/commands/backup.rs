//! `backup create|verify|list|prune|restore`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use serde_json::{Value, json};

use super::{open, print};
use crate::app::load_keys;
use crate::auth::{Actor, accounts, tokens};
use crate::backup::manifest::{Manifest, Part};
use crate::backup::{self, Consent, Progress, shelf};
use crate::cli::BackupCommand;
use crate::config::CentralSettings;
use crate::devices;
use crate::ledger::Entry as _;
use crate::revocation::Revoked;
use crate::store::Db;

pub(super) async fn run(args: &ConfigArgs, command: BackupCommand) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    match command {
        BackupCommand::Create { to, prune, json } => {
            create(&settings, to.as_deref(), prune, json.json).await?;
        }
        BackupCommand::Verify { file, json } => verify(&settings, &file, json.json).await?,
        BackupCommand::List { from, json } => list(&settings, from.as_deref(), json.json)?,
        BackupCommand::Prune { keep } => {
            let keep = usize::try_from(keep.unwrap_or(settings.backup.keep))?;
            let folder = settings.backup.dir_or_default(&settings.storage.data_dir);
            for path in shelf::prune(&folder, keep, &[], &load_keys(&settings)?.data)? {
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

async fn create(
    settings: &CentralSettings,
    to: Option<&Path>,
    prune: bool,
    json: bool,
) -> anyhow::Result<()> {
    let (desk, folder, made) = open::with_ready_database(settings, async |db| {
        let desk = open::desk(settings, db)?;
        let folder = to.map_or_else(|| desk.folder(), Path::to_owned);
        let (bar, progress) = progress("copying");
        let made = backup::create(&desk, &Actor::local().permit()?, &folder, &progress).await;
        bar.finish_and_clear();
        Ok((desk, folder, made?))
    })
    .await?;
    let deleted = if prune { after_proof(settings, &desk, &folder, &made).await? } else { Vec::new() };
    if json {
        return print::json(&json!({
            "file": made.central, "vault": made.vault, "manifest": made.manifest,
            "size_bytes": made.trailer.size_bytes, "sha256": made.trailer.sha256, "deleted": deleted,
        }));
    }
    println!("made {}", made.central.display());
    println!("made {}", made.vault.display());
    for path in deleted {
        println!("deleted {}", path.display());
    }
    println!(
        "both are sealed by DATA_ENCRYPTION_KEY, which is in neither: lintel-central keys export --recovery FILE"
    );
    Ok(())
}

/// Reads what was just made from its first byte to its last, and only then lets older ones go.
async fn after_proof(
    settings: &CentralSettings,
    desk: &backup::Desk,
    folder: &Path,
    made: &backup::Created,
) -> anyhow::Result<Vec<PathBuf>> {
    let (bar, progress) = progress("reading");
    let found = backup::verify(settings, &desk.keys.data, &made.central, &progress).await;
    bar.finish_and_clear();
    found.context("the backup that was just made is not whole, so the older ones stay")?;
    let keep = usize::try_from(settings.backup.keep)?;
    Ok(shelf::prune(folder, keep, &[&made.central, &made.vault], &desk.keys.data)?)
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
    println!("erased again: {}; revoked again: {}", done.settled.erased, done.settled.revoked);
    if done.vault.is_none() {
        println!("the people's keys were left out: enrol every face again");
    }
    if let Some(former) = &done.former {
        println!("what was there before is kept for a week as {former}");
    }
    println!("everybody is logged out, and every join code is void");
    if !done.knows_revocations {
        show_standing(settings, &done.manifest).await?;
    }
    println!("start the server: systemctl start lintel-central");
    Ok(())
}

/// Whatever opens something, on a machine that can't know what was revoked after the backup was made.
async fn show_standing(settings: &CentralSettings, manifest: &Manifest) -> anyhow::Result<()> {
    let rows = open::with_ready_database(settings, standing).await?;
    println!(
        "this machine had no {} of its own: what was revoked after {} may open doors and pages again. \
         Look at each of these, and at `badge list`:",
        Revoked::FILE_NAME,
        manifest.created_at
    );
    print::table(["What", "Name", "To revoke it"], rows, "Nothing is let in: no door, token or account.");
    Ok(())
}

async fn standing(db: &Db) -> anyhow::Result<Vec<[String; 3]>> {
    let actor = Actor::local();
    let mut rows = Vec::new();
    for state in devices::list(db, &actor.permit()?).await? {
        if state.device.revoked_at.is_none() {
            let id = state.device.device_id.to_string();
            rows.push(["door".to_owned(), id.clone(), format!("device revoke {id}")]);
        }
    }
    for token in tokens::list(db, &actor.permit()?).await? {
        if token.revoked_at.is_none() {
            let command = format!("token revoke {:?}", token.name);
            rows.push(["API token".to_owned(), token.name, command]);
        }
    }
    for account in accounts::list(db, &actor.permit()?).await? {
        if account.disabled_at.is_none() {
            let command = format!("user disable {}, or user password {0}", account.name);
            rows.push(["account".to_owned(), account.name, command]);
        }
    }
    Ok(rows)
}
