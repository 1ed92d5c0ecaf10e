//! Why there is no batch.

use lintel_core::ids::SiteId;
use lintel_core::time::UtcMillis;

use super::{BatchId, MAX_MAPPING_BYTES};
use crate::attendance::Month;
use crate::reports::payroll::{MappingError, PayrollError};
use crate::rosters::MAX_REASON;
use crate::store::StoreError;

/// Why payroll isn't given anything, or a batch can't be shown or taken back.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The mapping can't be used.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// It is no mapping.
    #[error("a mapping has at most {MAX_MAPPING_BYTES} bytes: is this the right file?")]
    MappingTooLong,
    /// The hours don't fit into the file. Nothing was given.
    #[error(transparent)]
    File(#[from] PayrollError),
    /// No such site.
    #[error("there is no site {0}: `site list` shows them")]
    UnknownSite(SiteId),
    /// Nobody was there.
    #[error(
        "no site has days in {0}: `site list` shows the sites, `report monthly --month {0}` what is recorded"
    )]
    NoDays(Month),
    /// The hours may still change.
    #[error(
        "{month} of {site} is not locked, so its hours may still change: lock it first with `period lock --site \
         {site} --month {month} --reason …`; `payroll export … --dry-run` shows the file as it would be now"
    )]
    NotLocked {
        /// Of which site.
        site: SiteId,
        /// Which month.
        month: Month,
    },
    /// Days of an earlier month came out otherwise, and the ledger doesn't know what payroll has of them.
    #[error(
        "days of {earlier} at {site} are booked otherwise in {month}, and {earlier} was never exported: run `payroll \
         export --month {earlier} --site {site}` first, and put the file aside if payroll has those hours already"
    )]
    NotExported {
        /// Of which site.
        site: SiteId,
        /// The month that has to be exported first.
        earlier: Month,
        /// The month that was asked for.
        month: Month,
    },
    /// Payroll has it.
    #[error(
        "payroll has everything of {month} already: {by} exported batch {batch} on {on}, and nothing changed \
         since. `payroll show {batch} --out FILE` writes its file again", on = day(*at)
    )]
    AlreadyExported {
        /// Which month.
        month: Month,
        /// The last batch of it.
        batch: BatchId,
        /// When.
        at: UtcMillis,
        /// By whom, as in the audit.
        by: String,
    },
    /// Somebody took the number, again and again.
    #[error(
        "somebody else exported {0} at the same time: look at `payroll list`, and export again if it is not there"
    )]
    Raced(Month),
    /// No such batch.
    #[error("there is no batch {0}: `payroll list` shows them")]
    UnknownBatch(BatchId),
    /// Another batch stands on it.
    #[error("batch {later} came after {batch} and counts on it: take {later} back first")]
    NotLatest {
        /// What was to be taken back.
        batch: BatchId,
        /// What stands in its way.
        later: BatchId,
    },
    /// Taken back twice.
    #[error("batch {0} was taken back already")]
    CancelledAlready(BatchId),
    /// Nobody was erased, and yet the bytes are others.
    #[error(
        "the file of batch {0} can't be written as it was: this version of the program writes it otherwise, or the \
         ledger was edited by hand"
    )]
    Differs(BatchId),
    /// No reason.
    #[error("say why, in 3 to {MAX_REASON} characters: whoever reads it later wants to know")]
    Reason,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BatchError {
    /// Stable code for programs, such as `already_exported`; none when the fault isn't the asker's.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::Mapping(_) | Self::MappingTooLong => "bad_mapping",
            Self::File(PayrollError::Csv(_) | PayrollError::Write(_)) => return None,
            Self::File(_) => "does_not_fit",
            Self::UnknownSite(_) => "unknown_site",
            Self::NoDays(_) => "no_days",
            Self::NotLocked { .. } => "not_locked",
            Self::NotExported { .. } => "not_exported",
            Self::AlreadyExported { .. } => "already_exported",
            Self::Raced(_) => "raced",
            Self::UnknownBatch(_) => "unknown_batch",
            Self::NotLatest { .. } => "not_latest",
            Self::CancelledAlready(_) => "cancelled_already",
            Self::Reason => "reason_needed",
            Self::Differs(_) | Self::Store(_) => return None,
        })
    }
}

fn day(at: UtcMillis) -> String {
    at.timestamp().strftime("%Y-%m-%d").to_string()
}
