//! The ten checks of `doctor --production`: each looks at one thing that is harmless while trying out and
//! isn't once people rely on the server. What is about keys and files is in `secrets`.

mod secrets;

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use lintel_core::time::UtcMillis;
use lintel_runtime::doctor::Check;
use lintel_runtime::exit::chain;
use log::LevelFilter;
use url::Url;
use x509_parser::pem::Pem;

use crate::app::{KeyPaths, given_keys};
use crate::config::CentralSettings;
use crate::store::housekeeping::{self, Duty};
use crate::store::{Db, StoreError, devices};
use crate::vault::recovery::Bundle;

use secrets::{of_permissions, of_secrets};

const HOUR_MS: i64 = 3_600_000;
/// A nightly backup that failed once must show.
const BACKUP_HOURS: i64 = 48;
const CERTIFICATE_DAYS: i64 = 30;
/// All ten, in this order.
pub(super) async fn checks(
    settings: &CentralSettings,
    db: Option<&Db>,
    trial_pack: Option<&str>,
    now: UtcMillis,
) -> Vec<Check> {
    let duty = async |duty| match db {
        Some(db) => recorded(db, duty).await,
        None => Err("the database can't be opened".to_owned()),
    };
    vec![
        of_secrets(settings),
        of_listeners(settings),
        of_names(settings),
        of_certificates(settings, now),
        of_permissions(settings),
        of_migrations(db).await,
        of_recovery(settings, duty(Duty::KeysExport).await, now),
        of_backup(duty(Duty::Backup).await, now),
        of_pack(trial_pack, db).await,
        of_logging(settings),
    ]
}

type Recorded = Result<Option<(UtcMillis, String)>, String>;

async fn recorded(db: &Db, duty: Duty) -> Recorded {
    let found: Result<_, StoreError> = async { housekeeping::get(&mut db.read().await?, duty).await }.await;
    found.map_err(|error| chain(&error.into()))
}

/// The doors' listener may be on every network: it answers nobody without a certificate or a token.
fn of_listeners(settings: &CentralSettings) -> Check {
    let server = &settings.server;
    let advice = "behind a proxy set server.behind_proxy = true and server.public_url to its https address; without one name server.tls_cert and server.tls_key";
    if let Some(url) = server.public_url.as_ref().filter(|_| !server.secure_cookies()) {
        let detail = format!("people reach {url} without TLS, so anybody on the way can take their session");
        return Check::fail("listeners", detail, advice);
    }
    if !server.secure_cookies() {
        let detail = format!(
            "the console at {} knows of no TLS: right only while nobody opens it from another machine",
            server.base_url()
        );
        return Check::warn("listeners", detail, advice);
    }
    if server.listen.ip().is_unspecified() {
        let advice = "name the address of the network that people are in, or 127.0.0.1 behind a proxy";
        let detail = format!("on every network of this machine: server.listen = {}", server.listen);
        return Check::warn("listeners", detail, advice);
    }
    Check::ok(
        "listeners",
        format!("people at {}, over TLS; doors at {}", server.listen, settings.devices.listen),
    )
}

/// Whether a name was left as it stood in an example or reaches nobody.
fn is_nobody(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_lowercase();
    let of = |domain: &str| host == domain || host.ends_with(&format!(".{domain}"));
    let local = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified());
    host.is_empty()
        || host.contains('*')
        || local
        || ["localhost", "example", "example.com", "example.org", "example.net", "invalid", "test"]
            .iter()
            .any(|d| of(d))
        || secrets::PLACEHOLDERS.contains(&host.as_str())
}

fn of_names(settings: &CentralSettings) -> Check {
    let mut wrong = Vec::new();
    if settings.devices.names.is_empty() && settings.devices.url.is_none() {
        wrong.push("devices.names is empty, so doors look for 127.0.0.1".to_owned());
    }
    wrong.extend(
        settings
            .devices
            .names
            .iter()
            .filter(|name| is_nobody(name))
            .map(|name| format!("devices.names: {name}")),
    );
    let urls = [("devices.url", &settings.devices.url), ("server.public_url", &settings.server.public_url)];
    for (setting, url) in urls {
        let Some(url) = url else { continue };
        let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        if is_nobody(&host) {
            wrong.push(format!("{setting}: {url}"));
        }
    }
    if wrong.is_empty() {
        Check::ok("names", format!("doors reach {}", settings.devices.base_url()))
    } else {
        let advice = "set devices.names and server.public_url to names that doors and people can look up, then delete tls/server.pem and run `lintel-central keys init`";
        Check::fail("names", wrong.join("; "), advice)
    }
}

/// When a PEM file's first certificate ends, in whole days from now.
fn days_left(path: &Path, now: UtcMillis) -> Result<i64, String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let unreadable = || format!("{} holds no certificate", path.display());
    let pem = Pem::iter_from_buffer(&bytes).next().and_then(Result::ok).ok_or_else(unreadable)?;
    let certificate = pem.parse_x509().map_err(|_| unreadable())?;
    let end_ms = certificate.validity().not_after.timestamp().saturating_mul(1_000);
    Ok(UtcMillis::from_i64(end_ms).millis_since(now).div_euclid(24 * HOUR_MS))
}

fn of_certificates(settings: &CentralSettings, now: UtcMillis) -> Check {
    let paths = KeyPaths::of(settings);
    let mut files: Vec<PathBuf> = vec![paths.tls("server.pem"), paths.tls("ca.pem")];
    files.extend(settings.server.tls_cert.clone());
    let mut said = Vec::new();
    let mut worst = i64::MAX;
    for path in files {
        match days_left(&path, now) {
            Ok(days) => {
                worst = worst.min(days);
                let name =
                    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                said.push(format!("{name} {days} days"));
            }
            Err(error) => return Check::fail("certificate days", error, "run `lintel-central keys init`"),
        }
    }
    let (said, advice) = (
        said.join(", "),
        "delete tls/server.pem and run `lintel-central keys init`; a certificate of your own is renewed where you got it",
    );
    match worst {
        ..0 => Check::fail("certificate days", format!("ended: {said}"), advice),
        0..CERTIFICATE_DAYS => Check::warn("certificate days", said, advice),
        _ => Check::ok("certificate days", said),
    }
}

async fn of_migrations(db: Option<&Db>) -> Check {
    let advice = "run `lintel-central migrate`";
    match db {
        None => {
            Check::fail("migrations", "the database can't be opened", "set database.url, or start its server")
        }
        Some(db) => match db.check_migrations().await {
            Ok(()) => Check::ok("migrations", "none is pending"),
            Err(error) => Check::fail("migrations", chain(&error.into()), advice),
        },
    }
}

fn of_recovery(settings: &CentralSettings, recorded: Recorded, now: UtcMillis) -> Check {
    let advice =
        "lintel-central keys export --recovery FILE --sheet FILE.html, and keep it away from this machine";
    let (at, fingerprint) = match recorded {
        Ok(Some(found)) => found,
        Ok(None) => {
            return Check::fail(
                "recovery export",
                "the keys were never exported: no backup could be opened elsewhere",
                advice,
            );
        }
        Err(error) => return Check::fail("recovery export", error, advice),
    };
    match Bundle::collect(&KeyPaths::of(settings).dir, &given_keys(settings), now) {
        Ok(bundle) if bundle.fingerprint().to_string() == fingerprint => {
            Check::ok("recovery export", format!("made at {at}, with the present keys"))
        }
        Ok(_) => Check::fail("recovery export", format!("made at {at}; keys changed since"), advice),
        Err(error) => Check::fail("recovery export", chain(&error.into()), advice),
    }
}

fn of_backup(recorded: Recorded, now: UtcMillis) -> Check {
    let advice = "systemctl status lintel-central-backup says what the nightly one met; now: lintel-central backup create, best to another disk";
    match recorded {
        Ok(Some((at, file))) => {
            let hours = now.millis_since(at) / HOUR_MS;
            if hours > BACKUP_HOURS {
                let detail = format!("no backup since {at} ({file}, {hours} hours old)");
                Check::fail("backup", detail, advice)
            } else {
                Check::ok("backup", format!("{file}, {hours} hours old"))
            }
        }
        Ok(None) => Check::fail("backup", "no backup was ever made", advice),
        Err(error) => Check::fail("backup", error, advice),
    }
}

/// Packs that doors say they use.
async fn packs_at_doors(db: &Db) -> Result<Vec<(String, String)>, StoreError> {
    let states = devices::list(&mut db.read().await?).await?;
    let named = states.into_iter().filter(|state| state.device.revoked_at.is_none());
    Ok(named.filter_map(|state| Some((state.device.device_id.to_string(), state.model_pack?))).collect())
}

async fn of_pack(trial_here: Option<&str>, db: Option<&Db>) -> Check {
    let mut trial: Vec<String> = trial_here.map(|pack| format!("{pack} here")).into_iter().collect();
    if let Some(db) = db
        && let Ok(doors) = packs_at_doors(db).await
    {
        let of_trial = doors.into_iter().filter(|(_, pack)| pack.starts_with("open-"));
        trial.extend(of_trial.map(|(door, pack)| format!("{pack} at {door}")));
    }
    if trial.is_empty() {
        Check::ok("model pack", "none is for trying only")
    } else {
        Check::fail(
            "model pack",
            format!("for trying only: {}", trial.join(", ")),
            "install lintel-1 here and at the doors; see docs/models.md",
        )
    }
}

fn of_logging(settings: &CentralSettings) -> Check {
    match settings.log.level.most() {
        LevelFilter::Debug | LevelFilter::Trace => Check::warn(
            "logging",
            format!("log.level is {}: the log may say more than it should", settings.log.level),
            "set log.level to info",
        ),
        _ => Check::ok("logging", format!("log.level is {}", settings.log.level)),
    }
}

#[cfg(test)]
mod tests;
