//! Real handshakes in memory, with certificates made on the spot.

use super::*;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::{ClientConnection, ServerConnection};

use crate::heartbeat::tests::HandClock;

/// Milliseconds of 2026-06-01, within every certificate made here.
const JUNE_2026: i64 = 1_780_272_000_000;

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        install_provider();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, "test CA");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2050, 1, 1);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn roots(&self) -> RootCertStore {
        roots_from_pem(self.0.pem().as_bytes(), "test CA").unwrap()
    }

    /// A certificate of 2026 for `name`, as PEM chain and key.
    fn issue(&self, name: &str, usage: ExtendedKeyUsagePurpose) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.extended_key_usages = vec![usage];
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn identity(&self, name: &str, usage: ExtendedKeyUsagePurpose) -> Identity {
        let (chain, key) = self.issue(name, usage);
        Identity::from_pem(chain.as_bytes(), key.as_bytes(), "test").unwrap()
    }

    fn server(&self, clients: Clients) -> ServerConfig {
        server_config(self.identity("central.test", ExtendedKeyUsagePurpose::ServerAuth), clients).unwrap()
    }
}

fn at(now_ms: i64, floor_ms: i64) -> Option<Arc<dyn TimeProvider>> {
    let clock = Arc::new(HandClock(AtomicI64::new(now_ms)));
    Some(Arc::new(FlooredTime::new(clock, UtcMillis::from_i64(floor_ms))))
}

/// Shakes hands in memory until neither side has anything left to say.
fn shake(client: ClientConfig, server: ServerConfig, name: &'static str) -> Result<(), rustls::Error> {
    let mut client = ClientConnection::new(Arc::new(client), name.try_into().unwrap())?;
    let mut server = ServerConnection::new(Arc::new(server))?;
    while client.is_handshaking() || server.is_handshaking() || client.wants_write() || server.wants_write() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut wire = Vec::new();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

fn words(result: Result<(), rustls::Error>) -> String {
    explain(&result.unwrap_err()).unwrap()
}

#[test]
fn a_client_with_the_pinned_ca_shakes_hands() {
    let ca = Authority::new();
    let client = client_config(ca.roots(), None, at(JUNE_2026, 0)).unwrap();
    shake(client, ca.server(Clients::Anyone), "central.test").unwrap();
}

#[test]
fn another_ca_another_name_and_another_year_are_said_in_plain_words() {
    let ca = Authority::new();
    let server = || ca.server(Clients::Anyone);
    let stranger = client_config(Authority::new().roots(), None, at(JUNE_2026, 0)).unwrap();
    assert!(words(shake(stranger, server(), "central.test")).contains("compare the CA file"));
    let client = |now_ms| client_config(ca.roots(), None, at(now_ms, 0)).unwrap();
    assert!(words(shake(client(JUNE_2026), server(), "other.test")).contains("another host name"));
    assert!(
        words(shake(client(JUNE_2026 + 365 * 86_400_000), server(), "central.test")).contains("has expired")
    );
    assert!(
        words(shake(client(946_684_800_000), server(), "central.test")).contains("clock is probably behind")
    );
}

#[test]
fn a_box_that_boots_in_2000_completes_tls_by_its_floor() {
    let ca = Authority::new();
    let client = client_config(ca.roots(), None, at(946_684_800_000, JUNE_2026)).unwrap();
    shake(client, ca.server(Clients::Anyone), "central.test").unwrap();
}

#[test]
fn a_floor_is_raised_and_never_lowered() {
    let time = FlooredTime::new(Arc::new(HandClock::default()), UtcMillis::from_i64(50));
    time.raise(UtcMillis::from_i64(70));
    time.raise(UtcMillis::from_i64(60));
    assert_eq!(time.now(), UtcMillis::from_i64(70));
}

// The server checks clients against the real clock, which is past 2026-01-01 and before 2050: the client's
// certificate of this test must outlive it.
fn long_lived(ca: &Authority) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["door-1".to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 1, 1);
    let certificate = params.signed_by(&key, &ca.0).unwrap();
    Identity::from_pem(certificate.pem().as_bytes(), key.serialize_pem().as_bytes(), "test").unwrap()
}

#[test]
fn a_server_that_demands_a_certificate_refuses_a_client_without_one() {
    let ca = Authority::new();
    let client = |identity| client_config(ca.roots(), identity, at(JUNE_2026, 0)).unwrap();
    let demanded = || ca.server(Clients::Demanded(ca.roots()));
    let refused = words(shake(client(None), demanded(), "central.test"));
    assert!(refused.contains("demands a certificate"), "{refused}");
    shake(client(Some(long_lived(&ca))), demanded(), "central.test").unwrap();
    shake(client(None), ca.server(Clients::Known(ca.roots())), "central.test").unwrap();
    let foreign = client(Some(long_lived(&Authority::new())));
    assert!(shake(foreign, ca.server(Clients::Known(ca.roots())), "central.test").is_err());
}

/// A door's certificate whose life ended before this was written, from a key by its seed.
fn expired(ca: &Authority, usage: ExtendedKeyUsagePurpose) -> Identity {
    let seed = [9; 32];
    let pkcs8 = PrivatePkcs8KeyDer::from(ed25519_pkcs8(&seed).to_vec());
    let key = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &rcgen::PKCS_ED25519).unwrap();
    let mut params = CertificateParams::new(vec!["door-1".to_owned()]).unwrap();
    params.extended_key_usages = vec![usage];
    (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2024, 4, 1));
    let certificate = params.signed_by(&key, &ca.0).unwrap();
    Identity::from_seed(certificate.pem().as_bytes(), &seed, "test").unwrap()
}

#[test]
fn an_expired_certificate_is_let_through_to_be_renewed_and_nothing_else_is_forgiven() {
    let ca = Authority::new();
    let client = |identity| client_config(ca.roots(), Some(identity), at(JUNE_2026, 0)).unwrap();
    let known = || ca.server(Clients::Known(ca.roots()));
    let door = || expired(&ca, ExtendedKeyUsagePurpose::ClientAuth);
    shake(client(door()), known(), "central.test").unwrap();
    assert!(shake(client(door()), ca.server(Clients::Demanded(ca.roots())), "central.test").is_err());
    let server = expired(&ca, ExtendedKeyUsagePurpose::ServerAuth);
    assert!(shake(client(server), known(), "central.test").is_err(), "not made for clients");
    let foreign = expired(&Authority::new(), ExtendedKeyUsagePurpose::ClientAuth);
    assert!(shake(client(foreign), known(), "central.test").is_err(), "another CA");
}

#[test]
fn a_joining_door_believes_the_ca_of_its_code_when_it_is_sent_along_and_no_other() {
    let ca = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, ca.0.pem()).unwrap();
    let fingerprint = CaFingerprint::of(ca.0.der());
    let client = |root, now_ms| pinned_client_config(root, at(now_ms, 0).unwrap()).unwrap();
    let server = || {
        let identity = ca.identity("central.test", ExtendedKeyUsagePurpose::ServerAuth);
        server_config(identity.with_ca(&file).unwrap(), Clients::Anyone).unwrap()
    };
    shake(client(fingerprint, JUNE_2026), server(), "central.test").unwrap();
    let other = client(CaFingerprint::of(b"another"), JUNE_2026);
    assert!(words(shake(other, server(), "central.test")).contains("compare the CA"));
    let refused = |name, now_ms| shake(client(fingerprint, now_ms), server(), name).is_err();
    assert!(refused("other.test", JUNE_2026), "another host");
    assert!(refused("central.test", JUNE_2026 + 365 * 86_400_000), "expired");
    let alone = ca.server(Clients::Anyone);
    assert!(shake(client(fingerprint, JUNE_2026), alone, "central.test").is_err(), "not sent along");
    // A certificate may be sent along by anybody; it must also have signed.
    let other_ca = Authority::new();
    let identity = other_ca.identity("central.test", ExtendedKeyUsagePurpose::ServerAuth);
    let impostor = server_config(identity.with_ca(&file).unwrap(), Clients::Anyone).unwrap();
    assert!(shake(client(fingerprint, JUNE_2026), impostor, "central.test").is_err(), "didn't sign");
}

#[test]
fn files_that_are_no_certificates_are_named() {
    let error = roots_from_pem(b"hello", "ca.pem").unwrap_err().to_string();
    assert_eq!(error, "ca.pem holds no usable certificate: it must be PEM (-----BEGIN …)");
    let missing = roots_from_file(Path::new("/nonexistent/ca.pem")).unwrap_err();
    assert!(missing.to_string().contains("/nonexistent/ca.pem"));
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let ca = Authority::new();
    let (chain, _) = ca.issue("a", ExtendedKeyUsagePurpose::ServerAuth);
    let (_, key) = ca.issue("b", ExtendedKeyUsagePurpose::ServerAuth);
    let mixed = Identity::from_pem(chain.as_bytes(), key.as_bytes(), "mixed").unwrap();
    assert!(matches!(server_config(mixed, Clients::Anyone), Err(TlsError::Rejected { .. })));
}

#[test]
fn a_tls_error_is_found_inside_an_io_error() {
    let inner = rustls::Error::InvalidCertificate(CertificateError::Expired);
    let twice = std::io::Error::other(std::io::Error::other(inner));
    let outer = anyhow::Error::from(twice).context("connect");
    assert!(explain(outer.as_ref()).unwrap().contains("expired"));
    assert_eq!(explain(anyhow::anyhow!("refused").as_ref()), None);
}

#[test]
fn installing_the_provider_twice_is_harmless() {
    install_provider();
    install_provider();
    assert!(CryptoProvider::get_default().is_some());
}
