//! Badges: who may have one, what of them reaches a door, and what takes them away.

use lintel_central::auth::{Actor, Role};
use lintel_central::badges::{self, BadgeError};
use lintel_central::people::{self, PeopleError};
use lintel_central::store::{audit, days};
use lintel_core::badge::ReadBadge;
use lintel_core::event::EventKind;
use lintel_core::gallery::{GalleryBadge, GalleryDelta};
use lintel_core::ids::PersonId;
use lintel_core::sign::VerifyingKey;

use crate::door::Door;
use crate::on_both;
use crate::world::{MORNING, World, may, site};

const DAY_MS: i64 = 86_400_000;

async fn issue(world: &World, person: PersonId) -> badges::Card {
    badges::issue(&world.db, &world.keys.badge, &may(), &*world.clock, person, 30).await.unwrap()
}

fn badges_of(delta: &GalleryDelta, person: PersonId) -> &[GalleryBadge] {
    &delta.upsert.iter().find(|known| known.person_id == person).unwrap().badges
}

on_both! {
    async fn a_badge_needs_no_consent_and_travels_without_a_template(world: World) {
        let door = world.device("door-1", "berlin").await;
        let person = world.person("Ada", "berlin").await;
        let card = issue(&world, person).await;
        let delta = world.delta(&door, 0).await.unwrap();
        let ada = &delta.upsert[0];
        assert_eq!((ada.person_id, ada.display_name.as_str(), ada.templates.len()), (person, "Ada", 0));
        assert_eq!(ada.badges, [GalleryBadge { badge_id: card.badge.badge_id, not_after: MORNING.plus_millis(30 * DAY_MS) }]);

        let key = VerifyingKey::parse(&delta.badge_keys[0]).unwrap();
        let read = ReadBadge::parse(card.text.expose()).unwrap().verify(&key, MORNING).unwrap();
        assert_eq!((read.badge_id, read.not_after), (ada.badges[0].badge_id, ada.badges[0].not_after));
    }

    async fn a_new_badge_takes_the_place_of_the_old_one(world: World) {
        let door = world.device("door-1", "berlin").await;
        let person = world.enrolled("Ada", "berlin").await;
        let first = issue(&world, person).await;
        let since = world.delta(&door, 0).await.unwrap().revision;
        let second = issue(&world, person).await;
        let delta = world.delta(&door, since).await.unwrap();
        let ids: Vec<_> = badges_of(&delta, person).iter().map(|badge| badge.badge_id).collect();
        assert_eq!(ids, [second.badge.badge_id]);
        assert_ne!(first.badge.badge_id, second.badge.badge_id);
        assert_eq!(delta.upsert[0].templates.len(), 1, "the face stays");
    }

    async fn a_revoked_badge_is_a_removal_and_a_face_stays_behind(world: World) {
        let door = world.device("door-1", "berlin").await;
        let (plain, enrolled) = (world.person("Ada", "berlin").await, world.enrolled("Bob", "berlin").await);
        issue(&world, plain).await;
        issue(&world, enrolled).await;
        let since = world.delta(&door, 0).await.unwrap().revision;
        for person in [plain, enrolled] {
            badges::revoke(&world.db, &may(), &*world.clock, person).await.unwrap();
        }
        let delta = world.delta(&door, since).await.unwrap();
        assert_eq!(delta.remove, [plain]);
        assert_eq!((delta.upsert.len(), delta.upsert[0].person_id), (1, enrolled));
        assert!(delta.upsert[0].badges.is_empty());
        let again = badges::revoke(&world.db, &may(), &*world.clock, plain).await;
        assert!(matches!(again, Err(BadgeError::None(_))));
    }

    async fn withdrawing_consent_leaves_the_badge_leaving_and_erasing_take_it(world: World) {
        let door = world.device("door-1", "berlin").await;
        let [withdraws, leaves, erased] = [
            world.enrolled("Ada", "berlin").await,
            world.enrolled("Bob", "berlin").await,
            world.person("Cy", "berlin").await,
        ];
        for person in [withdraws, leaves, erased] {
            issue(&world, person).await;
        }
        let since = world.delta(&door, 0).await.unwrap().revision;
        people::withdraw(&world.db, &may(), &*world.clock, withdraws).await.unwrap();
        people::remove(&world.db, &may(), &*world.clock, leaves).await.unwrap();
        world.erase(erased).await;
        let mut delta = world.delta(&door, since).await.unwrap();
        let mut gone = [leaves, erased];
        gone.sort();
        delta.remove.sort();
        assert_eq!(delta.remove, gone);
        assert_eq!((delta.upsert.len(), delta.upsert[0].templates.len()), (1, 0));
        assert_eq!(badges_of(&delta, withdraws).len(), 1);

        let listed = badges::list(&world.db, &may(), None).await.unwrap();
        assert_eq!(listed.iter().map(|badge| badge.person_id).collect::<Vec<_>>(), [withdraws]);
        let refused = badges::issue(&world.db, &world.keys.badge, &may(), &*world.clock, leaves, 30).await;
        assert!(matches!(refused, Err(BadgeError::Person(PeopleError::Left(_)))));
    }

    async fn a_badge_goes_where_its_holder_may_go(world: World) {
        let (home, other) = (world.device("door-1", "berlin").await, world.device("door-2", "lisbon").await);
        let person = world.person("Ada", "berlin").await;
        issue(&world, person).await;
        assert!(world.delta(&other, 0).await.is_none());
        people::allow_site(&world.db, &may(), &*world.clock, person, &site("lisbon")).await.unwrap();
        let there = world.delta(&other, 0).await.unwrap();
        assert_eq!(badges_of(&there, person).len(), 1);
        let since = world.delta(&home, 0).await.unwrap().revision;
        people::move_to(&world.db, &may(), &*world.clock, person, &site("lisbon")).await.unwrap();
        assert_eq!(world.delta(&home, since).await.unwrap().remove, [person]);
    }

    async fn a_whole_site_gets_badges_where_there_is_no_good_one(world: World) {
        let [has, expired, has_none] = [
            world.person("Ada", "berlin").await,
            world.person("Bob", "berlin").await,
            world.person("Cy", "berlin").await,
        ];
        world.person("Elsewhere", "lisbon").await;
        let gone = world.person("Gone", "berlin").await;
        people::remove(&world.db, &may(), &*world.clock, gone).await.unwrap();
        badges::issue(&world.db, &world.keys.badge, &may(), &*world.clock, expired, 1).await.unwrap();
        issue(&world, has).await;
        world.clock.set(MORNING.plus_millis(DAY_MS));
        let cards = badges::issue_to_site(&world.db, &world.keys.badge, &may(), &*world.clock, &site("berlin"), 30).await.unwrap();
        let who: Vec<_> = cards.iter().map(|card| card.badge.person_id).collect();
        assert_eq!(who, [expired, has_none]);
        let all = badges::print_site(&world.db, &world.keys.badge, &may(), &*world.clock, &site("berlin")).await.unwrap();
        assert_eq!(all.len(), 3);
    }

    async fn a_card_is_printed_again_as_it_was_and_not_without_its_key(world: World) {
        let person = world.person("Ada", "berlin").await;
        let card = issue(&world, person).await;
        let again = badges::print(&world.db, &world.keys.badge, &may(), &*world.clock, person).await.unwrap();
        assert_eq!(again.text.expose(), card.text.expose());
        let other = badges::BadgeKeys::new(lintel_core::sign::SigningKey::from_seed(&[3; 32]));
        let refused = badges::print(&world.db, &other, &may(), &*world.clock, person).await;
        assert!(matches!(refused, Err(BadgeError::KeyGone { .. })));
        for days in [0, badges::MAX_VALID_DAYS + 1] {
            let refused = badges::issue(&world.db, &other, &may(), &*world.clock, person, days).await;
            assert!(matches!(refused, Err(BadgeError::Days(_))));
        }
    }

    async fn an_employee_has_their_own_card_and_nobody_else_s(world: World) {
        let (ada, bob) = (world.person("Ada", "berlin").await, world.person("Bob", "berlin").await);
        issue(&world, bob).await;
        let own = Actor::new("ada", Role::Employee).about(ada).own().unwrap();
        assert_eq!(badges::own(&world.db, &own).await.unwrap(), None);
        let issued = badges::issue_own(&world.db, &world.keys.badge, &own, &*world.clock).await.unwrap();
        assert_eq!(issued.badge.person_id, ada);
        let again = badges::print_own(&world.db, &world.keys.badge, &own, &*world.clock).await.unwrap();
        assert_eq!(again.text.expose(), issued.text.expose());
        let bobs = badges::of_person(&world.db, &may(), bob).await.unwrap().unwrap();
        assert_ne!(bobs.badge_id, issued.badge.badge_id);
    }

    async fn the_audit_says_that_and_not_what(world: World) {
        let person = world.person("Ada Lovelace", "berlin").await;
        let card = issue(&world, person).await;
        badges::print(&world.db, &world.keys.badge, &may(), &*world.clock, person).await.unwrap();
        badges::revoke(&world.db, &may(), &*world.clock, person).await.unwrap();
        let rows = audit::list_unsealed(&mut world.db.read().await.unwrap(), 100).await.unwrap();
        let of_badges: Vec<_> = rows.iter().filter(|row| row.action.starts_with("badge.")).collect();
        let actions: Vec<_> = of_badges.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["badge.issue", "badge.print", "badge.revoke"]);
        for row in of_badges {
            assert_eq!(row.subject, person.to_string());
            let said = format!("{row:?}");
            assert!(!said.contains("Ada") && !said.contains(card.text.expose()) && !said.contains(&card.badge.badge_id.to_string()));
        }
    }

    async fn a_badge_s_punch_counts_without_consent_like_a_face_s_with_it(world: World) {
        let device = world.device("door-1", "berlin").await;
        let (with_badge, with_face) = (world.person("Ada", "berlin").await, world.enrolled("Bob", "berlin").await);
        let mut door = Door::new(&device.device_id);
        let evening = MORNING.plus_millis(8 * 3_600_000);
        let events = [
            door.event(EventKind::Badge, Some(with_badge), MORNING),
            door.punch(with_face, MORNING),
            door.event(EventKind::Badge, Some(with_badge), evening),
            door.event(EventKind::Badge, Some(with_face), evening),
        ];
        world.take(&device, &door, &events).await;
        world.work_off().await;
        let date = jiff::civil::date(2026, 11, 20);
        let rows = days::list(&mut world.db.read().await.unwrap(), date, date, None).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["Ada", "Bob"]);
        for row in rows {
            assert_eq!((row.record.first_in(), row.record.last_out()), (Some(MORNING), Some(evening)), "{}", row.name);
        }
    }
}
