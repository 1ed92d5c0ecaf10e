//! What leaves a door is what `docs/data-flow.toml` says, on both roads, and nothing else.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use lintel_tests::capture::{self, Captured};
use lintel_tests::central::{Database, SITE};
use lintel_tests::{Pictures, TestCentral, TestKiosk};
use serde_json::{Value, json};

const MANIFEST: &str = include_str!("../../docs/data-flow.toml");
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs a door over the clip with both its roads captured; the broker goes when half is done.
async fn captured_traffic() -> Result<Captured> {
    let pictures = Pictures::fetched()?;
    let captured = Captured::default();
    let (central, mut broker) = TestCentral::start(Database::Sqlite).await?;
    let people = central.enrol_all(&pictures).await?;
    let join = central.add_device("door-1", SITE).await?;
    let mut document: toml::Table = std::fs::read_to_string(&join)?.parse()?;
    let https = capture::https_road(central.client()?, &central.device_url(""), captured.clone()).await?;
    let mqtt = capture::mqtt_road(broker.port(), captured.clone()).await?;
    document.insert("central_url".into(), https.into());
    document.insert("mqtt_url".into(), mqtt.into());
    std::fs::write(&join, document.to_string())?;

    let mut kiosk = TestKiosk::new(&join, &pictures.source())?;
    kiosk.start()?;
    kiosk
        .outbox_when("the first punch is acked", PATIENCE, |outbox| {
            outbox["last_seq"].as_u64() >= Some(1) && outbox["backlog"] == 0
        })
        .await?;
    broker.stop().await?;
    kiosk.says("source ended", PATIENCE).await?;
    kiosk.outbox_when("everything is acked", PATIENCE, |outbox| outbox["backlog"] == 0).await?;
    central.report_when("everybody is reported", PATIENCE, |days| days.len() == people.len()).await?;
    kiosk.stop().await?;
    Ok(captured)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_a_door_that_the_manifest_does_not_name() -> Result<()> {
    let manifest = capture::manifest(MANIFEST)?;
    let captured = captured_traffic().await?;
    let seen: BTreeSet<String> =
        captured.lock().expect("no holder panicked").iter().map(|(name, _)| name.clone()).collect();
    for name in ["events", "heartbeat", "gallery_confirm", "status"] {
        assert!(seen.contains(name), "no {name} was captured, only {seen:?}");
    }
    assert_eq!(capture::undeclared(&captured, &manifest), Vec::<String>::new());
    Ok(())
}

#[test]
fn a_planted_embedding_or_picture_is_found() -> Result<()> {
    let manifest = capture::manifest(MANIFEST)?;
    let planted = |message: Value| -> Vec<String> {
        let captured = Captured::default();
        captured.lock().expect("no holder panicked").push(("events".into(), message));
        capture::undeclared(&captured, &manifest)
    };
    assert_eq!(planted(json!({"v": 1, "events": [{"seq": 1}]})), Vec::<String>::new());
    assert_eq!(
        planted(json!({"events": [{"personal": {"part": {"embedding": [0.1, 0.2]}}}]})),
        ["events: events[].personal.part.embedding[]"]
    );
    assert_eq!(planted(json!({"events": [{"payload": {"crop": "…"}}]})), ["events: events[].payload.crop"]);
    Ok(())
}
