//! What a locked month keeps from being changed.

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};

use super::{RosterError, day_after, day_before, overlap};
use crate::store::people::Person;
use crate::store::rosters::employments;
use crate::store::rosters::periods::LockRow;
use crate::store::{StoreError, Tx, rosters};

/// Days of a site; both dates are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) site: SiteId,
    pub(super) from: Date,
    pub(super) to: Option<Date>,
}

/// The same days of several sites.
pub(super) fn spans(sites: &[SiteId], from: Date, to: Option<Date>) -> Vec<Span> {
    sites.iter().map(|site| Span { site: site.clone(), from, to }).collect()
}

/// The sites of spans, each once.
pub(super) fn sites_of(spans: &[Span]) -> Vec<SiteId> {
    let mut sites: Vec<SiteId> = spans.iter().map(|span| span.site.clone()).collect();
    sites.sort();
    sites.dedup();
    sites
}

/// Refuses when a day of the spans lies in a locked month of its site, and keeps the sites' months from
/// being locked until the transaction ends.
pub(super) async fn expect_open(tx: &mut Tx, spans: &[Span]) -> Result<(), RosterError> {
    let Some(from) = spans.iter().map(|span| span.from).min() else { return Ok(()) };
    let to = spans.iter().map(|span| span.to.unwrap_or(Date::MAX)).max();
    // In one order everywhere, so that two changes never wait for each other.
    for site in sites_of(spans) {
        rosters::hold_site(tx, &site).await?;
    }
    expect_open_among(&rosters::periods::list_between(tx, from, to).await?, spans)
}

/// Refuses when a day of the spans lies in one of these locked months of its site.
pub(super) fn expect_open_among(locks: &[LockRow], spans: &[Span]) -> Result<(), RosterError> {
    let hit = locks.iter().find(|lock| {
        let month = (lock.month.first(), Some(lock.month.last()));
        spans.iter().any(|span| span.site == lock.site_id && overlap((span.from, span.to), month))
    });
    match hit {
        Some(lock) => Err(RosterError::Locked { site: lock.site_id.clone(), month: lock.month }),
        None => Ok(()),
    }
}

/// Where a person belongs from one date to another, as `Calendar::site_on` says it: between employments
/// where they belonged before, before all where they will first.
pub(super) async fn spans_of(
    tx: &mut Tx,
    person: &Person,
    from: Date,
    to: Option<Date>,
) -> Result<Vec<Span>, StoreError> {
    let rows = employments::list_by_person(tx, person.person_id).await?;
    Ok(spans_among(&rows, &person.site_id, from, to))
}

pub(super) fn spans_among(
    rows: &[employments::EmploymentRow],
    otherwise: &SiteId,
    from: Date,
    to: Option<Date>,
) -> Vec<Span> {
    if rows.is_empty() {
        return vec![Span { site: otherwise.clone(), from, to }];
    }
    let nexts = rows.iter().skip(1).map(|row| Some(day_before(row.from))).chain([None]);
    let mut begins = Date::MIN;
    let mut spans = Vec::new();
    for (row, ends) in rows.iter().zip(nexts) {
        if overlap((begins, ends), (from, to)) {
            let last = match (ends, to) {
                (Some(ends), Some(to)) => Some(ends.min(to)),
                (ends, to) => ends.or(to),
            };
            spans.push(Span { site: row.site_id.clone(), from: begins.max(from), to: last });
        }
        begins = ends.map_or(Date::MAX, day_after);
    }
    spans
}

/// [`spans_of`] that are all open.
pub(super) async fn expect_open_for(
    tx: &mut Tx,
    person: &Person,
    from: Date,
    to: Option<Date>,
) -> Result<Vec<SiteId>, RosterError> {
    let spans = spans_of(tx, person, from, to).await?;
    expect_open(tx, &spans).await?;
    Ok(sites_of(&spans))
}

/// Sites of a person's days, without a look at locks.
pub(super) async fn sites_of_person(
    tx: &mut Tx,
    person: PersonId,
    from: Date,
    to: Option<Date>,
) -> Result<Vec<SiteId>, StoreError> {
    let Some(person) = crate::store::people::get(tx, person).await? else { return Ok(Vec::new()) };
    Ok(sites_of(&spans_of(tx, &person, from, to).await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::rosters::employments::EmploymentRow;
    use jiff::civil::date;

    #[test]
    fn somebody_who_moved_has_the_days_of_each_site_where_they_were() {
        let site = |id: &str| SiteId::parse(id).unwrap();
        let row = |from, to, at: &str| EmploymentRow {
            person_id: PersonId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap(),
            from,
            to,
            site_id: site(at),
            team: None,
            weekly: None,
        };
        let rows = [
            row(date(2026, 1, 10), Some(date(2026, 6, 30)), "berlin"),
            row(date(2026, 9, 1), None, "lisbon"),
        ];
        let among = |from, to| {
            spans_among(&rows, &site("paris"), from, to)
                .into_iter()
                .map(|span| (span.site.to_string(), span.from, span.to))
                .collect::<Vec<_>>()
        };
        // Between two employments they belong where they did.
        assert_eq!(
            among(date(2026, 1, 1), None),
            [
                ("berlin".to_owned(), date(2026, 1, 1), Some(date(2026, 8, 31))),
                ("lisbon".to_owned(), date(2026, 9, 1), None),
            ]
        );
        let july = (date(2026, 7, 1), Some(date(2026, 7, 31)));
        assert_eq!(among(july.0, july.1), [("berlin".to_owned(), july.0, july.1)]);
        assert_eq!(spans_among(&[], &site("paris"), july.0, july.1)[0].site, site("paris"));
    }
}
