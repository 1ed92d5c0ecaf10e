//! How long a month of a whole company takes from the database and back to it.
//!
//! The people, shifts and punches are those of [`super::attendance`], stored as events of three doors. Measured is
//! what the job does that computes a site's days: everything read, computed and written, some hundred people at a
//! time, each in its own transaction; once into an empty month, and once more where nothing has changed.

mod fill;
mod page;
mod payroll;
mod program;
mod workbook;

use std::time::Instant;

use lintel_core::ids::{IdError, PersonId, SiteId};
use lintel_core::time::UtcMillis;
use serde::Serialize;
use tokio::task::JoinSet;

use super::attendance::{FIRST, LAST, MonthsError, Person, person, roster};
use crate::attendance::Length;
use crate::days::{Wanted, refresh};
use crate::store::sites::{self, Site};
use crate::store::{Db, StoreError, days};

pub use page::PageError;
pub use payroll::{PayrollFigure, measure_payroll};
pub use program::ProgramError;
pub use workbook::{WorkbookFigure, measure_workbook};

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
    /// A page of days.
    #[error(transparent)]
    Page(#[from] PageError),
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
    /// Milliseconds for a page of one day of a hundred people from `/api/v1/days`, the 95th of a hundred.
    pub page_p95_ms: f64,
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
    db.gather_statistics().await?;
    let page_p95_ms = page::measure(db, &company.site, FIRST).await?;
    payroll::lock(db, &company.site).await?;
    Ok(CompanyFigure {
        engine: db.engine(),
        people: count,
        punches: company.punches,
        days: found,
        computed_s,
        repeated_s,
        page_p95_ms,
    })
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
        // What happens by itself: within a minute on PostgreSQL, within the hour on SQLite.
        db.gather_statistics().await?;
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
    use lintel_runtime::clock::SystemClock;

    use crate::bench::place::SqlitePlace;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_small_company_has_a_record_for_everybody_and_every_day() {
        let place = SqlitePlace::make().unwrap();
        let db = place.open(&SystemClock).await.unwrap();
        let figure = measure_company(&db, 4).await.unwrap();
        assert_eq!(figure.days, 4 * 31);
        assert!(figure.punches > 4 * 80 && figure.computed_s > 0.0 && figure.repeated_s > 0.0);
        assert!(figure.page_p95_ms > 0.0, "{figure:?}");
    }
}
