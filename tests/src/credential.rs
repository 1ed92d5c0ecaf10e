//! Certificates in a tester's hands: a door's own, taken from its files, and such as nobody should accept.

use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use lintel_core::seal::FernetRing;
use lintel_runtime::tls::ed25519_pkcs8;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, date_time_ymd,
};
use sha2::{Digest as _, Sha256};

use crate::central::TestCentral;

/// A certificate with its key, both PEM.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The chain.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

impl Credential {
    /// What a joined door proves itself with, from its data folder.
    ///
    /// # Errors
    /// When it hasn't joined by a code.
    pub fn of_door(data_dir: &Path) -> Result<Self> {
        let identity: toml::Table = std::fs::read_to_string(data_dir.join("identity.toml"))?.parse()?;
        let certificate = identity.get("certificate").and_then(|c| c.as_table()).context("no certificate")?;
        let text = |name: &str| certificate.get(name).and_then(|v| v.as_str()).context("a field is missing");
        let seed = std::fs::read_to_string(data_dir.join("keys").join(text("key")?))?;
        let seed: [u8; 32] =
            STANDARD_NO_PAD.decode(seed.trim())?.try_into().ok().context("the key has not 32 bytes")?;
        let body = STANDARD.encode(*ed25519_pkcs8(&seed));
        let key = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
        Ok(Self { certificate: text("pem")?.to_owned(), key })
    }

    /// One that expired long ago, by the centre's own doors' CA; made with the centre's files, as nobody
    /// else could.
    ///
    /// # Errors
    /// When the centre's files can't be read.
    pub fn expired(central: &TestCentral, id: &str) -> Result<Self> {
        let ring = FernetRing::parse(&std::fs::read_to_string(central.dir().join("data/keys/data.key"))?)?;
        let sealed = std::fs::read_to_string(central.tls_file("devices.key"))?;
        let key = ring.open(sealed.trim().strip_prefix("fernet:").context("the key isn't sealed")?)?;
        let key = KeyPair::from_pem(std::str::from_utf8(&key)?)?;
        let ca = std::fs::read_to_string(central.tls_file("devices.pem"))?;
        Self::signed(id, &Issuer::from_ca_cert_pem(&ca, key)?, 2024)
    }

    /// By a CA that the centre has never seen, good for a century.
    ///
    /// # Errors
    /// Never in practice.
    pub fn foreign(id: &str) -> Result<Self> {
        let mut params = named("Lintel devices CA");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Self::signed(id, &Issuer::new(params, KeyPair::generate()?), 2049)
    }

    fn signed(id: &str, issuer: &Issuer<'_, KeyPair>, until_year: i32) -> Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = named(id);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(until_year, 4, 1));
        let certificate = params.signed_by(&key, issuer)?.pem();
        Ok(Self { certificate, key: key.serialize_pem() })
    }

    /// SHA-256 of the certificate, in hexadecimal.
    ///
    /// # Errors
    /// When it is no PEM.
    pub fn fingerprint(&self) -> Result<String> {
        let body: String = self
            .certificate
            .lines()
            .skip_while(|line| !line.starts_with("-----BEGIN"))
            .skip(1)
            .take_while(|line| !line.starts_with("-----END"))
            .collect();
        Ok(Sha256::digest(STANDARD.decode(body)?).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// A client that shows it to a centre.
    ///
    /// # Errors
    /// When the library refuses it.
    pub fn client(&self, central: &TestCentral) -> Result<reqwest::Client> {
        let ca = std::fs::read(central.tls_file("ca.pem"))?;
        let identity = format!("{}{}", self.certificate, self.key);
        Ok(reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([reqwest::Certificate::from_pem(&ca)?])
            .identity(reqwest::Identity::from_pem(identity.as_bytes())?)
            .build()?)
    }
}

/// A signing request for a fresh key, with or without a name.
///
/// # Errors
/// Never in practice.
pub fn signing_request(name: Option<&str>) -> Result<String> {
    let params = name.map_or_else(|| named(""), named);
    Ok(params.serialize_request(&KeyPair::generate()?)?.pem()?)
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    if !name.is_empty() {
        params.distinguished_name.push(DnType::CommonName, name);
    }
    params
}
