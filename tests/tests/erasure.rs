//! Erased is erased: with every key at hand nothing of the person comes back, and a control person's does.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use lintel_tests::central::{Database, SITE};
use lintel_tests::door_files::{GALLERY, OUTBOX};
use lintel_tests::process::eventually;
use lintel_tests::{Pictures, TestCentral, TestKiosk, TestPostgres};

const PATIENCE: Duration = Duration::from_secs(120);
const ERASED: &str = "Wilhelmine Unverwechselbar";
const CONTROL: &str = "Theodora Ebenfallseinmalig";

/// Files below a folder that hold a text, as it is or in lower case.
fn files_with(dir: &Path, text: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_with(&path, text)?);
        } else if let Ok(bytes) = std::fs::read(&path) {
            let lower = text.to_lowercase();
            let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
            if holds(text.as_bytes()) || holds(lower.as_bytes()) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// Photographs of a person enrolled under another name: whose face the centre says it is.
async fn face_is_known(central: &TestCentral, photos: &Path) -> Result<bool> {
    let probe = central.add_person("Probe", SITE).await?;
    let photos = photos.display().to_string();
    let said = central
        .cli(["people", "enrol", &probe, "--photos", &photos, "--consent", "2026-01", "--json"])
        .await?;
    let answer: serde_json::Value = serde_json::from_str(&said.out).with_context(|| said.err.clone())?;
    let codes: Vec<&str> = answer["photos"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|photo| photo["code"].as_str())
        .collect();
    anyhow::ensure!(!codes.is_empty(), "{answer}");
    central.cli(["people", "erase", &probe]).await?.ok()?;
    Ok(codes.contains(&"other_person"))
}

/// In the door's files, opened with the door's keys, the erased person's id is nowhere; the control person's is.
fn the_door_forgot(kiosk: &TestKiosk, gone: &str, stays: &str) -> Result<()> {
    assert!(
        kiosk.tables_with(GALLERY, stays)?.contains(&"template".to_owned()),
        "the control person is gone too"
    );
    assert_eq!(kiosk.tables_with(GALLERY, gone)?, Vec::<String>::new(), "the gallery");
    the_outbox_forgot(kiosk, gone)
}

/// The same of what the door has seen: central has signed for it, so nothing of it is the only copy.
fn the_outbox_forgot(kiosk: &TestKiosk, gone: &str) -> Result<()> {
    assert_eq!(kiosk.tables_with(OUTBOX, gone)?, Vec::<String>::new(), "the outbox");
    Ok(())
}

async fn erased_is_erased(database: Database, postgres: Option<&TestPostgres>) -> Result<()> {
    let pictures = Pictures::fetched()?;
    let mut folders = pictures.enrol.values();
    let (one, other) = (folders.next().context("no people")?, folders.next().context("one person only")?);
    let (mut central, _broker) = TestCentral::start(database.clone()).await?;
    let gone = central.enrol(ERASED, one).await?;
    let stays = central.enrol(CONTROL, other).await?;
    let mut kiosk = TestKiosk::new(&central.add_device("door-1", SITE).await?, &pictures.source())?;
    kiosk.start()?;
    kiosk.gallery_has(2, PATIENCE).await?;
    kiosk.says("source ended", PATIENCE).await?;
    central.report_when("both are reported", PATIENCE, |days| days.len() == 2).await?;

    // Every key at hand, and every backup of the time before.
    let safe = tempfile::tempdir()?;
    let (keys, passphrase) = (safe.path().join("keys.age"), safe.path().join("passphrase"));
    let (keys, passphrase) = (keys.display().to_string(), passphrase.display().to_string());
    std::fs::write(&passphrase, "a sentence that nobody guesses")?;
    central.cli(["keys", "export", "--recovery", &keys, "--passphrase-file", &passphrase]).await?.ok()?;
    let made = central.cli(["backup", "create", "--json"]).await?.json()?;
    let backup = made["file"].as_str().context("no backup")?.to_owned();
    let folders = vec![central.dir().to_owned(), kiosk.data_dir()];
    let places = async || -> Result<Vec<PathBuf>> {
        let mut places = folders.clone();
        if let Some(postgres) = postgres {
            places.push(postgres.files().await?);
        }
        Ok(places)
    };
    let seen = async |name: &str| -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for place in places().await? {
            found.extend(files_with(&place, name)?);
        }
        Ok(found)
    };
    assert!(!seen(ERASED).await?.is_empty(), "the name should be in the database before");

    central.cli(["people", "erase", &gone]).await?.ok()?;
    kiosk.gallery_has(1, PATIENCE).await?;
    kiosk.stop().await?;
    the_door_forgot(&kiosk, &gone, &stays)?;
    eventually("the name is in no file any more", PATIENCE, async || {
        let found = seen(ERASED).await?;
        anyhow::ensure!(found.is_empty(), "{found:?}");
        Ok(Some(()))
    })
    .await?;
    assert!(!seen(CONTROL).await?.is_empty(), "the control person's name is gone too");
    assert!(!face_is_known(&central, one).await?, "the erased face is still known");
    assert!(face_is_known(&central, other).await?, "the control person's face is not known any more");

    // The backup of before, with all that lies beside it now, on a bare machine with the exported keys.
    central.stop().await?;
    let copies = safe.path().join("backups");
    std::fs::create_dir(&copies)?;
    for entry in std::fs::read_dir(central.data_dir().join("backups"))? {
        let entry = entry?;
        std::fs::copy(entry.path(), copies.join(entry.file_name()))?;
    }
    central.purge()?;
    if let Some(postgres) = postgres {
        postgres.start_over().await?;
    }
    central.cli(["keys", "import", "--recovery", &keys, "--passphrase-file", &passphrase]).await?.ok()?;
    let backup = copies.join(Path::new(&backup).file_name().context("a name")?).display().to_string();
    let said = central.cli(["backup", "restore", &backup]).await?.ok()?;
    // The person, and the two who were probes, whom the backup never knew.
    assert!(said.contains("erased again: 3"), "{said}");
    let listed = central.cli(["people", "list", "--json"]).await?.ok()?;
    assert!(listed.contains(CONTROL) && !listed.contains(ERASED), "{listed}");
    let days = central.report().await?;
    assert_eq!(days.len(), 1, "{days:?}");
    assert_eq!(days[0]["name"], CONTROL);
    assert_eq!(files_with(central.dir(), ERASED)?, Vec::<PathBuf>::new(), "restored files");
    if let Some(postgres) = postgres {
        assert_eq!(files_with(&postgres.files().await?, ERASED)?, Vec::<PathBuf>::new(), "restored tables");
    }
    assert!(!face_is_known(&central, one).await?, "the restored backup knows the erased face");
    assert!(face_is_known(&central, other).await?, "the restored backup lost the control person's face");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_erased_person_comes_back_on_sqlite() -> Result<()> {
    erased_is_erased(Database::Sqlite, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_erased_person_comes_back_on_postgresql() -> Result<()> {
    let postgres = TestPostgres::start().await?;
    erased_is_erased(Database::Postgres(postgres.url()), Some(&postgres)).await
}
