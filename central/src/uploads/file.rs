//! A file on its way in: which kind it is said to be, and what it holds.

use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;
use lintel_core::ids::SiteId;
use lintel_core::time::UtcMillis;
use serde::Serialize;
use utoipa::ToSchema;

use super::UploadError;
use crate::imports::{self, ContractHoursRow, HolidayRow, LeaveRow, Parsed, PersonRow, ShiftAssignmentRow};

/// What a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ImportKind)]
pub enum Kind {
    /// People with their teams.
    People,
    /// Who works which shift or pattern.
    Assignments,
    /// Agreed hours a week.
    ContractHours,
    /// Leave that counts at once.
    Leave,
    /// Holidays of sites.
    Holidays,
}

/// No kind of file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no kind of import: write people, assignments, contract-hours, leave or holidays")]
pub struct UnknownKind(String);

impl Kind {
    const ALL: [Self; 5] =
        [Self::People, Self::Assignments, Self::ContractHours, Self::Leave, Self::Holidays];

    /// The name on the command line, on the wire and in the audit.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Assignments => "assignments",
            Self::ContractHours => "contract-hours",
            Self::Leave => "leave",
            Self::Holidays => "holidays",
        }
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| UnknownKind(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A file as it was given.
#[derive(Debug, Clone)]
pub struct Upload {
    /// What it is about.
    pub kind: Kind,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its name, for messages; one that ends in `.ics` is read as a calendar.
    pub name: String,
    /// Which sheet of a workbook; without it the first whose headings fit.
    pub sheet: Option<String>,
    /// The site of rows that name none. Without it somebody new must have one in the file, and a holiday is one of
    /// every site.
    pub site: Option<SiteId>,
}

/// What a file holds.
pub(super) enum Content {
    People(Parsed<PersonRow>),
    Assignments(Parsed<ShiftAssignmentRow>),
    ContractHours(Parsed<ContractHoursRow>),
    Leave(Parsed<LeaveRow>),
    Holidays(Parsed<HolidayRow>),
}

impl Upload {
    /// Reads it. Yearly events of a calendar are written out for this year and the next.
    pub(super) fn read(&self, at: UtcMillis) -> Result<Content, UploadError> {
        let (bytes, name, sheet) = (self.bytes.as_slice(), self.name.as_str(), self.sheet.as_deref());
        if self.is_calendar() {
            if self.kind != Kind::Holidays {
                return Err(UploadError::Calendar(self.kind));
            }
            let year = at.date_in(&TimeZone::UTC).year();
            return Ok(Content::Holidays(imports::read_calendar(bytes, name, year..=year + 1)?));
        }
        Ok(match self.kind {
            Kind::People => Content::People(imports::read_people(bytes, name, sheet)?),
            Kind::Assignments => Content::Assignments(imports::read_shift_assignments(bytes, name, sheet)?),
            Kind::ContractHours => Content::ContractHours(imports::read_contract_hours(bytes, name, sheet)?),
            Kind::Leave => Content::Leave(imports::read_leave(bytes, name, sheet)?),
            Kind::Holidays => Content::Holidays(imports::read_holidays(bytes, name, sheet)?),
        })
    }

    fn is_calendar(&self) -> bool {
        const BEGIN: &[u8] = b"BEGIN:VCALENDAR";
        let text = self.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.bytes);
        let named = self.name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("ics"));
        named || text.get(..BEGIN.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(BEGIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_by_the_names_that_they_are_written_with() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse::<Kind>(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert!("elephants".parse::<Kind>().unwrap_err().to_string().contains("contract-hours"));
    }

    #[test]
    fn a_calendar_is_known_by_its_name_or_its_first_line_and_holds_nothing_but_holidays() {
        let upload = |kind, name: &str, bytes: &[u8]| Upload {
            kind,
            bytes: bytes.to_vec(),
            name: name.to_owned(),
            sheet: None,
            site: None,
        };
        assert!(upload(Kind::Holidays, "a.ICS", b"x").is_calendar());
        assert!(upload(Kind::Holidays, "a", b"\xEF\xBB\xBFbegin:vcalendar\r\n").is_calendar());
        assert!(!upload(Kind::Holidays, "ics", b"date,name").is_calendar());
        let refused = upload(Kind::Leave, "a.ics", b"BEGIN:VCALENDAR").read(UtcMillis::default());
        assert!(matches!(refused, Err(UploadError::Calendar(Kind::Leave))));
    }
}
