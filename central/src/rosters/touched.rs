//! Which person-days a change touches.

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use serde::Serialize;

use crate::store::{StoreError, Tx};

/// The person-days that a change touches: they may come out otherwise now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Touched {
    /// Whose; none is everybody of the sites.
    pub people: Option<Vec<PersonId>>,
    /// At which sites.
    pub sites: Vec<SiteId>,
    /// From which day on; the beginning of the calendar where every earlier day is touched too.
    pub from: Date,
    /// Until which day; none is as far as days are computed.
    pub to: Option<Date>,
}

impl Touched {
    /// Days of one person.
    pub(super) fn of_person(person: PersonId, sites: Vec<SiteId>, from: Date, to: Option<Date>) -> Self {
        Self { people: Some(vec![person]), sites, from, to }
    }

    /// Days of everybody of some sites.
    pub(super) fn of_sites(sites: Vec<SiteId>, from: Date, to: Option<Date>) -> Self {
        Self { people: None, sites, from, to }
    }
}

/// The one place through which every change of a roster goes, in its own transaction, with the person-days
/// that it touches. **It queues nothing yet**: the job that computes those days again is to be queued here
/// and nowhere else, so that no change can be forgotten. Whoever queues it also wakes the runner with
/// [`crate::store::Db::wake_jobs`] after the commit; the use cases do so already.
///
/// # Errors
/// When the database fails.
pub async fn touched(_tx: &mut Tx, touched: &Touched) -> Result<(), StoreError> {
    log::debug!(
        "sites" = touched.sites.len(), "people" = touched.people.as_ref().map_or(0, Vec::len);
        "days from {} on may come out otherwise", touched.from
    );
    Ok(())
}
