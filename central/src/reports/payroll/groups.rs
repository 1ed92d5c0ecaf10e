//! Lines that become one line of the file, added up in exact milliseconds.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::error::PayrollError;
use super::line::{Category, LineKind, PayLine, Period};
use super::mapping::{Content, Fate, Mapping};
use super::wire::{Layout, Per};

/// What makes a line of the file, in the order in which they stand there.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'a> {
    pub(super) staff_no: Option<&'a str>,
    person: &'a str,
    pub(super) site: &'a str,
    pub(super) team: &'a str,
    pub(super) period: Period,
    pub(super) date: Option<Date>,
    pub(super) kind: LineKind,
    /// In the long layout only.
    pub(super) code: Option<usize>,
    /// Where a column shows it only.
    pub(super) rate: Option<u16>,
}

/// The amounts of a line, in milliseconds by code.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) name: &'a str,
    pub(super) amounts: BTreeMap<usize, i64>,
}

pub(super) type Groups<'a> = BTreeMap<Key<'a>, Group<'a>>;

/// Adds lines up.
pub(super) fn group<'a>(
    mapping: &Mapping,
    lines: impl IntoIterator<Item = &'a PayLine>,
) -> Result<Groups<'a>, PayrollError> {
    let (shows_site, shows_team) = (mapping.shows(&Content::Site), mapping.shows(&Content::Team));
    let (needs_number, shows_rate) = (mapping.shows(&Content::StaffNo), mapping.shows(&Content::RatePercent));
    let mut rates: BTreeMap<&Category, Option<u16>> = BTreeMap::new();
    let mut groups = Groups::new();
    for line in lines {
        let (code, any_rate) = match mapping.fate(&line.category, line.rate_percent) {
            Fate::Code { code, any_rate } => (code, any_rate),
            Fate::Ignored => continue,
            Fate::Unmapped => return Err(PayrollError::unmapped(line)),
        };
        if any_rate && !shows_rate {
            let first = *rates.entry(&line.category).or_insert(line.rate_percent);
            if first != line.rate_percent {
                return Err(PayrollError::rates(mapping, code, line, first));
            }
        }
        if needs_number && line.staff_no.is_none() {
            return Err(PayrollError::NoStaffNumber { person: line.person.clone() });
        }
        let key = Key {
            staff_no: line.staff_no.as_deref(),
            person: &line.person,
            site: if shows_site { &line.site } else { "" },
            team: if shows_team { &line.team } else { "" },
            period: line.when.period(),
            date: (mapping.per == Per::Day).then(|| line.when.date()),
            kind: line.kind,
            code: (mapping.layout == Layout::Long).then_some(code),
            rate: line.rate_percent.filter(|_| shows_rate),
        };
        let group = groups.entry(key).or_insert_with(|| Group { name: &line.name, amounts: BTreeMap::new() });
        let amount = group.amounts.entry(code).or_insert(0);
        let sum = amount.checked_add(line.duration_ms);
        *amount = sum.ok_or_else(|| PayrollError::Sum { person: line.person.clone() })?;
    }
    Ok(groups)
}
