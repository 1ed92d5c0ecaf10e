//! `keys export --recovery` and `keys import --recovery`: the passphrase comes from a terminal, a file or
//! standard input, never from the command line, where everybody on the machine could read it.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::path::Path;

use anyhow::Context as _;
use lintel_core::time::UtcMillis;
use lintel_runtime::atomic_file;
use lintel_runtime::exit::UsageError;
use lintel_runtime::secrets::{self, SecretString, write_private};

use super::open;
use crate::app::{KeyPaths, given_keys, load_keys};
use crate::auth::Actor;
use crate::auth::permit::ManageBackups;
use crate::cli::PassphraseArg;
use crate::config::CentralSettings;
use crate::store::housekeeping::{self, Duty};
use crate::store::{Db, audit};
use crate::vault::recovery::Bundle;
use crate::vault::sheet;

/// A sheet typed by hand has some kilobytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

pub(super) async fn export(
    settings: &CentralSettings,
    file: &Path,
    page: Option<&Path>,
    passphrase: &PassphraseArg,
) -> anyhow::Result<()> {
    // Keys that don't work must not be what somebody relies on.
    load_keys(settings)?;
    let now = open::clock().now();
    let bundle = Bundle::collect(&KeyPaths::of(settings).dir, &given_keys(settings), now)?;
    let passphrase = ask(passphrase, true)?;
    let sealed = bundle.seal(&passphrase)?;
    // Read back before anybody relies on it.
    Bundle::open(&sealed, &passphrase).context("the export doesn't open again")?;
    write_private(file, &sealed)?;
    println!("wrote {} with {} keys", file.display(), bundle.files.len());
    if let Some(page) = page {
        let host = hostname();
        atomic_file::write(page, sheet::page(&sealed, now, &host)?.as_bytes(), 0o600)?;
        println!("wrote {}: print it, and keep the passphrase somewhere else", page.display());
    }
    let recorded = open::with_ready_database(settings, async |db| {
        Ok(record_export(db, now, &bundle.fingerprint().to_string()).await)
    });
    match recorded.await {
        Ok(done) => done,
        Err(error) => {
            log::warn!("error" = format!("{error:#}").as_str(); "the export isn't recorded, so doctor will ask for one");
            Ok(())
        }
    }
}

async fn record_export(db: &Db, now: UtcMillis, fingerprint: &str) -> anyhow::Result<()> {
    let permit = Actor::local().permit::<ManageBackups>()?;
    let mut tx = db.write().await?;
    housekeeping::put(&mut tx, Duty::KeysExport, now, fingerprint).await?;
    audit::create(&mut tx, now, permit.actor(), "keys.export", "keys", "").await?;
    Ok(tx.commit().await?)
}

pub(super) fn import(
    settings: &CentralSettings,
    file: &Path,
    replace: bool,
    passphrase: &PassphraseArg,
) -> anyhow::Result<()> {
    let bytes = read(file)?;
    let sealed = if bytes.starts_with(b"age-encryption.org/") {
        bytes
    } else {
        let text = std::str::from_utf8(&bytes)
            .ok()
            .with_context(|| format!("{} is neither a recovery export nor a typed sheet", file.display()))?;
        sheet::read(text).with_context(|| file.display().to_string())?
    };
    let bundle = Bundle::open(&sealed, &ask(passphrase, false)?)?;
    let dir = KeyPaths::of(settings).dir;
    let stamp: String =
        open::clock().now().to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    let aside = dir.with_file_name(format!("keys.former-{stamp}"));
    let there = dir.exists();
    for name in bundle.put(&dir, replace.then_some(&*aside))? {
        println!("wrote {}", dir.join(name).display());
    }
    if there && aside.exists() {
        println!("the keys that were there are in {}", aside.display());
    }
    load_keys(settings).context("the imported keys don't work")?;
    println!("the keys exported at {} are in place", bundle.created_at);
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let open = std::fs::File::open(file).with_context(|| format!("open {}", file.display()))?;
    open.take(MAX_FILE_BYTES).read_to_end(&mut bytes).with_context(|| format!("read {}", file.display()))?;
    Ok(bytes)
}

fn ask(given: &PassphraseArg, twice: bool) -> anyhow::Result<SecretString> {
    if let Some(path) = &given.passphrase_file {
        let text = secrets::read(path)?.text(path)?;
        return Ok(SecretString::new(text.expose().lines().next().unwrap_or_default().to_owned()));
    }
    if !io::stdin().is_terminal() {
        let mut line = zeroize::Zeroizing::new(String::new());
        io::stdin().lock().take(4096).read_line(&mut line).context("read the passphrase")?;
        return Ok(SecretString::new(line.trim_end_matches(['\r', '\n']).to_owned()));
    }
    let first = SecretString::new(rpassword::prompt_password("Passphrase: ").context("read the passphrase")?);
    if twice {
        let again = SecretString::new(rpassword::prompt_password("Again: ").context("read the passphrase")?);
        if first != again {
            return Err(UsageError("the two passphrases differ: start again".to_owned()).into());
        }
    }
    Ok(first)
}

fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .unwrap_or_default()
}
