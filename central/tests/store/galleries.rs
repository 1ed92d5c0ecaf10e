//! Galleries: who is in which, and what each change tells a door.

use lintel_central::devices::{self, Device};
use lintel_central::people;
use lintel_central::store::erasures;
use lintel_central::store::gallery::{self as rows, Reached};
use lintel_core::gallery::GalleryDelta;
use lintel_core::ids::PersonId;
use lintel_core::seal::DeviceSealKey;
use lintel_core::sign::Purpose;
use lintel_core::wire::GalleryConfirmation;

use crate::on_both;
use crate::world::{World, device, face, may, site};

fn came(delta: &GalleryDelta) -> Vec<PersonId> {
    delta.upsert.iter().map(|person| person.person_id).collect()
}

on_both! {
    async fn a_door_holds_the_people_of_its_site_only(world: World) {
        let door = world.device("door-1", "berlin").await;
        let here = world.enrolled("Here", "berlin").await;
        world.enrolled("Elsewhere", "lisbon").await;
        world.person("Without consent", "berlin").await;
        let delta = world.delta(&door, 0).await.unwrap();
        assert_eq!(came(&delta), [here]);
        assert_eq!(delta.upsert[0].display_name, "Here");
        assert!(delta.upsert[0].templates[0].embedding.cosine(&face(here)) > 0.999);
        assert!(world.delta(&door, delta.revision).await.is_none());
    }

    async fn moving_a_person_issues_a_removal_at_the_old_site(world: World) {
        let (old, new) = (world.device("door-1", "berlin").await, world.device("door-2", "lisbon").await);
        let person = world.enrolled("Ada", "berlin").await;
        let stays = world.enrolled("Bob", "berlin").await;
        let since = world.delta(&old, 0).await.unwrap().revision;
        people::move_to(&world.db, &may(), &*world.clock, person, &site("lisbon")).await.unwrap();
        let delta = world.delta(&old, since).await.unwrap();
        assert_eq!((delta.since, delta.remove.as_slice()), (since, [person].as_slice()));
        assert!(delta.upsert.is_empty());
        assert_eq!(came(&world.delta(&new, 0).await.unwrap()), [person]);
        assert_eq!(came(&world.delta(&old, 0).await.unwrap()), [stays]);
    }

    async fn a_named_exception_is_known_at_both_sites(world: World) {
        let (one, two) = (world.device("door-1", "berlin").await, world.device("door-2", "lisbon").await);
        let person = world.enrolled("Ada", "berlin").await;
        people::allow_site(&world.db, &may(), &*world.clock, person, &site("lisbon")).await.unwrap();
        assert_eq!(came(&world.delta(&one, 0).await.unwrap()), [person]);
        let there = world.delta(&two, 0).await.unwrap();
        assert_eq!(came(&there), [person]);
        people::remove(&world.db, &may(), &*world.clock, person).await.unwrap();
        assert_eq!(world.delta(&two, there.revision).await.unwrap().remove, [person]);
    }

    async fn withdrawing_and_erasing_reach_the_door_as_removals(world: World) {
        let door = world.device("door-1", "berlin").await;
        let (one, two) = (world.enrolled("Ada", "berlin").await, world.enrolled("Bob", "berlin").await);
        let since = world.delta(&door, 0).await.unwrap().revision;
        people::withdraw(&world.db, &may(), &*world.clock, one).await.unwrap();
        world.erase(two).await;
        let mut gone = world.delta(&door, since).await.unwrap().remove;
        gone.sort();
        let mut both = [one, two];
        both.sort();
        assert_eq!(gone, both);
    }

    async fn a_revision_from_the_future_gets_everything(world: World) {
        let door = world.device("door-1", "berlin").await;
        let person = world.enrolled("Ada", "berlin").await;
        let delta = world.delta(&door, 1_000).await.unwrap();
        assert_eq!((delta.since, came(&delta)), (0, vec![person]));
    }

    async fn another_pack_s_templates_stay_here(world: World) {
        let door = world.device("door-1", "berlin").await;
        world.enrolled("Ada", "berlin").await;
        let other = lintel_central::gallery::delta_for(&world.db, &world.keys, &door, 0, "open-1").await.unwrap();
        assert!(other.unwrap().upsert.is_empty());
    }

    async fn a_sealed_delta_opens_on_its_device_only(world: World) {
        let door = world.device("door-1", "berlin").await;
        let person = world.enrolled("Ada", "berlin").await;
        let sealed = lintel_central::gallery::sealed_delta_for(&world.db, &world.keys, &door, 0, "lintel-1").await.unwrap().unwrap();
        world.keys.ack.verifying_key().verify(Purpose::Gallery, sealed.sealed.as_bytes(), &sealed.sig).unwrap();
        let opened = DeviceSealKey::from_seed(&[1; 32]).open(&sealed.sealed, b"door-1").unwrap();
        let delta: GalleryDelta = serde_json::from_slice(&opened).unwrap();
        assert_eq!(came(&delta), [person]);
        assert!(DeviceSealKey::from_seed(&[2; 32]).open(&sealed.sealed, b"door-1").is_err());
        assert!(DeviceSealKey::from_seed(&[1; 32]).open(&sealed.sealed, b"door-2").is_err());
    }

    async fn a_change_is_confirmed_waits_or_lies_on_a_door_that_was_revoked(world: World) {
        let (one, two) = (world.device("door-1", "berlin").await, world.device("door-2", "berlin").await);
        let (three, _fresh) = (world.device("door-3", "berlin").await, world.device("door-4", "berlin").await);
        world.device("door-5", "lisbon").await;
        let person = world.enrolled("Ada", "berlin").await;
        let reach = async || {
            let all = rows::reach(&mut world.db.read().await.unwrap(), person).await.unwrap();
            all.into_iter().map(|one| one.reached).collect::<Vec<_>>()
        };
        let confirm = async |door: &Device| {
            let revision = world.delta(door, 0).await.unwrap().revision;
            let said = GalleryConfirmation { device_id: door.device_id.clone(), revision, templates: 1 };
            devices::confirm_gallery(&world.db, &*world.clock, door, &said).await.unwrap();
        };
        let revoke = async |id: &str| devices::revoke(&world.db, &may(), &*world.clock, &device(id)).await.unwrap();
        assert_eq!(reach().await, [Reached::Waits; 4]);
        for door in [&one, &two, &three] {
            confirm(door).await;
        }
        // One that is revoked before it ever had a gallery holds nobody.
        revoke("door-4").await;
        assert_eq!(reach().await, [Reached::Confirmed; 3]);
        revoke("door-2").await;
        assert_eq!(reach().await, [Reached::Confirmed, Reached::RevokedAfter, Reached::Confirmed]);
        people::withdraw(&world.db, &may(), &*world.clock, person).await.unwrap();
        confirm(&one).await;
        assert_eq!(reach().await, [Reached::Confirmed, Reached::RevokedBefore, Reached::Waits]);
    }

    async fn an_erasure_is_under_way_until_each_door_that_had_a_gallery_confirms_it(world: World) {
        let (one, two) = (world.device("door-1", "berlin").await, world.device("door-2", "berlin").await);
        world.device("door-3", "berlin").await;
        let elsewhere = world.device("door-4", "lisbon").await;
        let (ada, bob) = (world.enrolled("Ada", "berlin").await, world.enrolled("Bob", "berlin").await);
        world.enrolled("Zoe", "lisbon").await;
        let confirm = async |door: &Device| {
            let revision = world.delta(door, 0).await.unwrap().revision;
            let said = GalleryConfirmation { device_id: door.device_id.clone(), revision, templates: 1 };
            devices::confirm_gallery(&world.db, &*world.clock, door, &said).await.unwrap();
        };
        let waiting = async || {
            let all = erasures::list_unconfirmed(&mut world.db.read().await.unwrap()).await.unwrap();
            all.into_iter().map(|door| (door.people, door.revoked)).collect::<Vec<_>>()
        };
        for door in [&one, &two, &elsewhere] {
            confirm(door).await;
        }
        // Somebody who only changed is no erasure.
        people::withdraw(&world.db, &may(), &*world.clock, ada).await.unwrap();
        assert!(waiting().await.is_empty());
        world.erase(ada).await;
        world.erase(bob).await;
        assert_eq!(waiting().await, [(2, false), (2, false)]);
        confirm(&one).await;
        assert_eq!(waiting().await, [(2, false)]);
        devices::revoke(&world.db, &may(), &*world.clock, &two.device_id).await.unwrap();
        assert_eq!(waiting().await, [(2, true)]);
    }
}
