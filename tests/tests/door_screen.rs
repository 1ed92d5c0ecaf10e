//! The screen at the door, while people walk past: what it says, and that it is true when it says so.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use lintel_tests::central::{Database, SITE};
use lintel_tests::process::free_port;
use lintel_tests::screen::{Shown, TestScreen};
use lintel_tests::{Pictures, TestCentral, TestKiosk};

const CLIP: Duration = Duration::from_secs(120);

fn initials(pictures: &Pictures) -> BTreeSet<String> {
    pictures.enrol.keys().filter_map(|name| name.chars().next()).map(|c| c.to_uppercase().collect()).collect()
}

/// Events of people who were recorded, by the outbox itself.
async fn punches(kiosk: &TestKiosk) -> Result<usize> {
    let listed = kiosk.cli(["outbox", "list", "--json"]).await?.json()?;
    let events = listed["events"].as_array().map_or(&[][..], Vec::as_slice);
    Ok(events.iter().filter(|event| event["kind"] == "punch").count())
}

fn confirms(shown: &Shown) -> bool {
    shown.titles.iter().any(|title| title.starts_with("Recorded "))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screen_says_recorded_only_of_what_is_in_the_outbox_and_not_recognised_of_a_stranger()
-> Result<()> {
    let pictures = Pictures::fetched()?;
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    central.enrol_all(&pictures).await?;
    let port = free_port()?;
    let mut kiosk = TestKiosk::new(&central.add_device("door-1", SITE).await?, &pictures.source())?
        .with(&format!("feedback.page_listen=127.0.0.1:{port}"))
        .with("feedback.door_name=North gate");
    kiosk.start()?;
    let mut screen = TestScreen::open(port).await?;
    let first = screen.next(CLIP).await?;
    assert_eq!(
        (first.state.as_str(), first.titles.as_slice()),
        ("idle", &["Look at the camera".to_owned()][..])
    );

    let mut seen = BTreeSet::new();
    while seen != initials(&pictures) {
        let shown = screen.until(CLIP, confirms).await?.pop().unwrap_or_else(|| first.clone());
        seen.extend(shown.names.clone());
        // It was said; so it is on the disk, at this moment and not some time later.
        let stored = punches(&kiosk).await?;
        assert!(stored >= seen.len(), "{stored} stored, but the screen says {seen:?}");
    }
    let told = screen.until(CLIP, |shown| shown.titles == ["Not recognised"]).await?;
    assert!(told.last().is_some_and(|shown| shown.names.is_empty()), "a stranger has no name");
    screen.until(CLIP, |shown| shown.state == "idle").await?;
    assert_eq!(punches(&kiosk).await?, seen.len());

    let (status, page) = screen.get("/").await?;
    let page = String::from_utf8(page)?;
    assert!(status == 200 && page.contains("North gate"), "{page}");
    assert_eq!(screen.get("/aim/picture").await?.0, 404, "nobody aims, so there is no picture");
    kiosk.stop().await?;
    let end = screen.until(Duration::from_secs(5), |_| false).await.unwrap_err();
    assert!(format!("{end:#}").contains("hung up"), "{end:#}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_central_the_screen_says_that_what_it_records_is_sent_later() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let (mut central, broker) = TestCentral::start(Database::Sqlite).await?;
    let people = central.enrol_all(&pictures).await?.len();
    let port = free_port()?;
    let mut kiosk = TestKiosk::new(&central.add_device("door-1", SITE).await?, &pictures.source())?
        .with(&format!("feedback.page_listen=127.0.0.1:{port}"))
        .with("feedback.names=none")
        .with("recognition.cooldown_s=0");
    kiosk.start()?;
    kiosk.gallery_has(people, CLIP).await?;
    kiosk.stop().await?;
    central.kill().await?;
    drop(broker);

    kiosk.start()?;
    let mut screen = TestScreen::open(port).await?;
    let shown = screen.until(CLIP, confirms).await?;
    let said = shown.last().cloned();
    assert!(said.as_ref().is_some_and(|shown| shown.names.is_empty()), "no names are wanted here: {said:?}");
    // The page as a browser without scripts would load it, in the three seconds that it stands there.
    let (_, page) = screen.get("/").await?;
    assert!(String::from_utf8(page)?.contains("sent to the office later"));
    screen.until(CLIP, |shown| shown.offline).await?;
    kiosk.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_is_gone_is_said_until_it_is_back() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let folder = tempfile::tempdir()?;
    let clip = folder.path().join("late.avi");
    let port = free_port()?;
    let mut kiosk =
        TestKiosk::new(&central.add_device("door-1", SITE).await?, &format!("clip:{}", clip.display()))?
            .with(&format!("feedback.page_listen=127.0.0.1:{port}"));
    kiosk.start()?;
    let mut screen = TestScreen::open(port).await?;
    let shown = screen.until(CLIP, |shown| shown.state == "trouble").await?;
    assert_eq!(shown.last().map(|shown| shown.titles.join("")), Some("This door sees nothing".to_owned()));
    std::fs::copy(Pictures::fetched()?.clip, &clip)?;
    screen.until(CLIP, |shown| shown.state != "trouble").await?;
    kiosk.stop().await?;
    Ok(())
}
