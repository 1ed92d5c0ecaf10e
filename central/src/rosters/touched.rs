//! Which person-days a change touches.

use jiff::ToSpan as _;
use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::UtcMillis;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::jobs::request::AROUND_DAYS;
use crate::jobs::{RecomputeDay, RecomputeSite};
use crate::store::{StoreError, Tx, jobs};

/// The person-days that a change touches: they may come out otherwise now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Touched {
    /// Whose; none is everybody of the sites.
    pub people: Option<Vec<PersonId>>,
    /// At which sites.
    pub sites: Vec<SiteId>,
    /// From which day on; the beginning of the calendar, written as null, where every earlier day is touched too.
    #[serde(serialize_with = "from_or_null")]
    #[schema(value_type = Option<Date>)]
    pub from: Date,
    /// Until which day; none is as far as days are computed.
    pub to: Option<Date>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn from_or_null<S: Serializer>(from: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    (*from != Date::MIN).then_some(from).serialize(serializer)
}

impl Touched {
    /// Days of one person.
    pub(super) fn of_person(person: PersonId, sites: Vec<SiteId>, from: Date, to: Option<Date>) -> Self {
        Self { people: Some(vec![person]), sites, from, to }
    }

    /// Days of everybody of some sites.
    pub(crate) fn of_sites(sites: Vec<SiteId>, from: Date, to: Option<Date>) -> Self {
        Self { people: None, sites, from, to }
    }
}

/// The one place through which every change of a roster goes, in its own transaction, with the person-days
/// that it touches: their computation is queued here and nowhere else, so that no change can be forgotten.
/// Whoever calls it wakes the runner with [`crate::store::Db::wake_jobs`] after the commit.
///
/// # Errors
/// When the database fails.
pub async fn touched(tx: &mut Tx, touched: &Touched) -> Result<(), StoreError> {
    // A week beyond each end: overtime and rest are counted by the week.
    let from = touched.from.saturating_sub(AROUND_DAYS.days());
    let to = touched.to.map(|to| to.saturating_add(AROUND_DAYS.days()));
    match &touched.people {
        Some(people) => {
            let to = to.unwrap_or(Date::MAX);
            let jobs: Vec<_> =
                people.iter().map(|person| RecomputeDay::of(*person, from, to).to_new_job()).collect();
            jobs::create(tx, &jobs, UtcMillis::default()).await
        }
        None => {
            for site in &touched.sites {
                RecomputeSite { site_id: site.clone(), from, to, people: None }.queue(tx).await?;
            }
            Ok(())
        }
    }
}
