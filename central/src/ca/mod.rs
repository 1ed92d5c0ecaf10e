//! The centre's own certificate authority: a root, and below it one CA for doors.
//!
//! The root vouches for the centre's listener and for the doors' CA, and is needed only when one of these is
//! made. The doors' CA signs in `serve` and is the only one that doors' certificates are checked against, so
//! that nothing else which the root ever signs can pass for a door. Both private keys rest sealed under
//! `DATA_ENCRYPTION_KEY` in the keys' folder. Nothing here decides who may have a certificate: that is
//! `devices`.

mod certificate;
mod csr;
mod doors;
mod files;

use std::path::PathBuf;

pub use certificate::Certificate;
pub use csr::{CsrError, DoorRequest};
pub use doors::{DoorCa, Issued};
pub use files::{Made, init, open};

use lintel_core::seal::SealError;
use lintel_runtime::atomic_file::WriteError;
use lintel_runtime::secrets::SecretError;

/// What every CA of ours is allowed to be used for, at most.
const ROOT_YEARS: i16 = 10;

/// The authority can't be used or made.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// A file is missing or can't be read.
    #[error("{what}: run `lintel-central keys init`")]
    Missing {
        /// Which part.
        what: &'static str,
        /// Why.
        #[source]
        source: SecretError,
    },
    /// Certificate without key, or the reverse.
    #[error(
        "only one of {} and {} is there: put the other one back, or delete both and let every door join again",
        certificate.display(),
        key.display()
    )]
    Half {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The key was sealed by another data key.
    #[error("{} was sealed by another DATA_ENCRYPTION_KEY: put that key back behind the new one", path.display())]
    Sealed {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: SealError,
    },
    /// A file holds something else.
    #[error("{} holds no {wanted}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What belongs there.
        wanted: &'static str,
    },
    /// The names of the centre.
    #[error("devices.names: write host names and addresses, without scheme and port")]
    Names(#[source] rcgen::Error),
    /// The library refused to sign or to make a key.
    #[error("can't make a certificate")]
    Make(#[from] rcgen::Error),
    /// A date past the calendar.
    #[error("this machine's clock can't be right")]
    Clock(#[from] jiff::Error),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] lintel_runtime::clock::ClockError),
    /// A file can't be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

#[cfg(test)]
pub(crate) mod tests;
