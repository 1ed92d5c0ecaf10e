//! What a backup says about itself: first in the file, so that a list need not read the rest.

use lintel_core::chain::Hash;
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};

use crate::ledger::LedgerHead;

/// The newest format that this version writes and reads.
pub const FORMAT: u32 = 1;

/// What is in a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Everything but the people's keys.
    Central,
    /// The people's keys, wrapped.
    Vault,
}

impl Part {
    /// What a file of this part begins with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Central => "central-",
            Self::Vault => "vault-",
        }
    }
}

/// The head of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the file's layout.
    pub format: u32,
    /// What is in it.
    pub part: Part,
    /// `sqlite` or `postgres`.
    pub engine: String,
    /// The newest migration of the tables.
    pub schema_version: i64,
    /// The newest migration that changed the vault; two parts go together when they agree.
    pub vault_version: i64,
    /// PostgreSQL: the schema that the tables are in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The program that made it.
    pub program: String,
    /// When the state that it holds was read.
    pub created_at: UtcMillis,
    /// Where the erasure ledger ended then.
    pub erasures: LedgerHead,
    /// Of [`Part::Central`]: the file of the vault that goes with it. A newer one does too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault: Option<String>,
}

/// The end of a backup: what must have come out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trailer {
    /// Bytes of the database's copy, unpacked.
    pub size_bytes: u64,
    /// Their SHA-256.
    pub sha256: Hash,
}
