//! Writes a month of 10,000 made-up people as a workbook, and says how long it took and how much memory.
//!
//! `cargo run --release --example month_as_workbook [PEOPLE]`. The figures stand in docs/decisions/0057. The
//! file goes to the folder for temporary files and stays there, to be opened by hand.

use std::time::Instant;

use jiff::civil::date;
use lintel_central::reports::documents::{Cell, Coded, Column, Document, FileKind, Kind, Making, write};
use lintel_central::words::words_in;
use lintel_core::time::{UtcMillis, zone};

const DAY_MS: i64 = 86_400_000;
/// 2026-10-01T00:00Z.
const MONTH: i64 = 1_790_812_800_000;

fn document() -> Document {
    let columns = [
        ("staff_no", Kind::Text),
        ("name", Kind::Text),
        ("site", Kind::Text),
        ("team", Kind::Text),
        ("date", Kind::Date),
        ("first_in", Kind::LocalTime),
        ("last_out", Kind::LocalTime),
        ("worked", Kind::Duration),
        ("break", Kind::Duration),
        ("scheduled", Kind::Duration),
        ("balance", Kind::Balance),
        ("punches", Kind::Number),
        ("provisional", Kind::Bool),
        ("exceptions", Kind::Codes),
    ];
    Document {
        title: "October 2026".into(),
        subtitle: "All sites".into(),
        columns: columns.iter().map(|(key, kind)| Column::new(key, *key, *kind).summed()).collect(),
        notes: vec!["Nobody here exists.".into()],
    }
}

fn main() -> anyhow::Result<()> {
    let people: i64 = std::env::args().nth(1).map_or(Ok(10_000), |count| count.parse())?;
    let berlin = zone("Europe/Berlin")?;
    let scratch = std::env::temp_dir();
    let late = [Coded { code: "missing_out", words: "missing check-out".into() }];
    let rows = (0..people * 31).map(|place| {
        let (person, day) = (place / 31, place % 31);
        let start = MONTH + day * DAY_MS + 6 * 3_600_000 + (person * 7_919 % 7_200) * 1_000;
        let worked = 28_000_000 + (place * 104_729) % 4_000_000;
        let on = date(2026, 10, i8::try_from(day + 1).unwrap_or(1));
        let time = |at| Cell::LocalTime { at: UtcMillis::from_i64(at), zone: &berlin, day: Some(on) };
        vec![
            Cell::text(format!("{person:06}")),
            Cell::text(format!("Person Number {person}")),
            Cell::text("berlin"),
            Cell::text("night shift"),
            Cell::Date(on),
            time(start),
            time(start + worked),
            Cell::Duration(worked),
            Cell::Duration(1_800_000),
            Cell::Duration(28_800_000),
            Cell::Duration(worked - 28_800_000),
            Cell::Number(2 + place % 3),
            Cell::Bool(day == 30),
            Cell::Codes(if place % 20 == 0 { late.to_vec().into() } else { Vec::new().into() }),
        ]
    });
    let making = Making {
        at: UtcMillis::from_i64(MONTH + 31 * DAY_MS),
        zone: berlin.clone(),
        words: words_in("en"),
        scratch: &scratch,
    };
    let path = scratch.join("lintel-month.xlsx");
    let started = Instant::now();
    write(FileKind::Xlsx, &document(), &making, rows, std::fs::File::create(&path)?)?;
    let seconds = started.elapsed().as_secs_f32();
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or(" unknown").trim();
    let size = std::fs::metadata(&path)?.len() / 1_000_000;
    println!(
        "{} rows × 14 columns: {seconds:.1} s, peak memory {peak}, {size} MB in {}",
        people * 31,
        path.display()
    );
    Ok(())
}
