//! Doors in the console: a technician invites one, carries the code there, and it is the same door.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lintel_tests::central::{Database, Wanted};
use lintel_tests::process::eventually;
use lintel_tests::{TestBrowser, TestCentral, TestKiosk};

const PASSWORD: &str = "looms and numbers";
const PATIENCE: Duration = Duration::from_secs(120);

/// A centre that lets in doors with a certificate only.
async fn central() -> Result<TestCentral> {
    let settings = ["devices.allow_tokens=false", "mqtt.enabled=false"].map(str::to_owned).to_vec();
    Ok(TestCentral::start_as(Database::Sqlite, Wanted { settings, ..Wanted::default() }).await?.0)
}

async fn add(central: &TestCentral, name: &str, role: &str) -> Result<String> {
    central.cli_reading(["user", "create", name, "--role", role], PASSWORD).await?.ok()
}

/// A door without a join file.
fn fresh_door() -> Result<TestKiosk> {
    TestKiosk::new(Path::new("/nonexistent/join.toml"), "images:/nonexistent")
}

async fn invite(browser: &TestBrowser, door: &str, id: &str) -> Result<()> {
    browser.fill("input[name=door]", door).await?;
    browser.fill("input[name=id]", id).await?;
    browser.set("select[name=direction]", "in").await?;
    browser.press_text("Make a join code").await
}

/// The code on the page, without the command before it.
async fn code(browser: &TestBrowser) -> Result<String> {
    browser.says("The technician types this at the device, once").await?;
    let command = browser.text(".code pre").await?;
    Ok(command.rsplit(' ').next().context("no code")?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_technician_invites_a_door_that_joins_by_the_code_on_the_page() -> Result<()> {
    let central = central().await?;
    add(&central, "tom", "technician").await?;
    let browser = TestBrowser::start().await?;
    browser.open(&central.url("/console/devices")).await?;
    browser.log_in("tom", PASSWORD).await?;
    browser.says("No door yet").await?;
    browser.looks("doors-empty").await?;

    invite(&browser, "Main entrance", "main-entrance").await?;
    let code = code(&browser).await?;
    browser.says("Join code for Main entrance").await?;
    assert_eq!(browser.count(".qr svg path").await?, 2, "the code as a picture, dark on light");
    browser.looks("doors-invite").await?;
    let address = browser.address().await?;
    assert_eq!(address, central.url("/console/devices"), "no code in the address");

    browser.press_text("Back to the doors").await?;
    browser.says("Invited, not joined yet").await?;
    assert!(!browser.is_saying(&code).await?, "it is shown once");
    browser.looks("doors-invited").await?;

    let mut door = fresh_door()?;
    let said = door.cli(["join", &code]).await?.ok()?;
    ensure!(said.contains("this door is main-entrance now"), "{said}");
    browser.open(&central.url("/console/devices")).await?;
    browser.says("days left").await?;
    assert!(!browser.is_saying("Invited, not joined yet").await?);
    door.start()?;
    eventually("the page says that the door is blind", PATIENCE, async || {
        browser.open(&central.url("/console/devices")).await?;
        Ok(browser.is_saying("No picture from its camera").await?.then_some(()))
    })
    .await?;
    browser.looks("doors-blind").await?;
    door.stop().await?;

    // Another door must not take this one's place by a slip.
    browser.unfold("Invite a door").await?;
    invite(&browser, "Back door", "main-entrance").await?;
    browser.says("There is a door of this id already").await?;
    browser.says("Main entrance").await?;
    browser.looks("doors").await?;

    let audit = central.cli(["audit", "list", "--json"]).await?.ok()?;
    ensure!(audit.contains("device.invite") && !audit.contains(&code), "{audit}");
    ensure!(!central.log().contains(&code), "the code is in the log");
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_withdrawn_opens_nothing_and_a_revoked_door_is_invited_again() -> Result<()> {
    let central = central().await?;
    let browser = TestBrowser::with_a_link(&central).await?;
    browser.open(&central.url("/console/devices")).await?;
    invite(&browser, "Main entrance", "door-1").await?;
    let withdrawn = code(&browser).await?;
    browser.press_text("Back to the doors").await?;
    browser.press("form[action$='/withdraw'] button").await?;
    browser.says("Withdrawn. The code is worthless now").await?;
    let door = fresh_door()?;
    let refused = door.cli(["join", &withdrawn]).await?;
    ensure!(refused.code != 0, "{}", refused.out);

    invite(&browser, "Main entrance", "door-1").await?;
    door.cli(["join", &code(&browser).await?]).await?.ok()?;
    browser.open(&central.url("/console/devices")).await?;
    browser.unfold("Revoke").await?;
    browser.press_text("Revoke this door").await?;
    browser.says("This door may not connect any more").await?;
    browser.unfold("Invite again").await?;
    browser.press(".door form button").await?;
    let again = code(&browser).await?;
    browser.says("Join code for Main entrance").await?;
    fresh_door()?.cli(["join", &again]).await?.ok()?;
    browser.open(&central.url("/console/devices")).await?;
    browser.says("days left").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn hr_sees_no_doors_to_invite() -> Result<()> {
    let central = central().await?;
    add(&central, "ada", "hr").await?;
    let browser = TestBrowser::start().await?;
    browser.open(&central.url("/console/devices")).await?;
    browser.log_in("ada", PASSWORD).await?;
    browser.says("No door yet").await?;
    assert!(!browser.is_saying("Invite a door").await?);
    browser.close().await
}
