//! A new certificate before the old one ends: asked for with the old one, proved by a real connection, and
//! only then the door's own.
//!
//! Whatever breaks on the way, the door keeps a certificate that central accepts: central ends the old one at
//! the first use of the new one, and the new one lies on the disk by then.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use lintel_core::time::UtcMillis;
use lintel_runtime::exit::chain;
use lintel_runtime::supervisor::TaskContext;
use lintel_runtime::tls::FlooredTime;

use super::SendError;
use super::https::CentralApi;
use crate::identity::{DoorCertificate, IdentityStore, new_key_name, signing_request};
use crate::keys::KeyStore;

/// How often the certificate's age is looked at.
const EVERY: Duration = Duration::from_secs(3600);
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// What is needed to renew.
pub struct RenewalTask {
    /// Central, shown the present certificate.
    pub api: CentralApi,
    /// The present certificate.
    pub certificate: DoorCertificate,
    /// Where the identity is kept.
    pub store: IdentityStore,
    /// Where the keys are.
    pub keys: KeyStore,
    /// The time that certificates are checked against.
    pub time: Arc<FlooredTime>,
}

impl RenewalTask {
    /// Runs until the token is cancelled.
    ///
    /// # Errors
    /// Never for central's or the network's failures.
    pub async fn run(&mut self, context: &TaskContext) -> anyhow::Result<()> {
        let mut failures = 0_u32;
        loop {
            context.beat.beat();
            let wait = match self.look(self.time.now()).await {
                Ok(()) => {
                    failures = 0;
                    EVERY
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    let days = self.certificate.days_left(self.time.now());
                    // The first of a row, and every one once it is urgent.
                    let level = if failures == 1 || days < 7 { log::Level::Warn } else { log::Level::Debug };
                    log::log!(level, "certificate.days_left" = days, "error" = chain(&error).as_str();
                        "the door's certificate can't be renewed");
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = context.token.cancelled() => return Ok(()),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Renews when it is time; finishes what an earlier run began.
    async fn look(&mut self, now: UtcMillis) -> anyhow::Result<()> {
        if let Some(next) = self.store.next()? {
            return self.prove(next).await;
        }
        if !self.certificate.is_due(now) {
            return Ok(());
        }
        let key = new_key_name()?;
        let seed = self.keys.get_or_make(&key)?;
        let asked = self.api.renew(signing_request(&seed)?).await;
        let answer = match asked {
            Ok(answer) => answer,
            Err(error) => {
                self.keys.remove(&key);
                return Err(error).context("central gave no new certificate");
            }
        };
        let next = DoorCertificate {
            key,
            valid_from: answer.valid_from,
            valid_until: answer.valid_until,
            pem: answer.certificate_pem,
        };
        next.open(&self.keys).context("central's new certificate can't be used")?;
        self.store.write_next(&next)?;
        self.prove(next).await
    }

    /// A real connection with the new certificate; only then it takes the old one's place.
    async fn prove(&mut self, next: DoorCertificate) -> anyhow::Result<()> {
        let candidate = self.api.showing(next.open(&self.keys)?)?;
        match candidate.reach().await {
            Ok(()) => {
                self.store.promote(&next)?;
                self.api.adopt(&candidate);
                let old = std::mem::replace(&mut self.certificate, next);
                self.keys.remove(&old.key);
                let days = self.certificate.days_left(self.time.now());
                log::info!("certificate.days_left" = days; "the door has a new certificate");
                Ok(())
            }
            Err(SendError::Refused { status: 401, detail }) => {
                self.store.drop_next()?;
                self.keys.remove(&next.key);
                bail!("central refuses the new certificate: {detail}")
            }
            Err(error) => Err(error).context("the new certificate isn't proved yet"),
        }
    }
}
