//! `replay`: the recognition of the door over recorded clips, without network or centre.
//!
//! With `LINTEL_FACES` (a folder with `dev/<person>/…` and `video/clips.csv`) every clip there is played
//! against many enrolled people; without it the fetched walk-past clip is, so the test is never empty.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use lintel_tests::Pictures;
use lintel_tests::process::{program, run};
use serde_json::Value;
use tokio::process::Command;

/// People enrolled beside those in the clip, so that there is somebody to be mistaken for.
const BYSTANDERS: usize = 30;

async fn replay(clip: &Path, enrol: &Path, pack: Option<&str>) -> Result<Value> {
    let mut command = Command::new(program("lintel-kiosk")?);
    command.arg("replay").arg(clip).arg("--enrol").arg(enrol).arg("--json");
    if let Some(pack) = pack {
        command.args(["--pack", pack]);
    }
    run(command, [""; 0]).await?.json().with_context(|| clip.display().to_string())
}

/// Who was recorded, sorted: a name that stands there twice was recorded twice.
fn punched(report: &Value) -> Vec<String> {
    let decisions = report["decisions"].as_array().cloned().unwrap_or_default();
    let mut names: Vec<String> = decisions
        .iter()
        .filter(|decision| decision["outcome"] == "punch" && decision["repeat"] != true)
        .filter_map(|decision| decision["person"].as_str().map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// A folder of links to the named people and to some bystanders.
fn enrolment(faces: &Path, people: &BTreeSet<String>) -> Result<tempfile::TempDir> {
    let dir = tempfile::tempdir()?;
    let mut others: Vec<PathBuf> =
        std::fs::read_dir(faces.join("dev"))?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    others.sort();
    let is_wanted =
        |path: &PathBuf| path.file_name().is_some_and(|name| people.contains(&*name.to_string_lossy()));
    let wanted = others.iter().filter(|path| is_wanted(path));
    let bystanders = others.iter().filter(|path| !is_wanted(path)).step_by(3).take(BYSTANDERS);
    for path in wanted.chain(bystanders) {
        symlink(path, dir.path().join(path.file_name().context("a folder has a name")?))?;
    }
    Ok(dir)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_clip_gives_its_people_and_no_wrong_name() -> Result<()> {
    let Some(faces) = std::env::var_os("LINTEL_FACES").map(PathBuf::from) else {
        let pictures = Pictures::fetched()?;
        let names: Vec<String> = pictures.enrol.keys().cloned().collect();
        let enrol = pictures.enrol.values().next().and_then(|dir| dir.parent()).context("no people")?;
        assert_eq!(punched(&replay(&pictures.clip, enrol, None).await?), names);
        return Ok(());
    };
    let clips = std::fs::read_to_string(faces.join("video/clips.csv"))?;
    let mut played = 0;
    for line in clips.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let (clip, identities) = (fields[0], fields[5]);
        // The clip that enrolment pictures were cut from proves nothing.
        if clip.contains("enrol") {
            continue;
        }
        let people: BTreeSet<String> = identities.split_whitespace().map(str::to_owned).collect();
        let enrol = enrolment(&faces, &people)?;
        let report = replay(&faces.join("video").join(clip), enrol.path(), None).await?;
        let people: Vec<String> = people.into_iter().collect();
        assert_eq!(punched(&report), people, "{clip}: {}", report["decisions"]);
        played += 1;
    }
    assert!(played >= 5, "only {played} clips");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pack_from_package_registries_recognises_too_and_says_that_it_is_for_trials() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let names: Vec<String> = pictures.enrol.keys().cloned().collect();
    let enrol = pictures.enrol.values().next().and_then(|dir| dir.parent()).context("no people")?;
    let report = replay(&pictures.clip, enrol, Some("open-1")).await?;
    assert_eq!(punched(&report), names, "{}", report["decisions"]);
    assert_eq!(report["pack"]["trial_only"], true, "{}", report["pack"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_or_truncated_clip_is_a_clear_error() -> Result<()> {
    let pictures = Pictures::fetched()?;
    let enrol = pictures.enrol.values().next().and_then(|dir| dir.parent()).context("no people")?;
    let dir = tempfile::tempdir()?;
    let whole = std::fs::read(&pictures.clip)?;
    let cases = [
        ("empty.avi", &[][..]),
        ("noise.avi", &[0xff; 4096][..]),
        ("head.avi", &whole[..300]),
        ("half.avi", &whole[..whole.len() / 2]),
    ];
    for (name, bytes) in cases {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes)?;
        let mut command = Command::new(program("lintel-kiosk")?);
        command.arg("replay").arg(&path).arg("--enrol").arg(enrol);
        let said = run(command, [""; 0]).await?;
        assert_eq!(said.code, 1, "{name}: {}", said.err);
        assert!(said.err.contains(name) && !said.err.contains("panicked"), "{name}: {}", said.err);
    }
    Ok(())
}
