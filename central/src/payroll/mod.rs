//! Payroll: a month's hours are given once, and what changes afterwards is given as a difference.
//!
//! Each export is a batch in a ledger, with what it gave of whom on which day. The next one compares what all
//! standing batches gave with what the record says now, and gives what differs: first what was given is taken
//! back as it was, then what it is now. So the sum of all batches is always what the record says, whatever was
//! corrected, locked and opened in between ([63](../../../docs/decisions/0063-payroll-gets-differences.md)).
//!
//! What hours become in the file is [`crate::reports::payroll`]'s. Nothing here may give the same hours twice,
//! leave any out in silence, or forget a batch whose file somebody has.

mod batch_id;
mod cancel;
mod compare;
mod error;
mod export;
mod gather;
mod given;
mod pay;
mod read;
mod scope;

pub use crate::store::payroll::{BatchRow, Cancelled};
pub use batch_id::{BatchId, NotABatchId};
pub use cancel::cancel;
pub use error::BatchError;
pub use export::{Exported, Wish, export, look};
pub use given::{GivenDay, GivenLine};
pub use read::{Written, file, get, list};

/// More than any mapping has, in bytes.
pub const MAX_MAPPING_BYTES: usize = 32 * 1024;
