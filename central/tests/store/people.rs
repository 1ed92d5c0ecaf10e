//! People: what consent allows, what moving and erasing take away.

use lintel_central::badges::BadgeKeys;
use lintel_central::people::{self, NewPerson, PeopleError};
use lintel_central::store::{events, gallery, vault};
use lintel_central::vault::{self as central_vault, CentralKeys, VaultError};
use lintel_core::ids::PersonId;
use lintel_core::seal::FernetRing;
use lintel_core::sign::SigningKey;
use lintel_core::wire::WireEvent;

use crate::door::Door;
use crate::on_both;
use crate::world::{MORNING, World, may, site};

on_both! {
    async fn without_consent_no_template_is_stored(world: World) {
        let person = world.person("Ada Lovelace", "berlin").await;
        assert!(matches!(world.template(person).await, Err(PeopleError::NoConsent(_))));
        assert!(vault::get(&mut world.db.read().await.unwrap(), person).await.unwrap().is_none());
    }

    async fn people_are_found_by_id_and_by_staff_number(world: World) {
        let new = NewPerson { name: "Zoë  Ward".into(), site_id: site("berlin"), staff_no: Some("0042".into()) };
        let added = people::add(&world.db, &may(), &*world.clock, &new).await.unwrap();
        assert_eq!(added.name, "Zoë Ward");
        for typed in [added.person_id.to_string(), "0042".into()] {
            assert_eq!(people::find(&world.db, &may(), &typed).await.unwrap(), added);
        }
        let twice = people::add(&world.db, &may(), &*world.clock, &new).await.unwrap_err();
        assert!(matches!(twice, PeopleError::StaffNoTaken(_)), "{twice}");
        assert!(matches!(people::find(&world.db, &may(), "0043").await, Err(PeopleError::Unknown(_))));
        let nowhere = NewPerson { site_id: site("paris"), staff_no: None, ..new };
        let refused = people::add(&world.db, &may(), &*world.clock, &nowhere).await.unwrap_err();
        assert!(matches!(refused, PeopleError::UnknownSite(_)));
    }

    async fn people_are_listed_by_name_whatever_its_letters(world: World) {
        for name in ["bob", "Alice", "Émile", "carol"] {
            world.person(name, "berlin").await;
        }
        world.person("Dan", "lisbon").await;
        let names = |list: Vec<people::Person>| list.into_iter().map(|person| person.name).collect::<Vec<_>>();
        let berlin = people::list(&world.db, &may(), Some(&site("berlin"))).await.unwrap();
        assert_eq!(names(berlin), ["Alice", "bob", "carol", "Émile"]);
        assert_eq!(people::list(&world.db, &may(), None).await.unwrap().len(), 5);
    }

    async fn erasing_a_person_leaves_no_openable_template_and_a_chain_that_verifies(world: World) {
        let device = world.device("door-1", "berlin").await;
        let person = world.enrolled("Ada", "berlin").await;
        let before = gallery::list_members(&mut world.db.read().await.unwrap(), &site("berlin"), "lintel-1", 0).await.unwrap();
        let stolen = before[0].token.clone();
        let mut door = Door::new(&device.device_id);
        let punches: Vec<WireEvent> = (0..3).map(|n| door.punch(person, MORNING.plus_millis(n))).collect();
        world.take(&device, &door, &punches).await;

        world.erase(person).await;
        let mut tx = world.db.read().await.unwrap();
        assert!(vault::get(&mut tx, person).await.unwrap().is_none());
        assert!(world.keys.face.open(&stolen).is_err());
        let rows = events::ledger(&mut tx, &device.device_id).await.unwrap();
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().all(|row| row.person_id.is_none() && row.chain_state == "ok"));
        drop(tx);
        assert!(matches!(people::find(&world.db, &may(), &person.to_string()).await, Err(PeopleError::Unknown(_))));
    }

    async fn somebody_who_left_can_not_be_changed_any_more(world: World) {
        let person = world.enrolled("Ada", "berlin").await;
        people::remove(&world.db, &may(), &*world.clock, person).await.unwrap();
        let found = people::find(&world.db, &may(), &person.to_string()).await.unwrap();
        assert!(!found.active && found.consent.is_none() && found.templates == 0);
        let refused = people::consent(&world.db, &may(), &*world.clock, person, "1", "test").await;
        assert!(matches!(refused, Err(PeopleError::Left(_))));
    }

    async fn keys_of_another_centre_are_found_before_anybody_needs_them(world: World) {
        let ring = || FernetRing::parse(&FernetRing::generate_key()).unwrap();
        let with = |face: &FernetRing, data: &FernetRing| CentralKeys {
            ack: SigningKey::from_seed(&[7; 32]),
            badge: BadgeKeys::new(SigningKey::from_seed(&[9; 32])),
            face: face.clone(),
            data: data.clone(),
        };
        let (face, data) = (&world.keys.face, &world.keys.data);
        let fitting = async |keys: CentralKeys| central_vault::expect_fitting(&world.db, &keys).await;
        // Nothing is sealed yet: any key fits.
        fitting(with(&ring(), &ring())).await.unwrap();
        world.enrolled("Ada", "berlin").await;
        world.device("door-1", "berlin").await;
        fitting(with(face, data)).await.unwrap();
        let refused = fitting(with(&ring(), data)).await.unwrap_err();
        assert!(matches!(refused, VaultError::Key { .. }), "{refused}");
        let refused = fitting(with(face, &ring())).await.unwrap_err();
        assert!(matches!(refused, VaultError::Token { .. }), "{refused}");
        assert!(refused.to_string().contains("put back the key"), "{refused}");

        // One row that is damaged, and looked at first, is no wrong key.
        let first = PersonId::parse("00000000-0000-7000-8000-000000000000").unwrap();
        let mut tx = world.db.write().await.unwrap();
        vault::create(&mut tx, first, "damaged", MORNING).await.unwrap();
        tx.commit().await.unwrap();
        fitting(with(face, data)).await.unwrap();
    }
}
