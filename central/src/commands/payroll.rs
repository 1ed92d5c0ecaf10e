//! `payroll export|list|show|cancel|check`.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use anyhow::Context as _;
use lintel_core::time::UtcMillis;
use lintel_runtime::atomic_file;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::{ExitCode, UsageError};
use serde_json::json;

use super::{open, print};
use crate::attendance::Length;
use crate::auth::Actor;
use crate::cli::{ExportArgs, PayrollCommand};
use crate::payroll::{self, BatchError, BatchId, BatchRow, Exported, MAX_MAPPING_BYTES, Wish};
use crate::reports::payroll::{CodeSum, Mapping, Reconciled};
use crate::store::Db;

pub(super) async fn run(args: &ConfigArgs, command: PayrollCommand) -> anyhow::Result<ExitCode> {
    if let PayrollCommand::Check { mapping } = &command {
        return check(mapping);
    }
    let settings = open::settings(args)?.value;
    open::with_ready_database(&settings, async |db| of_command(db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(db: &Db, command: PayrollCommand) -> anyhow::Result<()> {
    let (actor, clock) = (Actor::local(), open::clock());
    match command {
        PayrollCommand::Export(wish) => return export(db, wish).await,
        PayrollCommand::List { site, list } => {
            let rows = payroll::list(db, &actor.permit()?, site.as_ref(), None, list.limit).await?;
            return show_list(rows, list.json.json);
        }
        PayrollCommand::Show { id, out: Some(out), .. } => return write_again(db, id, &out).await,
        PayrollCommand::Show { id, out: None, json } => {
            let batch = payroll::get(db, &actor.permit()?, id).await?;
            if json.json { print::json(&batch)? } else { show(&batch) }
        }
        PayrollCommand::Cancel { id, reason } => {
            payroll::cancel(db, &actor.permit()?, &*clock, id, &reason).await?;
            println!("batch {id} is taken back: the next export of {} gives its hours again", id.month);
        }
        // Needs no database.
        PayrollCommand::Check { .. } => {}
    }
    Ok(())
}

async fn export(db: &Db, args: ExportArgs) -> anyhow::Result<()> {
    let wish = Wish { month: args.month, site: args.site, mapping: read(&args.mapping)? };
    expect_place(&args.out)?;
    let permit = Actor::local().permit()?;
    let clock = open::clock();
    let done = if args.dry_run {
        payroll::look(db, &permit, &*clock, &wish).await
    } else {
        payroll::export(db, &permit, &*clock, &wish).await
    };
    let done = done.map_err(|error| in_mapping(error, &args.mapping))?;
    write(&args.out, &done.file.bytes).with_context(|| match &done.batch {
        Some(batch) => {
            format!("batch {0} was given, and `payroll show {0} --out FILE` writes its file", batch.id)
        }
        None => "nothing was given".to_owned(),
    })?;
    say(&done, &args.out);
    Ok(())
}

/// Where nothing can be written is said before anything is given.
fn expect_place(out: &Path) -> Result<(), UsageError> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if is_stdout(out) || (folder.is_dir() && out.file_name().is_some() && !out.is_dir()) {
        return Ok(());
    }
    Err(UsageError(format!("{} is no place for a file: name one in a folder that is there", out.display())))
}

fn is_stdout(out: &Path) -> bool {
    out == Path::new("-")
}

/// Whole or not at all, and for nobody else's eyes.
fn write(out: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if is_stdout(out) {
        let mut stdout = std::io::stdout();
        let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
        return written.context("can't write to standard output");
    }
    atomic_file::write(out, bytes, 0o600).with_context(|| format!("can't write {}", out.display()))
}

/// What is wrong with a mapping is said with the file that it stands in.
fn in_mapping(error: BatchError, mapping: &Path) -> anyhow::Error {
    match error {
        BatchError::Mapping(_) | BatchError::MappingTooLong => {
            UsageError(format!("{}: {error}", mapping.display())).into()
        }
        error => error.into(),
    }
}

async fn write_again(db: &Db, id: BatchId, out: &Path) -> anyhow::Result<()> {
    expect_place(out)?;
    let written = payroll::file(db, &Actor::local().permit()?, &*open::clock(), id).await?;
    write(out, &written.bytes)?;
    let whose = match written.erased {
        0 => "as it was given".to_owned(),
        erased => format!("without {erased} people who were erased since"),
    };
    tell(out, &format!("the file of batch {id} {whose}"));
    Ok(())
}

fn say(done: &Exported, out: &Path) {
    if !is_stdout(out) {
        print_sums(&done.sums);
    }
    if !done.held_back.is_zero() {
        let waits = done.held_back;
        tell(
            out,
            &format!("{waits} of overtime wait for approval and are not in it: `report overtime` lists them"),
        );
    }
    let what = format!("{} lines of {} people", done.lines, done.people);
    match &done.batch {
        Some(batch) => tell(out, &format!("batch {}: {what}", batch.id)),
        None => tell(out, &format!("{what} (a trial: nothing was given)")),
    }
}

/// Beside the file, not in it.
fn tell(out: &Path, text: &str) {
    if is_stdout(out) { eprintln!("{text}") } else { println!("{text}") }
}

fn print_sums(sums: &Reconciled) {
    let row = |name: String, sum: &CodeSum| {
        let left = Length::from_millis(sum.remainder_ms()).to_string();
        [name, sum.amounts.to_string(), sum.written.clone(), left]
    };
    let mut rows: Vec<_> = sums.codes.iter().map(|sum| row(sum.pay_code.clone(), sum)).collect();
    if !rows.is_empty() {
        rows.push(row("all".to_owned(), &sums.total));
    }
    print::table(["Pay code", "Amounts", "Written", "Rounded off"], rows, "There are no hours in it.");
}

fn show_list(rows: Vec<BatchRow>, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return print::json(&json!({ "batches": rows }));
    }
    let rows = rows
        .into_iter()
        .map(|row| {
            let (site, state) = (site_of(&row), state_of(&row));
            [
                row.id.to_string(),
                site,
                at(row.exported_at),
                row.exported_by,
                row.lines.to_string(),
                row.mapping_name,
                state,
            ]
        })
        .collect();
    let header = ["Batch", "Site", "At (UTC)", "By", "Lines", "Mapping", "State"];
    print::table(header, rows, "Nothing was exported yet.");
    Ok(())
}

fn show(batch: &BatchRow) {
    let BatchRow { id, lines, people, mapping_name, mapping_sha256, file_sha256, .. } = batch;
    println!("batch {id} of {}, {}", site_of(batch), state_of(batch));
    println!("exported {} UTC by {}", at(batch.exported_at), print::plain(&batch.exported_by));
    println!("mapping  {} (sha256 {mapping_sha256})", print::plain(mapping_name));
    println!("file     {lines} lines of {people} people (sha256 {file_sha256})");
    if let Some(cancelled) = &batch.cancelled {
        let (by, reason) = (print::plain(&cancelled.by), print::plain(&cancelled.reason));
        println!("taken back {} UTC by {by}: {reason}", at(cancelled.at));
    }
    if batch.erased > 0 {
        println!("{} people of it were erased since", batch.erased);
    }
    print_sums(&batch.sums);
}

fn site_of(batch: &BatchRow) -> String {
    batch.site_id.as_ref().map_or_else(|| "all sites".to_owned(), ToString::to_string)
}

fn state_of(batch: &BatchRow) -> String {
    if batch.cancelled.is_some() { "taken back" } else { "given" }.to_owned()
}

fn at(at: UtcMillis) -> String {
    at.timestamp().strftime("%Y-%m-%d %H:%M").to_string()
}

fn check(file: &Path) -> anyhow::Result<ExitCode> {
    match Mapping::parse(&read(file)?) {
        Ok(mapping) => {
            println!("{}: {} can be used", file.display(), print::plain(mapping.name()));
            Ok(ExitCode::Fine)
        }
        Err(error) => {
            println!("{}: {error}", file.display());
            Ok(ExitCode::ProblemsFound)
        }
    }
}

/// A mapping's text; one byte more than it may have, which is refused where it is read.
fn read(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let most = u64::try_from(MAX_MAPPING_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let file = File::open(path).with_context(|| format!("can't open {}", path.display()))?;
    file.take(most).read_to_string(&mut text).with_context(|| format!("can't read {}", path.display()))?;
    Ok(text)
}
