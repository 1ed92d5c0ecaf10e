//! `doctor` of both programs beside the real parts: all well, and each thing that can be wrong, with what to do.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use lintel_tests::central::{Database, SITE};
use lintel_tests::pictures::cache_dir;
use lintel_tests::process::{Said, program, run};
use lintel_tests::{Pictures, TestCentral, TestKiosk};
use serde_json::Value;
use tokio::process::Command;

/// What may be amiss with the machine that a test runs on; everything else is the test's own.
const OF_THE_MACHINE: &[&str] = &["clock", "disk", "model pack", "models"];

fn checks(said: &Said) -> Result<Vec<Value>> {
    let report: Value = serde_json::from_str(&said.out).with_context(|| format!("{said:?}"))?;
    Ok(report["checks"].as_array().context("no checks")?.clone())
}

/// Nothing fails, and the exit code is 0 unless the machine itself gives a warning.
fn all_is_well(said: &Said) -> Result<()> {
    let checks = checks(said)?;
    let amiss: Vec<&Value> = checks.iter().filter(|check| check["status"] != "ok").collect();
    let expected = if amiss.is_empty() { 0 } else { 3 };
    ensure!(said.code == expected, "exit code {}: {amiss:?}", said.code);
    for check in amiss {
        let name = check["name"].as_str().unwrap_or_default();
        ensure!(check["status"] == "warn" && OF_THE_MACHINE.contains(&name), "{check}");
    }
    Ok(())
}

/// Exit code 3; the named check says what is wrong and what to do.
fn names(said: &Said, name: &str, detail: &str, advice: &str) -> Result<()> {
    ensure!(said.code == 3, "exit code {}: {} {}", said.code, said.out, said.err);
    let checks = checks(said)?;
    let check =
        checks.iter().find(|check| check["name"] == name).with_context(|| format!("no check {name}"))?;
    let holds = |field: &str, text: &str| check[field].as_str().is_some_and(|said| said.contains(text));
    ensure!(check["status"] != "ok", "{check}");
    ensure!(holds("detail", detail) && holds("advice", advice), "{check}");
    Ok(())
}

/// A pack as it is installed, but for one byte of the named file.
fn flipped_pack(folder: &Path, file: &str) -> Result<PathBuf> {
    let packs = cache_dir().join("packs");
    let installed = ["lintel-1", "open-1"].map(|name| packs.join(name));
    let installed = installed.into_iter().find(|pack| pack.is_dir()).context("run `make setup`")?;
    let copy = folder.join("pack");
    std::fs::create_dir(&copy)?;
    for entry in std::fs::read_dir(installed)? {
        let entry = entry?;
        std::fs::copy(entry.path(), copy.join(entry.file_name()))?;
    }
    let path = copy.join(file);
    let mut bytes = std::fs::read(&path)?;
    let middle = bytes.len() / 2;
    *bytes.get_mut(middle).context("an empty model")? ^= 1;
    std::fs::write(&path, bytes)?;
    Ok(copy)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doors_doctor_finds_what_is_wrong_and_changes_nothing() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let (mut central, mut broker) = TestCentral::start(Database::Sqlite).await?;
    let join_file = central.add_device("door-1", SITE).await?;
    let kiosk = TestKiosk::new(&join_file, &pictures.source())?;
    all_is_well(&kiosk.cli(["doctor", "--json"]).await?)?;
    ensure!(!kiosk.data_dir().exists(), "a check made {}", kiosk.data_dir().display());

    let said = kiosk.cli(["doctor", "--json", "--set", "camera.wdith=640"]).await?;
    names(&said, "settings", "camera.width", "config template")?;
    let flipped = flipped_pack(join_file.parent().context("a folder")?, "detector.onnx")?;
    let said =
        kiosk.cli(["doctor", "--json", "--set", &format!("vision.pack={}", flipped.display())]).await?;
    names(&said, "model pack", "detector.onnx", "make setup")?;
    let said = kiosk.cli(["doctor", "--json", "--set", "camera.source=clip:/nowhere.avi"]).await?;
    names(&said, "camera", "/nowhere.avi", "camera.source")?;

    broker.stop().await?;
    central.stop().await?;
    let said = kiosk.cli(["doctor", "--json"]).await?;
    names(&said, "broker", &broker.port().to_string(), "start the broker")?;
    names(&said, "central", &central.device_url(""), "check the address")?;
    let table = kiosk.cli(["doctor"]).await?;
    ensure!(table.code == 3 && table.out.contains("FAIL  broker"), "{}", table.out);
    ensure!(!kiosk.data_dir().exists(), "a check made {}", kiosk.data_dir().display());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_centres_doctor_finds_what_is_wrong() -> Result<()> {
    let (central, mut broker) = TestCentral::start(Database::Sqlite).await?;
    all_is_well(&central.cli(["doctor", "--json"]).await?)?;

    let said = central.cli(["doctor", "--json", "--set", "server.listn=127.0.0.1:1"]).await?;
    names(&said, "settings", "server.listen", "config show")?;
    let flipped = flipped_pack(central.dir(), "embedder.onnx")?;
    let said =
        central.cli(["doctor", "--json", "--set", &format!("vision.pack={}", flipped.display())]).await?;
    names(&said, "models", "embedder.onnx", "make setup")?;
    let said = central.cli(["doctor", "--json", "--set", "database.url=postgres://x@127.0.0.1:1/x"]).await?;
    names(&said, "database", "within 3 s", "start its server")?;

    broker.stop().await?;
    let said = central.cli(["doctor", "--json"]).await?;
    names(&said, "broker", &broker.port().to_string(), "start the broker")?;
    Ok(())
}

#[tokio::test]
async fn the_centres_doctor_in_an_empty_folder_says_what_to_type_and_makes_nothing() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let setting = format!("storage.data_dir={}", data.display());
    let said = run(Command::new(program("lintel-central")?), ["doctor", "--json", "--set", &setting]).await?;
    names(&said, "keys", "keys init", "lintel-central keys init")?;
    names(&said, "database", "there is none yet", "lintel-central migrate")?;
    ensure!(!data.exists(), "a check made {}", data.display());
    Ok(())
}
