//! TLS in one way for both programs: one provider, pinned roots, a clock that can't fall back, and
//! certificate errors in plain words.
//!
//! Nothing here may weaken a check: there is no switch for "accept any certificate".

use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use lintel_core::join::CaFingerprint;
use lintel_core::time::{Clock, UtcMillis};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::WebPkiClientVerifier;
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use zeroize::Zeroizing;

use crate::secrets;

mod pinned;

use pinned::{KnownClients, PinnedRoot};

/// Debian's bundle of public roots: the `ca` setting for a centre behind a public certificate.
pub const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Makes aws-lc-rs the process's provider. Call it first in `main`; again is harmless.
pub fn install_provider() {
    if CryptoProvider::get_default().is_none() {
        // Err means that another thread was quicker, with the same provider: there is no other one here.
        aws_lc_rs::default_provider().install_default().ok();
    }
}

/// The time that certificates are checked against: never earlier than the latest one known to be past.
/// A box without a battery boots in 2000 and could otherwise complete no handshake to learn the time.
pub struct FlooredTime {
    clock: Arc<dyn Clock>,
    floor_ms: AtomicI64,
}

impl FlooredTime {
    /// `floor` is the latest instant known to be past: the build date, or what was persisted last.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, floor: UtcMillis) -> Self {
        Self { clock, floor_ms: AtomicI64::new(floor.as_i64()) }
    }

    /// Raises the floor to an instant that central has signed. A floor is never lowered.
    pub fn raise(&self, to: UtcMillis) {
        self.floor_ms.fetch_max(to.as_i64(), Ordering::Relaxed);
    }

    /// The later of the system's clock and the floor.
    #[must_use]
    pub fn now(&self) -> UtcMillis {
        self.clock.now().max(UtcMillis::from_i64(self.floor_ms.load(Ordering::Relaxed)))
    }
}

impl fmt::Debug for FlooredTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlooredTime").field("floor_ms", &self.floor_ms).finish_non_exhaustive()
    }
}

impl TimeProvider for FlooredTime {
    fn current_time(&self) -> Option<UnixTime> {
        let millis = u64::try_from(self.now().as_i64()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_millis(millis)))
    }
}

/// A certificate chain with its private key.
#[derive(Debug)]
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// From PEM in memory; `from` names the place in errors.
    ///
    /// # Errors
    /// [`TlsError::Pem`] without a certificate or without a key.
    pub fn from_pem(chain: &[u8], key: &[u8], from: &str) -> Result<Self, TlsError> {
        let chain = certificates(chain, from)?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| TlsError::Pem { from: from.to_owned(), wanted: "private key" })?;
        Ok(Self { chain, key })
    }

    /// From PEM certificates and an Ed25519 seed.
    ///
    /// # Errors
    /// [`TlsError::Pem`] without a certificate.
    pub fn from_seed(chain: &[u8], seed: &[u8; 32], from: &str) -> Result<Self, TlsError> {
        let chain = certificates(chain, from)?;
        Ok(Self { chain, key: PrivatePkcs8KeyDer::from(ed25519_pkcs8(seed).to_vec()).into() })
    }

    /// With a CA's certificate sent along, for doors that know it by its fingerprint only.
    ///
    /// # Errors
    /// [`TlsError::Read`] or [`TlsError::Pem`].
    pub fn with_ca(mut self, ca: &Path) -> Result<Self, TlsError> {
        self.chain.extend(certificates(&read(ca)?, &ca.display().to_string())?);
        Ok(self)
    }

    /// From two PEM files, which may be the same one.
    ///
    /// # Errors
    /// [`TlsError::Read`] or [`TlsError::Pem`].
    pub fn from_files(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = certificates(&read(chain)?, &chain.display().to_string())?;
        let secret = secrets::read(key).map_err(|source| TlsError::Key { source })?;
        if let Some(warning) = &secret.warning {
            log::warn!("{warning}");
        }
        let key = PrivateKeyDer::from_pem_slice(secret.bytes.expose())
            .map_err(|_| TlsError::Pem { from: key.display().to_string(), wanted: "private key" })?;
        Ok(Self { chain, key })
    }
}

/// An Ed25519 private key in PKCS #8 (RFC 8410, section 7): a fixed head and the 32-byte seed.
#[must_use]
pub fn ed25519_pkcs8(seed: &[u8; 32]) -> Zeroizing<[u8; 48]> {
    const HEAD: [u8; 16] =
        [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    let mut der = Zeroizing::new([0; 48]);
    for (place, byte) in der.iter_mut().zip(HEAD.iter().chain(seed)) {
        *place = *byte;
    }
    der
}

/// The certificates that are believed, from PEM in memory; `from` names the place in errors.
///
/// # Errors
/// [`TlsError::Pem`] when there is none, [`TlsError::Rejected`] when one is malformed.
pub fn roots_from_pem(pem: &[u8], from: &str) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem, from)? {
        roots.add(certificate).map_err(|source| TlsError::Rejected { from: from.to_owned(), source })?;
    }
    Ok(roots)
}

/// The certificates that are believed, from a file: central's own CA, or [`SYSTEM_ROOTS`].
///
/// # Errors
/// [`TlsError::Read`], and as for [`roots_from_pem`].
pub fn roots_from_file(path: &Path) -> Result<RootCertStore, TlsError> {
    roots_from_pem(&read(path)?, &path.display().to_string())
}

/// A client that believes `roots` only, shows `identity` when asked for one, and checks validity against
/// `time` (the system's clock without one).
///
/// # Errors
/// [`TlsError::Rejected`] when certificate and key don't belong together.
pub fn client_config(
    roots: RootCertStore,
    identity: Option<Identity>,
    time: Option<Arc<dyn TimeProvider>>,
) -> Result<ClientConfig, TlsError> {
    let rejected = |source| TlsError::Rejected { from: "the client's TLS settings".into(), source };
    let time = time.unwrap_or_else(|| Arc::new(DefaultTimeProvider));
    let builder = ClientConfig::builder_with_details(Arc::new(aws_lc_rs::default_provider()), time)
        .with_safe_default_protocol_versions()
        .map_err(rejected)?
        .with_root_certificates(roots);
    match identity {
        Some(Identity { chain, key }) => builder.with_client_auth_cert(chain, key).map_err(rejected),
        None => Ok(builder.with_no_client_auth()),
    }
}

/// A client that believes only the CA with this fingerprint, which the server must send along.
///
/// # Errors
/// [`TlsError::Rejected`] never in practice: the provider supports the protocol versions.
pub fn pinned_client_config(
    root: CaFingerprint,
    time: Arc<dyn TimeProvider>,
) -> Result<ClientConfig, TlsError> {
    let rejected = |source| TlsError::Rejected { from: "the client's TLS settings".into(), source };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = PinnedRoot::new(root, Arc::clone(&provider));
    Ok(ClientConfig::builder_with_details(provider, time)
        .with_safe_default_protocol_versions()
        .map_err(rejected)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// Which clients a server lets in.
#[derive(Debug)]
pub enum Clients {
    /// Anybody; they prove themselves above TLS.
    Anyone,
    /// Certificates under these roots are checked when shown, and not demanded. One that has expired is
    /// let through: what its holder may do is decided above TLS.
    Known(RootCertStore),
    /// A certificate under these roots is demanded.
    Demanded(RootCertStore),
}

/// A server with `identity` that offers HTTP/2 and HTTP/1.1.
///
/// # Errors
/// [`TlsError::Rejected`] when certificate and key don't belong together, [`TlsError::Clients`] without a
/// usable root for clients.
pub fn server_config(identity: Identity, clients: Clients) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = |roots: RootCertStore| {
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
    };
    let failed =
        |error: rustls::server::VerifierBuilderError| TlsError::Clients { reason: error.to_string() };
    let verifier = match clients {
        Clients::Anyone => WebPkiClientVerifier::no_client_auth(),
        Clients::Known(roots) => {
            Arc::new(KnownClients(verifier(roots).allow_unauthenticated().build().map_err(failed)?))
        }
        Clients::Demanded(roots) => verifier(roots).build().map_err(failed)?,
    };
    let rejected = |source| TlsError::Rejected { from: "the server's certificate and key".into(), source };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(rejected)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(identity.chain, identity.key)
        .map_err(rejected)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// What a TLS failure means and what to look at, found anywhere in an error's chain.
#[must_use]
pub fn explain(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return Some(in_words(tls));
        }
        // An io::Error made from another error answers source() with that one's source and skips it.
        let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    None
}

fn in_words(error: &rustls::Error) -> String {
    use CertificateError as C;
    let words = match error {
        rustls::Error::InvalidCertificate(problem) => match problem {
            C::Expired | C::ExpiredContext { .. } => {
                "the other side's certificate has expired: renew it, or set this machine's clock"
            }
            C::NotValidYet | C::NotValidYetContext { .. } => {
                "the other side's certificate isn't valid yet: this machine's clock is probably behind"
            }
            // A centre that was set up again has a CA of the same name and another key.
            C::UnknownIssuer | C::BadSignature => {
                "the other side's certificate isn't signed by the CA that this machine believes: compare the CA file with the server's"
            }
            C::NotValidForName | C::NotValidForNameContext { .. } => {
                "the other side's certificate is for another host name: use the name that the certificate was made for"
            }
            C::Revoked => "the other side's certificate has been revoked",
            C::InvalidPurpose | C::InvalidPurposeContext { .. } => {
                "the other side's certificate wasn't made for this use (server or client authentication)"
            }
            other => return format!("the other side's certificate is refused: {other}"),
        },
        rustls::Error::NoCertificatesPresented => {
            "the other side demands a certificate and got none: join this device again"
        }
        rustls::Error::AlertReceived(AlertDescription::UnknownCA | AlertDescription::DecryptError) => {
            "the other side doesn't know the CA of this machine's certificate: join this device again"
        }
        rustls::Error::AlertReceived(alert) => {
            return format!(
                "the other side refused the connection with TLS alert {alert:?}: its log says why"
            );
        }
        rustls::Error::InvalidMessage(_) => {
            "the other side doesn't speak TLS on this port: check port and scheme"
        }
        rustls::Error::PeerIncompatible(_) => "the other side's TLS is too old: 1.2 is the least",
        other => return format!("TLS failed: {other}"),
    };
    words.to_owned()
}

fn certificates(pem: &[u8], from: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let lacking = || TlsError::Pem { from: from.to_owned(), wanted: "certificate" };
    let found: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| lacking())?;
    if found.is_empty() { Err(lacking()) } else { Ok(found) }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}

/// TLS can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file couldn't be read.
    #[error("can't read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The private key's file couldn't be read.
    #[error("can't read the private key")]
    Key {
        /// Why.
        #[source]
        source: secrets::SecretError,
    },
    /// PEM without what was wanted.
    #[error("{from} holds no usable {wanted}: it must be PEM (-----BEGIN …)")]
    Pem {
        /// The file or place.
        from: String,
        /// What was wanted of it.
        wanted: &'static str,
    },
    /// Refused by the library: malformed, or key and certificate don't match.
    #[error("{from} can't be used")]
    Rejected {
        /// The file or place.
        from: String,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// The clients' roots can't be used.
    #[error("the CA for clients can't be used: {reason}")]
    Clients {
        /// Why.
        reason: String,
    },
}

#[cfg(test)]
mod tests;
