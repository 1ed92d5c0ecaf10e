//! What leaves a door is what `docs/data-flow.toml` says, on both roads, and nothing else.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;
use lintel_core::join::{JoinRequest, RenewRequest};
use lintel_tests::capture::{self, Captured};
use lintel_tests::central::{Database, SITE};
use lintel_tests::process::{program, run};
use lintel_tests::{Pictures, TestCentral, TestKiosk};
use serde_json::{Value, json};
use tokio::process::Command;

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

/// The numbers in the page for works councils that have a mark behind them: `30 days<!-- unidentified_days -->`.
fn marked(page: &str) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for (before, rest) in
        page.match_indices("<!-- ").map(|(at, mark)| (&page[..at], &page[at + mark.len()..]))
    {
        let name = rest.split(" -->").next().unwrap_or_default().to_owned();
        let digits = |word: &&str| word.bytes().all(|b| b.is_ascii_digit());
        let number = before.split_whitespace().rev().take(2).find(digits).and_then(|word| word.parse().ok());
        // A mark without a number says something that no program does.
        found.insert(name, number.unwrap_or(u64::MAX));
    }
    found
}

#[tokio::test]
async fn the_page_for_works_councils_says_what_the_programs_do() -> Result<()> {
    let page = include_str!("../../docs/privacy.md");
    let manifest: toml::Table = MANIFEST.parse()?;
    let figures = manifest["figures"].as_table().expect("[figures]");
    let figures: BTreeMap<String, u64> = figures
        .iter()
        .map(|(name, number)| {
            (name.clone(), number.as_integer().and_then(|n| n.try_into().ok()).expect("a number"))
        })
        .collect();
    assert_eq!(marked(page), figures, "docs/privacy.md and docs/data-flow.toml");

    let settings = async |program_name: &str| -> Result<Value> {
        let mut command = Command::new(program(program_name)?);
        command.args(["--config", "/dev/null"]);
        run(command, ["config", "show", "--json"]).await?.json()
    };
    let (central, kiosk) = (settings("lintel-central").await?, settings("lintel-kiosk").await?);
    let of = |shown: &Value, section: &str, key: &str| {
        let value = &shown[format!("{section}.{key}")]["value"];
        value.as_u64().unwrap_or_else(|| panic!("{section}.{key}: {shown}"))
    };
    let defaults = BTreeMap::from([
        ("unidentified_days".to_owned(), of(&central, "retention", "unidentified_days")),
        ("acked_outbox_days".to_owned(), of(&kiosk, "outbox", "retain_acked_days")),
        ("session_idle_s".to_owned(), of(&central, "server", "session_idle_s")),
        ("backups".to_owned(), of(&central, "backup", "keep")),
        // No settings: constants of central/src/backup.
        ("vault_backups".to_owned(), 2),
        ("former_database_days".to_owned(), 7),
    ]);
    assert_eq!(figures, defaults, "docs/data-flow.toml and the programs' defaults");
    Ok(())
}

#[test]
fn what_joining_and_renewing_send_stands_in_the_manifest() -> Result<()> {
    let manifest = capture::manifest(MANIFEST)?;
    let join = serde_json::to_value(JoinRequest { token: "t".into(), csr: "c".into() })?;
    let renew = serde_json::to_value(RenewRequest { csr: "c".into() })?;
    assert_eq!(manifest["join"], capture::paths(&join));
    assert_eq!(manifest["renew"], capture::paths(&renew));
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
