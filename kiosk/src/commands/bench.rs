//! `bench`: what this box can do, measured with the production code, each figure beside its own floor.
//!
//! Figures are of this run on this machine; nothing is remembered or estimated. It works in a temporary
//! folder and touches no door's data.

mod idle;
mod storage;
mod vision;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use lintel_runtime::clock::random_bytes;
use lintel_vision::Frame;

use crate::config::recognition::RecognitionConfig;
use crate::config::vision::VisionConfig;

/// What can be typed behind `bench`.
#[derive(Debug, Clone, clap::Args)]
pub struct BenchArgs {
    /// A JPEG with one face, best of 640x480. A frame of the fetched walk-past clip when not given.
    #[arg(long, value_name = "FILE")]
    pub image: Option<PathBuf>,
    /// The comparison script of a source checkout, run with python3; its output is printed beside ours.
    #[arg(long, value_name = "COMPARE.PY")]
    pub python: Option<PathBuf>,
    /// One JSON document instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// One measured figure.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) unit: &'static str,
    /// What it is to be compared with, in the same unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) floor: Option<f64>,
}

impl Figure {
    /// A figure in ms from single measurements.
    pub(crate) fn of(name: impl Into<String>, times: &[Duration]) -> Self {
        let at = |percent| super::replay::report::percentile_ms(times, percent).unwrap_or(f64::NAN);
        Self { name: name.into(), p50: at(50), p95: at(95), unit: "ms", floor: None }
    }

    /// The same with its floor, ms.
    pub(crate) fn beside(self, floor: f64) -> Self {
        Self { floor: Some(floor), ..self }
    }
}

/// Runs `work` once unmeasured, then `rounds` times measured.
pub(crate) fn measure(
    rounds: usize,
    mut work: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Duration>> {
    work()?;
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let started = Instant::now();
        work()?;
        times.push(started.elapsed());
    }
    Ok(times)
}

/// Two works in turns, so that a ratio holds when the machine's speed drifts.
pub(crate) fn measure_in_turns(
    rounds: usize,
    mut one: impl FnMut() -> anyhow::Result<()>,
    mut other: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<(Vec<Duration>, Vec<Duration>)> {
    let (mut times, mut others) = (Vec::with_capacity(rounds), Vec::with_capacity(rounds));
    one()?;
    other()?;
    for _ in 0..rounds {
        let started = Instant::now();
        one()?;
        let between = Instant::now();
        other()?;
        times.push(between - started);
        others.push(between.elapsed());
    }
    Ok((times, others))
}

/// Resident memory of this process, MB; `None` where /proc isn't mounted.
pub(crate) fn resident_mb() -> Option<f64> {
    memory_mb("VmRSS:")
}

/// The most memory that this process ever held, MB.
fn peak_mb() -> Option<f64> {
    memory_mb("VmHWM:")
}

fn memory_mb(field: &str) -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// Runs the command and prints its result.
///
/// # Errors
/// When the pack, the picture or a temporary folder can't be used.
pub fn run(args: &BenchArgs, config: &VisionConfig, recognition: &RecognitionConfig) -> anyhow::Result<()> {
    let frame = vision::picture(args.image.as_deref(), config, recognition)?;
    let mut figures = vec![idle::idle(config, recognition)?];
    for threads in [1, 2] {
        let config = VisionConfig { threads, ..config.clone() };
        figures.extend(vision::stages(&frame, &config, recognition)?);
    }
    figures.extend(vision::matching()?);
    figures.extend(storage::appends()?);
    let whole = storage::frame_to_commit(&frame, config, recognition)?;
    figures.push(whole.latency);
    figures.extend(whole.parts);
    let python = args.python.as_deref().map(|script| compare(script, &frame)).transpose()?;
    if args.json {
        let document = json!({
            "profile": if cfg!(debug_assertions) { "dev" } else { "release" },
            "picture": { "width": frame.width(), "height": frame.height() },
            "figures": figures, "resident_mb": whole.resident_mb, "peak_mb": peak_mb(), "python": python,
        });
        println!("{}", serde_json::to_string_pretty(&document)?);
        return Ok(());
    }
    print_table(&figures);
    match whole.resident_mb {
        Some(mb) => println!("resident memory with 10,000 templates: {mb:.0} MB"),
        None => println!("resident memory: not measured, /proc isn't mounted"),
    }
    if let Some(mb) = peak_mb() {
        println!("peak memory of this run, with the galleries of the search: {mb:.0} MB");
    }
    if cfg!(debug_assertions) {
        println!("This is a development build; a release build is faster.");
    }
    if let Some(python) = python {
        print_ratios(&figures, &python);
    }
    Ok(())
}

fn print_table(figures: &[Figure]) {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).set_header(["", "p50", "p95", "unit", "floor", "× floor"]);
    for figure in figures {
        let floor = figure.floor.map_or(String::new(), |floor| format!("{floor:.3}"));
        let ratio = figure.floor.map_or(String::new(), |floor| format!("{:.2}", figure.p50 / floor));
        let [p50, p95] = [figure.p50, figure.p95].map(|value| format!("{value:.3}"));
        table.add_row([figure.name.clone(), p50, p95, figure.unit.to_owned(), floor, ratio]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
}

/// Runs the script on the picture that was measured.
fn compare(script: &std::path::Path, frame: &Frame) -> anyhow::Result<Value> {
    let number = u64::from_le_bytes(random_bytes()?);
    let picture = std::env::temp_dir().join(format!("lintel-bench-{number:016x}.jpg"));
    std::fs::write(&picture, frame.data()).with_context(|| format!("can't write {}", picture.display()))?;
    let out = Command::new("python3").arg(script).arg(&picture).output();
    std::fs::remove_file(&picture).with_context(|| format!("can't remove {}", picture.display()))?;
    let out = out.context("python3 can't be started: install it")?;
    if !out.status.success() {
        let told = String::from_utf8_lossy(&out.stderr);
        bail!("{} failed: {}", script.display(), told.lines().last().unwrap_or("without a word"));
    }
    serde_json::from_slice(&out.stdout).map_err(|_| anyhow!("the script's output is no JSON"))
}

/// Detection, alignment and embedding of one face on one thread, here and in Python.
fn print_ratios(figures: &[Figure], python: &Value) {
    let stages = ["detect at 320, 1 thread", "align, 1 thread", "embed, 1 thread"];
    let of = |name: &str| figures.iter().find(|figure| figure.name == name).map(|figure| figure.p50);
    let Some(ours) = stages.iter().map(|name| of(name)).sum::<Option<f64>>() else { return };
    println!("\ndetect + align + embed on one thread: {ours:.2} ms, and in Python");
    for (field, way) in [
        ("opencv_ms", "cv2.FaceDetectorYN at 320x240, embedder through onnxruntime"),
        ("onnxruntime_ms", "all through onnxruntime"),
        ("models_ms", "the two networks alone"),
    ] {
        if let Some(theirs) = python.get(field).and_then(Value::as_f64) {
            println!("  {theirs:6.2} ms  ratio {:.2}  {way}", ours / theirs);
        }
    }
}
