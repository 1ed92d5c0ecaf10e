//! The owner's way back: a machine is lost, and another one knows everything again, on both databases.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use lintel_core::event::EventKind;
use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;
use lintel_tests::central::{Database, SITE};
use lintel_tests::{TestCentral, TestDevice, TestPostgres};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(60);
const HOUR: i64 = 3_600_000;

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Ten in the morning of the site's today, so that a test at midnight does not straddle two days.
async fn ten_o_clock(central: &TestCentral) -> Result<UtcMillis> {
    let today: jiff::civil::Date = central.today().await?.parse()?;
    let zone = lintel_core::time::zone(lintel_tests::central::ZONE)?;
    let (start, _) = lintel_core::time::day_bounds(today, &zone);
    Ok(start.plus_millis(10 * HOUR))
}

async fn ledger_hash(central: &TestCentral) -> Result<Value> {
    central.cli(["ledger", "hash", "--json"]).await?.json()
}

/// A centre with two people who were at its door, and a safe outside of it with a passphrase.
struct Story {
    central: TestCentral,
    device: TestDevice,
    people: Vec<PersonId>,
    safe: tempfile::TempDir,
    _broker: lintel_tests::TestBroker,
}

impl Story {
    async fn begin(database: Database) -> Result<Self> {
        let (central, broker) = TestCentral::start(database).await?;
        let mut people = Vec::new();
        for name in ["Ada Lovelace", "Grace Hopper"] {
            let person = central.add_person(name, SITE).await?;
            central.cli(["people", "consent", &person, "--notice", "2026-01"]).await?.ok()?;
            people.push(PersonId::parse(&person)?);
        }
        let mut device = TestDevice::join(&central, &central.add_device("door-1", SITE).await?)?;
        let morning = ten_o_clock(&central).await?;
        let mut events = Vec::new();
        for n in 0..6 {
            // By badge: a face would count from the instant of the consent only, which is now.
            events.push(device.event(
                EventKind::Badge,
                Some(people[n % 2]),
                morning.plus_millis(n as i64 * HOUR / 2),
            )?);
        }
        device.send(events).await?;
        central.report_when("both are reported", PATIENCE, |days| days.len() == 2).await?;
        let safe = tempfile::tempdir()?;
        std::fs::write(safe.path().join("passphrase"), "a sentence that nobody guesses\n")?;
        Ok(Self { central, device, people, safe, _broker: broker })
    }

    fn in_safe(&self, name: &str) -> String {
        text(&self.safe.path().join(name))
    }

    async fn export_keys(&self) -> Result<()> {
        let args = [
            "keys",
            "export",
            "--recovery",
            &self.in_safe("keys.age"),
            "--sheet",
            &self.in_safe("sheet.html"),
        ];
        let args = args.into_iter().chain(["--passphrase-file", "PASSPHRASE"]);
        let passphrase = self.in_safe("passphrase");
        let args: Vec<&str> =
            args.map(|arg| if arg == "PASSPHRASE" { passphrase.as_str() } else { arg }).collect();
        self.central.cli(args).await?.ok().map(drop)
    }

    /// A backup in the safe; its file.
    async fn backup(&self) -> Result<PathBuf> {
        let made = self
            .central
            .cli(["backup", "create", "--to", &self.in_safe("backups"), "--json"])
            .await?
            .json()?;
        Ok(made["file"].as_str().context("no file")?.into())
    }
}

async fn a_lost_machine_comes_back(database: Database, postgres: Option<&TestPostgres>) -> Result<()> {
    let mut story = Story::begin(database).await?;
    let before = ledger_hash(&story.central).await?;
    assert_eq!((before["events"].as_u64(), before["days"].as_u64()), (Some(6), Some(2)), "{before}");
    story.export_keys().await?;
    let file = story.backup().await?;
    let verified = story.central.cli(["backup", "verify", &text(&file), "--json"]).await?.json()?;
    assert!(verified["vault"].as_str().is_some_and(|vault| vault.contains("vault-")), "{verified}");

    story.central.stop().await?;
    story.central.purge()?;
    if let Some(postgres) = postgres {
        postgres.start_over().await?;
    }
    let central = &story.central;
    let refused = central.cli(["backup", "restore", &text(&file)]).await?;
    assert_eq!(refused.code, 1, "without keys: {}", refused.out);
    assert!(refused.err.contains("keys init") || refused.err.contains("import"), "{}", refused.err);

    let passphrase = story.in_safe("passphrase");
    let import =
        ["keys", "import", "--recovery", &story.in_safe("keys.age"), "--passphrase-file", &passphrase];
    central.cli(import).await?.ok()?;
    let said = central.cli(["backup", "restore", &text(&file)]).await?.ok()?;
    assert!(said.contains("erased again: 0"), "{said}");
    assert_eq!(ledger_hash(central).await?, before, "the same ledger");

    // And it works on: the door needs nothing new, and its chain goes on.
    story.central.serve().await?;
    let morning = ten_o_clock(&story.central).await?;
    let next = story.device.event(EventKind::Badge, Some(story.people[0]), morning.plus_millis(5 * HOUR))?;
    let ack = story.device.send(vec![next]).await?;
    assert_eq!((ack.through_seq, ack.head_hash), (7, story.device.head()));
    let days = story
        .central
        .report_when("the new punch counts", PATIENCE, |days| days.iter().any(|day| day["punches"] == 4))
        .await?;
    assert_eq!(days.len(), 2, "{days:?}");
    let checked = story.central.cli(["audit", "verify", "--json"]).await?.json()?;
    assert_eq!(checked["broken_at"], Value::Null, "{checked}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_machine_comes_back_from_paper_and_backup_on_sqlite() -> Result<()> {
    a_lost_machine_comes_back(Database::Sqlite, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_machine_comes_back_from_paper_and_backup_on_postgresql() -> Result<()> {
    let postgres = TestPostgres::start().await?;
    a_lost_machine_comes_back(Database::Postgres(postgres.url()), Some(&postgres)).await
}

/// A client that stays where it is sent away from.
fn unfollowing(central: &TestCentral) -> Result<reqwest::Client> {
    let ca = reqwest::Certificate::from_pem(&std::fs::read(central.tls_file("ca.pem"))?)?;
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only([ca]);
    Ok(builder.redirect(reqwest::redirect::Policy::none()).build()?)
}

/// The cookie of a session that a log-in link has opened.
async fn logged_in(central: &TestCentral) -> Result<String> {
    let link = central.cli(["link"]).await?.ok()?;
    let path = link.trim().split_once("/console").context("no path")?.1;
    let button = unfollowing(central)?.post(central.url(&format!("/console{path}")));
    let opened = button.header("sec-fetch-site", "same-origin").send().await?;
    let cookie = opened.headers().get("set-cookie").context("no cookie")?.to_str()?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

/// Whether the console still knows a session.
async fn is_known(cookie: &str, central: &TestCentral) -> Result<bool> {
    let asked = unfollowing(central)?.get(central.url("/console")).header("cookie", cookie);
    Ok(asked.send().await?.status().is_success())
}

async fn what_was_revoked_stays_out(database: Database, postgres: Option<&TestPostgres>) -> Result<()> {
    let mut story = Story::begin(database).await?;
    let token = story.central.cli(["token", "create", "--name", "payroll", "--role", "hr"]).await?.ok()?;
    let session = logged_in(&story.central).await?;
    assert!(is_known(&session, &story.central).await?);
    story.export_keys().await?;
    let file = story.backup().await?;
    story.central.cli(["device", "revoke", "door-1"]).await?.ok()?;
    story.central.cli(["token", "revoke", "payroll"]).await?.ok()?;

    story.central.stop().await?;
    let said = story.central.cli(["backup", "restore", "--yes", &text(&file)]).await?.ok()?;
    assert!(said.contains("revoked again: 2") && !said.contains("of its own"), "{said}");
    story.central.serve().await?;
    let morning = ten_o_clock(&story.central).await?;
    let late = story.device.event(EventKind::Badge, Some(story.people[0]), morning.plus_millis(5 * HOUR))?;
    let refused = story.device.post(serde_json::to_vec(&story.device.batch(vec![late]))?).await?;
    assert_eq!(refused.status(), reqwest::StatusCode::UNAUTHORIZED);
    let client = story.central.client()?;
    let asked = client.get(story.central.url("/api/v1/people")).bearer_auth(token.trim()).send().await?;
    assert_eq!(asked.status(), reqwest::StatusCode::UNAUTHORIZED);
    assert!(!is_known(&session, &story.central).await?, "the session ended with the restore");

    // Another machine can't know: it says what is let in.
    story.central.stop().await?;
    story.central.purge()?;
    if let Some(postgres) = postgres {
        postgres.start_over().await?;
    }
    let passphrase = story.in_safe("passphrase");
    let import =
        ["keys", "import", "--recovery", &story.in_safe("keys.age"), "--passphrase-file", &passphrase];
    story.central.cli(import).await?.ok()?;
    let said = story.central.cli(["backup", "restore", &text(&file)]).await?.ok()?;
    for expected in ["revoked again: 0", "revocations.log of its own", "device revoke door-1", "payroll"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_revoked_after_a_backup_stays_out_when_it_is_restored_on_sqlite() -> Result<()> {
    what_was_revoked_stays_out(Database::Sqlite, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_revoked_after_a_backup_stays_out_when_it_is_restored_on_postgresql() -> Result<()> {
    let postgres = TestPostgres::start().await?;
    what_was_revoked_stays_out(Database::Postgres(postgres.url()), Some(&postgres)).await
}

async fn a_damaged_backup_is_refused(database: Database) -> Result<()> {
    let mut story = Story::begin(database).await?;
    let file = story.backup().await?;
    let whole = std::fs::read(&file)?;
    story.central.stop().await?;
    let before = ledger_hash(&story.central).await?;
    for at in [40, whole.len() / 3, whole.len() - 5] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        std::fs::write(&file, &flipped)?;
        for command in [vec!["backup", "verify"], vec!["backup", "restore", "--yes"]] {
            let mut args: Vec<String> = command.iter().map(ToString::to_string).collect();
            args.push(text(&file));
            let refused = story.central.cli(&args).await?;
            assert_eq!(refused.code, 1, "bit at {at}: {}", refused.out);
            assert!(refused.err.contains("central-") && !refused.err.contains("panicked"), "{}", refused.err);
        }
    }
    assert_eq!(ledger_hash(&story.central).await?, before, "nothing was touched");
    std::fs::write(&file, &whole)?;

    // Whole again it restores over what is there, which is kept aside, but only when told so.
    let refused = story.central.cli(["backup", "restore", &text(&file)]).await?;
    assert!(refused.code == 1 && refused.err.contains("--yes"), "{}", refused.err);
    let said = story.central.cli(["backup", "restore", "--yes", &text(&file)]).await?.ok()?;
    assert!(said.contains("kept for a week as"), "{said}");
    assert_eq!(ledger_hash(&story.central).await?, before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_flipped_bit_is_refused_and_nothing_is_touched_on_sqlite() -> Result<()> {
    a_damaged_backup_is_refused(Database::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_flipped_bit_is_refused_and_nothing_is_touched_on_postgresql() -> Result<()> {
    let postgres = TestPostgres::start().await?;
    a_damaged_backup_is_refused(Database::Postgres(postgres.url())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_is_not_replaced_and_a_foreign_key_or_a_lost_vault_is_named() -> Result<()> {
    let mut story = Story::begin(Database::Sqlite).await?;
    let file = story.backup().await?;
    let running = story.central.cli(["backup", "restore", "--yes", &text(&file)]).await?;
    assert!(running.code == 1 && running.err.contains("systemctl stop"), "{}", running.err);

    let stranger = TestCentral::bare(Database::Sqlite)?;
    stranger.cli(["keys", "init"]).await?.ok()?;
    let foreign = stranger.cli(["backup", "verify", &text(&file)]).await?;
    assert!(foreign.code == 1 && foreign.err.contains("DATA_ENCRYPTION_KEY"), "{}", foreign.err);

    story.central.stop().await?;
    let alone = story.safe.path().join("alone");
    std::fs::create_dir(&alone)?;
    let copy = alone.join(file.file_name().context("a name")?);
    std::fs::copy(&file, &copy)?;
    let lost = story.central.cli(["backup", "restore", "--yes", &text(&copy)]).await?;
    assert!(lost.code == 1 && lost.err.contains("vault-"), "{}", lost.err);
    let args = ["backup", "restore", "--yes", "--without-vault", &text(&copy)];
    let ledgerless = story.central.cli(args).await?;
    assert!(ledgerless.code == 1 && ledgerless.err.contains("erasures.log"), "{}", ledgerless.err);
    let args = ["backup", "restore", "--yes", "--without-vault", "--without-erasures", &text(&copy)];
    story.central.cli(args).await?.ok()?;
    assert!(story.central.cli(["people", "list"]).await?.ok()?.contains("Ada Lovelace"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_sheet_gives_the_same_keys_and_a_wrong_passphrase_none() -> Result<()> {
    let story = Story::begin(Database::Sqlite).await?;
    story.export_keys().await?;
    let page = std::fs::read_to_string(story.in_safe("sheet.html"))?;
    let lines =
        page.split("<pre>").nth(1).and_then(|rest| rest.split("</pre>").next()).context("no lines")?;
    std::fs::write(story.safe.path().join("typed.txt"), lines.to_lowercase())?;

    let bare = TestCentral::bare(Database::Sqlite)?;
    std::fs::write(story.safe.path().join("wrong"), "a sentence that somebody guesses\n")?;
    let (typed, wrong, right) =
        (story.in_safe("typed.txt"), story.in_safe("wrong"), story.in_safe("passphrase"));
    let refused = bare.cli(["keys", "import", "--recovery", &typed, "--passphrase-file", &wrong]).await?;
    assert!(refused.code == 1 && refused.err.contains("passphrase"), "{}", refused.err);
    assert!(!bare.data_dir().join("keys").exists(), "nothing was written");
    bare.cli(["keys", "import", "--recovery", &typed, "--passphrase-file", &right]).await?.ok()?;
    for name in ["data.key", "face.key", "ack.key", "tls/ca.key", "tls/ca.pem"] {
        let read = |central: &TestCentral| std::fs::read(central.data_dir().join("keys").join(name));
        assert_eq!(read(&bare)?, read(&story.central)?, "{name}");
    }
    Ok(())
}
