//! Reports as files.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::try_unfold;
use lintel_runtime::catalogue::Words;

use crate::api::input::Params;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::May;
use crate::auth::permit::ReadAttendance;
use crate::console::{document_style, plots_style};
use crate::inquiries::{self, Answer, Asked, InquiryError, Look, Question};
use crate::reports::documents::{FileKind, Style};
use crate::reports::sheets::Name;
use crate::words::words;

/// What is read of a file at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// A report as a program reads it. What the columns are depends on the report.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "a report writes itself, row by row")]
struct ReportDocument {
    title: String,
    subtitle: String,
    /// When it was made: RFC 3339.
    made_at: String,
    columns: Vec<ReportColumn>,
    /// By the columns' keys; a span is `<key>` as people read it and `<key>_ms`, an instant likewise.
    #[schema(value_type = Vec<std::collections::BTreeMap<String, serde_json::Value>>)]
    rows: (),
    /// Of the columns that are summed.
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    totals: (),
    notes: Vec<String>,
}

/// A column of a report.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "a report writes itself, row by row")]
struct ReportColumn {
    key: String,
    heading: String,
    kind: String,
}

/// A report as a file.
///
/// `{id}` is the report's name and the file's ending, such as `monthly.xlsx`: `daily`, `monthly`, `exceptions`,
/// `overtime`, `raw`, `on-site`, `evacuation`, `rounding` or `working-time`, and `csv`, `xlsx`, `json` or `html`. The file is whole before
/// its first byte is sent, so that what fails is an error and no half a document.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/reports/{id}", tag = "record", params(("id" = String, Path, example = "monthly.xlsx"), Asked),
    responses((status = 200, description = "The file.", content(
        (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (ReportDocument = "application/json"),
        (String = "text/html"),
    ))),
    extensions(("x-refusals" = json!([
        "400 bad_range", "404 unknown_person", "404 unknown_report", "422 too_many_lines", "422 unknown_site",
    ]))),
)]
pub async fn download_report(
    State(state): State<AppState>,
    May(permit): May<ReadAttendance>,
    Path(file): Path<String>,
    headers: HeaderMap,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let (name, kind) = parse(&file).ok_or_else(|| unknown(&file))?;
    let question = Question::of(name, asked)?;
    let file_name = format!("{}.{}", question.file_name(), kind.ending());
    let answer = inquiries::ask(state.db(), &permit, state.clock(), question).await?;
    let (words, scratch) = (words(&headers), state.settings().storage.data_dir.clone());
    let written = tokio::task::spawn_blocking(move || written(&answer, kind, words, &scratch)).await;
    let (file, length) = written.map_err(|error| Problem::internal(&error))??;
    // A page is to be read; the others are to be kept.
    let place = if kind == FileKind::Page { "inline" } else { "attachment" };
    let head = [
        (header::CONTENT_TYPE, kind.content_type().to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CONTENT_DISPOSITION, format!("{place}; filename=\"{file_name}\"")),
    ];
    let chunks = try_unfold(file, |file| async { tokio::task::spawn_blocking(move || next(file)).await? });
    Ok((head, Body::from_stream(chunks)).into_response())
}

fn parse(file: &str) -> Option<(Name, FileKind)> {
    let (name, ending) = file.rsplit_once('.')?;
    let kind = match ending {
        "csv" => FileKind::Csv,
        "xlsx" => FileKind::Xlsx,
        "json" => FileKind::Json,
        "html" => FileKind::Page,
        _ => return None,
    };
    Some((Name::parse(name)?, kind))
}

fn unknown(file: &str) -> Problem {
    let names: Vec<&str> = Name::ALL.into_iter().map(Name::as_str).collect();
    let file: String = file.chars().filter(|c| !c.is_control()).take(80).collect();
    let names = names.join(", ");
    let text = format!(
        "there is no report {file}: ask for one of {names}, and .csv, .xlsx, .json or .html behind it"
    );
    Problem::new(axum::http::StatusCode::NOT_FOUND, "unknown_report", text)
}

/// The report in a file without a name, at its beginning, and how long it is.
fn written(
    answer: &Answer,
    kind: FileKind,
    words: Words<'_>,
    scratch: &std::path::Path,
) -> Result<(File, u64), Problem> {
    let look = Look { document: Style::Linked(document_style()), plots: Style::Linked(plots_style()) };
    let internal = |error: std::io::Error| Problem::internal(&error);
    let mut file = tempfile::tempfile_in(scratch).map_err(internal)?;
    let mut out = std::io::BufWriter::new(&mut file);
    answer
        .write(kind, &look, words, scratch, &mut out)
        .map_err(|error: InquiryError| Problem::from(error))?;
    out.flush().map_err(internal)?;
    drop(out);
    let length = file.stream_position().map_err(internal)?;
    file.rewind().map_err(internal)?;
    Ok((file, length))
}

fn next(mut file: File) -> std::io::Result<Option<(Bytes, File)>> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let read = file.read(&mut chunk)?;
    chunk.truncate(read);
    Ok((read > 0).then(|| (chunk.into(), file)))
}
