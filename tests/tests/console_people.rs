//! People in the console: badges of a whole site on sheets, and the last day at work.

use anyhow::Result;
use lintel_tests::central::{Database, SITE};
use lintel_tests::{TestBrowser, TestCentral};
use serde_json::Value;

async fn actions(central: &TestCentral, action: &str) -> Result<usize> {
    let audit = central.cli(["audit", "list", "--json"]).await?.json()?;
    let rows = audit.get("rows").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(rows.iter().filter(|row| row.get("action") == Some(&Value::from(action))).count())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_has_new_badges_for_those_who_have_none_and_everybodys_when_asked() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let ada = central.add_person("Ada Lovelace", SITE).await?;
    for name in ["Grace Hopper", "Hedy Lamarr"] {
        central.add_person(name, SITE).await?;
    }
    let card = central.dir().join("ada.svg").display().to_string();
    central.cli(["badge", "issue", &ada, "--sheet", &card]).await?.ok()?;
    let browser = TestBrowser::with_a_link(&central).await?;
    browser.open(&central.url("/console/people")).await?;
    browser.unfold("Print badges").await?;
    browser.looks("people-badges").await?;
    browser.press_text("For those who have none").await?;
    browser.says("Print at 100 %").await?;
    assert_eq!(browser.count("li svg").await?, 2);
    browser.looks("badge-sheet").await?;
    assert_eq!((actions(&central, "badge.issue").await?, actions(&central, "badge.print").await?), (3, 0));

    browser.press_text("Back to people").await?;
    browser.unfold("Print badges").await?;
    browser.press_text("For those who have none").await?;
    browser.says("Everybody at this site has a good badge already").await?;
    browser.unfold("Print badges").await?;
    browser.press_text("For everybody").await?;
    browser.says("Print at 100 %").await?;
    assert_eq!(browser.count("li svg").await?, 3);
    assert_eq!((actions(&central, "badge.issue").await?, actions(&central, "badge.print").await?), (3, 3));
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_leaves_on_a_day_stays_after_all_and_is_gone_when_the_day_has_ended() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let ada = central.add_person("Ada Lovelace", SITE).await?;
    central.cli(["badge", "issue", &ada]).await?.ok()?;
    let browser = TestBrowser::with_a_link(&central).await?;
    browser.open(&central.url(&format!("/console/people/{ada}"))).await?;
    // Two days on: today's date may change while this runs.
    let today: jiff::civil::Date = central.today().await?.parse()?;
    let later = today.tomorrow()?.tomorrow()?.to_string();
    browser.set("input[name=on]", &later).await?;
    browser.press_text("Record the last day").await?;
    browser.says("Until that day has ended, everything works as before").await?;
    browser.says("Last day:").await?;
    browser.says("Good until").await?;
    browser.looks("person-leaves").await?;
    browser.press_text("Stays after all").await?;
    browser.says("The last day is taken back").await?;
    assert!(!browser.is_saying("Last day:").await?);

    browser.set("input[name=on]", "0206-11-21").await?;
    browser.press_text("Record the last day").await?;
    browser.says("not more than 400 days away").await?;
    browser.says("Good until").await?;
    let before = today.yesterday()?.yesterday()?.to_string();
    browser.set("input[name=on]", &before).await?;
    browser.press_text("Record the last day").await?;
    browser.says("Doors stop knowing this person").await?;
    browser.says("Left on").await?;
    browser.says("No badge").await?;
    browser.looks("person-left").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_left_already_is_gone_at_once() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let ada = central.add_person("Ada Lovelace", SITE).await?;
    let browser = TestBrowser::with_a_link(&central).await?;
    browser.open(&central.url(&format!("/console/people/{ada}"))).await?;
    browser.unfold("End it now").await?;
    browser.press_text("Has left").await?;
    browser.says("Left on").await?;
    browser.close().await
}
