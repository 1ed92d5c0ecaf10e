//! `kill -9` of the door at every step between a decision and its end: nothing is lost, nothing is recorded
//! twice, and nobody was told of anything that is not in the outbox.
//!
//! The real program kills itself at a marked step (`kiosk/src/faults.rs`), is started again on the same files,
//! and sees the same person walk by. One punch must come of it, at the door and at the centre.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lintel_tests::central::{Database, SITE};
use lintel_tests::{Pictures, TestBroker, TestCentral, TestKiosk};

const PATIENCE: Duration = Duration::from_secs(120);
/// In the line of a feedback about a person: recorded, or recorded already.
const PUNCH_SHOWN: &str = "outcome=punch";
/// No MQTT: the road of the steps that belong to HTTPS.
const HTTPS_ONLY: &[&str] = &["sync.mqtt=false"];
/// Acked events go at the next start, and a person is recorded again at once.
const PURGING: &[&str] = &["outbox.retain_acked_days=0", "recognition.cooldown_s=1"];

/// One death, and what must be on the door's disk right after it.
struct Death {
    /// The step, and at which passing of it.
    point: &'static str,
    settings: &'static [&'static str],
    /// Punches in the outbox.
    stored: usize,
    /// Punches that somebody was told of, where that is certain at this step.
    told: Option<usize>,
    gallery: Gallery,
}

/// Whether the door has its gallery when it is started again.
#[derive(Clone, Copy)]
enum Gallery {
    Fetched,
    Missing,
}

const fn death(point: &'static str, stored: usize, told: Option<usize>) -> Death {
    Death { point, settings: &[], stored, told, gallery: Gallery::Fetched }
}

/// Before the commit nobody may have been told; the next life records.
const UNTIL_THE_COMMIT: &[Death] = &[
    death("decision.queued", 0, Some(0)),
    death("append.asked", 0, Some(0)),
    death("append.before_commit", 0, Some(0)),
    death("append.after_commit", 1, Some(0)),
    death("feedback.given", 1, Some(1)),
];

/// After it the event is safe, however often it is sent; the next life delivers and records nothing more.
const ON_THE_WAY: &[Death] = &[
    death("send.before", 1, None),
    // The first is the door's greeting.
    death("mqtt.taken:2", 1, None),
    Death { settings: HTTPS_ONLY, ..death("https.answered", 1, None) },
    death("ack.received", 1, None),
    death("mark.before_commit", 1, None),
    death("mark.after_commit", 1, None),
];

const IN_THE_GALLERY: &[Death] = &[
    Death { gallery: Gallery::Missing, ..death("gallery.before_commit", 0, Some(0)) },
    death("gallery.after_commit", 0, Some(0)),
    death("gallery.swapped", 0, Some(0)),
];

const IN_A_PURGE: &[&str] = &["purge.before_commit", "purge.after_commit"];

/// A centre, a broker, and one person walking by over and over.
struct Scene {
    central: TestCentral,
    _broker: TestBroker,
    walks: Walks,
}

impl Scene {
    async fn set() -> Result<Self> {
        let pictures = Pictures::fetched()?;
        let (central, broker) = TestCentral::start(Database::Sqlite).await?;
        let (name, photos) = pictures.enrol.first_key_value().context("nobody to enrol")?;
        central.enrol(name, photos).await?;
        Ok(Self { central, _broker: broker, walks: Walks::cut(&pictures)? })
    }

    async fn door(&self, name: &str) -> Result<TestKiosk> {
        let join_file = self.central.add_device(name, SITE).await?;
        Ok(TestKiosk::new(&join_file, &self.walks.later())?.with("camera.loop=true"))
    }
}

/// The first person of the clip, walking by, and two and a half seconds of an empty scene, in which a door
/// forgets whom it followed.
struct Walks(tempfile::TempDir);

impl Walks {
    fn cut(pictures: &Pictures) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let empty = vec![pictures.frames(0, 1)?.remove(0); 38];
        let walk: Vec<_> = pictures.frames(26, 62)?.into_iter().step_by(2).collect();
        for (name, frames) in [("now", [&walk, &empty]), ("later", [&empty, &walk])] {
            let folder = dir.path().join(name);
            std::fs::create_dir(&folder)?;
            for (at, frame) in frames.into_iter().flatten().enumerate() {
                std::fs::write(folder.join(format!("{at:03}.jpg")), frame)?;
            }
        }
        Ok(Self(dir))
    }

    /// For a door that has its gallery.
    fn now(&self) -> String {
        format!("images:{}", self.0.path().join("now").display())
    }

    /// For a door that has to fetch its gallery first.
    fn later(&self) -> String {
        format!("images:{}", self.0.path().join("later").display())
    }
}

/// Ids and kinds of the door's own events, oldest first; only those that central has signed for, if so wished.
async fn listed(door: &TestKiosk, acked_only: bool) -> Result<Vec<(String, String)>> {
    let list = door.cli(["outbox", "list", "--json"]).await?.json()?;
    let events = list["events"].as_array().context("no events")?;
    let wanted = events.iter().rev().filter(|event| !acked_only || event["acked"] == true);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Ok(wanted.map(|event| (text(&event["event_id"]), text(&event["kind"]))).collect())
}

fn punches(events: &[(String, String)]) -> usize {
    events.iter().filter(|(_, kind)| kind == "punch").count()
}

/// Ids of the events that somebody in front of the door was told of.
fn told(log: &str) -> BTreeSet<String> {
    log.lines()
        .filter(|line| line.contains("feedback state="))
        .filter_map(|line| line.split("event.id=").nth(1))
        .filter_map(|rest| rest.split_whitespace().next())
        .map(|id| id.trim_matches('"').to_owned())
        .filter(|id| !id.is_empty())
        .collect()
}

async fn nothing_was_told_that_is_not_stored(door: &TestKiosk) -> Result<Vec<(String, String)>> {
    let events = listed(door, false).await?;
    for id in told(&door.log()) {
        ensure!(events.iter().any(|(stored, _)| *stored == id), "told, but not stored: {id}\n{}", door.log());
    }
    Ok(events)
}

/// The whole story of one death.
async fn dies_and_is_started_again(scene: &Scene, name: &str, death: &Death) -> Result<()> {
    let mut door = scene.door(name).await?;
    door.start_to_die_at(death.point, death.settings)?;
    door.dies(PATIENCE).await?;
    let events = nothing_was_told_that_is_not_stored(&door).await?;
    ensure!(punches(&events) == death.stored, "stored at the death: {events:?}\n{}", door.log());
    if let Some(expected) = death.told {
        let told = told(&door.log());
        let told = events.iter().filter(|(id, kind)| kind == "punch" && told.contains(id)).count();
        ensure!(told == expected, "told of {told} punches\n{}", door.log());
    }
    let first_life = door.log().len();
    let source = match death.gallery {
        Gallery::Fetched => scene.walks.now(),
        Gallery::Missing => scene.walks.later(),
    };
    let source = format!("camera.source={source}");
    door.start_with(&[death.settings, &[source.as_str()]].concat())?;
    // Only after the person has walked by again is it known that nothing is recorded twice.
    door.says_after(first_life, PUNCH_SHOWN, PATIENCE).await?;
    door.outbox_when("everything is acked", PATIENCE, |outbox| {
        outbox["backlog"] == 0 && outbox["last_seq"] != 0
    })
    .await?;
    door.stop().await?;
    nothing_was_told_that_is_not_stored(&door).await?;
    the_centre_has_what_the_door_has(scene, &door, name, 1).await
}

async fn the_centre_has_what_the_door_has(
    scene: &Scene,
    door: &TestKiosk,
    name: &str,
    punched: usize,
) -> Result<()> {
    let (at_the_door, at_the_centre) = (listed(door, true).await?, scene.central.events_of(name)?);
    ensure!(at_the_centre == at_the_door, "door {at_the_door:?}\ncentre {at_the_centre:?}\n{}", door.log());
    ensure!(punches(&at_the_centre) == punched, "{at_the_centre:?}\n{}", door.log());
    chain_holds(scene, name).await
}

async fn chain_holds(scene: &Scene, name: &str) -> Result<()> {
    let devices = scene.central.get("/api/v1/devices").await?;
    let doors = devices["devices"].as_array().context("no devices")?;
    let door = doors.iter().find(|door| door["device_id"] == name).context("the door is not listed")?;
    ensure!(door["chain_state"] == "ok", "{door}");
    Ok(())
}

/// Plays every story of a table, three at a time: mostly they wait for the person to walk by.
async fn play(deaths: &'static [Death]) -> Result<()> {
    let scene = Scene::set().await?;
    let play_one = async |at: usize| -> Result<()> {
        for (number, death) in deaths.iter().enumerate().filter(|(number, _)| number % 3 == at) {
            let told = dies_and_is_started_again(&scene, &format!("door-{number}"), death).await;
            told.with_context(|| death.point)?;
        }
        Ok(())
    };
    tokio::try_join!(play_one(0), play_one(1), play_one(2)).map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_killed_before_its_commit_has_told_nobody_and_records_at_the_next_start() -> Result<()> {
    play(UNTIL_THE_COMMIT).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_killed_while_it_delivers_delivers_again_and_the_centre_keeps_one() -> Result<()> {
    play(ON_THE_WAY).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_killed_while_it_changes_its_gallery_has_the_old_one_or_the_new_one() -> Result<()> {
    play(IN_THE_GALLERY).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_killed_while_it_purges_goes_on_with_the_same_chain() -> Result<()> {
    let scene = Scene::set().await?;
    let mut door = scene.door("door-1").await?;
    door.start_to_die_at("mark.after_commit", &[])?;
    door.dies(PATIENCE).await?;
    for point in IN_A_PURGE {
        // Something acked is there to go: either of the first life or of the one before.
        door.start_to_die_at(point, PURGING)?;
        door.dies(PATIENCE).await.context(*point)?;
        let before = door.log().len();
        door.start_with(&["recognition.cooldown_s=1", &format!("camera.source={}", scene.walks.now())])?;
        door.says_after(before, PUNCH_SHOWN, PATIENCE).await?;
        door.outbox_when("everything is acked", PATIENCE, |outbox| outbox["backlog"] == 0).await?;
        door.stop().await?;
        let left = listed(&door, true).await?;
        let at_the_centre = scene.central.events_of("door-1")?;
        ensure!(
            !left.is_empty() && at_the_centre.ends_with(&left),
            "door {left:?}\ncentre {at_the_centre:?}"
        );
        chain_holds(&scene, "door-1").await?;
    }
    Ok(())
}

#[test]
fn every_marked_step_of_the_door_has_its_story() -> Result<()> {
    let mut marked = BTreeSet::new();
    marks_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../kiosk/src"), &mut marked)?;
    let plain = |point: &str| point.split(':').next().unwrap_or_default().to_owned();
    let deaths = [UNTIL_THE_COMMIT, ON_THE_WAY, IN_THE_GALLERY].into_iter().flatten();
    let told: BTreeSet<String> =
        deaths.map(|death| plain(death.point)).chain(IN_A_PURGE.iter().copied().map(plain)).collect();
    assert_eq!(marked, told);
    Ok(())
}

fn marks_in(folder: &Path, marked: &mut BTreeSet<String>) -> Result<()> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    for path in paths {
        if path.is_dir() {
            marks_in(&path, marked)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path)?;
            let marks = text.split("faults::point(\"").skip(1);
            marked.extend(marks.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }
    Ok(())
}
