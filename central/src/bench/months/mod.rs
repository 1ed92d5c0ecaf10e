//! How long a month of a whole company takes from the database and back to it.
//!
//! The people, shifts and punches are those of [`super::attendance`], stored as events of three doors. Measured is
//! what the job does that computes a site's days: everything read, computed and written, some hundred people at a
//! time, each in its own transaction; once into an empty month, and once more where nothing has changed.

mod fill;
mod payroll;

use std::time::Instant;

use lintel_core::ids::{IdError, PersonId, SiteId};
use lintel_core::time::UtcMillis;
use lintel_runtime::clock::SystemClock;
use serde::Serialize;
use tokio::task::JoinSet;

use super::attendance::{FIRST, LAST, MonthsError, Person, person, roster};
pub use payroll::PayrollFigure;

use crate::attendance::{Length, Month};
use crate::auth::{Actor, Denied};
use crate::days::{Wanted, refresh};
use crate::inquiries::{self, Asked, InquiryError, Look, Question};
use crate::payroll::BatchError;
use crate::reports;
use crate::reports::documents::FileKind;
use crate::reports::sheets::Name;
use crate::store::sites::{self, Site};
use crate::store::{Db, StoreError, days};
use crate::words::words_in;

/// People of one transaction, as in the job.
const CHUNK: usize = 250;
/// The day on which the months are computed: everything is over.
const AS_OF: UtcMillis = UtcMillis::from_i64(1_795_161_600_000);

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum CompanyError {
    /// The months.
    #[error(transparent)]
    Months(#[from] MonthsError),
    /// A fixed name was refused.
    #[error(transparent)]
    Id(#[from] IdError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] lintel_runtime::clock::ClockError),
    /// The report.
    #[error(transparent)]
    Inquiry(#[from] InquiryError),
    /// A page.
    #[error(transparent)]
    Report(#[from] reports::ReportError),
    /// A page as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Nobody may read it, which would be a mistake of this file.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A temporary file.
    #[error("can't write a temporary file")]
    File(#[source] std::io::Error),
    /// The month for payroll.
    #[error(transparent)]
    Payroll(#[from] BatchError),
    /// Hours were given twice.
    #[error("payroll was given {0} lines a second time: the figure would not be true")]
    Twice(u64),
    /// A task ended before its end.
    #[error("a part of the measurement stopped before its end")]
    Stopped,
    /// Days are missing, so the figure would be a lie.
    #[error("{found} days were stored instead of {expected}: the figure would not be true")]
    Lost {
        /// Stored.
        found: usize,
        /// Expected.
        expected: usize,
    },
}

/// What a month of a company takes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CompanyFigure {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// People.
    pub people: u32,
    /// Their punches in the month and the days around it that it depends on.
    pub punches: usize,
    /// Days that were computed.
    pub days: usize,
    /// Seconds to compute and store the month from nothing.
    pub computed_s: f64,
    /// Seconds to compute it again and find it as it is.
    pub repeated_s: f64,
    /// Milliseconds to read one day of a hundred people and write it as JSON, the 95th of a hundred times.
    pub page_p95_ms: f64,
    /// Seconds to read the month and write everybody's timesheet as a workbook.
    pub workbook_s: f64,
    /// Its bytes.
    pub workbook_bytes: u64,
    /// The most memory of the process meanwhile, MB; 0 where the system doesn't say.
    pub workbook_peak_mb: u64,
    /// The month for payroll.
    pub payroll: PayrollFigure,
}

/// Measures on an empty database.
///
/// # Errors
/// [`CompanyError`].
pub async fn measure_company(db: &Db, count: u32) -> Result<CompanyFigure, CompanyError> {
    let company = Company::fill(db, count).await?;
    let computed_s = company.refresh(db).await?;
    let mut tx = db.read().await?;
    let found = days::list(&mut tx, FIRST, LAST, None).await?.len();
    drop(tx);
    let per_person = usize::try_from((LAST - FIRST).get_days() + 1).unwrap_or(0);
    let expected = company.people.len() * per_person;
    // The holiday and days off have records too: everybody has shifts.
    if found != expected {
        return Err(CompanyError::Lost { found, expected });
    }
    let repeated_s = company.refresh(db).await?;
    let page_p95_ms = company.pages(db).await?;
    let (workbook_s, workbook_bytes, workbook_peak_mb) = workbook(db).await?;
    Ok(CompanyFigure {
        engine: db.engine(),
        people: count,
        punches: company.punches,
        days: found,
        computed_s,
        repeated_s,
        page_p95_ms,
        workbook_s,
        workbook_bytes,
        workbook_peak_mb,
        payroll: payroll::payroll(db, &company.site).await?,
    })
}

/// Everybody's timesheet of the month: seconds, bytes, and the most memory in MB.
async fn workbook(db: &Db) -> Result<(f64, u64, u64), CompanyError> {
    forget_peak();
    let begun = Instant::now();
    let asked = Asked { month: Some(Month::of(FIRST)), ..Asked::default() };
    let question = Question::of(Name::Monthly, asked)?;
    let answer = inquiries::ask(db, &Actor::local().permit()?, &SystemClock, question).await?;
    let mut file = tempfile::tempfile().map_err(CompanyError::File)?;
    answer.write(FileKind::Xlsx, &Look::INSIDE, words_in("en"), &std::env::temp_dir(), &mut file)?;
    let took = begun.elapsed().as_secs_f64();
    let bytes = file.metadata().map_err(CompanyError::File)?.len();
    Ok((took, bytes, peak_mb()))
}

/// What was the most before isn't the next one's; where that can't be said, its figure is too high.
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap_or_default();
}

fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|text| text.parse().ok());
    kilobytes.unwrap_or(0_u64) / 1_000
}

struct Company {
    people: Vec<PersonId>,
    punches: usize,
    site: SiteId,
}

impl Company {
    async fn fill(db: &Db, count: u32) -> Result<Self, CompanyError> {
        let site = SiteId::parse("berlin")?;
        let roster = roster()?;
        let company: Vec<Person> =
            (0..count).map(|number| person(number, &roster)).collect::<Result<_, _>>()?;
        let mut tx = db.write().await?;
        let place = Site { site_id: site.clone(), name: "Berlin".into(), zone: "Europe/Berlin".into() };
        sites::create(&mut tx, &place, jiff::civil::date(2026, 1, 1), UtcMillis::from_i64(0)).await?;
        fill::plan(&mut tx, &site, &roster).await?;
        for (number, one) in (0_u32..).zip(&company) {
            fill::hire(&mut tx, &site, number, one).await?;
        }
        let streams = fill::doors(&mut tx, &site, &company).await?;
        tx.commit().await?;
        for (door, stream) in streams.iter().enumerate() {
            fill::passes(db, *stream, door, &company).await?;
        }
        let punches = company.iter().map(|one| one.punches.len()).sum();
        Ok(Self { people: company.iter().map(|one| one.id).collect(), punches, site })
    }

    /// As many transactions at once as the job runner has.
    async fn refresh(&self, db: &Db) -> Result<f64, CompanyError> {
        let begun = Instant::now();
        // Tasks of their own, so that two that compute have a core each.
        let mut tasks = JoinSet::new();
        for some in self.people.chunks(CHUNK) {
            if tasks.len() >= db.writers()
                && let Some(done) = tasks.join_next().await
            {
                done.map_err(|_| CompanyError::Stopped)??;
            }
            tasks.spawn(share(db.clone(), some.to_vec()));
        }
        while let Some(done) = tasks.join_next().await {
            done.map_err(|_| CompanyError::Stopped)??;
        }
        Ok(begun.elapsed().as_secs_f64())
    }

    async fn pages(&self, db: &Db) -> Result<f64, CompanyError> {
        let filter =
            days::Filter { from: FIRST, to: FIRST, site: Some(&self.site), ..days::Filter::default() };
        let mut took = Vec::new();
        let mut after = None;
        for _ in 0..100 {
            let begun = Instant::now();
            let mut tx = db.read().await?;
            let rows = days::page(&mut tx, &filter, after, 100).await?;
            let text = serde_json::to_vec(&reports::days(&rows)?)?;
            std::hint::black_box(text);
            took.push(begun.elapsed().as_secs_f64() * 1e3);
            after = rows.last().map(|row| (row.record.date, row.record.person));
        }
        took.sort_by(f64::total_cmp);
        Ok(took.get(94).copied().unwrap_or_default())
    }
}

async fn share(db: Db, people: Vec<PersonId>) -> Result<(), StoreError> {
    let wanted: Vec<Wanted> =
        people.iter().map(|person| Wanted { person: *person, from: FIRST, to: LAST }).collect();
    let mut tx = db.write().await?;
    refresh(&mut tx, &wanted, Length::from_minutes(2), AS_OF).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::place::SqlitePlace;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_small_company_has_a_record_for_everybody_and_every_day() {
        let place = SqlitePlace::make().unwrap();
        let db = place.open(&SystemClock).await.unwrap();
        let figure = measure_company(&db, 4).await.unwrap();
        assert_eq!(figure.days, 4 * 31);
        assert!(figure.workbook_bytes > 5_000, "{figure:?}");
        assert!(figure.payroll.lines > 4 * 15, "{figure:?}");
        assert!(figure.punches > 4 * 80 && figure.computed_s > 0.0 && figure.repeated_s > 0.0);
    }
}
