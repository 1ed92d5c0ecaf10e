//! The authority's files in `keys/tls`: made once, kept for ever, private keys sealed.
//!
//! `ca.pem`, `ca.key` are the root; `devices.pem`, `devices.key` the doors' CA; `server.pem`, `server.key`
//! the centre's own certificate, whose key stays open because the broker reads it too. What is there is never
//! replaced: doors believe it.

use std::path::{Path, PathBuf};

use jiff::ToSpan as _;
use lintel_core::join::CaFingerprint;
use lintel_core::seal::FernetRing;
use lintel_core::time::Clock;
use lintel_runtime::atomic_file;
use lintel_runtime::secrets::{self, SecretString, write_private};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::{CaError, DoorCa, ROOT_YEARS};
use crate::app::KeyPaths;

/// Below the 825 days past which some TLS libraries refuse a server's certificate.
const SERVER_DAYS: i32 = 820;
/// What a sealed key's file begins with.
const SEALED: &str = "fernet:";

/// A certificate's file, and whether it was made now.
#[derive(Debug, Clone)]
pub struct Made {
    /// The file.
    pub path: PathBuf,
    /// False when it was there already.
    pub is_new: bool,
}

/// Makes whatever of the authority is missing. A server certificate that was deleted is made again by the
/// same root, so that joined doors keep believing it.
///
/// # Errors
/// [`CaError`]; half of a pair is never replaced.
pub fn init(
    paths: &KeyPaths,
    ring: &FernetRing,
    names: &[String],
    clock: &dyn Clock,
) -> Result<Vec<Made>, CaError> {
    let root = Pair::of(paths, "ca");
    let doors = Pair::of(paths, "devices");
    let new_root = !root.is_there()?;
    if new_root {
        let key = KeyPair::generate()?;
        let certificate = authority("Lintel central CA", 1, clock)?.self_signed(&key)?;
        root.write(ring, &key, &certificate.pem())?;
    }
    let issuer = root.issuer(ring)?;
    let new_doors = new_root || !doors.is_there()?;
    if new_doors {
        let key = KeyPair::generate()?;
        let certificate = authority("Lintel devices CA", 0, clock)?.signed_by(&key, &issuer)?;
        doors.write(ring, &key, &certificate.pem())?;
    }
    let (server_pem, server_key) = (paths.tls("server.pem"), paths.tls("server.key"));
    let new_server = new_root || !server_pem.exists() || !server_key.exists();
    if new_server {
        let key = KeyPair::generate()?;
        let certificate = server(names, clock)?.signed_by(&key, &issuer)?;
        write_private(&server_key, key.serialize_pem().as_bytes())?;
        atomic_file::write(&server_pem, certificate.pem().as_bytes(), 0o644)?;
    }
    Ok(vec![
        Made { path: root.certificate, is_new: new_root },
        Made { path: doors.certificate, is_new: new_doors },
        Made { path: server_pem, is_new: new_server },
    ])
}

/// Opens the doors' CA for signing.
///
/// # Errors
/// [`CaError::Missing`] before `keys init`, [`CaError::Sealed`] under another data key.
pub fn open(paths: &KeyPaths, ring: &FernetRing) -> Result<DoorCa, CaError> {
    let (root, doors) = (Pair::of(paths, "ca"), Pair::of(paths, "devices"));
    let root_pem = root.certificate_pem()?;
    let der = CertificateDer::from_pem_slice(root_pem.as_bytes())
        .map_err(|_| CaError::Malformed { path: root.certificate.clone(), wanted: "certificate" })?;
    Ok(DoorCa {
        issuer: doors.issuer(ring)?,
        certificate_pem: doors.certificate_pem()?,
        root: CaFingerprint::of(&der),
        root_pem,
    })
}

/// A certificate and its sealed key.
struct Pair {
    certificate: PathBuf,
    key: PathBuf,
}

impl Pair {
    fn of(paths: &KeyPaths, name: &str) -> Self {
        Self { certificate: paths.tls(&format!("{name}.pem")), key: paths.tls(&format!("{name}.key")) }
    }

    fn is_there(&self) -> Result<bool, CaError> {
        match (self.certificate.exists(), self.key.exists()) {
            (true, true) => Ok(true),
            (false, false) => Ok(false),
            _ => Err(CaError::Half { certificate: self.certificate.clone(), key: self.key.clone() }),
        }
    }

    fn write(&self, ring: &FernetRing, key: &KeyPair, certificate: &str) -> Result<(), CaError> {
        seal(&self.key, ring, &SecretString::new(key.serialize_pem()))?;
        Ok(atomic_file::write(&self.certificate, certificate.as_bytes(), 0o644)?)
    }

    fn certificate_pem(&self) -> Result<String, CaError> {
        let missing = |source| CaError::Missing { what: "the centre's CA is missing", source };
        let file = secrets::read(&self.certificate).map_err(missing)?;
        Ok(file.text(&self.certificate).map_err(missing)?.expose().to_owned() + "\n")
    }

    fn issuer(&self, ring: &FernetRing) -> Result<Issuer<'static, KeyPair>, CaError> {
        let malformed = |path: &Path, wanted| CaError::Malformed { path: path.to_owned(), wanted };
        let key = KeyPair::from_pem(unseal(&self.key, ring)?.expose())
            .map_err(|_| malformed(&self.key, "private key"))?;
        Issuer::from_ca_cert_pem(&self.certificate_pem()?, key)
            .map_err(|_| malformed(&self.certificate, "CA certificate"))
    }
}

fn seal(path: &Path, ring: &FernetRing, pem: &SecretString) -> Result<(), CaError> {
    Ok(write_private(path, format!("{SEALED}{}\n", ring.seal(pem.expose().as_bytes())).as_bytes())?)
}

/// The key's PEM. One that an earlier version left open is sealed on the way.
fn unseal(path: &Path, ring: &FernetRing) -> Result<SecretString, CaError> {
    let missing = |source| CaError::Missing { what: "the key of the centre's CA is missing", source };
    let text = secrets::read(path).and_then(|file| file.text(path)).map_err(missing)?;
    let Some(token) = text.expose().strip_prefix(SEALED) else {
        seal(path, ring, &text)?;
        return Ok(text);
    };
    let plain = ring.open(token).map_err(|source| CaError::Sealed { path: path.to_owned(), source })?;
    let pem = std::str::from_utf8(&plain)
        .map_err(|_| CaError::Malformed { path: path.to_owned(), wanted: "private key" })?;
    Ok(SecretString::new(pem.to_owned()))
}

fn authority(name: &str, below: u8, clock: &dyn Clock) -> Result<CertificateParams, CaError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    valid(&mut params, clock, ROOT_YEARS.years())?;
    Ok(params)
}

fn server(names: &[String], clock: &dyn Clock) -> Result<CertificateParams, CaError> {
    let mut all: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(String::from).to_vec();
    for name in names {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    let mut params = CertificateParams::new(all).map_err(CaError::Names)?;
    params.distinguished_name = named("Lintel central");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    valid(&mut params, clock, SERVER_DAYS.days())?;
    Ok(params)
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// From yesterday, because a door's clock may be behind.
fn valid(params: &mut CertificateParams, clock: &dyn Clock, span: jiff::Span) -> Result<(), CaError> {
    let today = clock.now().date_in(&jiff::tz::TimeZone::UTC);
    let at = |day: jiff::civil::Date| {
        let (month, day_of_month) = (day.month().unsigned_abs(), day.day().unsigned_abs());
        rcgen::date_time_ymd(i32::from(day.year()), month, day_of_month)
    };
    (params.not_before, params.not_after) = (at(today.yesterday()?), at(today.checked_add(span)?));
    Ok(())
}
