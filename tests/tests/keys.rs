//! A wrong key on the door: one line that says what to do, and nothing of the libraries beneath.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::time::Duration;

use anyhow::{Result, ensure};
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
