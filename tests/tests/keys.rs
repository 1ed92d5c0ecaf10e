//! A wrong key on the door or at the centre: one line that says what to do, and nothing of the libraries beneath.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lintel_core::seal::FernetRing;
use lintel_tests::central::{Database, SITE};
use lintel_tests::process::Said;
use lintel_tests::{Pictures, TestCentral, TestKiosk};

const PATIENCE: Duration = Duration::from_secs(60);
/// Another key than any door has: 32 zeros.
const ANOTHER: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn one_line_about(said: &Said, key: &str) -> Result<()> {
    ensure!(said.code == 1 && said.err.lines().count() == 1, "{said:?}");
    ensure!(said.err.contains(key) && said.err.contains("put back the key"), "{said:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_one_clear_line_and_no_file_is_lost() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let mut kiosk = TestKiosk::new(&central.add_device("door-1", SITE).await?, &pictures.source())?;
    kiosk.start()?;
    kiosk.says("gallery in use", PATIENCE).await?;
    kiosk.stop().await?;
    let (data, keys) = (kiosk.data_dir(), kiosk.data_dir().join("keys"));

    let own = std::fs::read(keys.join("database.key"))?;
    std::fs::write(keys.join("database.key"), ANOTHER)?;
    let before = std::fs::read(data.join("outbox.db"))?;
    one_line_about(&kiosk.cli(["outbox", "status"]).await?, "database.key")?;
    one_line_about(&kiosk.cli(["run"]).await?, "database.key")?;
    assert_eq!(std::fs::read(data.join("outbox.db"))?, before);
    std::fs::write(keys.join("database.key"), own)?;

    std::fs::write(keys.join("gallery-database.key"), ANOTHER)?;
    one_line_about(&kiosk.cli(["gallery", "status"]).await?, "gallery-database.key")?;
    // Central has the gallery too: the door sets its own aside and goes on.
    let told = kiosk.log().len();
    kiosk.start()?;
    kiosk.says_after(told, "gallery in use", PATIENCE).await?;
    kiosk.stop().await?;
    let log = kiosk.log();
    let since = log.get(told..).unwrap_or_default();
    assert_eq!(since.lines().filter(|line| line.contains("set aside")).count(), 1, "{since}");
    assert!(!log.contains("ERROR CORE"), "{log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_centre_is_refused_at_the_start_and_by_the_doctor() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let (mut central, _broker) = TestCentral::start(Database::Sqlite).await?;
    central.enrol("Ada", pictures.enrol.values().next().context("no pictures")?).await?;
    central.add_device("door-1", SITE).await?;
    central.stop().await?;
    let sealed = async || -> Result<serde_json::Value> {
        let said = central.cli(["doctor", "--json"]).await?;
        let report: serde_json::Value = serde_json::from_str(&said.out)?;
        let checks = report["checks"].as_array().context("no checks")?;
        Ok(checks.iter().find(|check| check["name"] == "sealed records").context("no such check")?.clone())
    };
    assert_eq!(sealed().await?["status"], "ok");
    // The centre's own authority is sealed by the data key, and is the first that says so.
    for (file, setting) in [("face.key", "FACE_DATA_ENCRYPTION_KEY"), ("data.key", "DATA_ENCRYPTION_KEY")] {
        let path = central.data_dir().join("keys").join(file);
        let own = std::fs::read(&path)?;
        std::fs::write(&path, FernetRing::generate_key().as_bytes())?;
        let said = central.cli(["serve"]).await?;
        ensure!(said.code == 1, "{said:?}");
        let last = said.err.lines().last().unwrap_or_default();
        ensure!(last.contains(setting) && last.contains("put") && last.contains("back"), "{said:?}");
        let check = sealed().await?;
        ensure!(check["status"] == "fail" && check["detail"].to_string().contains(setting), "{check}");
        ensure!(check["advice"].to_string().contains("keys import --recovery"), "{check}");
        std::fs::write(&path, own)?;
    }
    central.serve().await
}
