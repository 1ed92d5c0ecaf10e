//! Brings what was revoked into the ledger apart from the database; see [`crate::revocation`].

use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};

use super::new_job;
use crate::backup::Desk;
use crate::store::{StoreError, Tx, jobs};

/// Writes the revocation ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepRevocations;

impl KeepRevocations {
    pub(crate) const KIND: &'static str = "keep_revocations";

    /// Queues it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, tx: &mut Tx) -> Result<(), StoreError> {
        jobs::create(tx, &[new_job(Self::KIND, "all".to_owned(), self)], UtcMillis::default()).await
    }

    pub(crate) async fn run(self, desk: &Desk) -> anyhow::Result<()> {
        crate::revocation::keep(&desk.db, &desk.revocations).await?;
        Ok(())
    }
}
