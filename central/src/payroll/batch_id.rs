//! A batch's name: the month and a number counted in it, `2026-11.2`.
//!
//! Short, because people type it, say it on the telephone and find it in the payroll program; and without a
//! character that means something in a URL or a file's name.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::attendance::Month;

/// Names a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct BatchId {
    /// The month that was exported.
    pub month: Month,
    /// Counted in it, from 1.
    pub number: i64,
}

/// Not a batch's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a batch is written as in 2026-11.2: the month and its number; `payroll list` shows them")]
pub struct NotABatchId;

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.month, self.number)
    }
}

impl From<BatchId> for String {
    fn from(id: BatchId) -> Self {
        id.to_string()
    }
}

impl FromStr for BatchId {
    type Err = NotABatchId;

    fn from_str(text: &str) -> Result<Self, NotABatchId> {
        let (month, digits) = text.split_once('.').ok_or(NotABatchId)?;
        let number: i64 = digits.parse().map_err(|_| NotABatchId)?;
        let id = Self { month: month.parse().map_err(|_| NotABatchId)?, number };
        // One way to write each, so that none is another in a log.
        if number > 0 && id.to_string() == text { Ok(id) } else { Err(NotABatchId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_reads_back_as_it_is_written_and_in_no_other_way() {
        let id: BatchId = "2026-11.2".parse().unwrap();
        assert_eq!((id.to_string().as_str(), id.number), ("2026-11.2", 2));
        assert!("2026-11.10".parse::<BatchId>().unwrap() > id);
        for wrong in
            ["", "2026-11", "2026-11.", "2026-11.0", "2026-11.02", "2026-11.+2", "2026-13.1", "2026-11.2 "]
        {
            assert_eq!(wrong.parse::<BatchId>(), Err(NotABatchId), "{wrong}");
        }
    }
}
