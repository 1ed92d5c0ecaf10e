//! What can be asked for: one imperative struct a job, queued in the transaction of its cause.
//!
//! What it does when its turn comes stands in `work`; whoever asks needs to know nothing of that.

use jiff::ToSpan as _;
use jiff::civil::Date;
use lintel_core::ids::{DeviceId, PersonId, SiteId};
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};

use crate::store::jobs::NewJob;
use crate::store::{StoreError, Tx, jobs};

/// How far beyond a date its change may reach, in days: the shift of the day before or after may have claimed a
/// punch, and weekly overtime and rest the days of their weeks.
pub(crate) const AROUND_DAYS: i64 = 7;

/// Computes some days of one person again, both dates included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecomputeDay {
    /// Who.
    pub person_id: PersonId,
    /// The first date.
    pub from: Date,
    /// The last date.
    pub to: Date,
}

impl RecomputeDay {
    pub(crate) const KIND: &'static str = "recompute_day";

    /// Exactly these days.
    #[must_use]
    pub fn of(person_id: PersonId, from: Date, to: Date) -> Self {
        Self { person_id, from, to }
    }

    /// The days that something at a date may change.
    #[must_use]
    pub fn around(person_id: PersonId, date: Date) -> Self {
        let from = date.saturating_sub(AROUND_DAYS.days());
        Self { person_id, from, to: date.saturating_add(AROUND_DAYS.days()) }
    }

    pub(crate) fn to_new_job(&self) -> NewJob {
        let Self { person_id, from, to } = self;
        // Erasing somebody takes their jobs out by the beginning of the key.
        new_job(Self::KIND, format!("{person_id}/{from}/{to}"), self)
    }

    /// Queues it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, tx: &mut Tx) -> Result<(), StoreError> {
        jobs::create(tx, &[self.to_new_job()], UtcMillis::default()).await
    }
}

/// Computes some days of everybody of a site again, some hundred people at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecomputeSite {
    /// Which site.
    pub site_id: SiteId,
    /// The first date.
    pub from: Date,
    /// The last date; none is as far as days are computed.
    pub to: Option<Date>,
    /// Only from this person to that one, both included; none is everybody, who are then shared out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<(PersonId, PersonId)>,
}

impl RecomputeSite {
    pub(crate) const KIND: &'static str = "recompute_site";

    pub(crate) fn to_new_job(&self) -> NewJob {
        let to = self.to.map(|to| to.to_string()).unwrap_or_default();
        let first = self.people.map(|(first, _)| first.to_string()).unwrap_or_default();
        new_job(Self::KIND, format!("{}/{}/{to}/{first}", self.site_id, self.from), self)
    }

    /// Queues it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, tx: &mut Tx) -> Result<(), StoreError> {
        jobs::create(tx, &[self.to_new_job()], UtcMillis::default()).await
    }
}

/// Closes the days of a site that are over: looks at everybody's, whether a door saw them or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseDay {
    /// Which site.
    pub site_id: SiteId,
}

impl CloseDay {
    pub(crate) const KIND: &'static str = "close_day";

    pub(crate) fn to_new_job(&self) -> NewJob {
        new_job(Self::KIND, self.site_id.to_string(), self)
    }

    /// Queues it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, tx: &mut Tx) -> Result<(), StoreError> {
        jobs::create(tx, &[self.to_new_job()], UtcMillis::default()).await
    }
}

/// How long a door may be silent before that is said: thirty heartbeats.
const OVERDUE_MS: i64 = 900_000;

/// Says that a door is silent, when it still is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceOverdue {
    /// Which door.
    pub device_id: DeviceId,
}

impl DeviceOverdue {
    pub(crate) const KIND: &'static str = "device_overdue";

    pub(crate) fn to_new_job(&self) -> NewJob {
        new_job(Self::KIND, self.device_id.to_string(), self)
    }

    /// When a door that was heard of at an instant is overdue.
    pub(crate) fn due(seen: UtcMillis) -> UtcMillis {
        seen.plus_millis(OVERDUE_MS)
    }

    /// Queues a look at a door that was heard of now, unless one is queued.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, tx: &mut Tx, seen: UtcMillis) -> Result<(), StoreError> {
        jobs::create_once(tx, &self.to_new_job(), Self::due(seen)).await
    }
}

/// Tells the devices of a site that their gallery changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishGallery {
    /// Which site.
    pub site_id: SiteId,
}

impl PublishGallery {
    pub(crate) const KIND: &'static str = "publish_gallery";

    /// Queues it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let job = new_job(Self::KIND, self.site_id.to_string(), self);
        jobs::create(tx, &[job], UtcMillis::default()).await
    }
}

/// Rewrites what may still hold erased people; see [`crate::erasure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScrubErased;

impl ScrubErased {
    pub(crate) const KIND: &'static str = "scrub_erased";

    /// Queues it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, tx: &mut Tx) -> Result<(), StoreError> {
        jobs::create(tx, &[new_job(Self::KIND, "all".to_owned(), self)], UtcMillis::default()).await
    }
}

/// Drops the databases that a restore put aside: somebody was erased who is still in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetFormer {
    /// Those that were put aside before.
    pub before: UtcMillis,
}

impl ForgetFormer {
    pub(crate) const KIND: &'static str = "forget_former";

    /// Queues it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let job = new_job(Self::KIND, self.before.as_i64().to_string(), self);
        jobs::create(tx, &[job], UtcMillis::default()).await
    }
}

/// Brings what was revoked into the ledger apart from the database; see [`crate::revocation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepRevocations;

impl KeepRevocations {
    pub(crate) const KIND: &'static str = "keep_revocations";

    /// Queues it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, tx: &mut Tx) -> Result<(), StoreError> {
        jobs::create(tx, &[new_job(Self::KIND, "all".to_owned(), self)], UtcMillis::default()).await
    }
}

fn new_job<T: Serialize>(kind: &'static str, key: String, job: &T) -> NewJob {
    // Ids and dates always serialise; an empty payload would fail when it is read, with the job's name.
    NewJob { kind, key, payload: serde_json::to_string(job).unwrap_or_default() }
}
