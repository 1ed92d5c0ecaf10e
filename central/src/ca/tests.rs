//! The authority's files, the certificates it gives, and requests that ask for too much.

use lintel_core::ids::DeviceId;
use lintel_core::time::UtcMillis;
use lintel_runtime::clock::SystemClock;
use lintel_runtime::tls::{self, Identity, roots_from_pem};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::server::WebPkiClientVerifier;
use x509_parser::prelude::{FromDer as _, X509Certificate, X509CertificationRequest};

use super::*;
use crate::app::KeyPaths;
use lintel_core::seal::FernetRing;
use lintel_core::time::Clock as _;

struct Authority {
    dir: tempfile::TempDir,
    ring: FernetRing,
}

impl Authority {
    fn new() -> Self {
        tls::install_provider();
        let authority = Self {
            dir: tempfile::tempdir().unwrap(),
            ring: FernetRing::parse(&FernetRing::generate_key()).unwrap(),
        };
        std::fs::create_dir_all(authority.paths().tls("")).unwrap();
        authority.init();
        authority
    }

    fn paths(&self) -> KeyPaths {
        KeyPaths { dir: self.dir.path().to_owned() }
    }

    fn init(&self) -> Vec<Made> {
        init(&self.paths(), &self.ring, &["central.example.org".into()], &SystemClock).unwrap()
    }

    fn open(&self) -> DoorCa {
        open(&self.paths(), &self.ring).unwrap()
    }
}

fn door() -> DeviceId {
    "door-1".parse().unwrap()
}

fn request(key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    change(&mut params);
    params.serialize_request(key).unwrap().pem().unwrap()
}

fn issue(ca: &DoorCa, now: UtcMillis) -> Issued {
    let pem = request(&KeyPair::generate().unwrap(), |_| ());
    ca.issue(&DoorRequest::parse(&pem, &door()).unwrap(), &door(), now, 90).unwrap()
}

#[test]
fn a_certificate_says_which_door_it_is_and_is_good_for_nothing_but_a_client() {
    let authority = Authority::new();
    let now = SystemClock.now();
    let issued = issue(&authority.open(), now);
    let der = CertificateDer::from_pem_slice(issued.chain_pem.as_bytes()).unwrap();
    let (_, parsed) = X509Certificate::from_der(&der).unwrap();
    assert_eq!(parsed.subject().to_string(), "CN=door-1");
    assert!(!parsed.is_ca());
    let usage = parsed.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth && !usage.any);
    assert!(parsed.key_usage().unwrap().unwrap().value.digital_signature());
    assert!(parsed.subject_alternative_name().unwrap().is_none());
    let told = Certificate::of_der(&der).unwrap();
    assert_eq!((told.valid_from, told.valid_until), (issued.valid_from, issued.valid_until));
    assert_eq!(told.days_left(now), 89, "90 days, less the fraction of a second");
    assert_eq!(told.fingerprint, issued.fingerprint);
}

#[test]
fn only_the_doors_ca_vouches_for_doors_and_only_the_root_for_the_centre() {
    let authority = Authority::new();
    let issued = issue(&authority.open(), SystemClock.now());
    let door = CertificateDer::from_pem_slice(issued.chain_pem.as_bytes()).unwrap();
    let server = std::fs::read(authority.paths().tls("server.pem")).unwrap();
    let server = CertificateDer::from_pem_slice(&server).unwrap();
    let now = rustls::pki_types::UnixTime::now();
    let verifier = |name: &str| {
        let pem = std::fs::read(authority.paths().tls(name)).unwrap();
        WebPkiClientVerifier::builder(std::sync::Arc::new(roots_from_pem(&pem, name).unwrap()))
            .build()
            .unwrap()
    };
    verifier("devices.pem").verify_client_cert(&door, &[], now).unwrap();
    assert!(verifier("devices.pem").verify_client_cert(&server, &[], now).is_err());
    let other = Authority::new();
    let foreign = issue(&other.open(), SystemClock.now());
    let foreign = CertificateDer::from_pem_slice(foreign.chain_pem.as_bytes()).unwrap();
    assert!(verifier("devices.pem").verify_client_cert(&foreign, &[], now).is_err());
    // With the chain that doors send, the root vouches for the doors' CA as well: a broker may check so.
    let between = std::fs::read(authority.paths().tls("devices.pem")).unwrap();
    let between = CertificateDer::from_pem_slice(&between).unwrap();
    verifier("ca.pem").verify_client_cert(&door, &[between], now).unwrap();
}

#[test]
fn the_private_keys_rest_sealed_and_another_data_key_opens_nothing() {
    let authority = Authority::new();
    for name in ["ca.key", "devices.key"] {
        let text = std::fs::read_to_string(authority.paths().tls(name)).unwrap();
        assert!(text.starts_with("fernet:") && !text.contains("PRIVATE"), "{name}: {text}");
    }
    let other = FernetRing::parse(&FernetRing::generate_key()).unwrap();
    let error = open(&authority.paths(), &other).unwrap_err();
    assert!(matches!(error, CaError::Sealed { .. }) && error.to_string().contains("DATA_ENCRYPTION_KEY"));
    assert!(init(&authority.paths(), &other, &[], &SystemClock).is_err());
}

#[test]
fn what_is_there_is_kept_a_lost_server_certificate_is_made_anew_and_half_a_pair_is_an_error() {
    let authority = Authority::new();
    let read = |name: &str| std::fs::read(authority.paths().tls(name)).unwrap();
    let before = ["ca.pem", "devices.pem", "server.pem"].map(read);
    assert!(authority.init().iter().all(|made| !made.is_new));
    std::fs::remove_file(authority.paths().tls("server.pem")).unwrap();
    authority.init();
    let after = ["ca.pem", "devices.pem", "server.pem"].map(read);
    assert_eq!(before[..2], after[..2]);
    assert_ne!(before[2], after[2]);
    std::fs::remove_file(authority.paths().tls("devices.key")).unwrap();
    let error = init(&authority.paths(), &authority.ring, &[], &SystemClock).unwrap_err();
    assert!(matches!(error, CaError::Half { .. }), "{error}");
}

#[test]
fn a_key_that_an_earlier_version_left_open_is_sealed() {
    let authority = Authority::new();
    let path = authority.paths().tls("ca.key");
    let sealed = std::fs::read_to_string(&path).unwrap();
    let open = authority.ring.open(sealed.trim().strip_prefix("fernet:").unwrap()).unwrap();
    std::fs::write(&path, &*open).unwrap();
    authority.init();
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("fernet:"));
}

#[test]
fn the_centres_names_go_into_its_certificate_and_a_url_is_refused_there() {
    let authority = Authority::new();
    let paths = authority.paths();
    Identity::from_files(&paths.tls("server.pem"), &paths.tls("server.key")).unwrap();
    let pem = std::fs::read(paths.tls("server.pem")).unwrap();
    let der = CertificateDer::from_pem_slice(&pem).unwrap();
    let (_, parsed) = X509Certificate::from_der(&der).unwrap();
    let names = format!("{:?}", parsed.subject_alternative_name().unwrap().unwrap().value);
    assert!(names.contains("central.example.org") && names.contains("localhost"), "{names}");
    let fresh = Authority::new();
    std::fs::remove_file(fresh.paths().tls("server.pem")).unwrap();
    let error = init(&fresh.paths(), &fresh.ring, &["büro".into()], &SystemClock).unwrap_err();
    assert!(error.to_string().contains("devices.names"), "{error}");
}

#[test]
fn keys_of_p256_and_ed25519_are_taken_with_or_without_the_doors_own_name() {
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ED25519] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        DoorRequest::parse(&request(&key, |_| ()), &door()).unwrap();
        let named = request(&key, |params| {
            params.distinguished_name.push(DnType::CommonName, "door-1");
            params.is_ca = IsCa::ExplicitNoCa;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        });
        DoorRequest::parse(&named, &door()).unwrap();
    }
}

#[test]
fn a_request_for_more_than_a_door_may_have_is_refused_with_the_reason() {
    let key = KeyPair::generate().unwrap();
    let refused =
        |change: fn(&mut CertificateParams)| DoorRequest::parse(&request(&key, change), &door()).unwrap_err();
    let name = CsrError::Name(door());
    assert_eq!(refused(|p| p.distinguished_name.push(DnType::CommonName, "door-2")), name);
    assert_eq!(refused(|p| p.distinguished_name.push(DnType::OrganizationName, "door-1")), name);
    assert_eq!(
        refused(|p| {
            p.distinguished_name.push(DnType::CommonName, "door-1");
            p.distinguished_name.push(DnType::OrganizationName, "Lintel");
        }),
        name
    );
    let changes: [fn(&mut CertificateParams); 7] = [
        |p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
        |p| p.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign],
        |p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth],
        |p| {
            p.extended_key_usages =
                vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::CodeSigning];
        },
        |p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any],
        |p| p.subject_alt_names = vec![rcgen::SanType::DnsName("central.example.org".try_into().unwrap())],
        |p| {
            p.custom_extensions =
                vec![CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, 1], vec![5, 0])];
        },
    ];
    for (at, change) in changes.into_iter().enumerate() {
        assert_eq!(refused(change), CsrError::Extension, "change {at}");
    }
}

#[test]
fn weak_foreign_and_unsigned_keys_are_refused() {
    let p384 = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    assert_eq!(DoorRequest::parse(&request(&p384, |_| ()), &door()).unwrap_err(), CsrError::Key);
    // Somebody else's public key with a signature that isn't by it.
    let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let pem = request(&key, |_| ());
    let der = rustls::pki_types::CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).unwrap();
    for at in [der.len() - 1, der.len() - 20, der.len() / 4] {
        let mut altered = der.to_vec();
        altered[at] ^= 1;
        let text = pem_of(&altered);
        assert!(DoorRequest::parse(&text, &door()).is_err(), "byte {at}");
    }
    let mut behind = der.to_vec();
    behind.push(0);
    assert_eq!(DoorRequest::parse(&pem_of(&behind), &door()).unwrap_err(), CsrError::Malformed);
}

#[test]
fn what_is_no_single_request_of_sane_size_is_refused() {
    let pem = request(&KeyPair::generate().unwrap(), |_| ());
    for text in
        ["", "hello", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"]
    {
        assert_eq!(DoorRequest::parse(text, &door()).unwrap_err(), CsrError::Malformed, "{text}");
    }
    assert_eq!(DoorRequest::parse(&pem.repeat(2), &door()).unwrap_err(), CsrError::Malformed);
    assert_eq!(DoorRequest::parse(&pem.repeat(20), &door()).unwrap_err(), CsrError::TooLarge);
}

fn pem_of(der: &[u8]) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n")
}

proptest::proptest! {
    #[test]
    fn no_bytes_are_worth_a_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
        proptest::prop_assert!(DoorRequest::parse(&pem_of(&bytes), &door()).is_err());
    }

    #[test]
    fn no_request_with_an_altered_content_or_signature_is_taken(at in 0_usize..400, by in 1_u8..=255) {
        let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        let mut der = params.serialize_request(&key).unwrap().der().to_vec();
        // What is signed, and the 64 bytes of the signature. The few bytes between them name the algorithm;
        // PKCS #10 leaves them out of the signature, and a wrong one at worst doesn't verify.
        let (_, parsed) = X509CertificationRequest::from_der(&der).unwrap();
        let signed = parsed.certification_request_info.raw;
        let start = der.windows(signed.len()).position(|part| part == signed).unwrap();
        let covered = signed.len() + 64;
        let at = at % covered;
        let at = if at < signed.len() { start + at } else { der.len() - (covered - at) };
        der[at] ^= by;
        proptest::prop_assert!(DoorRequest::parse(&pem_of(&der), &door()).is_err(), "byte {}", at);
    }
}
