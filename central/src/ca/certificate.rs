//! What a certificate says, for people and for checks of its remaining days.

use lintel_core::join::CaFingerprint;
use lintel_core::time::UtcMillis;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// The parts of a certificate that are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Its subject, such as `CN=Lintel central CA`.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// SHA-256 of the whole certificate.
    pub fingerprint: [u8; 32],
    /// As join codes carry it.
    pub pin: CaFingerprint,
    /// First instant of its life.
    pub valid_from: UtcMillis,
    /// Last instant of its life, to the second.
    pub valid_until: UtcMillis,
}

impl Certificate {
    /// The first certificate of a PEM text; None when there is none.
    #[must_use]
    pub fn of_pem(pem: &[u8]) -> Option<Self> {
        Self::of_der(&CertificateDer::from_pem_slice(pem).ok()?)
    }

    /// A certificate in DER; None when it is none.
    #[must_use]
    pub fn of_der(der: &[u8]) -> Option<Self> {
        let (rest, parsed) = X509Certificate::from_der(der).ok()?;
        let instant =
            |time: x509_parser::time::ASN1Time| UtcMillis::from_i64(time.timestamp().saturating_mul(1000));
        rest.is_empty().then(|| Self {
            subject: parsed.subject().to_string(),
            issuer: parsed.issuer().to_string(),
            fingerprint: Sha256::digest(der).into(),
            pin: CaFingerprint::of(der),
            valid_from: instant(parsed.validity().not_before),
            valid_until: instant(parsed.validity().not_after),
        })
    }

    /// Whole days left at an instant; negative once it has expired.
    #[must_use]
    pub fn days_left(&self, now: UtcMillis) -> i64 {
        self.valid_until.millis_since(now).div_euclid(86_400_000)
    }

    /// The whole fingerprint in hexadecimal, for comparing by eye.
    #[must_use]
    pub fn fingerprint_text(&self) -> String {
        let pairs: Vec<String> = self
            .fingerprint
            .chunks(2)
            .map(|pair| pair.iter().map(|b| format!("{b:02x}")).collect())
            .collect();
        pairs.join(" ")
    }
}
