//! TLS with the real programs: broker, people's listener, proxies in front, PostgreSQL behind.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use lintel_tests::central::{Database, SITE, Wanted};
use lintel_tests::process::{Said, program, run};
use lintel_tests::proxy::TestProxy;
use lintel_tests::{Pictures, TestCentral, TestKiosk, TestPostgres};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(120);

/// What a port answers to a plain HTTP request; nothing when it hangs up or speaks something else.
async fn plain_http(port: u16) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    // A server that hangs up with unread bytes resets the connection; what came before is the answer.
    tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await?.ok();
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_delivers_over_mqtts_with_the_centres_own_certificate() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let wanted = Wanted { mqtts: true, ..Wanted::default() };
    let (central, broker) = TestCentral::start_as(Database::Sqlite, wanted).await?;
    let people = central.enrol_all(&pictures).await?;
    let join = central.add_device("door-1", SITE).await?;
    assert!(std::fs::read_to_string(&join)?.contains("mqtt_url = \"mqtts://127.0.0.1:"));
    // The other road is closed, so what arrives came through the broker.
    let mut kiosk = TestKiosk::new(&join, &pictures.source())?.with("sync.https=false");
    kiosk.start()?;
    let days = central
        .report_when("everybody is reported over MQTT", PATIENCE, |days| days.len() == people.len())
        .await?;
    assert!(days.iter().all(|day| day["punches"] == 1), "{days:?}");

    assert_eq!(plain_http(broker.port()).await?, "", "the broker speaks TLS only");
    let said = central.cli(["doctor", "--json"]).await?;
    assert!(said.out.contains("mqtts://127.0.0.1"), "{}", said.out);
    kiosk.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_peoples_listener_serves_https_and_answers_no_plain_http() -> Result<()> {
    let wanted = Wanted { https: true, ..Wanted::default() };
    let (central, _broker) = TestCentral::start_as(Database::Sqlite, wanted).await?;
    assert!(central.url("/").starts_with("https:"));
    assert!(central.get("/api/v1/sites").await?["sites"].is_array());
    // At most the TLS alert that says "this isn't TLS".
    let plain = plain_http(central.people_port()).await?;
    assert!(!plain.contains("HTTP"), "{plain:?}");

    // Without the centre's CA nobody believes it.
    let stranger = reqwest::Client::builder().no_proxy().build()?;
    assert!(stranger.get(central.url("/health/live")).send().await.is_err());
    // Beyond loopback plain HTTP isn't even offered.
    let said =
        central.cli(["serve", "--set", "server.listen=0.0.0.0:0", "--set", "server.tls_cert="]).await?;
    assert_eq!(said.code, 2, "{}{}", said.out, said.err);
    Ok(())
}

/// What must hold behind whatever proxy a sample is for.
async fn serves_through(central: &TestCentral, proxy: &TestProxy) -> Result<()> {
    let client = central.client()?;
    let ready = client.get(proxy.url("/health/ready")).send().await?;
    assert_eq!(ready.status(), 200);

    let direct = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let redirected = direct.get(proxy.plain_url("/console")).send().await?;
    assert!(redirected.status().is_redirection(), "{}", redirected.status());
    assert!(redirected.headers()["location"].to_str()?.starts_with("https://"), "{redirected:?}");

    // Everybody comes from loopback now, so the counters need a token.
    assert_eq!(client.get(proxy.url("/metrics")).send().await?.status(), 401);

    // As large as central takes: the proxy must let it through, and central has the last word.
    let boundary = "lintel";
    let mut body =
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n")
            .into_bytes();
    body.resize(32 * 1024 * 1024 - 64, b'x');
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let person = central.add_person("Ada", SITE).await?;
    let upload = client
        .post(proxy.url(&format!("/api/v1/people/{person}/photos")))
        .bearer_auth(central.api_token())
        .header("content-type", format!("multipart/form-data; boundary={boundary}"))
        .body(body)
        .send()
        .await?;
    // Central refuses without consent before it has read the body, and a proxy may call that a bad gateway.
    assert!(
        matches!(upload.status().as_u16(), 409 | 502),
        "the sample's limit is below central's: {upload:?}"
    );

    // The live feed isn't held back: its first line comes while the stream is open.
    let mut feed = client.get(proxy.url("/console/events")).bearer_auth(central.api_token()).send().await?;
    assert_eq!(feed.status(), 200);
    let first = tokio::time::timeout(Duration::from_secs(30), feed.chunk()).await??;
    assert!(first.is_some_and(|bytes| !bytes.is_empty()), "nothing came");
    Ok(())
}

fn behind_proxy() -> Wanted {
    Wanted { settings: vec!["server.behind_proxy=true".into()], ..Wanted::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nginx_sample_serves_the_centre() -> Result<()> {
    let (central, _broker) = TestCentral::start_as(Database::Sqlite, behind_proxy()).await?;
    let proxy = TestProxy::nginx(&central).await?;
    serves_through(&central, &proxy).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caddy_sample_serves_the_centre() -> Result<()> {
    let (central, _broker) = TestCentral::start_as(Database::Sqlite, behind_proxy()).await?;
    let proxy = TestProxy::caddy(&central).await?;
    serves_through(&central, &proxy).await
}

async fn migrate(data: &Path, url: &str, variables: &[(&str, &str)]) -> Result<Said> {
    let mut command = Command::new(program("lintel-central")?);
    command.env("DATABASE_URL", url).envs(variables.iter().copied());
    run(command, ["migrate", "--set", &format!("storage.data_dir={}", data.display())]).await
}

async fn keys_init(data: &Path) -> Result<()> {
    let set = format!("storage.data_dir={}", data.display());
    run(Command::new(program("lintel-central")?), ["keys", "init", "--set", &set]).await?.ok()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_is_believed_over_tls_only_with_the_right_ca() -> Result<()> {
    let (ours, others) = (tempfile::tempdir()?, tempfile::tempdir()?);
    for folder in [&ours, &others] {
        keys_init(folder.path()).await?;
    }
    let tls = |name: &str| ours.path().join("keys/tls").join(name);
    let postgres = TestPostgres::start_tls(&tls("server.pem"), &tls("server.key")).await?;
    let ca = tls("ca.pem").display().to_string();
    let other_ca = others.path().join("keys/tls/ca.pem").display().to_string();

    for (variables, says) in [
        (vec![("DATABASE_SSL_REQUIRE", "true"), ("DB_SSLROOTCERT", other_ca.as_str())], "certificate"),
        (vec![("DATABASE_SSL_REQUIRE", "true")], "certificate"),
        (vec![("DATABASE_SSL_REQUIRE", "true"), ("DB_SSLROOTCERT", "/nonexistent/ca.pem")], "No such file"),
    ] {
        let said = migrate(ours.path(), &postgres.url(), &variables).await?;
        assert_ne!(said.code, 0, "{variables:?}: {}", said.out);
        assert!(said.err.contains(says), "{variables:?}: {}", said.err);
    }
    let required = [("DATABASE_SSL_REQUIRE", "true"), ("DB_SSLROOTCERT", ca.as_str())];
    migrate(ours.path(), &postgres.url(), &required).await?.ok()?;
    // The CA alone is enough to ask for TLS.
    migrate(ours.path(), &postgres.url(), &[("DB_SSLROOTCERT", ca.as_str())]).await?.ok()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_without_tls_is_refused_where_tls_is_required() -> Result<()> {
    let data = tempfile::tempdir()?;
    let postgres = TestPostgres::start().await?;
    let said = migrate(data.path(), &postgres.url(), &[("DATABASE_SSL_REQUIRE", "true")]).await?;
    assert_ne!(said.code, 0, "{}", said.out);
    assert!(said.err.contains("TLS"), "{}", said.err);
    migrate(data.path(), &postgres.url(), &[("DATABASE_SSL_REQUIRE", "false")]).await?.ok()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_postgresql_sample_is_taken_without_an_error_and_applies() -> Result<()> {
    let postgres = TestPostgres::start().await?;
    let refused = "SELECT count(*) FROM pg_file_settings WHERE error IS NOT NULL";
    assert_eq!(postgres.ask(refused).await?, "0");
    for (setting, value) in [("max_wal_size", "2GB"), ("shared_buffers", "1GB"), ("log_statement", "none")] {
        assert_eq!(postgres.ask(&format!("SHOW {setting}")).await?, value, "{setting}");
    }
    Ok(())
}
