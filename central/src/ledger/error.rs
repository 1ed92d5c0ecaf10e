//! Why a ledger can't be used; each says what to do.

use std::io;
use std::path::PathBuf;

use lintel_core::sign::SignError;
use lintel_runtime::atomic_file;

/// Why the ledger can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The system refused.
    #[error("can't {act} the {what} {}", path.display())]
    File {
        /// Which ledger.
        what: &'static str,
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A line isn't what was written.
    #[error(
        "line {line} of the {what} {} was altered: put back the copy that lies beside the backups",
        path.display()
    )]
    Altered {
        /// Which ledger.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Which, from 1.
        line: u64,
    },
    /// The lines were written by another centre.
    #[error(
        "line {line} of the {what} {} is signed by another key: import the keys of the centre that wrote it",
        path.display()
    )]
    Foreign {
        /// Which ledger.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Which, from 1.
        line: u64,
        /// What the signature said.
        #[source]
        source: SignError,
    },
    /// The copy beside the backups couldn't be written.
    #[error("can't copy the ledgers beside the backups")]
    Copy(#[from] atomic_file::WriteError),
    /// It couldn't be done on its thread.
    #[error("the work on the {what} was cut off")]
    Thread {
        /// Which ledger.
        what: &'static str,
        /// What cut it off.
        #[source]
        source: tokio::task::JoinError,
    },
}
