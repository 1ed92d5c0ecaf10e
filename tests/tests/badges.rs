//! The way without a face: a printed badge, from central to the door's camera and into the day's report.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use image::GrayImage;
use lintel_tests::card::{Card, Held, empty};
use lintel_tests::central::{Database, SITE};
use lintel_tests::process::{program, run};
use lintel_tests::{TestCentral, TestKiosk};
use serde_json::Value;
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(120);

/// Puts pictures into a folder in place of those that were there.
fn film(folder: &Path, pictures: impl IntoIterator<Item = GrayImage>) -> Result<()> {
    for old in std::fs::read_dir(folder)? {
        std::fs::remove_file(old?.path())?;
    }
    for (n, picture) in pictures.into_iter().enumerate() {
        picture.save(folder.join(format!("{n:03}.png")))?;
    }
    Ok(())
}

/// A card that comes nearer, is held up with an unsteady hand, and is taken away.
fn held_up(card: &Card) -> Vec<GrayImage> {
    let shown = (0..18_u8).map(f32::from).map(|n| {
        card.picture(Held {
            middle: [310.0 + 2.0 * n, 235.0 + (n * 1.3).sin() * 4.0],
            px_per_mm: 3.2 + (n * 0.08).min(0.9),
            degrees: 9.0 - n,
        })
    });
    (0..3).map(|_| empty()).chain(shown).chain((0..3).map(|_| empty())).collect()
}

struct Story {
    central: TestCentral,
    kiosk: TestKiosk,
    film: PathBuf,
    _folder: tempfile::TempDir,
}

impl Story {
    async fn begin() -> Result<(Self, lintel_tests::TestBroker)> {
        let (central, broker) = TestCentral::start(Database::Sqlite).await?;
        let folder = tempfile::tempdir()?;
        let film = folder.path().to_owned();
        let join = central.add_device("door-1", SITE).await?;
        let kiosk = TestKiosk::new(&join, &format!("images:{}", film.display()))?.with("camera.fps=10");
        Ok((Self { central, kiosk, film, _folder: folder }, broker))
    }

    async fn issue(&self, person: &str, file: &str) -> Result<Card> {
        let file = self.central.dir().join(file);
        self.central.cli(["badge", "issue", person, "--sheet", &file.display().to_string()]).await?.ok()?;
        Card::read(&file)
    }

    /// Lets the door look at an empty wall until it knows so many badges.
    async fn door_knows(&mut self, badges: u64) -> Result<()> {
        film(&self.film, [empty()])?;
        self.kiosk.start()?;
        self.kiosk.gallery_when("the badges", PATIENCE, |gallery| gallery["badges"] == badges).await?;
        self.kiosk.stop().await
    }

    /// Lets the door look at a film to its end, and deliver; what it told people meanwhile.
    async fn play(&mut self, pictures: Vec<GrayImage>) -> Result<Vec<String>> {
        film(&self.film, pictures)?;
        let before = self.kiosk.log().len();
        self.kiosk.start()?;
        self.kiosk.says_after(before, "source ended", PATIENCE).await?;
        self.kiosk.outbox_when("everything is acked", PATIENCE, |outbox| outbox["backlog"] == 0).await?;
        self.kiosk.stop().await?;
        let log = self.kiosk.log();
        let told = log[before..].lines().filter(|line| line.contains("feedback") && line.contains("state="));
        let field = |line: &str, name: &str| {
            let value = line.split(name).nth(1).unwrap_or_default();
            value.split_whitespace().next().unwrap_or_default().to_owned()
        };
        Ok(told.map(|line| format!("{} {}", field(line, "state="), field(line, "reason="))).collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_without_consent_comes_in_by_badge_until_it_is_revoked_or_replaced() -> Result<()> {
    let (mut story, _broker) = Story::begin().await?;
    let ada = story.central.add_person("Ada Lovelace", SITE).await?;
    let first = story.issue(&ada, "first.svg").await?;
    story.door_knows(1).await?;

    let told = story.play(held_up(&first)).await?;
    assert_eq!(told.len(), 1, "one showing is one recording: {told:?}");
    assert!(told[0].starts_with("recorded") || told[0].starts_with("stored_offline"), "{told:?}");
    assert!(story.kiosk.log().contains("event.kind=badge"), "{}", story.kiosk.log());
    let days = story.central.report_when("she is reported", PATIENCE, |days| days.len() == 1).await?;
    assert_eq!((&days[0]["person_id"], &days[0]["punches"]), (&Value::from(ada.as_str()), &Value::from(1)));

    story.central.cli(["badge", "revoke", &ada]).await?.ok()?;
    story.door_knows(0).await?;
    assert_eq!(story.play(held_up(&first)).await?, ["badge_refused badge_not_listed"]);

    let second = story.issue(&ada, "second.svg").await?;
    story.door_knows(1).await?;
    let both = [held_up(&first), held_up(&second)].concat();
    let told = story.play(both).await?;
    assert_eq!((told.len(), told[0].as_str()), (2, "badge_refused badge_not_listed"), "{told:?}");
    assert!(told[1].starts_with("recorded") || told[1].starts_with("stored_offline"), "{told:?}");
    let outbox = story.kiosk.outbox().await?;
    assert_eq!(outbox["last_seq"], 2, "a refused badge is told and not stored: {outbox}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_shows_which_badges_a_camera_could_read() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let ada = central.add_person("Ada Lovelace", SITE).await?;
    let card = central.dir().join("card.svg");
    central.cli(["badge", "issue", &ada, "--sheet", &card.display().to_string()]).await?.ok()?;
    let list = central.dir().join("badges.json");
    std::fs::write(&list, central.cli(["badge", "list", "--json"]).await?.ok()?)?;
    let folder = tempfile::tempdir()?;
    film(folder.path(), held_up(&Card::read(&card)?))?;

    let replay = async |badges: &Path| -> Result<Value> {
        let mut command = Command::new(program("lintel-kiosk")?);
        command.arg("replay").arg(folder.path()).arg("--badges").arg(badges).arg("--json");
        run(command, [""; 0]).await?.json()
    };
    let report = replay(&list).await?;
    assert_eq!(report["summary"]["badges"], 1, "{report}");
    assert_eq!(report["decisions"][0]["person"], "Ada Lovelace");
    assert!(report["summary"]["latency"]["read"]["p95_ms"].as_f64().is_some(), "{report}");

    central.cli(["badge", "revoke", &ada]).await?.ok()?;
    std::fs::write(&list, central.cli(["badge", "list", "--json"]).await?.ok()?)?;
    let report = replay(&list).await?;
    assert_eq!(
        (&report["summary"]["badges"], &report["summary"]["badges_refused"]),
        (&Value::from(0), &Value::from(1))
    );
    assert_eq!(report["decisions"][0]["reasons"][0], "badge_not_listed", "{report}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_is_made_for_a_site_and_a_file_that_is_there_is_never_overwritten() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    for name in ["Ada", "Grace", "Hedy"] {
        central.add_person(name, SITE).await?;
    }
    let sheet = central.dir().join("sheet.html").display().to_string();
    central.cli(["badge", "issue", "--all-of", SITE, "--sheet", &sheet]).await?.ok()?;
    let html = std::fs::read_to_string(&sheet)?;
    assert_eq!(html.matches("<svg ").count(), 3);
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&sheet)?);
    assert_eq!(mode & 0o077, 0, "whoever reads it has the badges");

    let again = central.cli(["badge", "issue", "--all-of", SITE, "--sheet", &sheet]).await?;
    assert_eq!(again.code, 2, "{}", again.err);
    let listed = central.cli(["badge", "list", "--json"]).await?.json()?;
    assert_eq!(listed["badges"].as_array().map(Vec::len), Some(3));
    assert!(!listed.to_string().contains("LB1"), "a list can't be printed as cards");
    Ok(())
}
