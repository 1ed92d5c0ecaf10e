//! What the centre needs to invite doors and to let them in: its address, its CA, and patience with guesses.

use std::sync::Arc;

use lintel_core::join::{AddressError, DoorAddress};

use super::gate::JoinGate;
use crate::ca::DoorCa;
use crate::config::DeviceSettings;

/// Put together at start, shared by all requests.
#[derive(Debug, Clone)]
pub struct DoorTrust {
    ca: Arc<DoorCa>,
    base_url: String,
    certificate_days: u16,
    gate: Arc<JoinGate>,
}

impl DoorTrust {
    /// From the opened CA and the settings.
    #[must_use]
    pub fn new(ca: DoorCa, settings: &DeviceSettings) -> Self {
        Self {
            ca: Arc::new(ca),
            base_url: settings.base_url(),
            certificate_days: settings.certificate_days,
            gate: Arc::default(),
        }
    }

    /// The doors' CA.
    #[must_use]
    pub fn ca(&self) -> &DoorCa {
        &self.ca
    }

    /// Days of life of a door's certificate.
    #[must_use]
    pub fn certificate_days(&self) -> u16 {
        self.certificate_days
    }

    /// Where doors find the centre, for codes.
    ///
    /// # Errors
    /// [`AddressError`] when `devices.url` is none that a code can carry.
    pub fn address(&self) -> Result<DoorAddress, AddressError> {
        DoorAddress::parse(&self.base_url)
    }

    /// Counts wrong codes.
    #[must_use]
    pub fn gate(&self) -> &JoinGate {
        &self.gate
    }
}
