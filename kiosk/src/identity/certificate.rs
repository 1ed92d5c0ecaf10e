//! The door's certificate and the key that belongs to it. The key is made here and never leaves.

use lintel_core::time::UtcMillis;
use lintel_runtime::clock::{ClockError, random_bytes};
use lintel_runtime::tls::{self, TlsError, ed25519_pkcs8};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde::{Deserialize, Serialize};

use crate::keys::{KeyError, KeyStore};

/// A certificate, and the name of its key in the key store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorCertificate {
    /// The key's file among the door's keys, such as `tls-0123456789abcdef.key`.
    pub key: String,
    /// First instant of its life.
    pub valid_from: UtcMillis,
    /// Last instant of its life.
    pub valid_until: UtcMillis,
    /// The certificate and what stands between it and the root, PEM.
    pub pem: String,
}

/// Why the certificate can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Not a name that a key of ours has.
    #[error("{0:?} is no name of a TLS key: join this door again")]
    KeyName(String),
    /// Its key is gone.
    #[error("the certificate's key {0} is gone: put it back, or join this door again")]
    KeyGone(String),
    /// The key can't be read or made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No PEM, or the two don't belong together.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No signing request can be made.
    #[error("can't make a signing request")]
    Request(#[from] rcgen::Error),
}

impl DoorCertificate {
    /// The parts that can be looked at without the key.
    ///
    /// # Errors
    /// [`CertificateError::KeyName`] or [`CertificateError::Tls`].
    pub fn check(&self) -> Result<(), CertificateError> {
        let middle = self.key.strip_prefix("tls-").and_then(|rest| rest.strip_suffix(".key"));
        let is_ours = middle.is_some_and(|id| id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit()));
        if !is_ours {
            return Err(CertificateError::KeyName(self.key.chars().take(64).collect()));
        }
        tls::roots_from_pem(self.pem.as_bytes(), "certificate.pem")?;
        Ok(())
    }

    /// Certificate and key, for a connection.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn open(&self, keys: &KeyStore) -> Result<tls::Identity, CertificateError> {
        self.check()?;
        let seed = keys.get(&self.key)?.ok_or_else(|| CertificateError::KeyGone(self.key.clone()))?;
        Ok(tls::Identity::from_seed(self.pem.as_bytes(), &seed, "certificate.pem")?)
    }

    /// Whether a third of its life has passed: then a new one is asked for, and a central that is away
    /// for two months costs nothing.
    #[must_use]
    pub fn is_due(&self, now: UtcMillis) -> bool {
        let life_ms = self.valid_until.millis_since(self.valid_from);
        now.millis_since(self.valid_from) >= life_ms / 3
    }

    /// Whole days left.
    #[must_use]
    pub fn days_left(&self, now: UtcMillis) -> i64 {
        self.valid_until.millis_since(now).div_euclid(86_400_000)
    }
}

/// A name for a new key.
///
/// # Errors
/// When the system gives no randomness.
pub fn new_key_name() -> Result<String, ClockError> {
    Ok(format!("tls-{:016x}.key", u64::from_be_bytes(random_bytes()?)))
}

/// A signing request for a key, without a name: central knows who is asking.
///
/// # Errors
/// When the library refuses.
pub fn signing_request(seed: &[u8; 32]) -> Result<String, CertificateError> {
    let der = ed25519_pkcs8(seed);
    let pkcs8 = PrivatePkcs8KeyDer::from(der.as_slice());
    let key = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &rcgen::PKCS_ED25519)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    Ok(params.serialize_request(&key)?.pem()?)
}

/// Whether a certificate's chain and a key belong together, before anything is stored.
///
/// # Errors
/// [`CertificateError::Tls`].
pub(crate) fn fits(pem: &str, seed: &[u8; 32], ca_pem: &str) -> Result<(), CertificateError> {
    let own = tls::Identity::from_seed(pem.as_bytes(), seed, "certificate_pem")?;
    let roots = tls::roots_from_pem(ca_pem.as_bytes(), "ca_pem")?;
    tls::client_config(roots, Some(own), None)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(key: &str) -> DoorCertificate {
        let at = |day: i64| UtcMillis::from_i64(day * 86_400_000);
        DoorCertificate {
            key: key.into(),
            valid_from: at(20_000),
            valid_until: at(20_090),
            pem: String::new(),
        }
    }

    #[test]
    fn a_new_one_is_due_after_a_third_of_the_life() {
        let certificate = certificate("k");
        let day = |day: i64| UtcMillis::from_i64(day * 86_400_000);
        assert!(!certificate.is_due(day(20_029)));
        assert!(certificate.is_due(day(20_030)));
        assert_eq!(certificate.days_left(day(20_091)), -1);
    }

    #[test]
    fn a_key_name_can_not_lead_out_of_the_folder() {
        for name in
            ["../x", "tls-.key", "tls-0123456789abcde/.key", "database.key", "tls-0123456789ABCDEG.key"]
        {
            assert!(matches!(certificate(name).check(), Err(CertificateError::KeyName(_))), "{name}");
        }
        certificate(&new_key_name().unwrap()).check().unwrap_err();
    }

    #[test]
    fn a_signing_request_names_nobody() {
        let pem = signing_request(&[7; 32]).unwrap();
        assert!(pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{pem}");
        assert!(pem.len() < lintel_core::join::MAX_CSR_BYTES);
    }
}
