//! Accounts: made on the server's command line, used in a real browser.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::Result;
use lintel_tests::central::Database;
use lintel_tests::{TestBrowser, TestCentral};

const PASSWORD: &str = "looms and numbers";

async fn add(central: &TestCentral, args: &[&str]) -> Result<String> {
    central.cli_reading([&["user", "create"], args].concat(), PASSWORD).await?.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_logs_in_reaches_what_their_role_opens_and_logs_out() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let browser = TestBrowser::start().await?;
    browser.open(&central.url("/")).await?;
    browser.says("lintel-central user create NAME --role admin").await?;
    browser.looks("login-first").await?;
    add(&central, &["tom", "--role", "technician", "--display-name", "Tom Sawyer"]).await?;

    browser.open(&central.url("/console/people")).await?;
    browser.log_in("tom", "not that").await?;
    browser.says("That name and password don't go together").await?;
    browser.looks("login-refused").await?;
    browser.log_in("TOM", PASSWORD).await?;
    // Where he wanted to go is not for him; where he may go is in reach.
    browser.says("This isn't for you").await?;
    browser.looks("problem").await?;
    browser.press_text("To the start").await?;
    browser.says("Tom Sawyer").await?;
    assert_eq!(browser.path().await?, "/console/devices");
    browser.unfold("Tom Sawyer").await?;
    browser.press_text("Log out").await?;
    browser.says("Forgotten your password?").await?;
    browser.open(&central.url("/console/devices")).await?;
    assert_eq!(browser.path().await?, "/console/login");
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_password_is_changed_before_anything_else_and_a_disabled_account_is_out_at_once()
-> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    add(&central, &["ada", "--role", "hr", "--temporary"]).await?;
    let browser = TestBrowser::start().await?;
    browser.open(&central.url("/console/people")).await?;
    browser.log_in("ada", PASSWORD).await?;
    browser.says("Choose one of your own before you go on").await?;
    browser.looks("password").await?;
    for (selector, text) in
        [("present", PASSWORD), ("new", "a longer looking glass"), ("again", "a longer looking glass")]
    {
        browser.fill(&format!("input[name={selector}]"), text).await?;
    }
    browser.press("form[action='/console/password'] button").await?;
    browser.says("Your password is changed").await?;
    browser.open(&central.url("/console/people")).await?;
    browser.says("People").await?;

    central.cli(["user", "disable", "ada"]).await?.ok()?;
    browser.open(&central.url("/console/people")).await?;
    assert_eq!(browser.path().await?, "/console/login");
    browser.log_in("ada", "a longer looking glass").await?;
    browser.says("That name and password don't go together").await?;
    browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_comes_from_a_file_or_standard_input_and_never_from_the_command_line() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let file: PathBuf = central.dir().join("password");
    std::fs::write(&file, "from a credential file\n")?;
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600))?;
    let by_file = ["user", "create", "ada", "--role", "admin", "--password-file"];
    let by_file = by_file.into_iter().map(PathBuf::from).chain([file]);
    central.cli(by_file).await?.ok()?;

    let typed = central.cli(["user", "create", "bob", "--role", "hr", "--password", PASSWORD]).await?;
    assert_eq!(typed.code, 2, "{}", typed.err);
    for (stdin, said) in [
        ("short", "at least 10 characters"),
        ("", "no password on standard input"),
        ("password123", "first that are guessed"),
    ] {
        let refused = central.cli_reading(["user", "create", "bob", "--role", "hr"], stdin).await?;
        assert_eq!(refused.code, 2, "{}", refused.err);
        assert!(refused.err.contains(said), "{}", refused.err);
    }
    let nobody = central.cli_reading(["user", "create", "bob", "--role", "employee"], PASSWORD).await?;
    assert!(nobody.code != 0 && nobody.err.contains("--person"), "{}", nobody.err);
    let listed = central.cli(["user", "list", "--json"]).await?.json()?;
    let accounts = listed.get("accounts").and_then(|accounts| accounts.as_array()).map_or(0, Vec::len);
    assert_eq!(accounts, 1, "{listed}");
    assert!(!listed.to_string().contains("argon2"), "{listed}");
    Ok(())
}
