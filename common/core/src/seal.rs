//! Sealing: Fernet under a ring of keys for what rests, HPKE for what travels to one device.
//!
//! Both draw their randomness from the operating system inside: a caller's mistake there would be fatal.
//! Templates rest as Fernet tokens under the person's own random key, which the face ring wraps, so that
//! destroying that one key erases the templates in every copy.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use fernet::Fernet;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use rand_core::{OsRng, TryRngCore};
use zeroize::Zeroizing;

const HPKE_INFO: &[u8] = b"lintel.gallery.v1";
/// Length of the encapsulated key (RFC 9180, DHKEM(X25519)).
const ENCAPPED_BYTES: usize = 32;

/// Why something can't be sealed or opened. Never says which byte: that would help only an attacker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not a Fernet key.
    #[error(
        "key {position} of {count} is no Fernet key: expected 44 characters of URL-safe base64 (make one with `keys init`)"
    )]
    FernetKey {
        /// Its place in the list, from 1.
        position: usize,
        /// How many there are.
        count: usize,
    },
    /// A ring without keys.
    #[error("no key given: expected one or more Fernet keys separated by commas, newest first")]
    EmptyRing,
    /// No key of the ring opens it.
    #[error("none of the {0} keys opens this: it was sealed by another key, or altered")]
    Open(usize),
    /// Not a device key.
    #[error("not an X25519 key in base64")]
    DeviceKey,
    /// Sealed to another device, or altered.
    #[error("not sealed to this device, or altered")]
    NotForThisDevice,
}

/// Fernet keys, newest first: the newest seals, all open (as MultiFernet of Python's cryptography).
#[derive(Clone)]
pub struct FernetRing(Vec<Fernet>);

impl FernetRing {
    /// Reads keys separated by commas or white space, newest first.
    ///
    /// # Errors
    /// When there is none, or one is no Fernet key; the message never holds the key.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let keys: Vec<&str> =
            text.split(|c: char| c == ',' || c.is_whitespace()).filter(|key| !key.is_empty()).collect();
        let count = keys.len();
        let ring: Result<Vec<_>, _> = keys
            .into_iter()
            .enumerate()
            .map(|(at, key)| Fernet::new(key).ok_or(SealError::FernetKey { position: at + 1, count }))
            .collect();
        match ring? {
            ring if ring.is_empty() => Err(SealError::EmptyRing),
            ring => Ok(Self(ring)),
        }
    }

    /// A new random key, as text.
    #[must_use]
    pub fn generate_key() -> Zeroizing<String> {
        Zeroizing::new(Fernet::generate_key())
    }

    /// Seals bytes under the newest key; a Fernet token.
    #[must_use]
    pub fn seal(&self, bytes: &[u8]) -> String {
        self.0.first().map(|key| key.encrypt(bytes)).unwrap_or_default()
    }

    /// Opens a token that any key of the ring sealed.
    ///
    /// # Errors
    /// [`SealError::Open`].
    pub fn open(&self, token: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.0
            .iter()
            .find_map(|key| key.decrypt(token).ok())
            .map(Zeroizing::new)
            .ok_or(SealError::Open(self.0.len()))
    }
}

impl std::fmt::Debug for FernetRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FernetRing({} keys)", self.0.len())
    }
}

type DhKem = X25519HkdfSha256;

/// A device's private key for sealed galleries. It never leaves the device.
pub struct DeviceSealKey(<DhKem as Kem>::PrivateKey);

impl DeviceSealKey {
    /// Derives a key from 32 random bytes (RFC 9180, DeriveKeyPair).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(DhKem::derive_keypair(seed).0)
    }

    /// The public half in base64.
    #[must_use]
    pub fn public_text(&self) -> String {
        STANDARD_NO_PAD.encode(DhKem::sk_to_pk(&self.0).to_bytes())
    }

    /// Opens what [`seal_to_device`] sealed, with the same associated data.
    ///
    /// # Errors
    /// [`SealError::NotForThisDevice`].
    pub fn open(&self, sealed: &str, associated: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let bytes = STANDARD_NO_PAD.decode(sealed.trim()).map_err(|_| SealError::NotForThisDevice)?;
        let (encapped, ciphertext) =
            bytes.split_at_checked(ENCAPPED_BYTES).ok_or(SealError::NotForThisDevice)?;
        let encapped =
            <DhKem as Kem>::EncappedKey::from_bytes(encapped).map_err(|_| SealError::NotForThisDevice)?;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, DhKem>(
            &OpModeR::Base,
            &self.0,
            &encapped,
            HPKE_INFO,
            ciphertext,
            associated,
        )
        .map(Zeroizing::new)
        .map_err(|_| SealError::NotForThisDevice)
    }
}

/// Seals bytes to a device's public key (HPKE base mode, RFC 9180: DHKEM(X25519), HKDF-SHA256,
/// ChaCha20-Poly1305); base64 of encapsulated key and ciphertext.
///
/// # Errors
/// [`SealError::DeviceKey`] when the public key is none.
pub fn seal_to_device(public: &str, bytes: &[u8], associated: &[u8]) -> Result<String, SealError> {
    let raw = STANDARD_NO_PAD.decode(public.trim()).map_err(|_| SealError::DeviceKey)?;
    let public = <DhKem as Kem>::PublicKey::from_bytes(&raw).map_err(|_| SealError::DeviceKey)?;
    let (encapped, ciphertext) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, DhKem, _>(
        &OpModeS::Base,
        &public,
        HPKE_INFO,
        bytes,
        associated,
        &mut OsRng.unwrap_err(),
    )
    .map_err(|_| SealError::DeviceKey)?;
    Ok(STANDARD_NO_PAD.encode([encapped.to_bytes().as_slice(), &ciphertext].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_key_seals_and_every_key_of_the_ring_opens() {
        let (old, new) = (FernetRing::generate_key(), FernetRing::generate_key());
        let before = FernetRing::parse(&old).unwrap();
        let after = FernetRing::parse(&format!("{}, {}\n", *new, *old)).unwrap();
        assert_eq!(&**after.open(&before.seal(b"x")).unwrap(), b"x");
        assert_eq!(before.open(&after.seal(b"x")).unwrap_err(), SealError::Open(1));
    }

    #[test]
    fn a_wrong_key_is_named_by_place_and_never_shown() {
        let good = FernetRing::generate_key();
        let error = FernetRing::parse(&format!("{},hunter2", *good)).unwrap_err();
        assert!(error.to_string().starts_with("key 2 of 2"));
        assert!(!error.to_string().contains("hunter2"));
        assert_eq!(FernetRing::parse(" , ").unwrap_err(), SealError::EmptyRing);
    }

    #[test]
    fn only_the_device_it_was_sealed_to_opens_it() {
        let device = DeviceSealKey::from_seed(&[3; 32]);
        let sealed = seal_to_device(&device.public_text(), b"faces", b"door-1").unwrap();
        assert_eq!(&**device.open(&sealed, b"door-1").unwrap(), b"faces");
        assert!(device.open(&sealed, b"door-2").is_err());
        assert!(DeviceSealKey::from_seed(&[4; 32]).open(&sealed, b"door-1").is_err());
        assert!(device.open(&sealed[..20], b"door-1").is_err());
        assert!(seal_to_device("AAAA", b"x", b"").is_err());
    }
}
