//! `import people|assignments|contract-hours|leave|holidays`.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use lintel_core::ids::SiteId;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::{ExitCode, UsageError};

use super::{open, print};
use crate::auth::Actor;
use crate::cli::{ImportArgs, ImportCommand};
use crate::imports::limits::MAX_FILE_BYTES;
use crate::uploads::{self, Act, Kind, Mode, Report, Upload, UploadError};

/// Rows that are shown to people; JSON has them all.
const SHOWN: usize = 100;

pub(super) async fn run(args: &ConfigArgs, command: ImportCommand) -> anyhow::Result<ExitCode> {
    let (kind, import, site) = parts(command);
    let settings = open::settings(args)?.value;
    let name = import.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let upload = Upload { kind, bytes: read(&import.file)?, name, sheet: import.sheet, site };
    let mode = if import.dry_run { Mode::Trial } else { Mode::Apply };
    let report = open::with_ready_database(&settings, async |db| {
        let taken = uploads::take_in(db, &Actor::local(), &*open::clock(), upload, mode).await;
        taken.map_err(|error| match error {
            UploadError::File(_) | UploadError::Calendar(_) | UploadError::Site(_) => {
                UsageError(error.to_string()).into()
            }
            error => error.into(),
        })
    })
    .await?;
    if import.json.json {
        print::json(&report)?
    } else {
        show(&report)
    }
    Ok(if report.is_clean() { ExitCode::Fine } else { ExitCode::Usage })
}

fn parts(command: ImportCommand) -> (Kind, ImportArgs, Option<SiteId>) {
    match command {
        ImportCommand::People { import, site } => (Kind::People, import, site),
        ImportCommand::Assignments(import) => (Kind::Assignments, import, None),
        ImportCommand::ContractHours(import) => (Kind::ContractHours, import, None),
        ImportCommand::Leave(import) => (Kind::Leave, import, None),
        ImportCommand::Holidays { import, site } => (Kind::Holidays, import, site),
    }
}

/// One byte more than may be: the reader refuses it and says how large a file may be.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let file = std::fs::File::open(path).with_context(|| format!("can't open {}", path.display()))?;
    file.take(most).read_to_end(&mut bytes).with_context(|| format!("can't read {}", path.display()))?;
    Ok(bytes)
}

fn show(report: &Report) {
    if !report.is_clean() {
        let rows = report.errors.iter().map(|error| {
            let column = error.column.clone().unwrap_or_default();
            [error.row.to_string(), error.about.clone(), column, error.value.clone(), error.reason.clone()]
        });
        let header = ["Row", "About", "Column", "What stands there", "Why it can't be done"];
        print::table(header, rows.collect(), "");
        if report.more_errors > 0 {
            println!("and {} more", report.more_errors);
        }
    } else {
        let all = || report.rows.iter().filter(|row| row.action != Act::Nothing);
        let rows = all().take(SHOWN).map(|row| {
            [row.row.to_string(), row.about.clone(), row.action.as_str().to_owned(), row.what.clone()]
        });
        let nothing = "It is all there already.";
        print::table(["Row", "About", "Does", "What"], rows.collect(), nothing);
        let more = all().count().saturating_sub(SHOWN);
        if more > 0 {
            println!("and {more} more: --json lists every row");
        }
    }
    println!("{}", summary(report));
}

/// The last line, which is what a person reads first.
fn summary(report: &Report) -> String {
    let counts = report.counts;
    let source = print::plain(&report.source);
    if !report.is_clean() {
        return format!("{source}: {} can't be done, so nothing was written", rows(counts.refused));
    }
    let said = format!(
        "{source}: {} new, {} changed, {} there already",
        rows(counts.create),
        counts.change,
        counts.nothing
    );
    if report.applied { said } else { format!("{said} (a trial: nothing was written)") }
}

fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}
