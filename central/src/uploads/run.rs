//! One file being taken in: its transaction, what is there, and what was found so far.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::UtcMillis;

use super::error::Refusal;
use super::findings::{Act, Findings, Report, RowDone, RowRefused};
use super::{Kind, Mode, UploadError};
use crate::gallery::Bumps;
use crate::imports::RowErrors;
use crate::rosters::{Touched, books::Books, touched};
use crate::store::{Db, StoreError, Tx, audit};

/// Days of sites: from, to, where.
type Days = (Date, Option<Date>, Vec<SiteId>);

/// A file being taken in.
pub(super) struct Run {
    pub(super) tx: Tx,
    /// Who does it, as in the audit.
    pub(super) actor: String,
    /// Who that is, where it is a person with a record of their own.
    pub(super) own: Option<PersonId>,
    pub(super) at: UtcMillis,
    /// The site of rows that name none.
    pub(super) site: Option<SiteId>,
    pub(super) books: Books,
    /// Whose faces, badges or names the doors hear of when it is done.
    pub(super) doors: Bumps,
    findings: Findings,
    of_people: BTreeMap<Days, BTreeSet<PersonId>>,
    of_sites: BTreeSet<Days>,
}

impl Run {
    pub(super) async fn begin(
        db: &Db,
        actor: &str,
        own: Option<PersonId>,
        at: UtcMillis,
        site: Option<SiteId>,
    ) -> Result<Self, UploadError> {
        let mut tx = db.write().await?;
        let books = Books::open(&mut tx).await?;
        if let Some(site) = &site {
            books.site(site).map_err(UploadError::Site)?;
        }
        Ok(Self {
            tx,
            actor: actor.to_owned(),
            own,
            at,
            site,
            books,
            doors: Bumps::default(),
            findings: Findings::default(),
            of_people: BTreeMap::new(),
            of_sites: BTreeSet::new(),
        })
    }

    /// Notes the rows that couldn't be read.
    pub(super) fn unread(&mut self, errors: &RowErrors) {
        self.findings.unread(errors);
    }

    /// Notes what came of a row about a staff number or a day.
    pub(super) fn note(
        &mut self,
        row: usize,
        about: &str,
        done: Result<(Act, String), Refusal>,
    ) -> Result<(), UploadError> {
        let about = about.to_owned();
        match done {
            Ok((action, what)) => self.findings.done(RowDone { row, about, action, what }),
            Err(refusal) => {
                let (column, code, reason) = refusal.told()?;
                let column = column.map(str::to_owned);
                let value = String::new();
                self.findings.refused(RowRefused { row, about, column, value, code, reason });
            }
        }
        Ok(())
    }

    /// Days of a person that may come out otherwise now.
    pub(super) fn touch(&mut self, person: PersonId, sites: Vec<SiteId>, from: Date, to: Option<Date>) {
        self.of_people.entry((from, to, sites)).or_default().insert(person);
    }

    /// A day of everybody at a site.
    pub(super) fn touch_site(&mut self, site: &SiteId, day: Date) {
        self.of_sites.insert((day, Some(day), vec![site.clone()]));
    }

    /// Commits, unless it is a trial or a row can't be done. A trial does everything else too.
    pub(super) async fn finish(
        mut self,
        db: &Db,
        kind: Kind,
        source: String,
        mode: Mode,
    ) -> Result<Report, UploadError> {
        let may = self.findings.are_clean();
        if may && self.findings.change_something() {
            self.tell_touched().await?;
            std::mem::take(&mut self.doors).publish(&mut self.tx).await?;
            audit::create(&mut self.tx, self.at, &self.actor, "import.apply", kind.as_str(), "").await?;
        }
        let applied = may && mode == Mode::Apply;
        if applied {
            self.tx.commit().await?;
            db.wake_jobs();
        }
        Ok(self.findings.report(kind, source, mode, applied))
    }

    /// Rows of the same days are told together: a file of ten thousand assignments mostly has one date.
    async fn tell_touched(&mut self) -> Result<(), StoreError> {
        for ((from, to, sites), people) in std::mem::take(&mut self.of_people) {
            let people = Some(people.into_iter().collect());
            touched(&mut self.tx, &Touched { people, sites, from, to }).await?;
        }
        for (from, to, sites) in std::mem::take(&mut self.of_sites) {
            touched(&mut self.tx, &Touched { people: None, sites, from, to }).await?;
        }
        Ok(())
    }
}
