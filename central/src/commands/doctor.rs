//! `doctor`: looks at everything that the server needs and changes nothing. With `--production` also at what
//! must be right before people rely on it.

mod production;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use lintel_runtime::config::{ConfigArgs, Loaded};
use lintel_runtime::doctor::{Check, Report};
use lintel_runtime::exit::{ExitCode, chain};
use lintel_runtime::telemetry::colour_wanted;
use lintel_runtime::tls::Identity;

use super::open;
use crate::app::{KeyPaths, load_keys};
use crate::config::{CentralSettings, load};
use crate::enrolment::{EnrolHandle, PackFacts};
use crate::ingest::mqtt::Link;
use crate::store::{Db, DbOptions, devices, people, sites};
use crate::vault::{self, VaultError};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn run(args: &ConfigArgs, in_production: bool, json: bool) -> anyhow::Result<ExitCode> {
    let loaded = load(args)?;
    let settings = &loaded.value;
    let mut report = Report::default();
    report.push(of_settings(&loaded));
    report.push(of_keys(settings));
    report.push(of_certificate(settings));
    let db = match missing_database(settings) {
        Some(path) => Err(anyhow!("there is none yet at {}", path.display())),
        // Its own patience is for a server that is busy; here somebody waits for the answer.
        None => tokio::time::timeout(PATIENCE, open::database(settings))
            .await
            .unwrap_or_else(|_| Err(anyhow!("it doesn't answer within {} s", PATIENCE.as_secs()))),
    };
    let rest = match db {
        Ok(db) => db.closing(async |db| with_database(settings, Ok(db), in_production).await).await,
        Err(error) => with_database(settings, Err(&error), in_production).await,
    };
    report.checks.extend(rest?);
    if json {
        println!("{:#}", report.json());
    } else {
        print!("{}", report.table(colour_wanted()));
    }
    Ok(report.exit_code())
}

/// What is looked at with a database, and without one says so.
async fn with_database(
    settings: &CentralSettings,
    db: Result<&Db, &anyhow::Error>,
    in_production: bool,
) -> anyhow::Result<Vec<Check>> {
    let mut checks = vec![of_database(db).await];
    if let Ok(db) = db {
        checks.push(of_records(db).await);
        checks.push(of_sealed(settings, db).await);
    }
    let models = models(settings).await;
    checks.push(of_models(&models));
    checks.push(of_broker(settings).await);
    if in_production {
        let trial = models.as_ref().ok().filter(|pack| pack.trial_only).map(|pack| pack.name.as_str());
        checks.extend(production::checks(settings, db.ok(), trial, open::clock().now()).await);
    }
    Ok(checks)
}

fn of_settings(loaded: &Loaded<CentralSettings>) -> Check {
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    if warnings.is_empty() {
        Check::ok("settings", format!("{} values are set", loaded.origins.len()))
    } else {
        Check::warn(
            "settings",
            warnings.join("; "),
            "`lintel-central config show` says where each comes from",
        )
    }
}

fn of_keys(settings: &CentralSettings) -> Check {
    match load_keys(settings) {
        Ok(keys) => Check::ok("keys", format!("ack key {}", keys.ack.verifying_key().key_id())),
        Err(error) => Check::fail("keys", chain(&error.into()), "run `lintel-central keys init`"),
    }
}

fn of_certificate(settings: &CentralSettings) -> Check {
    let paths = KeyPaths::of(settings);
    match Identity::from_files(&paths.tls("server.pem"), &paths.tls("server.key")) {
        Ok(_) => Check::ok("certificate", format!("doors reach {}", settings.devices.base_url())),
        Err(error) => Check::fail("certificate", chain(&error.into()), "run `lintel-central keys init`"),
    }
}

/// The SQLite file that opening would make: a check makes nothing.
fn missing_database(settings: &CentralSettings) -> Option<PathBuf> {
    let options = DbOptions::from_settings(&settings.database, &settings.storage.data_dir);
    options.sqlite_file().filter(|path| !path.exists())
}

async fn of_database(db: Result<&Db, &anyhow::Error>) -> Check {
    let db = match db {
        Ok(db) => db,
        Err(error) => {
            let advice = "run `lintel-central migrate`, set database.url, or start its server";
            return Check::fail("database", chain(error), advice);
        }
    };
    match db.check_migrations().await {
        Ok(()) => Check::ok("database", format!("{}, tables of this version", db.engine())),
        Err(error) => Check::fail("database", chain(&error.into()), "run `lintel-central migrate`"),
    }
}

async fn of_records(db: &Db) -> Check {
    let counted: Result<_, crate::store::StoreError> = async {
        let mut tx = db.read().await?;
        let sites = sites::list(&mut tx).await?.len();
        let devices = devices::list(&mut tx).await?.len();
        Ok((sites, devices, people::list(&mut tx, None).await?.len()))
    }
    .await;
    match counted {
        Ok((0, _, _)) => {
            Check::warn("records", "no site yet", "lintel-central site add berlin --zone Europe/Berlin")
        }
        Ok((sites, devices, people)) => {
            Check::ok("records", format!("sites {sites}, doors {devices}, people {people}"))
        }
        Err(error) => Check::fail("records", chain(&error.into()), "run `lintel-central migrate`"),
    }
}

/// Keys that are there and of another centre are as bad as none.
async fn of_sealed(settings: &CentralSettings, db: &Db) -> Check {
    let advice = "put back data.key and face.key, or DATA_ENCRYPTION_KEY and FACE_DATA_ENCRYPTION_KEY: lintel-central keys import --recovery FILE";
    let Ok(keys) = load_keys(settings) else {
        return Check::fail("sealed records", "there are no keys to try", advice);
    };
    match vault::expect_fitting(db, &keys).await {
        Ok(()) => Check::ok("sealed records", "they open with these keys"),
        Err(VaultError::Store(error)) => {
            Check::fail("sealed records", chain(&error.into()), "run `lintel-central migrate`")
        }
        Err(error) => Check::fail("sealed records", chain(&error.into()), advice),
    }
}

/// The pack in use, after its self-test.
async fn models(settings: &CentralSettings) -> Result<PackFacts, String> {
    let vision = settings.vision.clone();
    match tokio::task::spawn_blocking(move || EnrolHandle::start(&vision)).await {
        Ok(Ok(handle)) => Ok(handle.pack().clone()),
        Ok(Err(error)) => Err(chain(&error.into())),
        Err(error) => Err(error.to_string()),
    }
}

fn of_models(models: &Result<PackFacts, String>) -> Check {
    let advice = "run `make setup`, or set vision.onnxruntime and vision.packs_dir";
    match models {
        Ok(pack) if pack.trial_only => Check::warn(
            "models",
            format!("{} is for trying Lintel only", pack.name),
            "install lintel-1; see docs/models.md",
        ),
        Ok(pack) => Check::ok("models", format!("{} passed its self-test", pack.name)),
        Err(error) => Check::fail("models", error.clone(), advice),
    }
}

async fn of_broker(settings: &CentralSettings) -> Check {
    if !settings.mqtt.enabled {
        return Check::ok("broker", "not used; doors send over HTTPS");
    }
    let link = match Link::new(&settings.mqtt, &settings.storage.keys_dir(), open::clock()) {
        Ok(link) => link,
        Err(error) => return Check::fail("broker", chain(&error.into()), "run `lintel-central keys init`"),
    };
    let connect = tokio::net::TcpStream::connect((link.url.host.clone(), link.url.port));
    match tokio::time::timeout(PATIENCE, connect).await {
        Ok(Ok(_)) => Check::ok("broker", format!("{} takes connections", link.url)),
        Ok(Err(error)) => Check::fail("broker", format!("{}: {error}", link.url), "start the broker"),
        Err(_) => Check::fail("broker", format!("{} doesn't answer", link.url), "check host and firewall"),
    }
}
