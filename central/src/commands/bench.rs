//! `bench`: events accepted a second on each database, beside a bare insert of the same rows.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::Context as _;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use lintel_core::time::Clock;
use lintel_runtime::clock::SystemClock;
use lintel_runtime::exit::ExitCode;
use serde::Serialize;

use crate::bench::attendance::{RulesFigure, measure_rules};
use crate::bench::months::{
    CompanyFigure, PayrollFigure, ProgramError, WorkbookFigure, measure_company, measure_payroll,
    measure_workbook,
};
use crate::bench::place::{PostgresPlace, PrivatePostgres, SqlitePlace};
use crate::bench::{Figure, Size, measure};
use crate::cli::{BenchArgs, BenchWhat};
use crate::store::Db;

/// How often the rules are measured.
const ROUNDS: usize = 7;

/// Runs the bench. PostgreSQL servers are the named ones; without any, a private one where it is installed.
///
/// # Errors
/// When a database can't be had or loses something.
pub async fn run(args: BenchArgs) -> anyhow::Result<ExitCode> {
    match args.what {
        BenchWhat::Ingest => ingest(&args).await,
        BenchWhat::Attendance => attendance(&args).await,
    }
}

async fn ingest(args: &BenchArgs) -> anyhow::Result<ExitCode> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let size = Size { events: args.events.max(1), batch: args.batch.max(1) };
    let mut figures = vec![on_sqlite(&*clock, size).await.context("measuring on SQLite")?];
    if args.database_urls.is_empty() {
        if let Some(server) = PrivatePostgres::start().context("starting a private PostgreSQL")? {
            figures.push(on_postgres(&*clock, &server.url(), size).await.context("measuring on PostgreSQL")?);
        } else {
            eprintln!("PostgreSQL is not installed here: only SQLite was measured");
        }
    }
    for url in &args.database_urls {
        figures
            .push(on_postgres(&*clock, url, size).await.context("measuring on a PostgreSQL that was named")?);
    }
    let text = if args.json.json {
        let document = serde_json::json!({ "ingest": figures });
        format!("{document:#}\n")
    } else {
        table(&figures)
    };
    std::io::stdout().write_all(text.as_bytes()).context("writing the figures")?;
    Ok(ExitCode::Fine)
}

async fn attendance(args: &BenchArgs) -> anyhow::Result<ExitCode> {
    let rules = measure_rules(args.people.clamp(1, 2_000), ROUNDS).context("making the months")?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    eprintln!("a month of {} people is made on SQLite, which takes a while", args.people);
    let place = SqlitePlace::make()?;
    let db = place.open(&*clock).await?;
    let mut figures = vec![month(db, place.url(), args.people).await.context("measuring on SQLite")?];
    drop(place);
    let private = if args.database_urls.is_empty() { PrivatePostgres::start()? } else { None };
    let urls: Vec<String> =
        private.iter().map(PrivatePostgres::url).chain(args.database_urls.iter().cloned()).collect();
    for url in urls {
        eprintln!("the same on PostgreSQL");
        let place = PostgresPlace::make(&url).await?;
        let figure: anyhow::Result<_> = match place.open(&*clock).await {
            Ok(db) => month(db, place.url()?, args.people).await,
            Err(error) => Err(error.into()),
        };
        place.drop().await.context("dropping the bench's database")?;
        figures.push(figure.context("measuring on PostgreSQL")?);
    }
    let text = if args.json.json {
        format!("{:#}\n", serde_json::json!({ "rules": rules, "company": figures }))
    } else {
        months(&rules, &figures)
    };
    std::io::stdout().write_all(text.as_bytes()).context("writing the figures")?;
    Ok(ExitCode::Fine)
}

/// A company's month on one database.
#[derive(Serialize)]
struct MonthFigure {
    #[serde(flatten)]
    company: CompanyFigure,
    workbook: WorkbookFigure,
    payroll: PayrollFigure,
}

async fn month(db: Db, url: String, people: u32) -> anyhow::Result<MonthFigure> {
    let company: anyhow::Result<_> = db.closing(async |db| Ok(measure_company(db, people).await?)).await;
    let program = std::env::current_exe().context("finding this program's file")?;
    let commands = move || -> Result<_, ProgramError> {
        Ok((measure_workbook(&program, &url)?, measure_payroll(&program, &url)?))
    };
    let company = company?;
    let (workbook, payroll) = tokio::task::spawn_blocking(commands).await??;
    Ok(MonthFigure { company, workbook, payroll })
}

fn months(rules: &RulesFigure, figures: &[MonthFigure]) -> String {
    let [median, least, most] = rules.month_us;
    let mut text = format!(
        "A person's month by the attendance rules, on one core: {median:.0} µs ({least:.0} to {most:.0}; {} people, \
         {} days, {ROUNDS} rounds)\n",
        rules.people, rules.days
    );
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([
        "database",
        "people",
        "punches",
        "days",
        "computed",
        "again",
        "100 rows, p95",
        "workbook",
        "its memory",
        "payroll",
        "its memory",
        "nothing new",
    ]);
    for MonthFigure { company: figure, workbook, payroll } in figures {
        table.add_row([
            figure.engine.to_owned(),
            figure.people.to_string(),
            figure.punches.to_string(),
            figure.days.to_string(),
            format!("{:.1} s", figure.computed_s),
            format!("{:.1} s", figure.repeated_s),
            format!("{:.1} ms", figure.page_p95_ms),
            format!("{:.1} s", workbook.seconds),
            format!("{} MB", workbook.peak_mb),
            format!("{:.1} s", payroll.first_s),
            format!("{} MB", payroll.peak_mb),
            format!("{:.1} s", payroll.again_s),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    text.push_str(&format!(
        "\n{table}\nComputed: read, computed and stored from nothing, durable. Again: the same where nothing has \
         changed.\n100 rows: a page of `/api/v1/days`, all but the socket. Workbook: everybody's timesheet by `report monthly`, in a \
         process of its own.\nPayroll: the month given, a line for each day. Nothing new: asked for again.\n"
    ));
    text
}

async fn on_sqlite(clock: &dyn Clock, size: Size) -> anyhow::Result<Figure> {
    let place = SqlitePlace::make()?;
    Ok(place.open(clock).await?.closing(async |db| measure(db, clock, size).await).await?)
}

async fn on_postgres(clock: &dyn Clock, url: &str, size: Size) -> anyhow::Result<Figure> {
    let place = PostgresPlace::make(url).await?;
    let figure = match place.open(clock).await {
        Ok(db) => db.closing(async |db| measure(db, clock, size).await).await.map_err(anyhow::Error::from),
        Err(error) => Err(error.into()),
    };
    place.drop().await.context("dropping the bench's database")?;
    figure
}

fn table(figures: &[Figure]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([
        "database",
        "accepted/s",
        "range",
        "bare insert/s",
        "range",
        "ratio",
        "floor",
        "a batch",
        "bytes",
    ]);
    for figure in figures {
        let range = |[low, high]: [f64; 2]| format!("{low:.0} to {high:.0}");
        table.add_row([
            figure.engine.to_owned(),
            format!("{:.0}", figure.accepted_per_s),
            range(figure.accepted_range),
            format!("{:.0}", figure.bare_per_s),
            range(figure.bare_range),
            format!("{:.2}", figure.ratio),
            "0.40".to_owned(),
            figure.batch.to_string(),
            figure.mean_body_bytes.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!(
        "{table}\nAccepted: committed with full synchronisation and acked, one sender. Bare: a multi-row insert of the \
         same rows,\nsame tables, indexes and synchronisation, in turns in the same run. Medians of the rounds.\n"
    )
}
