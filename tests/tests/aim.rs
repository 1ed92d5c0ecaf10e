//! `lintel-kiosk aim`: what a technician sees of a clip, alone and from a door that runs.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use anyhow::Result;
use lintel_tests::central::{Database, SITE};
use lintel_tests::process::{free_port, program, run};
use lintel_tests::screen::TestScreen;
use lintel_tests::{Pictures, TestCentral, TestKiosk};
use serde_json::Value;
use tokio::process::Command;

const CLIP: Duration = Duration::from_secs(120);

fn is_sound(aim: &Value) {
    let face = &aim["face"];
    assert!(face["px"].as_f64().is_some_and(|px| (30.0..400.0).contains(&px)), "{aim}");
    for fraction in ["light", "x", "y"] {
        assert!(face[fraction].as_f64().is_some_and(|at| (0.0..=1.0).contains(&at)), "{fraction}: {aim}");
    }
    assert!(aim["advice"].as_array().is_some_and(|advice| !advice.is_empty()), "{aim}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_is_summed_up_without_a_door_and_without_leaving_anything() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let empty = tempfile::tempdir()?;
    let mut command = Command::new(program("lintel-kiosk")?);
    command.args(["aim", "--source", &pictures.source(), "--once", "--json"]);
    command.args(["--set", &format!("device.data_dir={}", empty.path().display())]);
    let aim = run(command, [""; 0]).await?.json()?;
    is_sound(&aim);
    assert_eq!((aim["width"].as_u64(), aim["height"].as_u64()), (Some(640), Some(480)));
    let pace = aim["frames_per_s"].as_f64().unwrap_or_default();
    assert!((14.0..16.0).contains(&pace), "{aim}");
    assert_eq!(std::fs::read_dir(empty.path())?.count(), 0, "aiming keeps nothing");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_not_there_says_what_to_do() -> Result<()> {
    let mut command = Command::new(program("lintel-kiosk")?);
    command.args(["aim", "--source", "clip:/nowhere.avi", "--once"]);
    let said = run(command, [""; 0]).await?;
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.err.contains("/nowhere.avi"), "{}", said.err);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_door_lets_its_owner_aim_and_shows_the_picture_only_meanwhile() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let port = free_port()?;
    let mut kiosk = TestKiosk::new(&central.add_device("door-1", SITE).await?, &pictures.source())?
        .with(&format!("feedback.page_listen=127.0.0.1:{port}"))
        .with("camera.loop=true");
    kiosk.start()?;
    let mut screen = TestScreen::open(port).await?;
    let mode = std::fs::metadata(kiosk.data_dir().join("aim.sock"))?.permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the door's owner and nobody else");

    is_sound(&kiosk.cli(["aim", "--once", "--json"]).await?.json()?);
    assert_eq!(screen.get("/aim/picture").await?.0, 404, "numbers make no picture");

    let aiming = kiosk.start_command(&["aim", "--page"], "aim.log")?;
    screen.until(CLIP, |shown| shown.state == "aim").await?;
    let (status, jpeg) = screen.get("/aim/picture").await?;
    assert!(status == 200 && jpeg.starts_with(&[0xff, 0xd8]), "{status}");
    aiming.kill().await?;
    screen.until(CLIP, |shown| shown.state != "aim").await?;
    assert_eq!(screen.get("/aim/picture").await?.0, 404, "the picture went with the command");
    assert!(!kiosk.log().contains("jpeg"), "{}", kiosk.log());
    kiosk.stop().await?;
    Ok(())
}
