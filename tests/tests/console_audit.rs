//! The audit in the console: an auditor reads who saw and changed what, and finds what was altered.

use std::time::Duration;

use anyhow::Result;
use lintel_tests::central::{Database, SITE};
use lintel_tests::process::eventually;
use lintel_tests::{TestBrowser, TestCentral};
use rusqlite::Connection;
use serde_json::json;

const PASSWORD: &str = "looms and numbers";

async fn auditor(central: &TestCentral) -> Result<TestBrowser> {
    central.cli_reading(["user", "create", "otto", "--role", "auditor"], PASSWORD).await?.ok()?;
    let browser = TestBrowser::start().await?;
    browser.open(&central.url("/console/audit")).await?;
    browser.log_in("otto", PASSWORD).await?;
    browser.says("Check the whole chain").await?;
    Ok(browser)
}

/// Everything that was done until now is in the chain.
async fn sealed(central: &TestCentral) -> Result<()> {
    eventually("the rows are sealed", Duration::from_secs(20), async || {
        let report = central.cli(["audit", "verify", "--json"]).await?.json()?;
        Ok((report.get("unsealed") == Some(&json!(0))).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_pages_and_filters_rows_that_name_nobody() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let client = central.client()?;
    for n in 0..110 {
        let body = json!({ "name": format!("Person Number {n}"), "site": SITE }).to_string();
        let request = client.post(central.url("/api/v1/people")).bearer_auth(central.api_token());
        let request = request.header("content-type", "application/json").body(body);
        request.send().await?.error_for_status()?;
    }
    let ada = central.add_person("Ada Lovelace", SITE).await?;
    let browser = auditor(&central).await?;
    browser.says("Added a person").await?;
    browser.says("rows are in the chain").await?;
    assert!(!browser.is_saying("Number 1").await? && !browser.is_saying("Ada").await?);
    assert_eq!(browser.count(".audit tbody tr").await?, 100);
    browser.looks("audit").await?;

    browser.press_text("Older →").await?;
    browser.says("Added a site").await?;
    let older = browser.count(".audit tbody tr").await?;
    assert!((10..100).contains(&older), "{older}");
    browser.press_text("← Newest").await?;

    browser.fill("input[name=about]", &ada).await?;
    browser.set("select[name=action]", "person.add").await?;
    browser.press_text("Show").await?;
    browser.says("Show all").await?;
    assert_eq!(browser.count(".audit tbody tr").await?, 1);
    browser.says(&ada).await?;
    browser.set("input[name=to]", "2020-01-01").await?;
    browser.press_text("Show").await?;
    browser.says("Nothing fits this filter").await?;
    browser.looks("audit-none").await?;

    // Reading it is in it, with what was asked for.
    browser.press_text("Show all").await?;
    browser.set("select[name=action]", "audit.view").await?;
    browser.press_text("Show").await?;
    browser.says("Show all").await?;
    browser.says(&ada).await?;
    browser.says("account:").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn checking_the_chain_finds_the_row_that_somebody_altered() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    central.add_person("Ada Lovelace", SITE).await?;
    let browser = auditor(&central).await?;
    sealed(&central).await?;
    browser.press_text("Check the whole chain").await?;
    browser.says("Whole: each of").await?;
    browser.looks("audit-whole").await?;

    let db = Connection::open(central.dir().join("central.db"))?;
    db.busy_timeout(Duration::from_secs(10))?;
    db.execute("UPDATE audit SET actor = 'cli' WHERE seal_no = 1", [])?;
    db.execute("UPDATE audit SET subject = 'another' WHERE seal_no = 2", [])?;
    browser.press_text("Check the whole chain").await?;
    browser.says("Row 2 was altered, moved or taken away").await?;
    assert!(!browser.is_saying("Whole:").await?);
    browser.looks("audit-broken").await?;
    browser.close().await
}
