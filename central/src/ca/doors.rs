//! The doors' CA: turns a checked request into a certificate that says which door it is and nothing else.

use std::time::Duration;

use lintel_core::ids::DeviceId;
use lintel_core::join::CaFingerprint;
use lintel_core::time::UtcMillis;
use lintel_runtime::clock::random_bytes;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SerialNumber,
};
use sha2::{Digest as _, Sha256};

use super::{CaError, DoorRequest};

/// A door's clock may be behind the centre's by so much.
const CLOCK_SLACK: Duration = Duration::from_secs(86_400);
const DAY: Duration = Duration::from_secs(86_400);

/// Signs doors' certificates. Holds the CA's private key in memory.
pub struct DoorCa {
    pub(super) issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, PEM.
    pub(super) certificate_pem: String,
    /// The root above it, PEM.
    pub(super) root_pem: String,
    pub(super) root: CaFingerprint,
}

impl std::fmt::Debug for DoorCa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DoorCa").field("root", &self.root).finish_non_exhaustive()
    }
}

/// A certificate that was just made.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate, then the doors' CA, PEM.
    pub chain_pem: String,
    /// SHA-256 of the certificate, by which it is known from now on.
    pub fingerprint: [u8; 32],
    /// First instant of its life.
    pub valid_from: UtcMillis,
    /// Last instant of its life.
    pub valid_until: UtcMillis,
}

impl DoorCa {
    /// The root's certificate, PEM: what doors check the centre against.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// The root's fingerprint, for join codes.
    #[must_use]
    pub fn root(&self) -> CaFingerprint {
        self.root
    }

    /// Signs a request: the door's id as the only name, client authentication as the only use.
    ///
    /// # Errors
    /// [`CaError`] when the library or the random generator fails.
    pub fn issue(
        &self,
        request: &DoorRequest,
        device: &DeviceId,
        now: UtcMillis,
        days: u16,
    ) -> Result<Issued, CaError> {
        let from = whole_second(now).checked_sub(CLOCK_SLACK);
        let valid_from = from.unwrap_or_default();
        let valid_until = whole_second(now).saturating_add(DAY * u32::from(days));
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, device.as_str());
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let mut serial = random_bytes::<16>()?;
        // Positive, and never shorter: the highest bit off, the next one on.
        if let Some(first) = serial.first_mut() {
            *first = *first & 0x7f | 0x40;
        }
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        (params.not_before, params.not_after) = (epoch + valid_from, epoch + valid_until);
        let certificate = params.signed_by(request, &self.issuer)?;
        Ok(Issued {
            chain_pem: format!("{}{}", certificate.pem(), self.certificate_pem),
            fingerprint: Sha256::digest(certificate.der()).into(),
            valid_from: instant(valid_from),
            valid_until: instant(valid_until),
        })
    }
}

/// Since 1970; certificates know no fractions.
fn whole_second(at: UtcMillis) -> Duration {
    Duration::from_secs(u64::try_from(at.as_i64().div_euclid(1000)).unwrap_or_default())
}

fn instant(since_1970: Duration) -> UtcMillis {
    UtcMillis::from_i64(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}
