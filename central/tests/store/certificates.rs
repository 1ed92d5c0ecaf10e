//! Joining by a code and living by a certificate: what both databases must remember alike.

use lintel_central::app::KeyPaths;
use lintel_central::ca;
use lintel_central::config::DeviceSettings;
use lintel_central::devices::join::{Errand, JoinError, Refusal, authenticate_certificate, join, renew};
use lintel_central::devices::{self, Device, DoorTrust, InviteError, InviteRequest};
use lintel_core::event::DirectionHint;
use lintel_core::join::{JoinAnswer, JoinCode};
use lintel_core::time::Clock as _;
use rcgen::{CertificateParams, DistinguishedName, KeyPair};

use crate::on_both;
use crate::world::{MORNING, World, device, may, site};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn trust(world: &World) -> DoorTrust {
    let paths = KeyPaths { dir: world.dir().join("keys") };
    std::fs::create_dir_all(paths.tls("")).unwrap();
    ca::init(&paths, &world.keys.data, &[], &*world.clock).unwrap();
    DoorTrust::new(ca::open(&paths, &world.keys.data).unwrap(), &DeviceSettings::default())
}

fn csr() -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.serialize_request(&KeyPair::generate().unwrap()).unwrap().pem().unwrap()
}

async fn invited(world: &World, trust: &DoorTrust) -> JoinCode {
    let request = InviteRequest {
        device_id: device("door-1"),
        site_id: Some(site("berlin")),
        door: Some("Door".into()),
        direction: Some(DirectionHint::Out),
        valid_ms: HOUR,
        only_new: false,
    };
    let made = devices::invite(&world.db, trust, &may(), &*world.clock, request).await.unwrap();
    assert_eq!(made.expires_at, world.clock.now().plus_millis(HOUR));
    JoinCode::parse(made.code.expose()).unwrap()
}

async fn joined(world: &World, trust: &DoorTrust, code: &JoinCode) -> Result<JoinAnswer, JoinError> {
    let (db, keys, clock) = (&world.db, &world.keys, &*world.clock);
    join(db, keys, trust, clock, Some("mqtt://127.0.0.1"), &code.token.to_text(), &csr()).await
}

fn fingerprint(pem: &str) -> [u8; 32] {
    ca::Certificate::of_pem(pem.as_bytes()).unwrap().fingerprint
}

async fn shown(world: &World, pem: &str, errand: Errand) -> Result<Device, Refusal> {
    authenticate_certificate(&world.db, &*world.clock, &fingerprint(pem), errand).await.unwrap()
}

on_both! {
    async fn a_code_names_the_centre_and_joins_once_within_its_time(world: World) {
        let trust = trust(&world);
        let code = invited(&world, &trust).await;
        assert_eq!(code.ca, trust.ca().root());
        assert_eq!(code.address.to_string(), "https://127.0.0.1:8443");
        world.clock.set(MORNING.plus_millis(HOUR));
        assert!(matches!(joined(&world, &trust, &code).await, Err(JoinError::Expired)));
        world.clock.set(MORNING.plus_millis(HOUR - 1));
        let answer = joined(&world, &trust, &code).await.unwrap();
        assert_eq!((answer.zone.as_str(), answer.direction), ("Europe/Berlin", DirectionHint::Out));
        let password = answer.broker.unwrap().token;
        assert!(matches!(joined(&world, &trust, &code).await, Err(JoinError::Used)));
        let listed = devices::list(&world.db, &may()).await.unwrap();
        assert_eq!(listed[0].certificate_expires_at, Some(answer.valid_until));
        // The broker's password is no way in beside the certificate.
        assert!(devices::authenticate(&world.db, &password).await.is_err());
        assert!(devices::authenticated_by_broker(&world.db, &device("door-1")).await.is_ok());
    }

    async fn revoking_ends_certificate_code_and_broker_and_a_new_code_begins_anew(world: World) {
        let trust = trust(&world);
        let code = invited(&world, &trust).await;
        let first = joined(&world, &trust, &code).await.unwrap().certificate_pem;
        let door = shown(&world, &first, Errand::Work).await.unwrap();
        let beat = world.beat(&door.device_id, 1);
        devices::heartbeat(&world.db, &world.keys, &*world.clock, &door, &beat).await.unwrap();

        devices::revoke(&world.db, &may(), &*world.clock, &door.device_id).await.unwrap();
        for errand in [Errand::Work, Errand::Renewal] {
            assert_eq!(shown(&world, &first, errand).await.unwrap_err(), Refusal::Revoked);
        }
        assert!(matches!(joined(&world, &trust, &code).await, Err(JoinError::Unknown)));
        assert!(devices::authenticated_by_broker(&world.db, &door.device_id).await.is_err());

        let second = joined(&world, &trust, &invited(&world, &trust).await).await.unwrap().certificate_pem;
        let door = shown(&world, &second, Errand::Work).await.unwrap();
        assert_eq!(door.gallery_public_key, None, "the reinstalled box has another one");
        assert_eq!(shown(&world, &first, Errand::Work).await.unwrap_err(), Refusal::Revoked);
    }

    async fn a_code_is_withdrawn_only_while_nobody_has_used_it(world: World) {
        let trust = trust(&world);
        let withdraw = async || devices::withdraw_invite(&world.db, &may(), &*world.clock, &device("door-1")).await;
        assert!(matches!(withdraw().await, Err(InviteError::NoInvite(_))));
        let code = invited(&world, &trust).await;
        withdraw().await.unwrap();
        assert!(matches!(joined(&world, &trust, &code).await, Err(JoinError::Unknown)));
        let code = invited(&world, &trust).await;
        joined(&world, &trust, &code).await.unwrap();
        assert!(matches!(withdraw().await, Err(InviteError::NoInvite(_))));
        assert!(matches!(joined(&world, &trust, &code).await, Err(JoinError::Used)), "it is still known");
    }

    async fn an_id_that_is_taken_is_no_new_door(world: World) {
        let trust = trust(&world);
        joined(&world, &trust, &invited(&world, &trust).await).await.unwrap();
        let request = InviteRequest {
            device_id: device("door-1"),
            site_id: Some(site("lisbon")),
            door: Some("Another".into()),
            direction: None,
            valid_ms: HOUR,
            only_new: true,
        };
        let made = devices::invite(&world.db, &trust, &may(), &*world.clock, request).await;
        assert!(matches!(made, Err(InviteError::Taken(_))), "{made:?}");
        assert!(devices::list_invites(&world.db, &may(), &*world.clock).await.unwrap().is_empty());
    }

    async fn a_renewed_certificate_takes_over_at_its_first_use(world: World) {
        let trust = trust(&world);
        let old = joined(&world, &trust, &invited(&world, &trust).await).await.unwrap().certificate_pem;
        let door = shown(&world, &old, Errand::Work).await.unwrap();
        let new = renew(&world.db, &trust, &*world.clock, &door, &csr()).await.unwrap().certificate_pem;
        assert!(shown(&world, &old, Errand::Work).await.is_ok());
        assert!(shown(&world, &new, Errand::Work).await.is_ok());
        assert_eq!(shown(&world, &old, Errand::Renewal).await.unwrap_err(), Refusal::Revoked);
        assert!(shown(&world, &new, Errand::Work).await.is_ok(), "and stays");
    }

    async fn after_its_life_a_certificate_is_good_for_a_new_one_only(world: World) {
        let trust = trust(&world);
        let answer = joined(&world, &trust, &invited(&world, &trust).await).await.unwrap();
        assert_eq!(answer.valid_until, MORNING.plus_millis(90 * DAY));
        let old = answer.certificate_pem;
        assert!(shown(&world, &old, Errand::Work).await.is_ok());
        world.clock.set(answer.valid_until.plus_millis(1));
        assert_eq!(shown(&world, &old, Errand::Work).await.unwrap_err(), Refusal::Expired);
        let door = shown(&world, &old, Errand::Renewal).await.unwrap();
        let new = renew(&world.db, &trust, &*world.clock, &door, &csr()).await.unwrap().certificate_pem;
        assert!(shown(&world, &new, Errand::Work).await.is_ok());
    }

    async fn a_reset_door_has_its_token_and_no_certificate(world: World) {
        let trust = trust(&world);
        let pem = joined(&world, &trust, &invited(&world, &trust).await).await.unwrap().certificate_pem;
        let id = device("door-1");
        let token = devices::reset(&world.db, &world.keys, &may(), &*world.clock, &id).await.unwrap().token;
        assert_eq!(shown(&world, &pem, Errand::Work).await.unwrap_err(), Refusal::Revoked);
        assert_eq!(devices::authenticate(&world.db, token.expose()).await.unwrap().device_id, id);
    }
}
