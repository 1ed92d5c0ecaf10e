//! Work of an average week: everybody's reference period, by the policy of the site where they belong at its end.

use std::collections::BTreeMap;

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::UtcMillis;

use super::{InquiryError, Question};
use crate::attendance::Length;
use crate::attendance::legal::LegalMinima;
use crate::attendance::working_time::{WorkingTime, reference_period};
use crate::reports::sheets::{WorkingTimeRow, Zones};
use crate::store::rosters::employments::{self, EmploymentRow};
use crate::store::rosters::policies;
use crate::store::sites::{self as places, Site};
use crate::store::{StoreError, Tx, days, people};

/// Four months of a person are as much as a month of four.
const AT_ONCE: usize = 100;

/// What counts at a site.
struct Rule {
    legal: LegalMinima,
    period: (Date, Date),
    /// Before it no door could have seen anybody.
    days_from: Date,
}

type Rules = BTreeMap<SiteId, Rule>;

pub(super) async fn read(
    tx: &mut Tx,
    question: &Question,
    sites: &[Site],
    zones: &Zones,
    now: UtcMillis,
) -> Result<Vec<WorkingTimeRow>, InquiryError> {
    let month = question.when.month();
    let rules = rules(tx, sites, zones, month.last(), now).await?;
    let people = match question.person {
        Some(person) => vec![person],
        None => days::list_people(tx, question.when.span(), None, None, i64::MAX).await?,
    };
    let mut all = Vec::new();
    for some in people.chunks(AT_ONCE) {
        all.extend(rows(tx, question, &rules, some).await?);
    }
    all.sort_by_cached_key(WorkingTimeRow::place);
    Ok(all)
}

/// By the end of the month, or by yesterday while it runs.
async fn rules(
    tx: &mut Tx,
    sites: &[Site],
    zones: &Zones,
    end: Date,
    now: UtcMillis,
) -> Result<Rules, StoreError> {
    let (policies, spans) = (policies::list_all(tx).await?, places::list_days(tx).await?);
    let rule = |site: &Site| {
        let today = now.date_in(zones.get(&site.zone));
        let by = end.min(today.yesterday().unwrap_or(today));
        // How close punches may be matters to nothing here.
        let versions = policies::of_site(&policies, &site.site_id, Length::ZERO);
        let policy = &versions.on(by)?.policy;
        let days_from = spans.get(&site.site_id).map_or(Date::MIN, |days| days.from);
        let rule = Rule { legal: policy.legal.clone(), period: reference_period(policy, by), days_from };
        Some((site.site_id.clone(), rule))
    };
    Ok(sites.iter().filter_map(rule).collect())
}

async fn rows(
    tx: &mut Tx,
    question: &Question,
    rules: &Rules,
    people: &[PersonId],
) -> Result<Vec<WorkingTimeRow>, InquiryError> {
    let mut names = people::names(tx, people).await?;
    let mut employed: BTreeMap<PersonId, Vec<EmploymentRow>> = BTreeMap::new();
    for row in employments::list_of_people(tx, people).await? {
        employed.entry(row.person_id).or_default().push(row);
    }
    let mut all: BTreeMap<PersonId, WorkingTimeRow> = BTreeMap::new();
    for (person, spans) in &employed {
        let Some((site, rule)) = rule_of(spans, rules, question.when.span().1) else { continue };
        if question.site.as_ref().is_some_and(|wanted| wanted != site) {
            continue;
        }
        let mut time = WorkingTime::default();
        for span in spans {
            let seen = rules.get(&span.site_id).map_or(Date::MIN, |rule| rule.days_from);
            let to = span.to.unwrap_or(Date::MAX).min(rule.period.1);
            time.employed(span.from.max(seen).max(rule.period.0), to);
        }
        let named = names.remove(person).unwrap_or_default();
        let (name, staff_no) = (named.name, named.staff_no);
        let (period, most) = (rule.period, rule.legal.average_work);
        let row = WorkingTimeRow {
            person: *person,
            name,
            staff_no,
            site: site.clone(),
            period,
            time,
            most,
            beyond: None,
        };
        all.insert(*person, row);
    }
    add_days(tx, &mut all).await?;
    for row in all.values_mut() {
        let legal = rules.get(&row.site).map(|rule| &rule.legal);
        row.beyond = legal.zip(row.time.weekly()).and_then(|(legal, weekly)| legal.beyond_average(weekly));
    }
    Ok(all.into_values().filter(|row| row.time.half_days > 0).collect())
}

/// The rule of the site where somebody belongs at the end, or belonged last.
fn rule_of<'a>(spans: &'a [EmploymentRow], rules: &'a Rules, end: Date) -> Option<(&'a SiteId, &'a Rule)> {
    let last = spans.iter().rfind(|span| span.from <= end)?;
    Some((&last.site_id, rules.get(&last.site_id)?))
}

async fn add_days(tx: &mut Tx, all: &mut BTreeMap<PersonId, WorkingTimeRow>) -> Result<(), StoreError> {
    let Some(from) = all.values().map(|row| row.period.0).min() else { return Ok(()) };
    let to = all.values().map(|row| row.period.1).max().unwrap_or(from);
    let people: Vec<PersonId> = all.keys().copied().collect();
    for day in days::list_of_people(tx, &people, (from, to), None).await? {
        if let Some(row) = all.get_mut(&day.record.person)
            && (row.period.0..=row.period.1).contains(&day.record.date)
        {
            row.time.add(&day.record);
        }
    }
    Ok(())
}
