//! How many events a second the centre accepts, durable and acked, beside what the database alone can do.
//!
//! The same events go through `ingest::accept` and, as ready rows, through a bare multi-row insert into the
//! same tables with the same indexes, the same transactions and the same synchronous level, in turns, in
//! one run. The ratio is what the centre adds: parsing, checking every hash, the watermark, the queue of
//! days to recompute, the signed ack. The bench never touches a database that holds anything: on SQLite it
//! works in a temporary folder, on PostgreSQL in a database of its own that it drops.

pub mod attendance;
pub mod load;
pub mod months;
pub mod place;

use std::time::{Duration, Instant};

use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, SiteId};
use lintel_core::road::Road;
use lintel_core::sign::SigningKey;
use lintel_core::time::{Clock, UtcMillis};
use lintel_runtime::clock::random_bytes;
use serde::Serialize;

use crate::devices::Device;
use crate::ingest::{AcceptError, accept};
use crate::store::ingest::Arrival;
use crate::store::sites::Site;
use crate::store::{Db, StoreError, devices, ingest, sites, streams};
use load::{Load, LoadError};

/// Days of the site count from here on.
const FIRST_DAY: jiff::civil::Date = jiff::civil::Date::constant(2026, 1, 1);
/// Rounds of each kind; the median is told.
const ROUNDS: usize = 5;

/// Why the bench can't be run.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The events.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Accepting them.
    #[error(transparent)]
    Accept(#[from] AcceptError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something was not stored, so the figure would be a lie.
    #[error("{stored} of {sent} events were stored: the figure would not be true")]
    Lost {
        /// Stored.
        stored: usize,
        /// Sent.
        sent: usize,
    },
    /// A fixed name was refused.
    #[error(transparent)]
    Id(#[from] lintel_core::ids::IdError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] lintel_runtime::clock::ClockError),
}

/// What to measure.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Events a round.
    pub events: u32,
    /// Events a transaction.
    pub batch: u32,
}

/// What one database does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// Accepted, durable and acked, a second; the median.
    pub accepted_per_s: f64,
    /// Bare rows of the same events a second; the median.
    pub bare_per_s: f64,
    /// The first by the second.
    pub ratio: f64,
    /// The slowest and the fastest round of accepting, a second.
    pub accepted_range: [f64; 2],
    /// The slowest and the fastest round of the bare insert, a second.
    pub bare_range: [f64; 2],
    /// Events a round.
    pub events: u32,
    /// Events a transaction.
    pub batch: u32,
    /// Mean bytes of an event's payload and personal part.
    pub mean_body_bytes: usize,
}

/// Measures on a database that is open, migrated and empty.
///
/// # Errors
/// [`BenchError`].
pub async fn measure(db: &Db, clock: &dyn Clock, size: Size) -> Result<Figure, BenchError> {
    let device = prepare(db, clock).await?;
    let key = SigningKey::from_seed(&random_bytes()?);
    let mut accepted = Vec::new();
    let mut bare = Vec::new();
    let mut mean_body_bytes = 0;
    // One round more than counts: the first warms caches and the database's files.
    for round in 0..=ROUNDS {
        let load = Load::make(&device.device_id, clock.now(), size.events, size.batch)?;
        mean_body_bytes = load.mean_body_bytes();
        let by_accept = accept_all(db, &key, clock, &device, &load).await?;
        let load = Load::make(&device.device_id, clock.now(), size.events, size.batch)?;
        let by_insert = insert_all(db, clock, &load, size).await?;
        if round > 0 {
            accepted.push(per_second(size.events, by_accept));
            bare.push(per_second(size.events, by_insert));
        }
    }
    let (accepted_per_s, accepted_range) = middle(accepted);
    let (bare_per_s, bare_range) = middle(bare);
    Ok(Figure {
        engine: db.engine(),
        accepted_per_s,
        bare_per_s,
        ratio: accepted_per_s / bare_per_s,
        accepted_range,
        bare_range,
        events: size.events,
        batch: size.batch,
        mean_body_bytes,
    })
}

async fn prepare(db: &Db, clock: &dyn Clock) -> Result<Device, BenchError> {
    let site_id = SiteId::parse("bench")?;
    let zone = "Europe/Berlin".to_owned();
    let device = Device {
        device_id: DeviceId::parse("bench-door")?,
        site_id: site_id.clone(),
        zone: zone.clone(),
        door: "bench".into(),
        direction: DirectionHint::None,
        gallery_public_key: None,
        revoked_at: None,
    };
    let mut tx = db.write().await?;
    let site = Site { site_id, name: "bench".into(), zone };
    sites::create(&mut tx, &site, FIRST_DAY, clock.now()).await?;
    devices::create(&mut tx, &device, &random_bytes()?, clock.now()).await?;
    tx.commit().await?;
    Ok(device)
}

async fn accept_all(
    db: &Db,
    key: &SigningKey,
    clock: &dyn Clock,
    device: &Device,
    load: &Load,
) -> Result<Duration, BenchError> {
    let bodies = load.bodies()?;
    let begun = Instant::now();
    let (mut stored, mut through) = (0, 0);
    for body in &bodies {
        let done = accept(db, key, clock, Road::Https, device, body).await?;
        stored += done.stored - done.quarantined;
        through = done.body.through_seq;
    }
    let took = begun.elapsed();
    let sent: usize = load.rows(1).iter().map(|(events, _)| events.len()).sum();
    if stored != sent || usize::try_from(through).is_ok_and(|through| through != sent) {
        return Err(BenchError::Lost { stored, sent });
    }
    Ok(took)
}

async fn insert_all(db: &Db, clock: &dyn Clock, load: &Load, size: Size) -> Result<Duration, BenchError> {
    // The numbers are taken beforehand, in one transaction that isn't counted.
    let mut tx = db.write().await?;
    let first = ingest::take_numbers(&mut tx, usize::try_from(size.events).unwrap_or(0)).await?;
    let stream = streams::create(&mut tx, &load.device, load.stream, None, clock.now()).await?;
    tx.commit().await?;
    let arrival = Arrival { stream_no: stream.stream_no, at: UtcMillis::from_i64(0), road: "https" };
    let batches = load.rows(first);
    let begun = Instant::now();
    let mut stored = 0;
    for (events, personal) in &batches {
        let mut tx = db.write().await?;
        stored += ingest::create_events(&mut tx, arrival, events).await?;
        ingest::create_personal(&mut tx, personal).await?;
        tx.commit().await?;
    }
    let took = begun.elapsed();
    let stored = usize::try_from(stored).unwrap_or(0);
    let sent: usize = batches.iter().map(|(events, _)| events.len()).sum();
    if stored == sent { Ok(took) } else { Err(BenchError::Lost { stored, sent }) }
}

fn per_second(events: u32, took: Duration) -> f64 {
    f64::from(events) / took.as_secs_f64().max(1e-9)
}

/// The median, and the range.
fn middle(mut figures: Vec<f64>) -> (f64, [f64; 2]) {
    figures.sort_by(f64::total_cmp);
    let at = |index: usize| figures.get(index).copied().unwrap_or(0.0);
    (at(figures.len() / 2), [at(0), at(figures.len().saturating_sub(1))])
}

#[cfg(test)]
mod tests {
    use lintel_runtime::clock::SystemClock;

    use super::*;

    #[test]
    fn the_middle_is_the_median_with_the_range_beside_it() {
        assert_eq!(middle(vec![3.0, 1.0, 2.0]), (2.0, [1.0, 3.0]));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_small_bench_stores_everything_that_it_counts() {
        let place = place::SqlitePlace::make().unwrap();
        let db = place.open(&SystemClock).await.unwrap();
        let figure = measure(&db, &SystemClock, Size { events: 300, batch: 100 }).await.unwrap();
        assert_eq!(figure.engine, "sqlite");
        assert!(figure.accepted_per_s > 0.0 && figure.bare_per_s > 0.0);
        assert!((250..900).contains(&figure.mean_body_bytes), "{}", figure.mean_body_bytes);
    }
}
