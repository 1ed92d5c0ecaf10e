//! Why a backup can't be made, read or put back; each says what to do.

use std::io;
use std::path::PathBuf;

use lintel_core::time::UtcMillis;

use super::seal::OpenError;
use crate::erasure::ErasureError;
use crate::ledger::LedgerError;
use crate::revocation::RevocationError;
use crate::store::StoreError;

/// A failure of a backup or a restore.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The system refused.
    #[error("can't {act} {}", path.display())]
    File {
        /// What was tried.
        act: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The copy couldn't be read from the database or written to it.
    #[error("the copy can't be read or written: is there room on the disk?")]
    Copy(#[source] io::Error),
    /// It doesn't open.
    #[error("{} can't be opened", path.display())]
    Sealed {
        /// The backup.
        path: PathBuf,
        /// Why.
        #[source]
        source: OpenError,
    },
    /// It opens and is not whole.
    #[error("{} is damaged: use another backup, nothing was changed", path.display())]
    Damaged {
        /// The backup.
        path: PathBuf,
        /// What was found.
        #[source]
        source: io::Error,
    },
    /// Made by a newer program, or something else altogether.
    #[error("{} has a format that this version doesn't know: use the lintel-central that made it", path.display())]
    Format {
        /// The backup.
        path: PathBuf,
    },
    /// The other part was asked for.
    #[error("{} holds the people's keys only: name the file central-….backup that it lies beside", path.display())]
    VaultOnly {
        /// The file.
        path: PathBuf,
    },
    /// Of another kind of database.
    #[error(
        "this backup is of {backup}, and database.url names {here}: set database.url to a {backup} database"
    )]
    Engine {
        /// The backup's.
        backup: String,
        /// The settings'.
        here: &'static str,
    },
    /// From a newer version.
    #[error(
        "the backup's tables are at version {found}, newer than this program's {known}: install the newer lintel-central first"
    )]
    Newer {
        /// The backup's.
        found: i64,
        /// The program's.
        known: i64,
    },
    /// The tables were in another schema.
    #[error(
        "the backup's tables are in schema {backup}, the database's in {here}: set the user's search_path to {backup}"
    )]
    Schema {
        /// The backup's.
        backup: String,
        /// The database's.
        here: String,
    },
    /// The program isn't installed.
    #[error("{program} is not installed: apt install {package}")]
    Tool {
        /// Which.
        program: &'static str,
        /// What to install.
        package: String,
    },
    /// The program is too old.
    #[error(
        "{program} is of version {version} and the server of {server}: apt install postgresql-client-{server}"
    )]
    ToolTooOld {
        /// Which.
        program: &'static str,
        /// Its version.
        version: u32,
        /// The server's.
        server: u32,
    },
    /// The program couldn't be started.
    #[error("can't run {program}")]
    Run {
        /// Which.
        program: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The program failed.
    #[error("{program} failed: {said}")]
    ToolFailed {
        /// Which.
        program: String,
        /// Its words.
        said: String,
    },
    /// Nothing fits.
    #[error(
        "{} needs the people's keys: put {} or a newer vault-….backup beside it, or say --without-vault and enrol every face again",
        path.display(),
        vault
    )]
    NoVault {
        /// The backup.
        path: PathBuf,
        /// The file that it names.
        vault: String,
    },
    /// Nobody knows who was erased since.
    #[error(
        "no erasure ledger that goes with {} was found: put erasures.log beside it or name it with --erasures FILE. \
         Only if nobody was erased since {since}: --without-erasures",
        path.display()
    )]
    NoLedger {
        /// The backup.
        path: PathBuf,
        /// When it was made.
        since: UtcMillis,
    },
    /// There are records already.
    #[error("there are records in the database already: say --yes to put them aside and restore")]
    NotEmpty,
    /// The server runs.
    #[error("lintel-central serves this database: stop it first (systemctl stop lintel-central)")]
    Serving,
    /// No randomness for a name.
    #[error(transparent)]
    Random(#[from] lintel_runtime::clock::ClockError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger couldn't be replayed on the restored database, which was not put in place.
    #[error("who was erased since can't be erased again")]
    Erasure(#[from] ErasureError),
    /// The same of the other ledger.
    #[error("what was revoked since can't be revoked again")]
    Revocation(#[from] RevocationError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The work was cut off.
    #[error("the work was cut off")]
    Thread(#[from] tokio::task::JoinError),
}
