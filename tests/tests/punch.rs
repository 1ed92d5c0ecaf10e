//! The main job: people walk past a door and stand in the day's report, once each, on both databases.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use lintel_tests::central::{Database, SITE};
use lintel_tests::{Pictures, TestCentral, TestKiosk, TestPostgres};
use serde_json::Value;

const CLIP_AND_SYNC: Duration = Duration::from_secs(120);

fn names(days: &[Value]) -> BTreeSet<String> {
    days.iter().filter_map(|day| day["name"].as_str().map(str::to_owned)).collect()
}

async fn everybody_in_the_clip_is_reported_once(database: Database) -> Result<()> {
    let pictures = Pictures::fetched()?;
    let (central, _broker) = TestCentral::start(database).await?;
    let people = central.enrol_all(&pictures).await?;
    let expected: BTreeSet<String> = people.iter().map(|(name, _)| name.clone()).collect();
    let mut kiosk = TestKiosk::new(&central.add_device("door-1", SITE).await?, &pictures.source())?;
    kiosk.start()?;
    kiosk.says("source ended", CLIP_AND_SYNC).await?;

    let days =
        central.report_when("everybody is reported", CLIP_AND_SYNC, |days| names(days) == expected).await?;
    for day in &days {
        assert_eq!(day["punches"], 1, "once within the cool-down: {day}");
    }
    let outbox =
        kiosk.outbox_when("everything is acked", CLIP_AND_SYNC, |outbox| outbox["backlog"] == 0).await?;
    assert!(outbox["last_seq"].as_u64() >= Some(expected.len() as u64), "{outbox}");

    // The clip has a stranger too: nobody of that name is reported, because nobody knew the face.
    let listed = kiosk.cli(["outbox", "list", "--json"]).await?.json()?;
    let events = listed["events"].as_array().map_or(&[][..], Vec::as_slice);
    assert!(events.iter().any(|event| event["kind"] == "unknown"), "the stranger wasn't looked at: {listed}");

    let today = central.today().await?;
    let api = central.get(&format!("/api/v1/attendance/days?from={today}&to={today}&site={SITE}")).await?;
    assert_eq!(names(api["days"].as_array().map_or(&[][..], Vec::as_slice)), expected);
    kiosk.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_walk_past_are_reported_once_each_and_no_stranger_on_sqlite() -> Result<()> {
    everybody_in_the_clip_is_reported_once(Database::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_walk_past_are_reported_once_each_and_no_stranger_on_postgresql() -> Result<()> {
    let postgres = TestPostgres::start().await?;
    everybody_in_the_clip_is_reported_once(Database::Postgres(postgres.url())).await
}
