//! What every request handler is given.

use std::sync::Arc;

use lintel_core::time::Clock;
use tokio_util::sync::CancellationToken;

use crate::auth::password::Passwords;
use crate::config::CentralSettings;
use crate::devices::DoorTrust;
use crate::enrolment::EnrolHandle;
use crate::erasure::ErasureLedger;
use crate::metrics::Metrics;
use crate::store::Db;
use crate::vault::CentralKeys;

/// The parts that requests need.
pub struct Parts {
    /// The settings.
    pub settings: CentralSettings,
    /// The database.
    pub db: Db,
    /// The keys.
    pub keys: Arc<CentralKeys>,
    /// Who was erased, apart from the database.
    pub erasures: ErasureLedger,
    /// The doors' CA.
    pub trust: DoorTrust,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The networks; None where there is no model pack.
    pub vision: Option<EnrolHandle>,
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// Cancelled when the server stops, so that live feeds end.
    pub stopping: CancellationToken,
}

struct Shared {
    parts: Parts,
    passwords: Passwords,
}

/// The parts, shared by all requests.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AppState")
    }
}

impl AppState {
    /// Shares the parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Shared { parts, passwords: Passwords::default() }))
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &CentralSettings {
        &self.0.parts.settings
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.0.parts.db
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &CentralKeys {
        &self.0.parts.keys
    }

    /// Who was erased, apart from the database.
    #[must_use]
    pub fn erasures(&self) -> &ErasureLedger {
        &self.0.parts.erasures
    }

    /// The doors' CA, and what goes with it.
    #[must_use]
    pub fn trust(&self) -> &DoorTrust {
        &self.0.parts.trust
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.parts.clock
    }

    /// The networks.
    #[must_use]
    pub fn vision(&self) -> Option<&EnrolHandle> {
        self.0.parts.vision.as_ref()
    }

    /// The pack's name when it is for trying only.
    #[must_use]
    pub fn trial_pack(&self) -> Option<&str> {
        self.vision().map(EnrolHandle::pack).filter(|pack| pack.trial_only).map(|pack| pack.name.as_str())
    }

    /// Where passwords are hashed, a few at a time.
    #[must_use]
    pub fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// The counters.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.parts.metrics
    }

    /// Cancelled when the server stops.
    #[must_use]
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.parts.stopping
    }
}
