//! Why a file isn't taken in, and why one of its rows isn't.

use super::Kind;
use crate::auth::Denied;
use crate::imports::ImportError;
use crate::people::PeopleError;
use crate::rosters::RosterError;
use crate::store::StoreError;

/// Why a file as a whole isn't taken in. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// It can't be read.
    #[error(transparent)]
    File(#[from] ImportError),
    /// A calendar where something else was meant.
    #[error("a calendar holds holidays only: give {0} as CSV or XLSX")]
    Calendar(Kind),
    /// The site that was named beside the file isn't there.
    #[error(transparent)]
    Site(RosterError),
    /// Somebody added the same person while the file was read.
    #[error("somebody else added staff number {0} at the same time: take the file in again")]
    Raced(String),
    /// Not with this role.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The reading was cut off.
    #[error("the file wasn't read to its end")]
    Stopped(#[source] tokio::task::JoinError),
    /// People.
    #[error(transparent)]
    People(PeopleError),
    /// Rosters.
    #[error(transparent)]
    Rosters(RosterError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a row isn't done.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A rule of the rosters.
    Roster(RosterError),
    /// A rule of the people.
    People(PeopleError),
    /// Something that only a file can get wrong.
    Row {
        /// In which column, where it is one.
        column: Option<&'static str>,
        /// For programs.
        code: &'static str,
        /// For people.
        reason: String,
    },
}

impl Refusal {
    pub(super) fn row(column: &'static str, code: &'static str, reason: impl Into<String>) -> Self {
        Self::Row { column: Some(column), code, reason: reason.into() }
    }

    pub(super) fn unknown_staff_no() -> Self {
        let reason = "nobody has this staff number: `people list` shows them";
        Self::row("staff_no", "unknown_staff_no", reason)
    }

    /// Column, code and reason; what isn't the row's fault ends the whole run.
    pub(super) fn told(self) -> Result<(Option<&'static str>, &'static str, String), UploadError> {
        match self {
            Self::Row { column, code, reason } => Ok((column, code, reason)),
            Self::Roster(error) => match error.code() {
                Some(code) => Ok((None, code, error.to_string())),
                None => Err(UploadError::Rosters(error)),
            },
            Self::People(PeopleError::StaffNoTaken(staff_no)) => Err(UploadError::Raced(staff_no)),
            Self::People(error) => match error.code() {
                Some(code) => Ok((None, code, error.to_string())),
                None => Err(UploadError::People(error)),
            },
        }
    }
}

impl From<RosterError> for Refusal {
    fn from(error: RosterError) -> Self {
        Self::Roster(error)
    }
}

impl From<PeopleError> for Refusal {
    fn from(error: PeopleError) -> Self {
        Self::People(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Roster(error.into())
    }
}
