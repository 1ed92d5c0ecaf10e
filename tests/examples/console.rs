//! Photographs pages of the console for docs/pictures: `make pictures`, or this with a folder.
//!
//! A real centre with people whom nobody is, a door that says what a door would, and a real Chromium. Nobody's
//! face is in it, because the console shows none.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use lintel_core::event::EventKind;
use lintel_core::ids::PersonId;
use lintel_core::time::{Clock as _, day_bounds, zone};
use lintel_runtime::clock::SystemClock;
use lintel_tests::browser::Look;
use lintel_tests::central::{Database, SITE, ZONE};
use lintel_tests::{TestBrowser, TestCentral, TestDevice};

const PASSWORD: &str = "looms and numbers";
const WIDE: Look = Look { name: "wide", width: 1080, height: 640, dark: false };
const PHONE: Look = Look { name: "phone", width: 390, height: 700, dark: false };
const MINUTE_MS: i64 = 60_000;
/// Longer than the longest of the minutes below.
const DAY_MINUTES: i64 = 260;

/// Name, staff number, and how many minutes ago they came and went, if they did.
const PEOPLE: [(&str, &str, Option<i64>, Option<i64>); 6] = [
    ("Amara Okafor", "E-101", Some(252), None),
    ("Jonas Weber", "E-102", Some(247), Some(12)),
    ("Lin Meyer", "E-103", Some(239), None),
    ("Maya Sommer", "E-104", Some(233), Some(41)),
    ("Piotr Nowak", "E-105", Some(221), None),
    ("Sofia Almeida", "E-106", None, None),
];

#[tokio::main]
async fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).context("say where the pictures go")?);
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    people_and_door(&central).await?;
    for (name, role, more) in [
        ("robin", "admin", ["--display-name", "Robin Admin"]),
        ("hannah", "hr", ["--display-name", "Hannah Berg"]),
        ("tom", "technician", ["--display-name", "Tom Ritter"]),
        ("maya", "employee", ["--person", "E-104"]),
    ] {
        let args = ["user", "create", name, "--role", role].into_iter().chain(more);
        central.cli_reading(args, PASSWORD).await?.ok()?;
    }

    let browser = TestBrowser::start().await?;
    browser.open(&central.url("/console")).await?;
    browser.log_in("robin", PASSWORD).await?;
    lintel_tests::process::eventually("the day is computed", Duration::from_secs(30), async || {
        browser.open(&central.url("/console")).await?;
        Ok(browser.is_saying("5 recorded").await?.then_some(()))
    })
    .await?;
    browser.says("Live").await?;
    browser.picture(WIDE, &folder.join("console-today.png")).await?;
    for (path, says, name) in [
        ("/console/devices", "Main entrance", "console-doors.png"),
        ("/console/accounts", "Maya Sommer", "console-accounts.png"),
        ("/console/audit", "Logged in", "console-audit.png"),
    ] {
        browser.open(&central.url(path)).await?;
        browser.says(says).await?;
        browser.picture(WIDE, &folder.join(name)).await?;
    }
    browser.log_out("Robin Admin").await?;
    browser.log_in("maya", PASSWORD).await?;
    own_record(&central, &browser, &folder).await?;
    browser.close().await
}

/// Everybody, a door that is well, a code that waits, and today's punches.
async fn people_and_door(central: &TestCentral) -> Result<()> {
    let join = central.dir().join("door.join.toml");
    let out = join.display().to_string();
    let add = ["device", "add", "main-entrance", "--site", SITE, "--door", "Main entrance", "--out", &out];
    central.cli(add).await?.ok()?;
    central.cli(["device", "invite", "side-door", "--site", SITE, "--door", "Side door"]).await?.ok()?;
    let mut door = TestDevice::join(central, &join)?;
    let now = SystemClock.now();
    let zone = zone(ZONE)?;
    let midnight = day_bounds(now.date_in(&zone), &zone).0;
    // Early in the morning all of it happened a little faster.
    let room_ms = now.millis_since(midnight).min(DAY_MINUTES * MINUTE_MS);
    let mut punches = Vec::new();
    for (name, staff_no, came, went) in PEOPLE {
        let add = ["people", "add", "--name", name, "--site", SITE, "--staff-no", staff_no, "--json"];
        let added = central.cli(add).await?.json()?;
        let id = added.get("person_id").and_then(|id| id.as_str()).context("no id")?.parse::<PersonId>()?;
        let ago = |minutes: i64| now.plus_millis(-room_ms * minutes / DAY_MINUTES);
        punches.extend(came.into_iter().chain(went).map(|minutes| (ago(minutes), id)));
    }
    central.cli(["badge", "issue", "--all-of", SITE]).await?.ok()?;
    punches.sort();
    let events: Result<Vec<_>> =
        punches.into_iter().map(|(at, id)| door.event(EventKind::Badge, Some(id), at)).collect();
    door.send(events?).await?;
    door.beat(now, 0).await
}

async fn own_record(central: &TestCentral, browser: &TestBrowser, folder: &Path) -> Result<()> {
    browser.open(&central.url("/console/me")).await?;
    browser.says("Propose a correction").await?;
    browser.press(".days .today summary").await?;
    browser.says("That's wrong").await?;
    browser.look(WIDE).await?;
    browser.bring(".days .today").await?;
    browser.picture(WIDE, &folder.join("console-me.png")).await?;
    browser.unfold("Propose a correction").await?;
    browser.picture(PHONE, &folder.join("console-me-phone.png")).await
}
