//! A door joins by a code, works by its certificate, and is out the moment it is revoked.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use lintel_core::join::JoinCode;
use lintel_tests::card::{Card, Held};
use lintel_tests::central::{Database, SITE, Wanted};
use lintel_tests::credential::{Credential, signing_request};
use lintel_tests::process::eventually;
use lintel_tests::{Pictures, TestCentral, TestKiosk, TestPostgres};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(120);

/// A centre as the packages set it up: HTTPS only, and no door without a certificate.
async fn central(database: Database, settings: &[&str]) -> Result<TestCentral> {
    let strict = ["devices.allow_tokens=false", "mqtt.enabled=false"];
    let settings = strict.iter().chain(settings).map(|setting| (*setting).to_owned()).collect();
    Ok(TestCentral::start_as(database, Wanted { settings, ..Wanted::default() }).await?.0)
}

/// A door without a join file.
fn fresh_door(source: &str) -> Result<TestKiosk> {
    TestKiosk::new(Path::new("/nonexistent/join.toml"), source)
}

/// Status and code of an answer of central.
async fn answered(answer: reqwest::Response) -> Result<(u16, String)> {
    let status = answer.status().as_u16();
    let body: Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
    Ok((status, body["code"].as_str().unwrap_or_default().to_owned()))
}

async fn hello(central: &TestCentral, credential: &Credential) -> Result<(u16, String)> {
    let url = central.device_url("/device/v1/hello");
    answered(credential.client(central)?.get(url).send().await?).await
}

async fn post(
    central: &TestCentral,
    client: &reqwest::Client,
    path: &str,
    body: &Value,
) -> Result<(u16, String)> {
    answered(client.post(central.device_url(path)).json(body).send().await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_joins_delivers_renews_is_revoked_at_once_and_joins_again() -> Result<()> {
    let pictures = Pictures::fetched()?;
    // A day's certificate counts from yesterday, so it is due for renewal from the start.
    let central = central(Database::Sqlite, &["devices.certificate_days=1"]).await?;
    let people = central.enrol_all(&pictures).await?;
    let mut kiosk = fresh_door(&pictures.source())?;
    let said = kiosk.cli(["join", &central.invite("door-1", SITE).await?]).await?.ok()?;
    assert!(said.contains("this door is door-1 now"), "{said}");
    let joined = Credential::of_door(&kiosk.data_dir())?;
    assert_eq!(hello(&central, &joined).await?.0, 204);
    let checked = kiosk.cli(["doctor", "--json"]).await?;
    assert!(checked.out.contains("knows this door"), "{}", checked.out);

    kiosk.start()?;
    kiosk.says("the door has a new certificate", PATIENCE).await?;
    let renewed = Credential::of_door(&kiosk.data_dir())?;
    assert_ne!(joined.certificate, renewed.certificate);
    assert_eq!(hello(&central, &joined).await?, (401, "certificate_revoked".into()), "the old one");
    let keys = std::fs::read_dir(kiosk.data_dir().join("keys"))?.flatten();
    let tls_keys = keys.filter(|entry| entry.file_name().to_string_lossy().starts_with("tls-")).count();
    assert_eq!(tls_keys, 1, "the old key is gone, and so is the one of joining");
    let days = central
        .report_when("everybody is reported over mutual TLS", PATIENCE, |days| days.len() == people.len())
        .await?;
    assert!(days.iter().all(|day| day["punches"] == 1), "{days:?}");

    assert_eq!(hello(&central, &renewed).await?.0, 204);
    central.cli(["device", "revoke", "door-1"]).await?.ok()?;
    let revoked_at = Instant::now();
    assert_eq!(hello(&central, &renewed).await?, (401, "certificate_revoked".into()));
    assert!(revoked_at.elapsed() < Duration::from_secs(2), "{:?}", revoked_at.elapsed());
    let tried = post(&central, &renewed.client(&central)?, "/device/v1/events", &json!({})).await?;
    assert_eq!(tried, (401, "certificate_revoked".into()));
    kiosk.says("revoked or replaced", PATIENCE).await?;
    kiosk.stop().await?;

    kiosk.cli(["join", &central.invite("door-1", SITE).await?]).await?.ok()?;
    kiosk.start()?;
    eventually("the door is heard of again", PATIENCE, async || {
        let devices = central.get("/api/v1/devices").await?;
        let device = &devices["devices"][0];
        Ok((device["revoked_at"].is_null() && !device["gallery_public_key"].is_null()).then_some(()))
    })
    .await
    .with_context(|| kiosk.log())?;
    assert_eq!(hello(&central, &renewed).await?.0, 401, "the revoked one stays so");
    kiosk.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_door_that_joins_anew_ends_in_good_order_and_comes_back() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let central = central(Database::Sqlite, &[]).await?;
    // Joining forgets the gallery key; the first heartbeat brings it.
    let heard_of = async |central: &TestCentral| {
        eventually("the door is heard of", PATIENCE, async || {
            let devices = central.get("/api/v1/devices").await?;
            Ok((!devices["devices"][0]["gallery_public_key"].is_null()).then_some(()))
        })
        .await
    };
    let mut kiosk = fresh_door(&pictures.source())?;
    kiosk.cli(["join", &central.invite("door-1", SITE).await?]).await?.ok()?;
    kiosk.start()?;
    heard_of(&central).await.with_context(|| kiosk.log())?;
    let first = Credential::of_door(&kiosk.data_dir())?;

    kiosk.cli(["join", &central.invite("door-1", SITE).await?]).await?.ok()?;
    kiosk.ends(PATIENCE).await?;
    assert!(kiosk.log().contains("this door has joined anew"), "{}", kiosk.log());
    assert_eq!(hello(&central, &first).await?, (401, "certificate_revoked".into()));
    // What systemd does then.
    kiosk.start()?;
    heard_of(&central).await.with_context(|| kiosk.log())?;
    kiosk.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_an_expired_and_a_used_code_are_each_named_as_such() -> Result<()> {
    let postgres = TestPostgres::start().await?;
    let central = central(Database::Postgres(postgres.url()), &[]).await?;
    let kiosk = fresh_door("clip:/nonexistent.avi")?;
    let code = central.invite("door-1", SITE).await?;

    let tenth = code.char_indices().nth(10).context("a code is longer")?;
    let mut mistyped = code.clone();
    let other = if tenth.1 == 'Z' { "Y" } else { "Z" };
    mistyped.replace_range(tenth.0..=tenth.0, other);
    for (typed, says) in [
        (mistyped.as_str(), "number 1 of group 2"),
        ("LJ1-00000", "breaks off"),
        ("hello", "begins with LJ1-"),
        (&code[..code.len() - 6], "checksum"),
    ] {
        let said = kiosk.cli(["join", typed]).await?;
        assert_eq!(said.code, 2, "{typed}: {}", said.err);
        assert!(said.err.contains(says), "{typed}: {}", said.err);
        assert!(!said.err.contains(typed) || typed.len() < 10, "a code is shown: {}", said.err);
    }

    postgres.ask("UPDATE device_invite SET expires_at = 1").await?;
    let said = kiosk.cli(["join", &code]).await?;
    assert!(said.code == 1 && said.err.contains("has expired"), "{}", said.err);
    assert!(!kiosk.data_dir().join("identity.toml").exists());

    // As people type it: in words, in lower case.
    let code = central.invite("door-1", SITE).await?;
    let words: Vec<String> = code.to_lowercase().split('-').map(str::to_owned).collect();
    let said = kiosk.cli(std::iter::once("join".to_owned()).chain(words)).await?.ok()?;
    assert!(said.contains("door-1"), "{said}");
    let said = kiosk.cli(["join", &code]).await?;
    assert!(said.code == 1 && said.err.contains("was used already"), "{}", said.err);
    assert!(kiosk.data_dir().join("identity.toml").exists(), "the joined door stays joined");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_an_expired_and_no_certificate_are_each_refused() -> Result<()> {
    let postgres = TestPostgres::start().await?;
    let central = central(Database::Postgres(postgres.url()), &[]).await?;
    let kiosk = fresh_door("clip:/nonexistent.avi")?;
    kiosk.cli(["join", &central.invite("door-1", SITE).await?]).await?.ok()?;

    let nobody = central.client()?;
    let answer = nobody.get(central.device_url("/device/v1/hello")).send().await?;
    assert_eq!(answered(answer).await?, (401, "certificate_needed".into()));
    let added = central.cli(["device", "add", "door-2", "--site", SITE, "--door", "Back"]).await?;
    assert_eq!(added.code, 2, "{}", added.out);
    assert!(added.err.contains("device invite door-2"), "{}", added.err);

    // Its authority has the name of ours, so either the name or the signature is what doesn't fit. In TLS 1.3
    // the refusal comes after the client's handshake: a connection may be seen closed before its alert is
    // read, so each try must fail, and one of them must say why.
    let alerts = ["UnknownCA", "UnknownIssuer", "DecryptError"];
    let foreign = Credential::foreign("door-1")?;
    eventually("the refusal names its reason", PATIENCE, async || {
        let asked = foreign.client(&central)?.get(central.device_url("/device/v1/hello")).send().await;
        let refused = asked.map(|answer| answer.status()).err().context("a foreign CA was believed")?;
        let error = format!("{:#}", anyhow::Error::from(refused));
        Ok(alerts.iter().any(|alert| error.contains(alert)).then_some(()))
    })
    .await?;

    // Signed by the right CA, never given to anybody.
    let expired = Credential::expired(&central, "door-1")?;
    assert_eq!(hello(&central, &expired).await?, (401, "certificate_revoked".into()));
    // The same as if it had been given two years ago: good for a new one, and for nothing else.
    let row = format!(
        "UPDATE device_certificate SET fingerprint = '\\x{}', expires_at = 1",
        expired.fingerprint()?
    );
    postgres.ask(&row).await?;
    assert_eq!(hello(&central, &expired).await?, (401, "certificate_expired".into()));
    let csr = json!({ "csr": signing_request(None)? });
    assert_eq!(post(&central, &expired.client(&central)?, "/device/v1/renew", &csr).await?.0, 200);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_another_doors_name_is_refused_and_guessing_codes_has_to_wait() -> Result<()> {
    let central = central(Database::Sqlite, &[]).await?;
    let code = JoinCode::parse(&central.invite("door-1", SITE).await?)?;
    let client = central.client()?;
    let ask = async |token: &str, name: Option<&str>| {
        let body = json!({ "token": token, "csr": signing_request(name)? });
        post(&central, &client, "/device/v1/join", &body).await
    };
    let token = code.token.to_text();
    assert_eq!(ask(&token, Some("door-2")).await?, (422, "bad_request_for_certificate".into()));
    for _ in 0..5 {
        assert_eq!(ask("00112233445566778899aabbccddeeff", None).await?, (401, "unknown_code".into()));
    }
    assert_eq!(ask(&token, None).await?, (429, "too_many_tries".into()));
    eventually("the wait is over", PATIENCE, async || {
        Ok((ask(&token, Some("door-1")).await?.0 == 200).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_another_centre_is_not_believed_by_the_door() -> Result<()> {
    let central = central(Database::Sqlite, &[]).await?;
    let kiosk = fresh_door("clip:/nonexistent.avi")?;
    let mut code = JoinCode::parse(&central.invite("door-1", SITE).await?)?;
    // Whoever answers at the centre's address must have the CA of the code.
    code.ca = lintel_core::join::CaFingerprint::of(b"the CA of another centre");
    let said = kiosk.cli(["join", &code.to_text()]).await?;
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.err.contains("isn't signed by the CA"), "{}", said.err);
    assert!(!said.err.contains(&code.token.to_text()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_joins_by_the_code_that_is_held_before_its_camera() -> Result<()> {
    let central = central(Database::Sqlite, &[]).await?;
    let seen = central.dir().join("seen");
    std::fs::create_dir(&seen)?;
    // Somebody walks past with a badge before the technician has found the paper.
    let ada = central.add_person("Ada Lovelace", SITE).await?;
    let card = central.dir().join("card.svg").display().to_string();
    central.cli(["badge", "issue", &ada, "--sheet", &card]).await?.ok()?;
    let held = Held { middle: [320.0, 240.0], px_per_mm: 3.5, degrees: 4.0 };
    let card = Card::read(Path::new(&card))?;
    card.picture(held).save(seen.join("1.png"))?;
    let png = seen.join("2.png").display().to_string();
    let args = ["device", "invite", "door-1", "--site", SITE, "--door", "Front", "--png", png.as_str()];
    central.cli(args).await?.ok()?;

    let kiosk = fresh_door(&format!("images:{}", seen.display()))?;
    let said = kiosk.cli(["join", "--camera"]).await?;
    assert!(said.out.contains("this door is door-1 now"), "{} {}", said.out, said.err);
    assert!(said.err.contains("There is a QR code, but this is no join code"), "{}", said.err);
    for line in said.err.lines().filter(|line| line.contains("QR code")) {
        assert!(line.len() < 160, "another's code was repeated: {line}");
    }
    assert!(said.err.contains("Read a join code for https://"), "{}", said.err);

    std::fs::remove_file(&png)?;
    let said = kiosk.cli(["join", "--camera"]).await?;
    assert!(said.code != 0 && said.err.contains("ended without a join code"), "{}", said.err);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authority_is_shown_without_its_keys_and_an_invitation_as_text_qr_and_picture() -> Result<()> {
    let central = central(Database::Sqlite, &[]).await?;
    let shown = central.cli(["ca", "show"]).await?.ok()?;
    assert!(shown.contains("Lintel central CA") && shown.contains("days left"), "{shown}");
    let made = central.cli(["ca", "init"]).await?.ok()?;
    assert!(made.lines().all(|line| line.starts_with("kept")), "{made}");

    let png = central.dir().join("code.png");
    let args = ["device", "invite", "door-1", "--site", SITE, "--door", "Front", "--valid", "30m", "--png"];
    let said = central.cli(args.into_iter().chain([png.display().to_string().as_str()])).await?.ok()?;
    let code = said.lines().find(|line| line.starts_with("LJ1-")).context("no code was printed")?;
    JoinCode::parse(code)?;
    assert!(said.contains('█'), "no QR code: {said}");
    assert!(std::fs::read(&png)?.starts_with(b"\x89PNG"));
    let late = central.cli(["device", "invite", "door-1", "--valid", "90d"]).await?;
    assert!(late.code != 0 && late.err.contains("30 days"), "{}", late.err);
    assert!(!central.log().contains(code), "a code stands in the log");
    Ok(())
}
