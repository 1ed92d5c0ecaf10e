//! A correction in the console: its owner proposes it, somebody else answers, and the day says what became of it.

use anyhow::Result;
use lintel_tests::central::{Database, SITE};
use lintel_tests::{TestBrowser, TestCentral};

const PASSWORD: &str = "looms and numbers";

async fn account(central: &TestCentral, name: &str, role: &str, rest: &[&str]) -> Result<()> {
    let args = ["user", "create", name, "--role", role].into_iter().chain(rest.iter().copied());
    central.cli_reading(args, PASSWORD).await?.ok()?;
    Ok(())
}

async fn logged_in(central: &TestCentral, name: &str, page: &str) -> Result<TestBrowser> {
    let browser = TestBrowser::start().await?;
    browser.open(&central.url(page)).await?;
    browser.log_in(name, PASSWORD).await?;
    Ok(browser)
}

async fn propose(browser: &TestBrowser, date: &str, time: &str, reason: &str) -> Result<()> {
    browser.unfold("Propose a correction").await?;
    browser.set("input[name=date]", date).await?;
    browser.set("input[name=time]", time).await?;
    browser.fill("form.fields input[name=reason]", reason).await?;
    browser.press_text("Propose").await?;
    browser.says("Somebody else decides").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_proposes_and_hr_approves_one_and_rejects_the_other() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let grace = central.add_person("Grace Hopper", SITE).await?;
    account(&central, "hedy", "hr", &[]).await?;
    account(&central, "grace", "employee", &["--person", &grace]).await?;
    // Yesterday lies in the past at any hour of the day.
    let yesterday = central.today().await?.parse::<jiff::civil::Date>()?.yesterday()?.to_string();
    let month = yesterday.get(..7).unwrap_or_default().to_owned();

    let own = logged_in(&central, "grace", &format!("/console/me?month={month}")).await?;
    propose(&own, &yesterday, "00:01", "The reader was off").await?;
    own.open(&central.url(&format!("/console/me?month={month}"))).await?;
    propose(&own, &yesterday, "00:05", "Went home").await?;
    own.open(&central.url(&format!("/console/me?month={month}"))).await?;
    own.press(&format!("#d{yesterday} summary")).await?;
    own.says("proposed, waiting: Went home").await?;
    own.looks("me-proposed").await?;

    let hr = logged_in(&central, "hedy", &format!("/console/month?month={month}")).await?;
    hr.says("Waiting for an answer").await?;
    hr.says("wants to add").await?;
    hr.looks("month-waiting").await?;
    hr.press(".waiting li:first-child button[value=approve]").await?;
    hr.says("Approved. The day is computed again").await?;
    hr.open(&central.url(&format!("/console/month?month={month}"))).await?;
    hr.fill(".waiting li:first-child input[name=answer]", "You were in the canteen").await?;
    hr.press(".waiting li:first-child button[value=reject]").await?;
    hr.open(&central.url(&format!("/console/month?month={month}"))).await?;
    assert!(!hr.is_saying("Waiting for an answer").await?);

    own.open(&central.url(&format!("/console/me?month={month}"))).await?;
    own.press(&format!("#d{yesterday} summary")).await?;
    own.says("added: The reader was off").await?;
    own.says("rejected: You were in the canteen").await?;
    own.looks("me-answered").await?;
    own.close().await?;
    hr.close().await
}
