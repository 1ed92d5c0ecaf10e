//! Today in the console: what happens at a door comes into the open page by itself, also after a while without
//! central.

use std::time::Duration;

use anyhow::Result;
use lintel_core::event::EventKind;
use lintel_core::ids::PersonId;
use lintel_core::time::{Clock as _, UtcMillis};
use lintel_runtime::clock::SystemClock;
use lintel_tests::central::{Database, SITE};
use lintel_tests::process::eventually;
use lintel_tests::{TestBrowser, TestCentral, TestDevice};

/// Waits until the open page has so many elements of a kind.
async fn becomes(browser: &TestBrowser, selector: &str, wanted: usize) -> Result<()> {
    eventually(&format!("{wanted} of {selector}"), Duration::from_secs(60), async || {
        Ok((browser.count(selector).await? == wanted).then_some(()))
    })
    .await
}

async fn punch(device: &mut TestDevice, person: &str, at: UtcMillis) -> Result<()> {
    let event = device.event(EventKind::Badge, Some(PersonId::parse(person)?), at)?;
    let ack = device.send(vec![event]).await?;
    anyhow::ensure!(ack.rejected.is_empty(), "{ack:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_punch_comes_into_the_open_page_by_itself_and_again_when_central_is_back() -> Result<()> {
    let (mut central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let ada = central.add_person("Ada Lovelace", SITE).await?;
    let grace = central.add_person("Grace Hopper", SITE).await?;
    let mut device = TestDevice::join(&central, &central.add_device("door-1", SITE).await?)?;
    device.beat(SystemClock.now(), 0).await?;
    let browser = TestBrowser::with_a_link(&central).await?;
    browser.open(&central.url("/console")).await?;
    becomes(&browser, "#live[data-state=on]", 1).await?;
    assert_eq!(browser.count("#feed li").await?, 0);

    punch(&mut device, &ada, SystemClock.now()).await?;
    becomes(&browser, "#feed li", 1).await?;
    assert!(browser.text("#feed li:first-child").await?.contains("Ada Lovelace"));
    becomes(&browser, "#feed-empty:not([hidden])", 0).await?;
    browser.looks("today-punch").await?;

    central.stop().await?;
    becomes(&browser, "#live[data-state=on]", 0).await?;
    central.serve().await?;
    becomes(&browser, "#live[data-state=on]", 1).await?;
    punch(&mut device, &grace, SystemClock.now()).await?;
    becomes(&browser, "#feed li", 2).await?;
    assert!(browser.text("#feed li:first-child").await?.contains("Grace Hopper"), "the newest is on top");
    eventually("the board follows", Duration::from_secs(60), async || {
        Ok(browser.text("#board").await?.contains("Grace Hopper").then_some(()))
    })
    .await?;
    browser.close().await
}
