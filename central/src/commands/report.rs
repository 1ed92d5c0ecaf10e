//! `report daily|monthly|exceptions|overtime|raw|on-site|evacuation|rounding|working-time`.

use std::io::{IsTerminal as _, Write};
use std::path::Path;

use anyhow::Context as _;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::{ExitCode, UsageError};

use super::open;
use crate::auth::Actor;
use crate::cli::{Order, OutArgs, ReportCommand, ReportFormat};
use crate::inquiries::{self, Answer, InquiryError, Look, Question};
use crate::people;
use crate::reports::documents::FileKind;
use crate::reports::sheets::Material;
use crate::reports::{self, Format};
use crate::store::Db;
use crate::words::words_in;

pub(super) async fn run(args: &ConfigArgs, command: ReportCommand) -> anyhow::Result<ExitCode> {
    let order = command.order();
    expect_place(&order.out)?;
    let settings = open::settings(args)?.value;
    let answer = open::with_ready_database(&settings, async |db| answer(db, &order).await).await?;
    deliver(&answer, &order.out, &settings.storage.data_dir)?;
    Ok(ExitCode::Fine)
}

/// A workbook on a terminal is noise, and may steer it.
fn expect_place(out: &OutArgs) -> Result<(), UsageError> {
    let lost = out.format == ReportFormat::Xlsx && out.out.is_none() && std::io::stdout().is_terminal();
    if lost {
        return Err(UsageError("a workbook can't be shown on a terminal: say --out FILE.xlsx".into()));
    }
    Ok(())
}

async fn answer(db: &Db, order: &Order) -> anyhow::Result<Answer> {
    let actor = Actor::local();
    let mut asked = order.asked.clone();
    if let Some(person) = &order.person {
        asked.person = Some(people::find(db, &actor.permit()?, person).await?.person_id);
    }
    let question = Question::of(order.name, asked).map_err(usage)?;
    inquiries::ask(db, &actor.permit()?, &*open::clock(), question).await.map_err(usage)
}

/// What was typed wrongly is told apart from what failed.
fn usage(error: InquiryError) -> anyhow::Error {
    if error.is_mistake() { UsageError(error.to_string()).into() } else { error.into() }
}

fn deliver(answer: &Answer, out: &OutArgs, scratch: &Path) -> anyhow::Result<()> {
    let Some(path) = &out.out else {
        let mut stdout = std::io::stdout();
        write(answer, out.format, scratch, &mut stdout)?;
        return Ok(stdout.flush()?);
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Whole or not at all, and for nobody else's eyes.
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("can't write to {}", folder.display()))?;
    write(answer, out.format, scratch, file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).with_context(|| format!("can't write {}", path.display()))?;
    Ok(())
}

fn write(
    answer: &Answer,
    format: ReportFormat,
    scratch: &Path,
    mut out: impl Write + Send,
) -> anyhow::Result<()> {
    let words = words_in("en");
    // Scripts read these three as they have always been.
    let before = match format {
        ReportFormat::Table => Some(Format::Table),
        ReportFormat::Csv => Some(Format::Csv),
        ReportFormat::Json => Some(Format::Json),
        ReportFormat::Xlsx | ReportFormat::Page => None,
    };
    if let (Material::Daily(rows), Some(format)) = (&answer.material, before) {
        return Ok(out.write_all(reports::daily(rows, format)?.as_bytes())?);
    }
    let kind = match format {
        ReportFormat::Table => return Ok(out.write_all(answer.table(words)?.as_bytes())?),
        ReportFormat::Csv => FileKind::Csv,
        ReportFormat::Xlsx => FileKind::Xlsx,
        ReportFormat::Json => FileKind::Json,
        ReportFormat::Page => FileKind::Page,
    };
    Ok(answer.write(kind, &Look::INSIDE, words, scratch, std::io::BufWriter::new(out))?)
}
