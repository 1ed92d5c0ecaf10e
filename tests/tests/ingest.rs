//! What central does with what devices send, honest or not, on both databases.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::time::Duration;

use anyhow::Result;
use lintel_core::ack::RejectReason;
use lintel_core::chain::Hash;
use lintel_core::event::EventKind;
use lintel_core::ids::PersonId;
use lintel_core::limits::MAX_PACKET_BYTES;
use lintel_core::time::UtcMillis;
use lintel_tests::central::{Database, SITE};
use lintel_tests::{TestCentral, TestDevice, TestPostgres};
use serde_json::Value;
use serde_json::value::RawValue;

const PATIENCE: Duration = Duration::from_secs(60);
const HOUR: i64 = 3_600_000;

/// Ten in the morning of the site's today, so that a test at midnight does not straddle two days.
async fn ten_o_clock(central: &TestCentral) -> Result<UtcMillis> {
    let today: jiff::civil::Date = central.today().await?.parse()?;
    let zone = lintel_core::time::zone(lintel_tests::central::ZONE)?;
    let (start, _) = lintel_core::time::day_bounds(today, &zone);
    Ok(start.plus_millis(10 * HOUR))
}

async fn duplicated_and_reordered_delivery(database: Database) -> Result<()> {
    let (central, _broker) = TestCentral::start(database).await?;
    let person = PersonId::parse(&central.add_person("Ada", SITE).await?)?;
    central.cli(["people", "consent", &person.to_string(), "--notice", "2026-01"]).await?.ok()?;
    let mut device = TestDevice::join(&central, &central.add_device("door-1", SITE).await?)?;
    let morning = ten_o_clock(&central).await?;
    let mut events = Vec::new();
    // By badge: a face would count from the instant of the consent only, which is now.
    for n in 0..6 {
        events.push(device.event(EventKind::Badge, Some(person), morning.plus_millis(n * HOUR / 2))?);
    }

    let late = device.send(events[3..6].to_vec()).await?;
    assert_eq!((late.through_seq, late.head_hash), (0, Hash::GENESIS), "a gap is not skipped");
    let early = device.send(events[0..2].to_vec()).await?;
    assert_eq!(early.through_seq, 2);
    let all = device.send(events.clone()).await?;
    assert_eq!((all.through_seq, all.head_hash), (6, device.head()));
    assert_eq!(all.duplicate, [1, 2, 4, 5, 6]);
    for _ in 0..3 {
        assert_eq!(device.send(events.clone()).await?.through_seq, 6);
    }

    let days = central
        .report_when("the day is computed", PATIENCE, |days| days.iter().any(|day| day["punches"] == 6))
        .await?;
    assert_eq!(days.len(), 1, "{days:?}");
    assert_eq!(days[0]["worked_ms"].as_i64(), Some(5 * HOUR / 2), "{days:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicated_and_reordered_delivery_gives_the_same_day_on_sqlite() -> Result<()> {
    duplicated_and_reordered_delivery(Database::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicated_and_reordered_delivery_gives_the_same_day_on_postgresql() -> Result<()> {
    let postgres = TestPostgres::start().await?;
    duplicated_and_reordered_delivery(Database::Postgres(postgres.url())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_event_is_rejected_with_its_reason_and_the_rest_goes_on() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let mut device = TestDevice::join(&central, &central.add_device("door-1", SITE).await?)?;
    let morning = ten_o_clock(&central).await?;
    let good = device.event(EventKind::Unknown, None, morning)?;
    let mut altered = device.event(EventKind::Unknown, None, morning)?;
    altered.payload = RawValue::from_string(altered.payload.get().replace("unknown", "punch"))?;
    let last = device.event(EventKind::Other("drone_landed".into()), None, morning)?;
    let ack = device.send(vec![good, altered, last]).await?;
    assert_eq!(ack.through_seq, 3, "the rejected one is kept, so the watermark passes it: {ack:?}");
    assert_eq!(ack.rejected.len(), 1, "{ack:?}");
    assert_eq!((ack.rejected[0].seq, ack.rejected[0].reason), (2, RejectReason::BadHash));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_future_clock_is_quarantined_and_kept_not_counted() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let person = PersonId::parse(&central.add_person("Ada", SITE).await?)?;
    central.cli(["people", "consent", &person.to_string(), "--notice", "2026-01"]).await?.ok()?;
    let mut device = TestDevice::join(&central, &central.add_device("door-1", SITE).await?)?;
    let morning = ten_o_clock(&central).await?;
    let future = device.event(EventKind::Badge, Some(person), morning.plus_millis(10 * 24 * HOUR))?;
    let now = device.event(EventKind::Badge, Some(person), morning)?;
    let ack = device.send(vec![future, now]).await?;
    assert_eq!((ack.through_seq, ack.rejected.len()), (2, 0), "kept: {ack:?}");
    let days = central.report_when("the day is computed", PATIENCE, |days| !days.is_empty()).await?;
    assert_eq!(days[0]["punches"], 1, "{days:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_requests_get_a_clear_error_and_change_nothing() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let mut device = TestDevice::join(&central, &central.add_device("door-1", SITE).await?)?;
    let at = ten_o_clock(&central).await?;

    let huge = device.post(vec![b' '; MAX_PACKET_BYTES + 1]).await?;
    assert_eq!(huge.status(), 413);
    for garbage in
        ["", "not json", "{}", "[1,2,3]", "{\"v\":1", "\u{0}\u{1}", "{\"v\":1,\"device_id\":\"../x\"}"]
    {
        let answer = device.post(garbage).await?;
        assert_eq!(answer.status(), 400, "{garbage:?}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{garbage:?}");
        let problem: Value = serde_json::from_slice(&answer.bytes().await?)?;
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
    }

    let event = device.event(EventKind::Unknown, None, at)?;
    let foreign = TestDevice::join(&central, &central.add_device("door-2", SITE).await?)?;
    let stolen = foreign.post(serde_json::to_vec(&device.batch(vec![event.clone()]))?).await?;
    assert_eq!(stolen.status(), 403, "another door's token");
    central.cli(["device", "revoke", "door-2"]).await?.ok()?;
    assert_eq!(foreign.post("{}").await?.status(), 401, "a revoked device");
    let nobody = central.client()?.post(central.device_url("/device/v1/events")).body("{}").send().await?;
    assert_eq!(nobody.status(), 401, "no token");

    assert_eq!(device.send(vec![event]).await?.through_seq, 1, "the honest device still gets through");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_leaves_no_name_and_no_day_and_a_reset_door_needs_its_new_token() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let person = PersonId::parse(&central.add_person("Ada", SITE).await?)?;
    central.cli(["people", "consent", &person.to_string(), "--notice", "2026-01"]).await?.ok()?;
    let mut device = TestDevice::join(&central, &central.add_device("door-1", SITE).await?)?;
    let morning = ten_o_clock(&central).await?;
    let punch = device.event(EventKind::Badge, Some(person), morning)?;
    device.send(vec![punch]).await?;
    central.report_when("the day is computed", PATIENCE, |days| days.len() == 1).await?;

    central.cli(["people", "erase", &person.to_string()]).await?.ok()?;
    central.report_when("the day is gone", PATIENCE, <[Value]>::is_empty).await?;
    assert!(!central.cli(["people", "list", "--json"]).await?.ok()?.contains("Ada"));

    let fresh = central.dir().join("fresh.join.toml");
    central.cli(["device", "reset", "door-1", "--out", &fresh.display().to_string()]).await?.ok()?;
    assert_eq!(device.post("{}").await?.status(), 401, "the old token");
    let joined = TestDevice::join(&central, &fresh)?;
    assert_eq!(joined.post("{}").await?.status(), 400, "let in, and told what is wrong");
    Ok(())
}
