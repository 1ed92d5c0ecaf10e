//! The sample settings in `config/` are what the programs print, and unknown names are refused or warned of.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use lintel_tests::central::{Database, SITE};
use lintel_tests::process::{Running, Said, free_port, program, run};
use lintel_tests::{TestBroker, TestCentral, TestKiosk};
use tokio::process::Command;

async fn ask(binary: &str, args: &[&str], variable: Option<&str>) -> Result<Said> {
    let mut command = Command::new(program(binary)?);
    if let Some(name) = variable {
        command.env(name, "1");
    }
    run(command, args).await
}

#[tokio::test]
async fn the_samples_are_the_programs_own_templates() -> Result<()> {
    for (binary, sample) in [("lintel-kiosk", "kiosk.toml"), ("lintel-central", "central.toml")] {
        let template = ask(binary, &["config", "template"], None).await?.ok()?;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").join(sample);
        let kept = std::fs::read_to_string(path)?;
        assert_eq!(kept, template, "run `{binary} config template > config/{sample}`");
    }
    Ok(())
}

/// The settings of a `mosquitto.conf`: those that both the sample and the written file should have.
fn broker_settings(text: &str) -> BTreeSet<&str> {
    let ours = ["log_", "user", "plugin", "listener", "certfile", "keyfile", "persistence_location"];
    let settings = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    settings.filter(|line| !ours.iter().any(|start| line.starts_with(start))).collect()
}

#[tokio::test]
async fn mosquitto_takes_the_sample_of_its_settings_without_a_complaint() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let (data, broker, port) = (dir.path().join("data"), dir.path().join("broker"), free_port()?);
    let out = broker.display().to_string();
    for args in [vec!["keys", "init"], vec!["mqtt", "config", "--out", &out, "--port", &port.to_string()]] {
        let set = [
            "--set".to_owned(),
            format!("storage.data_dir={}", data.display()),
            "--set".to_owned(),
            format!("mqtt.url=mqtts://localhost:{port}"),
        ];
        let args = args.into_iter().chain(set.iter().map(String::as_str)).collect::<Vec<_>>();
        ask("lintel-central", &args, None).await?.ok()?;
    }
    let written = std::fs::read_to_string(broker.join("mosquitto.conf"))?;
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/mosquitto.conf");
    let sample = std::fs::read_to_string(sample)?;
    assert_eq!(broker_settings(&sample), broker_settings(&written), "the sample and `mqtt config` differ");

    // The machine's own places, put into the sample's.
    let own = |start: &str| written.lines().find(|line| line.starts_with(start)).unwrap_or_default();
    let plugin = own("plugin /").trim_start_matches("plugin ");
    let tls = data.join("keys/tls");
    let mut text = sample
        .replace("/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so", plugin)
        .replace("/etc/mosquitto/certs", &tls.display().to_string())
        .replace("/var/lib/mosquitto", &out)
        .replace("listener 8883", &format!("listener {port} 127.0.0.1"));
    text.push_str(&format!("\n{}\nlog_dest stderr\n", own("user")));
    std::fs::write(broker.join("mosquitto.conf"), text)?;
    let running = TestBroker::start(&broker, port).await?;
    let log = running.log().to_lowercase();
    assert!(log.contains(" running"), "{log}");
    // Neither who runs the tests nor how they knock is the sample's affair.
    let own = log.lines().take_while(|line| !line.contains("new connection"));
    for line in own.filter(|line| !line.contains("run as root")) {
        let complains = ["error", "warning", "deprecated"].iter().any(|word| line.contains(word));
        assert!(!complains, "{log}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_name_in_file_or_environment_is_refused_by_the_check() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let cases = [
        ("lintel-kiosk", "LINTEL_KIOSK__CAMERA__WIDHT"),
        ("lintel-central", "LINTEL_CENTRAL__SERVER__LISTN"),
    ];
    for (binary, variable) in cases {
        let said = ask(binary, &["config", "check"], Some(variable)).await?;
        assert_eq!(said.code, 2, "{binary}: {}{}", said.out, said.err);
        assert!(said.err.contains(variable), "{}", said.err);

        let file = dir.path().join(format!("{binary}.toml"));
        std::fs::write(&file, "[nonsense]\nkey = 1\n")?;
        let file = file.display().to_string();
        let said = ask(binary, &["config", "check", "--config", &file], None).await?;
        assert_eq!(said.code, 2, "{binary}: {}{}", said.out, said.err);
        assert!(said.err.contains("nonsense"), "{}", said.err);
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_is_a_clear_error_that_does_not_show_it() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let data_dir = format!("storage.data_dir={}", dir.path().display());
    ask("lintel-central", &["keys", "init", "--set", &data_dir], None).await?.ok()?;
    ask("lintel-central", &["migrate", "--set", &data_dir], None).await?.ok()?;
    let mut command = Command::new(program("lintel-central")?);
    command.env("FACE_DATA_ENCRYPTION_KEY", "hunter2");
    let said = run(command, ["serve", "--set", &data_dir, "--set", "server.listen=127.0.0.1:0"]).await?;
    assert!(matches!(said.code, 1 | 2), "{}: {}", said.code, said.err);
    assert!(said.err.contains("Fernet"), "{}", said.err);
    assert!(!said.err.contains("hunter2"), "{}", said.err);
    Ok(())
}

/// A daemon that runs for all that, with its warning in the log.
async fn runs_and_warns(
    binary: &str,
    config: &Path,
    command: &str,
    variable: &str,
    up: &str,
) -> Result<Running> {
    let mut started = Command::new(program(binary)?);
    started.arg("--config").arg(config).arg(command).env(variable, "1");
    let log = config.with_extension("warned.log");
    let mut running = Running::start(binary, started, &log)?;
    running
        .wait_until(up, Duration::from_secs(120), async || {
            let said = std::fs::read_to_string(&log).ok()?;
            said.contains(up).then_some(())
        })
        .await?;
    let said = running.log();
    let warned = said.lines().any(|line| line.contains("WARN") && line.contains(variable));
    assert!(warned && running.is_running(), "{said}");
    Ok(running)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_program_is_not_stopped_by_an_unknown_variable_and_warns_of_it() -> Result<()> {
    let (mut central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let wall = tempfile::tempdir()?;
    lintel_tests::card::empty().save(wall.path().join("000.png"))?;
    let join = central.add_device("door-1", SITE).await?;
    let kiosk = TestKiosk::new(&join, &format!("images:{}", wall.path().display()))?;
    central.stop().await?;
    let variable = "LINTEL_CENTRAL__SERVER__LISTN";
    let config = central.dir().join("central.toml");
    let serving = runs_and_warns("lintel-central", &config, "serve", variable, "central is ready").await?;
    let (config, variable) = (kiosk.config(), "LINTEL_KIOSK__CAMERA__WIDHT");
    let door = runs_and_warns("lintel-kiosk", &config, "run", variable, "source ended").await?;
    door.stop(Duration::from_secs(6)).await?;
    serving.stop(Duration::from_secs(10)).await
}
