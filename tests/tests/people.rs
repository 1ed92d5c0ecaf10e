//! Who may be recognised: consent first, and never after removal.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::time::Duration;

use anyhow::Result;
use lintel_tests::central::{Database, SITE, ZONE};
use lintel_tests::{Pictures, TestCentral, TestKiosk};

const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn without_consent_nobody_is_enrolled() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let (name, photos) = pictures.enrol.first_key_value().expect("the fetched pictures hold people");
    let id = central.add_person(name, SITE).await?;
    let said = central.cli(["people", "enrol", &id, "--photos", &photos.display().to_string()]).await?;
    assert_ne!(said.code, 0, "{}", said.out);
    assert!(said.err.contains("consent"), "{}", said.err);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_withdrew_left_or_moved_is_not_recognised_at_the_door_any_more() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let people = central.enrol_all(&pictures).await?;
    central.cli(["site", "add", "elsewhere", "--zone", ZONE]).await?.ok()?;
    let join = central.add_device("door-1", SITE).await?;
    let mut kiosk = TestKiosk::new(&join, &pictures.source())?;
    kiosk.start()?;
    kiosk.gallery_has(people.len(), PATIENCE).await?;

    let [(_, first), (_, second)] = &people[..] else { panic!("two people are fetched: {people:?}") };
    central.cli(["people", "withdraw", first]).await?.ok()?;
    kiosk.gallery_has(1, PATIENCE).await?;
    central.cli(["people", "move", second, "--site", "elsewhere"]).await?.ok()?;
    kiosk.gallery_has(0, PATIENCE).await?;
    central.cli(["people", "allow", second, "--site", SITE]).await?.ok()?;
    kiosk.gallery_has(1, PATIENCE).await?;
    central.cli(["people", "remove", second]).await?.ok()?;
    kiosk.gallery_has(0, PATIENCE).await?;
    kiosk.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_person_walks_past_unrecorded() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let people = central.enrol_all(&pictures).await?;
    let (_, gone) = people.first().expect("the fetched pictures hold people");
    central.cli(["people", "remove", gone]).await?.ok()?;
    let mut kiosk = TestKiosk::new(&central.add_device("door-1", SITE).await?, &pictures.source())?;
    kiosk.start()?;
    kiosk.says("source ended", PATIENCE).await?;
    kiosk.outbox_when("everything is acked", PATIENCE, |outbox| outbox["backlog"] == 0).await?;
    let days = central
        .report_when("the others are reported", PATIENCE, |days| days.len() == people.len() - 1)
        .await?;
    assert!(days.iter().all(|day| day["person_id"] != **gone), "{days:?}");
    kiosk.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_command_line_shows_of_people_is_in_the_audit_like_a_page() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let ada = central.add_person("Ada Lovelace", SITE).await?;
    let today = central.today().await?;
    central.cli(["people", "list"]).await?.ok()?;
    central.cli(["people", "list", "--site", SITE, "--json"]).await?.ok()?;
    central.cli(["badge", "list"]).await?.ok()?;
    for format in ["table", "csv", "json"] {
        central.cli(["report", "daily", "--date", &today, "--site", SITE, "--format", format]).await?.ok()?;
    }
    central.cli(["audit", "list", "--about", &ada]).await?.ok()?;
    central.cli(["audit", "list", "--about", "Ada Lovelace"]).await?.ok()?;
    let said = central.cli(["audit", "list", "--json"]).await?.json()?;
    let rows = said["rows"].as_array().cloned().unwrap_or_default();
    let mut seen: Vec<(&str, &str)> = rows
        .iter()
        .filter(|row| row["actor"] == "cli")
        .filter_map(|row| Some((row["action"].as_str()?, row["subject"].as_str()?)))
        .filter(|(action, _)| action.ends_with(".view"))
        .collect();
    seen.sort_unstable();
    // The same again within a quarter of an hour is one row.
    let expected = [
        ("audit.view", ada.as_str()),
        ("audit.view", "all"),
        ("days.view", SITE),
        ("people.view", "all"),
        ("people.view", SITE),
    ];
    assert_eq!(seen, expected);
    assert!(!rows.iter().any(|row| row.to_string().contains("Lovelace")), "{rows:?}");
    Ok(())
}
