//! The jobs that compute days.

use jiff::civil::Date;
use lintel_core::ids::PersonId;
use lintel_core::time::{UtcMillis, day_bounds, zone};

use super::request::{CloseDay, DeviceOverdue, RecomputeDay, RecomputeSite};
use crate::attendance::Length;
use crate::days::{Again, Wanted, refresh};
use crate::store::jobs::NewJob;
use crate::store::{StoreError, Tx, rosters, sites, watermarks};

/// People of one share of [`RecomputeSite`].
const CHUNK: usize = 250;
/// How long after midnight a day is closed: the doors have sent a heartbeat by then, so that nearly every day is
/// proven at once.
const CLOSE_AFTER_MS: i64 = 120_000;

/// What is to be queued when a job has run, and when each is due.
pub(super) type Next = Vec<(NewJob, UtcMillis)>;

/// Computes the days of several jobs at once.
pub(super) async fn recompute(
    tx: &mut Tx,
    jobs: &[RecomputeDay],
    min_gap: Length,
    now: UtcMillis,
) -> Result<Next, StoreError> {
    let wanted: Vec<Wanted> =
        jobs.iter().map(|job| Wanted { person: job.person_id, from: job.from, to: job.to }).collect();
    let (_, again) = refresh(tx, &wanted, min_gap, now).await?;
    Ok(next(again))
}

fn next(again: Vec<Again>) -> Next {
    again
        .into_iter()
        .map(|again| (RecomputeDay::of(again.person, again.date, again.date).to_new_job(), again.at))
        .collect()
}

impl RecomputeSite {
    /// Shares the people out, or computes a share: whoever has time takes one, in this process or another.
    pub(super) async fn run(&self, tx: &mut Tx, min_gap: Length, now: UtcMillis) -> Result<Next, StoreError> {
        let Some((first, last)) = self.people else { return self.share_out(tx, now).await };
        let people = rosters::employments::list_between(tx, &self.site_id, first, last).await?;
        let to = self.to.unwrap_or(Date::MAX);
        let wanted: Vec<Wanted> =
            people.iter().map(|person| Wanted { person: *person, from: self.from, to }).collect();
        let (_, again) = refresh(tx, &wanted, min_gap, now).await?;
        Ok(next(again))
    }

    async fn share_out(&self, tx: &mut Tx, now: UtcMillis) -> Result<Next, StoreError> {
        let everybody = rosters::employments::list_people(tx, &self.site_id).await?;
        let share = |some: &[PersonId]| {
            let people = some.first().copied().zip(some.last().copied());
            (Self { people, ..self.clone() }.to_new_job(), now)
        };
        Ok(everybody.chunks(CHUNK).map(share).collect())
    }
}

impl CloseDay {
    /// Queues the days that are over and weren't closed yet, and itself for the next midnight.
    pub(super) async fn run(&self, tx: &mut Tx, now: UtcMillis) -> anyhow::Result<Next> {
        // A site can't be deleted, so this is a job of a database that was edited by hand: let it go.
        let Some(site) = sites::get(tx, &self.site_id).await? else { return Ok(Vec::new()) };
        let zone = zone(&site.zone)?;
        let today = now.plus_millis(-CLOSE_AFTER_MS).date_in(&zone);
        let yesterday = today.yesterday()?;
        let days = sites::list_days(tx).await?.remove(&self.site_id);
        let from = days.map_or(today, |days| {
            days.closed_through.and_then(|date| date.tomorrow().ok()).unwrap_or(days.from)
        });
        let mut next = Next::new();
        if from <= yesterday {
            let site_id = self.site_id.clone();
            let close = RecomputeSite { site_id, from, to: Some(yesterday), people: None };
            next.push((close.to_new_job(), now));
            sites::update_closed(tx, &self.site_id, yesterday).await?;
        }
        next.push((self.to_new_job(), day_bounds(today, &zone).1.plus_millis(CLOSE_AFTER_MS)));
        Ok(next)
    }
}

impl DeviceOverdue {
    pub(super) async fn run(&self, tx: &mut Tx, now: UtcMillis) -> Result<Next, StoreError> {
        let Some(seen) = watermarks::last_seen(tx, &self.device_id).await? else { return Ok(Vec::new()) };
        if now < Self::due(seen) {
            return Ok(vec![(self.to_new_job(), Self::due(seen))]);
        }
        if watermarks::update_overdue(tx, &self.device_id, Some(seen)).await? {
            log::warn!("device.id" = self.device_id.as_str();
                "nothing was heard of this door since {}: days of people whom it could have seen stay \
                 provisional until it is heard of, or is declared out of service", seen.timestamp());
        }
        Ok(Vec::new())
    }
}
