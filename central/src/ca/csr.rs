//! A door's signing request, read with suspicion.
//!
//! Of a request only the public key is taken over: name, purpose and life are the centre's to say. What asks
//! for more than a door may have is refused rather than trimmed, so that a mistake at the door shows.

use lintel_core::ids::DeviceId;
use lintel_core::join::MAX_CSR_BYTES;
use rcgen::{PublicKeyData, SignatureAlgorithm};
use rustls::pki_types::CertificateSigningRequestDer;
use rustls::pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::extensions::{ExtendedKeyUsage, ParsedExtension};
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ED25519,
};
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::{SubjectPublicKeyInfo, X509Name};

/// `digitalSignature`, the lowest bit as x509-parser counts.
const DIGITAL_SIGNATURE: u16 = 1;
/// An uncompressed point of P-256.
const P256_BYTES: usize = 65;
const ED25519_BYTES: usize = 32;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsrError {
    /// Over the limit.
    #[error("the signing request is longer than {MAX_CSR_BYTES} bytes")]
    TooLarge,
    /// Not PEM, not DER, or more than one.
    #[error("the signing request isn't one PKCS #10 request in PEM")]
    Malformed,
    /// Not P-256 and not Ed25519.
    #[error("the signing request's key must be ECDSA on P-256 or Ed25519")]
    Key,
    /// Not signed by its own key.
    #[error("the signing request isn't signed by its own key")]
    Signature,
    /// Another name.
    #[error("the signing request is for another name than {0}: leave the name out")]
    Name(DeviceId),
    /// An extension or attribute that a door has no use for.
    #[error("the signing request asks for more than a door may have (a CA, another purpose or another name)")]
    Extension,
}

/// A door's request that was checked.
#[derive(Debug)]
pub struct DoorRequest {
    key: Vec<u8>,
    algorithm: &'static SignatureAlgorithm,
}

impl DoorRequest {
    /// Checks a request in PEM. A name in it must be the door's.
    ///
    /// # Errors
    /// [`CsrError`].
    pub fn parse(pem: &str, device: &DeviceId) -> Result<Self, CsrError> {
        if pem.len() > MAX_CSR_BYTES {
            return Err(CsrError::TooLarge);
        }
        let mut sections = CertificateSigningRequestDer::pem_slice_iter(pem.as_bytes());
        let der = sections.next().and_then(Result::ok).ok_or(CsrError::Malformed)?;
        if sections.next().is_some() {
            return Err(CsrError::Malformed);
        }
        let (rest, request) = X509CertificationRequest::from_der(&der).map_err(|_| CsrError::Malformed)?;
        let info = &request.certification_request_info;
        if !rest.is_empty() || info.version.0 != 0 {
            return Err(CsrError::Malformed);
        }
        let (algorithm, signed_with) = key_kind(&info.subject_pki).ok_or(CsrError::Key)?;
        if request.signature_algorithm.algorithm != signed_with {
            return Err(CsrError::Signature);
        }
        request.verify_signature().map_err(|_| CsrError::Signature)?;
        if !is_name_of(&info.subject, device) {
            return Err(CsrError::Name(device.clone()));
        }
        if !info.attributes().iter().all(|attribute| is_harmless(attribute.parsed_attribute())) {
            return Err(CsrError::Extension);
        }
        Ok(Self { key: info.subject_pki.subject_public_key.data.to_vec(), algorithm })
    }

    /// SHA-256 of the public key, by which the same door is recognised.
    #[must_use]
    pub fn key_hash(&self) -> [u8; 32] {
        Sha256::digest(&self.key).into()
    }
}

impl PublicKeyData for DoorRequest {
    fn der_bytes(&self) -> &[u8] {
        &self.key
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

/// The kind of key, and what a signature by it is called.
fn key_kind(
    key: &SubjectPublicKeyInfo<'_>,
) -> Option<(&'static SignatureAlgorithm, x509_parser::asn1_rs::Oid<'static>)> {
    let (kind, data) = (&key.algorithm, &key.subject_public_key.data);
    if kind.algorithm == OID_SIG_ED25519 && data.len() == ED25519_BYTES {
        return Some((&rcgen::PKCS_ED25519, OID_SIG_ED25519));
    }
    let curve = kind.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
    let is_p256 = kind.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY && curve == Some(OID_EC_P256);
    let uncompressed = data.len() == P256_BYTES && data.first() == Some(&4);
    (is_p256 && uncompressed).then_some((&rcgen::PKCS_ECDSA_P256_SHA256, OID_SIG_ECDSA_WITH_SHA256))
}

/// Nobody's, or exactly one common name that is the door's id.
fn is_name_of(subject: &X509Name<'_>, device: &DeviceId) -> bool {
    let mut attributes = subject.iter_attributes();
    let Some(first) = attributes.next() else { return true };
    let is_common_name = *first.attr_type() == x509_parser::oid_registry::OID_X509_COMMON_NAME;
    is_common_name && first.as_str() == Ok(device.as_str()) && attributes.next().is_none()
}

fn is_harmless(attribute: &ParsedCriAttribute<'_>) -> bool {
    match attribute {
        ParsedCriAttribute::ExtensionRequest(request) => {
            request.extensions.iter().all(|extension| match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(constraints) => !constraints.ca,
                ParsedExtension::KeyUsage(usage) => usage.flags == DIGITAL_SIGNATURE,
                ParsedExtension::ExtendedKeyUsage(usage) => is_client_only(usage),
                _ => false,
            })
        }
        _ => false,
    }
}

fn is_client_only(usage: &ExtendedKeyUsage<'_>) -> bool {
    let more = usage.any
        || usage.server_auth
        || usage.code_signing
        || usage.email_protection
        || usage.time_stamping
        || usage.ocsp_signing;
    usage.client_auth && !more && usage.other.is_empty()
}
