//! Faults between door and centre: nothing is lost and nothing is recorded twice.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::time::Duration;

use anyhow::Result;
use lintel_tests::central::{Database, SITE};
use lintel_tests::{Pictures, TestCentral, TestKiosk};

const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn with_the_broker_stopped_the_https_road_delivers() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let (central, mut broker) = TestCentral::start(Database::Sqlite).await?;
    let people = central.enrol_all(&pictures).await?;
    broker.stop().await?;
    let mut kiosk = TestKiosk::new(&central.add_device("door-1", SITE).await?, &pictures.source())?;
    kiosk.start()?;
    let days = central
        .report_when("everybody is reported over HTTPS", PATIENCE, |days| days.len() == people.len())
        .await?;
    assert!(days.iter().all(|day| day["punches"] == 1), "{days:?}");
    kiosk.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_everything_down_the_door_records_and_delivers_once_when_all_is_back() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let (mut central, mut broker) = TestCentral::start(Database::Sqlite).await?;
    let people = central.enrol_all(&pictures).await?;
    let mut kiosk = TestKiosk::new(&central.add_device("door-1", SITE).await?, &pictures.source())?;
    // The door must have its gallery before the network goes: it fetches it before the first person comes.
    kiosk.start()?;
    kiosk.gallery_has(people.len(), PATIENCE).await?;
    broker.stop().await?;
    central.kill().await?;
    kiosk.says("source ended", PATIENCE).await?;
    let waiting = kiosk.outbox().await?;
    assert!(waiting["backlog"].as_u64() >= Some(people.len() as u64), "{waiting}");

    broker.restart().await?;
    central.serve().await?;
    kiosk.outbox_when("the backlog drains", PATIENCE, |outbox| outbox["backlog"] == 0).await?;
    let days =
        central.report_when("everybody is reported", PATIENCE, |days| days.len() == people.len()).await?;
    assert!(days.iter().all(|day| day["punches"] == 1), "{days:?}");
    kiosk.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_killed_while_people_pass_keeps_what_it_committed_and_repeats_nothing() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let people = central.enrol_all(&pictures).await?;
    let mut kiosk = TestKiosk::new(&central.add_device("door-1", SITE).await?, &pictures.source())?;
    kiosk.start()?;
    kiosk.says("recorded", PATIENCE).await?;
    kiosk.kill().await?;
    let before = kiosk.outbox().await?;
    assert!(before["last_seq"].as_u64() >= Some(1), "feedback came before the commit: {before}");

    kiosk.start()?;
    kiosk.outbox_when("everything is acked", PATIENCE, |outbox| outbox["backlog"] == 0).await?;
    let days =
        central.report_when("everybody is reported", PATIENCE, |days| days.len() == people.len()).await?;
    let devices = central.get("/api/v1/devices").await?;
    let chain = &devices["devices"][0]["chain_state"];
    assert_eq!(chain, "ok", "{devices}");
    assert!(!days.is_empty());
    kiosk.stop().await
}
