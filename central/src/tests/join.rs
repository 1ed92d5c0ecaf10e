//! `/device/v1/join` and `/device/v1/renew`, and what a certificate opens.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use lintel_core::ids::DeviceId;
use lintel_core::join::{JoinAnswer, JoinCode, RenewAnswer};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

use super::*;
use crate::app::Peer;
use crate::auth::door::ShownCertificate;
use crate::ca::Certificate;
use crate::devices::InviteRequest;
use crate::devices::invite::{LONGEST_VALIDITY_MS, USUAL_VALIDITY_MS};

fn door() -> DeviceId {
    "door-1".parse().unwrap()
}

fn csr(key: &KeyPair, name: Option<&str>) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    if let Some(name) = name {
        params.distinguished_name.push(DnType::CommonName, name);
    }
    params.serialize_request(key).unwrap().pem().unwrap()
}

fn new_key() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap()
}

fn wanted() -> InviteRequest {
    InviteRequest {
        device_id: door(),
        site_id: Some("berlin".parse().unwrap()),
        door: Some("Main entrance".into()),
        direction: None,
        valid_ms: USUAL_VALIDITY_MS,
        only_new: false,
    }
}

impl TestCentral {
    async fn invite(&self) -> String {
        let permit = Actor::local().permit().unwrap();
        let (db, trust) = (self.state.db(), self.state.trust());
        let invitation = devices::invite(db, trust, &permit, &HandClock, wanted()).await.unwrap();
        JoinCode::parse(invitation.code.expose()).unwrap().token.to_text()
    }

    async fn ask_to_join(&self, token: &str, csr: &str) -> Answer {
        let body = serde_json::json!({ "token": token, "csr": csr }).to_string();
        ask(&self.doors, request("POST", "/device/v1/join", None, body)).await
    }

    async fn join(&self, token: &str, key: &KeyPair) -> JoinAnswer {
        let answer = self.ask_to_join(token, &csr(key, None)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }

    async fn with_certificate(&self, pem: &str, method: &str, path: &str, body: String) -> Answer {
        let shown = ShownCertificate(Certificate::of_pem(pem.as_bytes()).unwrap().fingerprint);
        let mut request = request(method, path, None, body);
        request.extensions_mut().insert(shown);
        ask(&self.doors, request).await
    }

    async fn hello(&self, pem: &str) -> (StatusCode, String) {
        let answer = self.with_certificate(pem, "GET", "/device/v1/hello", String::new()).await;
        (answer.status, answer.code())
    }

    async fn renew(&self, pem: &str) -> RenewAnswer {
        let body = serde_json::json!({ "csr": csr(&new_key(), None) }).to_string();
        let answer = self.with_certificate(pem, "POST", "/device/v1/renew", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }

    async fn revoke(&self) {
        let permit = Actor::local().permit().unwrap();
        devices::revoke(self.state.db(), &permit, &HandClock, &door()).await.unwrap();
    }
}

fn refused(code: &str) -> (StatusCode, String) {
    (StatusCode::UNAUTHORIZED, code.to_owned())
}

fn let_in() -> (StatusCode, String) {
    (StatusCode::NO_CONTENT, String::new())
}

#[tokio::test]
async fn a_code_is_good_for_one_certificate_and_the_certificate_lets_the_door_in() {
    let central = TestCentral::with_site().await;
    let token = central.invite().await;
    let answer = central.join(&token, &new_key()).await;
    assert_eq!(answer.device_id, "door-1");
    assert_eq!(answer.zone, "Europe/Berlin");
    assert!(answer.broker.is_none(), "no broker is set up");
    assert_eq!(central.hello(&answer.certificate_pem).await, let_in());
    let again = central.ask_to_join(&token, &csr(&new_key(), None)).await;
    assert_eq!((again.status, again.code().as_str()), (StatusCode::CONFLICT, "code_used"));
}

#[tokio::test]
async fn a_door_whose_answer_got_lost_may_ask_again_with_the_same_key() {
    let central = TestCentral::with_site().await;
    let (token, key) = (central.invite().await, new_key());
    let lost = central.join(&token, &key).await;
    let kept = central.join(&token, &key).await;
    assert_eq!(central.hello(&kept.certificate_pem).await, let_in());
    assert_eq!(central.hello(&lost.certificate_pem).await, refused("certificate_revoked"));
}

#[tokio::test]
async fn a_bad_signing_request_is_refused_and_uses_nothing_up() {
    let central = TestCentral::with_site().await;
    let token = central.invite().await;
    for bad in [csr(&new_key(), Some("door-2")), "hello".to_owned()] {
        let answer = central.ask_to_join(&token, &bad).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    }
    let huge = central.ask_to_join(&token, &"x".repeat(9_000)).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    central.join(&token, &new_key()).await;
}

#[tokio::test]
async fn a_newer_code_makes_the_older_one_worthless_and_a_wrong_one_is_unknown() {
    let central = TestCentral::with_site().await;
    let (older, newer) = (central.invite().await, central.invite().await);
    for token in [older.as_str(), "", "guess", &"0".repeat(500)] {
        let answer = central.ask_to_join(token, &csr(&new_key(), None)).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "unknown_code"));
    }
    central.join(&newer, &new_key()).await;
}

#[tokio::test]
async fn whoever_is_wrong_too_often_waits_also_with_the_right_code() {
    let central = TestCentral::with_site().await;
    let token = central.invite().await;
    let from = |token: &str| {
        let body = serde_json::json!({ "token": token, "csr": csr(&new_key(), None) }).to_string();
        let mut request = request("POST", "/device/v1/join", None, body);
        let peer = Peer(SocketAddr::from(([10, 0, 0, 9], 4_711)));
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    };
    for _ in 0..5 {
        assert_eq!(ask(&central.doors, from("guess")).await.status, StatusCode::UNAUTHORIZED);
    }
    let waits = ask(&central.doors, from(&token)).await;
    assert_eq!((waits.status, waits.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, "too_many_tries"));
    assert_eq!(waits.headers["retry-after"], "1");
    central.join(&token, &new_key()).await;
}

#[tokio::test]
async fn a_revoked_door_is_out_at_once_and_its_old_code_brings_it_not_back() {
    let central = TestCentral::with_site().await;
    let (token, key) = (central.invite().await, new_key());
    let joined = central.join(&token, &key).await;
    assert_eq!(central.hello(&joined.certificate_pem).await, let_in());
    central.revoke().await;
    assert_eq!(central.hello(&joined.certificate_pem).await, refused("certificate_revoked"));
    let again = central.ask_to_join(&token, &csr(&key, None)).await;
    assert_eq!(again.code(), "unknown_code", "the code was used within its day");

    let rejoined = central.join(&central.invite().await, &new_key()).await;
    assert_eq!(central.hello(&rejoined.certificate_pem).await, let_in());
    assert_eq!(central.hello(&joined.certificate_pem).await, refused("certificate_revoked"));
}

#[tokio::test]
async fn the_old_certificate_is_good_until_the_new_one_is_used() {
    let central = TestCentral::with_site().await;
    let old = central.join(&central.invite().await, &new_key()).await.certificate_pem;
    assert_eq!(central.hello(&old).await, let_in());
    let lost = central.renew(&old).await.certificate_pem;
    let new = central.renew(&old).await.certificate_pem;
    assert_eq!(central.hello(&lost).await, refused("certificate_revoked"), "asked for twice");
    assert_eq!(central.hello(&old).await, let_in());
    assert_eq!(central.hello(&new).await, let_in());
    assert_eq!(central.hello(&old).await, refused("certificate_revoked"));
}

#[tokio::test]
async fn an_expired_certificate_opens_the_way_to_a_new_one_and_nothing_else() {
    let central = TestCentral::with_site().await;
    let joined = central.join(&central.invite().await, &new_key()).await;
    let fingerprint = Certificate::of_pem(joined.certificate_pem.as_bytes()).unwrap().fingerprint;
    // As if it had been given long ago.
    let mut tx = central.state.db().write().await.unwrap();
    crate::store::certificates::revoke_all(&mut tx, &door(), MORNING).await.unwrap();
    let other = [7; 32];
    crate::store::certificates::create(&mut tx, &door(), &other, MORNING, MORNING.plus_millis(-1))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let asked = |method: &str, path: &str, shown: [u8; 32]| {
        let body = serde_json::json!({ "csr": csr(&new_key(), None) }).to_string();
        let mut request = request(method, path, None, body);
        request.extensions_mut().insert(ShownCertificate(shown));
        request
    };
    let answer = ask(&central.doors, asked("GET", "/device/v1/hello", other)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "certificate_expired"));
    let renewed = ask(&central.doors, asked("POST", "/device/v1/renew", other)).await;
    assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.text);
    let revoked = ask(&central.doors, asked("POST", "/device/v1/renew", fingerprint)).await;
    assert_eq!(revoked.code(), "certificate_revoked");
}

#[tokio::test]
async fn a_certificate_that_was_never_given_opens_nothing_and_a_token_renews_nothing() {
    let central = TestCentral::with_site().await;
    let unknown = Certificate::of_pem(central.state.trust().ca().root_pem().as_bytes()).unwrap();
    let mut knock = request("GET", "/device/v1/hello", None, "");
    knock.extensions_mut().insert(ShownCertificate(unknown.fingerprint));
    assert_eq!(ask(&central.doors, knock).await.code(), "certificate_revoked");
    let token = central.door("door-2").await;
    let answer = ask(&central.doors, request("POST", "/device/v1/renew", Some(&token), "{}")).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "certificate_needed"));
}

#[tokio::test]
async fn a_door_that_has_a_certificate_is_not_let_in_by_its_token() {
    let central = TestCentral::with_site().await;
    let token = central.door("door-1").await;
    let hello = || request("GET", "/device/v1/hello", Some(&token), "");
    assert_eq!(ask(&central.doors, hello()).await.status, StatusCode::NO_CONTENT);
    central.join(&central.invite().await, &new_key()).await;
    assert_eq!(ask(&central.doors, hello()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_invitation_says_what_is_missing_and_never_shows_its_code_again() {
    let central = TestCentral::with_site().await;
    let permit = Actor::local().permit().unwrap();
    let (db, trust) = (central.state.db(), central.state.trust());
    let refused = async |change: fn(&mut InviteRequest)| {
        let mut asked = wanted();
        change(&mut asked);
        devices::invite(db, trust, &permit, &HandClock, asked).await.unwrap_err().to_string()
    };
    assert!(refused(|asked| asked.site_id = None).await.contains("--site"));
    assert!(refused(|asked| asked.site_id = Some("nowhere".parse().unwrap())).await.contains("site add"));
    assert!(refused(|asked| asked.valid_ms = LONGEST_VALIDITY_MS + 1).await.contains("30 days"));
    assert!(refused(|asked| asked.valid_ms = 0).await.contains("1 minute"));

    let token = central.invite().await;
    let read = Actor::local().permit().unwrap();
    let open = devices::list_invites(db, &read, &HandClock).await.unwrap();
    assert_eq!(open.len(), 1);
    assert!(!serde_json::to_string(&open).unwrap().contains(&token));
    central.join(&token, &new_key()).await;
    assert!(devices::list_invites(db, &read, &HandClock).await.unwrap().is_empty());
    // For a door that is there, its place needn't be said again.
    let again = InviteRequest { site_id: None, door: None, ..wanted() };
    devices::invite(db, trust, &permit, &HandClock, again).await.unwrap();
}
