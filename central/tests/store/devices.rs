//! Devices: joining, being refused, and the one gallery key that is trusted.

use lintel_central::devices::{self, DeviceError};
use lintel_core::event::DirectionHint;
use lintel_core::sign::Purpose;
use lintel_core::wire::{CameraHealth, GalleryConfirmation, Heartbeat};

use crate::on_both;
use crate::world::{World, device, may, site};

on_both! {
    async fn a_revoked_device_is_refused_like_an_unknown_one(world: World) {
        let id = device("door-1");
        let joined = devices::add(&world.db, &world.keys, &may(), &*world.clock, &id, &site("berlin"), "Door", DirectionHint::In).await.unwrap();
        assert_eq!(devices::authenticate(&world.db, joined.token.expose()).await.unwrap().device_id, id);
        devices::revoke(&world.db, &may(), &*world.clock, &id).await.unwrap();
        let revoked = devices::authenticate(&world.db, joined.token.expose()).await.unwrap_err();
        let unknown = devices::authenticate(&world.db, "guess").await.unwrap_err();
        assert_eq!(revoked.to_string(), unknown.to_string());
        assert!(matches!(devices::authenticated_by_broker(&world.db, &id).await, Err(DeviceError::Refused)));
        assert!(matches!(devices::revoke(&world.db, &may(), &*world.clock, &id).await, Err(DeviceError::Unknown(_))));
    }

    async fn the_first_gallery_key_is_trusted_and_another_one_needs_a_reset(world: World) {
        let door = world.device("door-1", "berlin").await;
        let other = world.beat(&door.device_id, 2);
        let beat = async |beat| devices::heartbeat(&world.db, &world.keys, &*world.clock, &door, beat).await;
        assert!(matches!(beat(&other).await, Err(DeviceError::OtherGalleryKey(_))));
        devices::reset(&world.db, &world.keys, &may(), &*world.clock, &door.device_id).await.unwrap();
        let answer = beat(&other).await.unwrap();
        let digits = answer.central_time.as_i64().to_string();
        world.keys.ack.verifying_key().verify(Purpose::CentralTime, digits.as_bytes(), &answer.central_time_sig).unwrap();
    }

    async fn a_heartbeat_and_a_confirmation_are_shown_in_the_list(world: World) {
        let door = world.device("door-1", "berlin").await;
        let sent = GalleryConfirmation { device_id: door.device_id.clone(), revision: 3, templates: 9 };
        devices::confirm_gallery(&world.db, &*world.clock, &door, &sent).await.unwrap();
        let listed = devices::list(&world.db, &may()).await.unwrap();
        assert_eq!(listed[0].confirmed_revision, Some(3));
        assert_eq!(listed[0].backlog, Some(0));
        assert_eq!(listed[0].camera, None, "an older door doesn't say");
        for camera in [CameraHealth::Failed, CameraHealth::Ended, CameraHealth::Well] {
            let beat = Heartbeat { camera: Some(camera), ..world.beat(&door.device_id, 1) };
            devices::heartbeat(&world.db, &world.keys, &*world.clock, &door, &beat).await.unwrap();
            assert_eq!(devices::list(&world.db, &may()).await.unwrap()[0].camera, Some(camera));
        }
        let strange = GalleryConfirmation { device_id: device("door-2"), ..sent };
        let refused = devices::confirm_gallery(&world.db, &*world.clock, &door, &strange).await;
        assert!(matches!(refused, Err(DeviceError::Mismatch { .. })));
    }

    async fn a_heartbeat_with_a_bad_key_or_an_endless_version_is_refused(world: World) {
        let door = world.device("door-1", "berlin").await;
        let mut beat = world.beat(&door.device_id, 1);
        beat.gallery_public_key = "no key".into();
        let sent = async |beat| devices::heartbeat(&world.db, &world.keys, &*world.clock, &door, beat).await;
        assert!(matches!(sent(&beat).await, Err(DeviceError::GalleryKey)));
        let mut beat = world.beat(&door.device_id, 1);
        beat.version = "1".repeat(65);
        assert!(matches!(sent(&beat).await, Err(DeviceError::Field("version"))));
    }
}
