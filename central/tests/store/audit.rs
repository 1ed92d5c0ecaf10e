//! The audit: a row for each change, chained, and every tampering found.

use lintel_central::audit::{self, AuditFilter, AuditReport, Seal};
use lintel_central::people;
use lintel_central::store::audit as rows;

use crate::on_both;
use crate::world::{MORNING, World, may, site};

async fn report(world: &World) -> AuditReport {
    audit::verify(&world.db, &may(), &world.keys.ack.verifying_key()).await.unwrap()
}

on_both! {
    async fn each_change_leaves_a_row_without_names_or_values(world: World) {
        let person = world.enrolled("Ada Lovelace", "berlin").await;
        people::move_to(&world.db, &may(), &*world.clock, person, &site("lisbon")).await.unwrap();
        let all = rows::list_unsealed(&mut world.db.read().await.unwrap(), 100).await.unwrap();
        let actions: Vec<&str> = all.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["site.add", "site.add", "person.add", "consent.give", "template.add", "person.move"]);
        assert!(!format!("{all:?}").contains("Ada"));
        assert!(!format!("{all:?}").contains("2026-1"));
    }

    async fn the_sealer_chains_rows_and_signs_the_head_each_hour(world: World) {
        assert_eq!(report(&world).await.unsealed, 2);
        assert_eq!(audit::seal(&world.db, &world.keys, &*world.clock).await.unwrap(), 2);
        assert_eq!(audit::seal(&world.db, &world.keys, &*world.clock).await.unwrap(), 0);
        world.person("Ada", "berlin").await;
        audit::seal(&world.db, &world.keys, &*world.clock).await.unwrap();
        let seen = report(&world).await;
        assert_eq!((seen.sealed, seen.unsealed, seen.heads, seen.broken_at), (3, 0, 1, None));
        world.clock.set(MORNING.plus_millis(3_600_000));
        world.person("Bob", "berlin").await;
        audit::seal(&world.db, &world.keys, &*world.clock).await.unwrap();
        assert_eq!(report(&world).await.heads, 2);
    }

    async fn pages_go_back_without_a_gap_and_hold_only_what_the_filter_lets_through(world: World) {
        for n in 0..5 {
            world.person(&format!("Person {n}"), "berlin").await;
        }
        let read = async |filter: &AuditFilter, below| audit::page(&world.db, &may(), filter, below, 3).await.unwrap();
        let all = AuditFilter::default();
        let (newest, more) = read(&all, None).await;
        let (older, _) = read(&all, newest.last().map(|row| row.audit_no)).await;
        let numbers: Vec<i64> = newest.iter().chain(&older).map(|row| row.audit_no).collect();
        assert_eq!((numbers, more), (vec![7, 6, 5, 4, 3, 2], true));
        let sites = AuditFilter { action: "site.add".into(), ..AuditFilter::default() };
        let (found, more) = read(&sites, None).await;
        assert!(found.len() == 2 && !more && found.iter().all(|row| row.subject != "Person 1"));
        for nothing in [
            AuditFilter { actor: "account:1".into(), ..AuditFilter::default() },
            AuditFilter { subject: newest[0].subject.clone(), action: "site.add".into(), ..AuditFilter::default() },
            AuditFilter { from: Some(MORNING.plus_millis(1)), ..AuditFilter::default() },
            AuditFilter { until: Some(MORNING), ..AuditFilter::default() },
        ] {
            assert_eq!(read(&nothing, None).await, (Vec::new(), false), "{nothing:?}");
        }
        let (found, _) = read(&AuditFilter { from: Some(MORNING), subject: newest[0].subject.clone(), ..all }, None).await;
        assert_eq!(found, [newest[0].clone()]);
    }

    async fn the_seal_is_told_without_reading_the_chain(world: World) {
        let state = async || audit::seal_state(&world.db, &may()).await.unwrap();
        assert_eq!(state().await, Seal { sealed: 0, unsealed: 2, signed: None });
        audit::seal(&world.db, &world.keys, &*world.clock).await.unwrap();
        world.person("Ada", "berlin").await;
        assert_eq!(state().await, Seal { sealed: 2, unsealed: 1, signed: Some((2, MORNING)) });
    }

    async fn a_head_signed_by_somebody_else_is_found(world: World) {
        audit::seal(&world.db, &world.keys, &*world.clock).await.unwrap();
        let other = lintel_core::sign::SigningKey::from_seed(&[9; 32]).verifying_key();
        let seen = audit::verify(&world.db, &may(), &other).await.unwrap();
        assert_eq!((seen.heads, seen.bad_heads), (0, vec![2]));
    }

    async fn a_row_that_was_put_elsewhere_in_the_chain_is_found(world: World) {
        world.person("Ada", "berlin").await;
        audit::seal(&world.db, &world.keys, &*world.clock).await.unwrap();
        let mut tx = world.db.write().await.unwrap();
        let all = rows::list_sealed(&mut tx, 0, 10).await.unwrap();
        // The second row's place is given to the hash of the third.
        rows::update_seal(&mut tx, all[1].row.audit_no, 2, &all[2].hash).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(report(&world).await.broken_at, Some(2));
    }
}
