//! The console in a real browser: what HR and the employee do in it, from the empty page to the month.

use std::path::PathBuf;

use anyhow::{Context, Result};
use lintel_tests::central::{Database, SITE};
use lintel_tests::{Pictures, TestBrowser, TestCentral};

fn photos(folder: &PathBuf) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.sort();
    Ok(files)
}

#[tokio::test(flavor = "multi_thread")]
async fn hr_adds_a_person_with_photos_corrects_a_day_and_takes_the_month_away() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let (name, folder) = pictures.enrol.iter().next().context("no pictures")?;
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let browser = TestBrowser::with_a_link(&central).await?;
    browser.says("Add the first door").await?;
    browser.looks("today-empty").await?;

    browser.press_text("People").await?;
    browser.fill("input[name=name]", name).await?;
    browser.fill("input[name=staff_no]", "A-1").await?;
    browser.press_text("Add").await?;
    browser.says("Added. Next: record consent").await?;
    browser.says("No consent: no template is stored").await?;
    browser.looks("person-new").await?;
    browser.fill("input[name=notice_version]", "2026-1").await?;
    browser.press_text("Record consent").await?;
    browser.says("Consented to notice 2026-1").await?;

    let mut files = photos(folder)?;
    let no_photo = central.dir().join("not-a-photo.jpg");
    std::fs::write(&no_photo, "just text")?;
    files.push(no_photo);
    browser.choose("input[type=file]", &files).await?;
    browser.press_text("Add photos").await?;
    browser.says("This can't be read as a photo").await?;
    browser.says("Added.").await?;
    browser.looks("person").await?;
    browser.says("template").await?;

    // Yesterday lies in the past at any hour of the day.
    let yesterday = central.today().await?.parse::<jiff::civil::Date>()?.yesterday()?.to_string();
    let month = format!(
        "{}/month?month={}",
        central.url(browser.path().await?.trim_end_matches("/photos")),
        yesterday.get(..7).unwrap_or_default()
    );
    browser.open(&month).await?;
    browser.unfold("Add a punch").await?;
    for (time, reason) in [("00:01", "Badge was forgotten"), ("00:05", "Left again")] {
        browser.set("input[name=date]", &yesterday).await?;
        browser.set("input[name=time]", time).await?;
        browser.fill("form.fields input[name=reason]", reason).await?;
        browser.press_text("Add").await?;
        browser.says("Corrected. The day is computed again").await?;
        browser.unfold("Add a punch").await?;
    }
    lintel_tests::process::eventually(
        "the day has its hours",
        std::time::Duration::from_secs(20),
        async || {
            browser.open(&month).await?;
            Ok(browser.is_saying("0:04").await?.then_some(()))
        },
    )
    .await?;
    browser.press(&format!("#d{yesterday} summary")).await?;
    browser.says("Badge was forgotten").await?;
    browser.looks("month-person").await?;

    browser
        .open(&central.url(&format!("/console/month?month={}", yesterday.get(..7).unwrap_or_default())))
        .await?;
    browser.says(name).await?;
    browser.looks("month").await?;
    browser.open(&central.url("/console/people?q=nobody+of+that+name")).await?;
    browser.says("Nobody found for").await?;
    browser.looks("people").await?;
    browser.open(&central.url("/console/devices")).await?;
    browser.looks("devices").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_asks_for_the_name_and_leaves_nobody_in_the_list() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let id = central.add_person("Grace Hopper", SITE).await?;
    let browser = TestBrowser::with_a_link(&central).await?;
    browser.open(&central.url(&format!("/console/people/{id}"))).await?;
    browser.unfold("Erase this person").await?;
    browser.fill("input[name=name]", "Somebody Else").await?;
    browser.press_text("Erase for ever").await?;
    browser.says("The name wasn't the same").await?;
    browser.unfold("Erase this person").await?;
    browser.fill("input[name=name]", "grace  hopper").await?;
    browser.press_text("Erase for ever").await?;
    browser.says("Each door forgets").await?;
    assert!(!browser.is_saying("Grace Hopper").await?);
    browser.close().await
}
