//! What planning looks at, read once for many people at a time.
//!
//! The single use cases ask the database about one person; a file of ten thousand rows would ask it a hundred
//! thousand times. The rules are the same functions, only what they look at comes from here.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};

use super::RosterError;
use super::locks::{Span, expect_open_among, sites_of, spans, spans_among};
use crate::store::people::Person;
use crate::store::rosters::employments::EmploymentRow;
use crate::store::rosters::periods::LockRow;
use crate::store::sites::Site;
use crate::store::{StoreError, Tx, people, rosters, sites};

/// People, where they belong, sites and locked months.
#[derive(Debug)]
pub(crate) struct Books {
    people: HashMap<String, Person>,
    employments: HashMap<PersonId, Vec<EmploymentRow>>,
    sites: BTreeMap<SiteId, Site>,
    locks: Vec<LockRow>,
}

impl Books {
    /// Reads everything. Until the transaction ends nobody else plans and no month is locked.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn open(tx: &mut Tx) -> Result<Self, StoreError> {
        rosters::hold_everything(tx).await?;
        let mut by_staff_no = HashMap::new();
        for person in people::list(tx, None).await? {
            if let Some(staff_no) = person.staff_no.clone() {
                by_staff_no.insert(staff_no, person);
            }
        }
        let mut employments: HashMap<PersonId, Vec<EmploymentRow>> = HashMap::new();
        for row in rosters::employments::list_all(tx).await? {
            employments.entry(row.person_id).or_default().push(row);
        }
        let sites = sites::list(tx).await?.into_iter().map(|site| (site.site_id.clone(), site)).collect();
        let locks = rosters::periods::list_between(tx, Date::MIN, None).await?;
        Ok(Self { people: by_staff_no, employments, sites, locks })
    }

    /// Who has a staff number.
    pub(crate) fn person(&self, staff_no: &str) -> Option<&Person> {
        self.people.get(staff_no)
    }

    /// A person's employments in order.
    pub(crate) fn employments_of(&self, person: PersonId) -> &[EmploymentRow] {
        self.employments.get(&person).map_or(&[], Vec::as_slice)
    }

    /// Takes in what was written since.
    pub(crate) fn set_employments(&mut self, person: PersonId, rows: Vec<EmploymentRow>) {
        self.employments.insert(person, rows);
    }

    /// All sites by id.
    pub(crate) fn sites(&self) -> impl Iterator<Item = &SiteId> {
        self.sites.keys()
    }

    /// A site.
    ///
    /// # Errors
    /// [`RosterError::UnknownSite`].
    pub(crate) fn site(&self, site: &SiteId) -> Result<&Site, RosterError> {
        self.sites.get(site).ok_or_else(|| RosterError::UnknownSite(site.clone()))
    }

    /// The sites of a person's days, none of which lies in a locked month.
    ///
    /// # Errors
    /// [`RosterError::Locked`].
    pub(crate) fn expect_open_for(
        &self,
        person: &Person,
        from: Date,
        to: Option<Date>,
    ) -> Result<Vec<SiteId>, RosterError> {
        let spans: Vec<Span> = spans_among(self.employments_of(person.person_id), &person.site_id, from, to);
        expect_open_among(&self.locks, &spans)?;
        Ok(sites_of(&spans))
    }

    /// That a day of a site doesn't lie in a locked month.
    ///
    /// # Errors
    /// [`RosterError::Locked`].
    pub(crate) fn expect_open_day(&self, site: &SiteId, day: Date) -> Result<(), RosterError> {
        expect_open_among(&self.locks, &spans(std::slice::from_ref(site), day, Some(day)))
    }
}
