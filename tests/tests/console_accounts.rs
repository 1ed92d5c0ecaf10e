//! Accounts in the console: an admin makes, changes and closes them; nobody locks everybody out.

use anyhow::Result;
use lintel_tests::central::{Database, SITE};
use lintel_tests::{TestBrowser, TestCentral};

const PASSWORD: &str = "looms and numbers";
const FIRST: &str = "first of many words";
const OWN: &str = "a longer looking glass";

/// A centre with an admin, who is logged in.
async fn begin() -> Result<(TestCentral, lintel_tests::TestBroker, TestBrowser)> {
    let (central, broker) = TestCentral::start(Database::Sqlite).await?;
    let args = ["user", "create", "root", "--role", "admin", "--display-name", "Robin Root"];
    central.cli_reading(args, PASSWORD).await?.ok()?;
    let browser = TestBrowser::start().await?;
    browser.open(&central.url("/console/accounts")).await?;
    browser.log_in("root", PASSWORD).await?;
    browser.says("Accounts").await?;
    Ok((central, broker, browser))
}

async fn choose_own_password(browser: &TestBrowser, present: &str, own: &str) -> Result<()> {
    browser.says("Choose one of your own before you go on").await?;
    for (field, text) in [("present", present), ("new", own), ("again", own)] {
        browser.fill(&format!("input[name={field}]"), text).await?;
    }
    browser.press("form[action='/console/password'] button").await?;
    browser.says("Your password is changed").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_changed_closed_and_opened_again() -> Result<()> {
    let (central, _broker, browser) = begin().await?;
    browser.unfold("Add an account").await?;
    browser.looks("accounts-add").await?;
    browser.fill("input[name=name]", "ada").await?;
    browser.fill("input[name=display_name]", "Ada Lovelace").await?;
    browser.fill("input[name=password]", FIRST).await?;
    browser.press("form.fields button").await?;
    browser.says("Tell its owner the name and the first password").await?;
    browser.says("New password needed").await?;
    let account = browser.path().await?;
    assert!(!browser.is_saying(FIRST).await?);

    browser.log_out("Robin Root").await?;
    browser.log_in("ada", FIRST).await?;
    choose_own_password(&browser, FIRST, OWN).await?;
    browser.says("People").await?;
    browser.open(&central.url("/console/accounts")).await?;
    browser.says("This isn't for you").await?;
    browser.open(&central.url("/console")).await?;
    browser.log_out("Ada Lovelace").await?;

    browser.log_in("root", PASSWORD).await?;
    browser.open(&central.url(&account)).await?;
    browser.says("just now").await?;
    browser.looks("account").await?;
    browser.set("select[name=role]", "technician").await?;
    browser.press_text("Change role").await?;
    browser.says("The role is changed").await?;
    browser.press_text("Close this account").await?;
    browser.says("Nobody logs in with it any more").await?;
    browser.open(&central.url("/console/accounts")).await?;
    browser.says("Closed").await?;
    browser.looks("accounts").await?;
    browser.log_out("Robin Root").await?;
    browser.log_in("ada", OWN).await?;
    browser.says("That name and password don't go together").await?;

    browser.log_in("root", PASSWORD).await?;
    browser.open(&central.url(&account)).await?;
    browser.press_text("Open this account").await?;
    browser.says("Open again").await?;
    browser.fill("input[name=password]", "short words").await?;
    browser.press_text("Set password").await?;
    browser.says("The password is set").await?;
    browser.log_out("Robin Root").await?;
    browser.log_in("ada", "short words").await?;
    choose_own_password(&browser, "short words", OWN).await?;
    browser.says("Doors").await?;
    assert_eq!(browser.path().await?, "/console/devices", "a technician now");
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_gets_an_account_from_their_page_and_sees_their_own_record() -> Result<()> {
    let (central, _broker, browser) = begin().await?;
    let person = central.add_person("Grace Hopper", SITE).await?;
    browser.open(&central.url(&format!("/console/people/{person}"))).await?;
    browser.press_text("Make an account").await?;
    browser.says("The account of Grace Hopper").await?;
    browser.looks("accounts-of").await?;
    browser.fill("input[name=name]", "grace").await?;
    browser.fill("input[name=password]", FIRST).await?;
    browser.press("form.fields button").await?;
    browser.says("Tell its owner").await?;
    browser.says("Grace Hopper").await?;
    browser.says("Employee").await?;

    browser.log_out("Robin Root").await?;
    browser.log_in("grace", FIRST).await?;
    choose_own_password(&browser, FIRST, OWN).await?;
    assert_eq!(browser.path().await?, "/console/me");
    browser.says("Propose a correction").await?;
    browser.looks("me").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_admin_stays_and_nobody_changes_their_own_account() -> Result<()> {
    let (central, _broker, browser) = begin().await?;
    browser.press_text("Robin Root").await?;
    browser.says("This is your own account").await?;
    let own = browser.path().await?;
    browser.looks("account-own").await?;
    browser.log_out("Robin Root").await?;

    // Whoever comes by a link from the server has no account, and could close every one.
    let said = central.cli(["link"]).await?.ok()?;
    let link = said.split_whitespace().find(|word| word.contains("/console/login/")).unwrap_or_default();
    browser.open_link(link).await?;
    browser.open(&central.url(&own)).await?;
    browser.press_text("Close this account").await?;
    browser.says("This is the last admin who can log in").await?;
    browser.set("select[name=role]", "hr").await?;
    browser.press_text("Change role").await?;
    browser.says("This is the last admin who can log in").await?;

    browser.press_text("End its sessions").await?;
    browser.says("logged out everywhere").await?;
    browser.close().await
}
