//! Ed25519 signatures (RFC 8032) over named messages.
//!
//! Every signature covers a purpose before the message, so that an ack can never be taken for a badge.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ed25519_dalek::{Signer, Verifier};
use sha2::{Digest, Sha256};

/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = ed25519_dalek::SIGNATURE_LENGTH;

/// What a signature is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// An ack of events.
    Ack,
    /// The head of the audit chain.
    AuditHead,
    /// A badge.
    Badge,
    /// The centre's clock in a heartbeat's answer.
    CentralTime,
    /// A gallery delta.
    Gallery,
    /// A line of the erasure ledger.
    Erasure,
    /// A line of the revocation ledger.
    Revocation,
}

impl Purpose {
    const fn tag(self) -> &'static [u8] {
        match self {
            Self::Ack => b"lintel.ack.v1\0",
            Self::AuditHead => b"lintel.audit-head.v1\0",
            Self::Badge => b"lintel.badge.v1\0",
            Self::CentralTime => b"lintel.central-time.v1\0",
            Self::Gallery => b"lintel.gallery.v1\0",
            Self::Erasure => b"lintel.erasure.v1\0",
            Self::Revocation => b"lintel.revocation.v1\0",
        }
    }

    fn message(self, body: &[u8]) -> Vec<u8> {
        [self.tag(), body].concat()
    }
}

/// Why a key or signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// Not base64 of the right length, or no point on the curve.
    #[error("not an Ed25519 {0} in base64")]
    Malformed(&'static str),
    /// Signed by another key or altered.
    #[error("the signature does not match")]
    Mismatch,
}

fn decode<const N: usize>(text: &str, what: &'static str) -> Result<[u8; N], SignError> {
    STANDARD_NO_PAD
        .decode(text.trim())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(SignError::Malformed(what))
}

/// A private key. Its memory is wiped when it goes.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// From 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Reads the base64 of the seed.
    ///
    /// # Errors
    /// [`SignError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, SignError> {
        Ok(Self::from_seed(&decode(text, "private key")?))
    }

    /// The seed in base64, for a key file.
    #[must_use]
    pub fn to_text(&self) -> String {
        STANDARD_NO_PAD.encode(self.0.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    /// Signs a body for one purpose; 86 base64 characters.
    #[must_use]
    pub fn sign(&self, purpose: Purpose, body: &[u8]) -> String {
        STANDARD_NO_PAD.encode(self.sign_bytes(purpose, body))
    }

    /// [`SigningKey::sign`] without the base64.
    #[must_use]
    pub fn sign_bytes(&self, purpose: Purpose, body: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(&purpose.message(body)).to_bytes()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.verifying_key().key_id())
    }
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// Reads base64 (43 characters).
    ///
    /// # Errors
    /// [`SignError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, SignError> {
        ed25519_dalek::VerifyingKey::from_bytes(&decode(text, "public key")?)
            .map(Self)
            .map_err(|_| SignError::Malformed("public key"))
    }

    /// Base64, 43 characters.
    #[must_use]
    pub fn to_text(&self) -> String {
        STANDARD_NO_PAD.encode(self.0.to_bytes())
    }

    /// A short name of the key: the first 8 bytes of its SHA-256 in hexadecimal.
    #[must_use]
    pub fn key_id(&self) -> String {
        self.key_id_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The bytes of [`VerifyingKey::key_id`].
    #[must_use]
    pub fn key_id_bytes(&self) -> [u8; 8] {
        let mut id = [0; 8];
        id.iter_mut().zip(Sha256::digest(self.0.to_bytes())).for_each(|(to, from)| *to = from);
        id
    }

    /// Checks a signature made by [`SigningKey::sign`].
    ///
    /// # Errors
    /// When it is malformed, made for another purpose or body, or by another key.
    pub fn verify(&self, purpose: Purpose, body: &[u8], signature: &str) -> Result<(), SignError> {
        self.verify_bytes(purpose, body, &decode(signature, "signature")?)
    }

    /// Checks a signature made by [`SigningKey::sign_bytes`].
    ///
    /// # Errors
    /// [`SignError::Mismatch`] when it was made for another purpose or body, or by another key.
    pub fn verify_bytes(
        &self,
        purpose: Purpose,
        body: &[u8],
        signature: &[u8; SIGNATURE_BYTES],
    ) -> Result<(), SignError> {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify(&purpose.message(body), &signature).map_err(|_| SignError::Mismatch)
    }
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifyingKey({})", self.key_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_good_for_its_purpose_body_and_key_only() {
        let key = SigningKey::from_seed(&[7; 32]);
        let public = VerifyingKey::parse(&key.verifying_key().to_text()).unwrap();
        let sig = key.sign(Purpose::Ack, b"body");
        assert_eq!(public.verify(Purpose::Ack, b"body", &sig), Ok(()));
        assert_eq!(public.verify(Purpose::AuditHead, b"body", &sig), Err(SignError::Mismatch));
        assert_eq!(public.verify(Purpose::Ack, b"bodY", &sig), Err(SignError::Mismatch));
        let other = SigningKey::from_seed(&[8; 32]).verifying_key();
        assert_eq!(other.verify(Purpose::Ack, b"body", &sig), Err(SignError::Mismatch));
        assert!(public.verify(Purpose::Ack, b"body", "AAAA").is_err());
        assert_eq!(SigningKey::parse(&key.to_text()).unwrap().verifying_key(), public);
    }
}
