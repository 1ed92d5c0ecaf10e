//! What an export is about: a month of some sites, and what was locked and exported of them before.

use std::collections::BTreeSet;

use lintel_core::ids::SiteId;

use super::{BatchError, Wish};
use crate::attendance::Month;
use crate::rosters::LONG_AGO;
use crate::store::rosters::{hold_site, periods};
use crate::store::{Tx, payroll, sites};

/// What an export is about.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) month: Month,
    /// The one site, or none for all.
    pub(super) site: Option<SiteId>,
    /// The sites whose month it is.
    pub(super) sites: BTreeSet<SiteId>,
    /// Months of sites that a standing batch is of.
    pub(super) taken: BTreeSet<(SiteId, Month)>,
    /// Months that are locked now.
    pub(super) locked: BTreeSet<(SiteId, Month)>,
}

impl Scope {
    /// Reads it; who writes holds the sites, so that nobody locks, opens or exports them meanwhile.
    pub(super) async fn read(tx: &mut Tx, wish: &Wish, holds: bool) -> Result<Self, BatchError> {
        let month = wish.month;
        let sites: BTreeSet<SiteId> = match &wish.site {
            Some(site) => {
                sites::get(tx, site).await?.ok_or_else(|| BatchError::UnknownSite(site.clone()))?;
                BTreeSet::from([site.clone()])
            }
            None => payroll::list_sites_of(tx, month).await?.into_iter().collect(),
        };
        if sites.is_empty() {
            return Err(BatchError::NoDays(month));
        }
        if holds {
            for site in &sites {
                hold_site(tx, site).await?;
            }
        }
        let locks = periods::list_between(tx, LONG_AGO, None).await?;
        Ok(Self {
            month,
            site: wish.site.clone(),
            sites,
            taken: payroll::list_taken(tx).await?.into_iter().collect(),
            locked: locks.into_iter().map(|lock| (lock.site_id, lock.month)).collect(),
        })
    }

    /// Refuses while a site's month is open.
    pub(super) fn expect_locked(&self) -> Result<(), BatchError> {
        match self.sites.iter().find(|site| !self.is_locked(site, self.month)) {
            Some(site) => Err(BatchError::NotLocked { site: site.clone(), month: self.month }),
            None => Ok(()),
        }
    }

    pub(super) fn is_locked(&self, site: &SiteId, month: Month) -> bool {
        self.locked.contains(&(site.clone(), month))
    }

    pub(super) fn is_taken(&self, site: &SiteId, month: Month) -> bool {
        self.taken.contains(&(site.clone(), month))
    }

    /// Whether payroll has the month of each site already, so that only differences are left.
    pub(super) fn is_again(&self) -> bool {
        self.sites.iter().all(|site| self.is_taken(site, self.month))
    }
}
