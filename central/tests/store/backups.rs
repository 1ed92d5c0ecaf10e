//! Backups of both databases: what comes back, what doors see, what an erasure does to older ones.

use std::path::PathBuf;
use std::sync::Arc;

use lintel_central::backup::manifest::Part;
use lintel_central::backup::{self, BackupError, Consent, Progress, file, shelf};
use lintel_central::jobs::ScrubErased;
use lintel_central::people;
use lintel_central::store::{Db, DbOptions, audit, ledger, vault};
use lintel_core::event::EventKind;
use lintel_core::ids::PersonId;
use lintel_core::time::Clock;

use crate::door::Door;
use crate::on_both;
use crate::world::{MORNING, World, may};

fn silent() -> Progress {
    Arc::new(|_| ())
}

/// Closes the database, restores into it, and opens it again.
async fn restored(
    world: &mut World,
    file: &std::path::Path,
    consent: &Consent,
) -> Result<backup::Restored, BackupError> {
    let desk = world.desk();
    world.db.close().await;
    let clock: Arc<dyn Clock> = Arc::clone(&world.clock) as _;
    let done = backup::restore(&desk.settings, &world.keys, &clock, &may(), file, consent, &silent()).await;
    world.db = Db::open(&DbOptions::for_url(&world.url)).await.unwrap();
    done
}

async fn made(world: &World) -> PathBuf {
    let desk = world.desk();
    backup::create(&desk, &may(), &desk.folder(), &silent()).await.unwrap().central
}

async fn sum(world: &World) -> ledger::LedgerSum {
    ledger::sum(&mut world.db.read().await.unwrap()).await.unwrap()
}

/// Backups of the people's keys in a folder in which a person's id stands, opened with the centre's own key.
/// As bytes in a copy of SQLite's file, as hexadecimal digits in PostgreSQL's.
fn vaults_with(world: &World, folder: &std::path::Path, person: PersonId) -> usize {
    let id = person.as_uuid().as_bytes().to_vec();
    let hex = id.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes();
    let holds = |bytes: &[u8], needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let files = shelf::files(folder, Part::Vault).unwrap();
    let opened = files.iter().map(|path| {
        let mut bytes = Vec::new();
        file::open(path, &world.keys.data).unwrap().unpack(&mut bytes, &silent()).unwrap();
        bytes
    });
    opened.filter(|bytes| holds(bytes, &id) || holds(bytes, &hex)).count()
}

const OVER: Consent = Consent { yes: true, without_vault: false, without_erasures: false, erasures: None };

on_both! {
    async fn a_restored_database_has_the_same_ledger_and_opens_its_templates(world: World) {
        let mut world = world;
        let device = world.device("door-1", "berlin").await;
        let person = world.enrolled("Ada", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let events: Vec<_> = (0..20).map(|n| door.punch(person, MORNING.plus_millis(n * 600_000))).collect();
        world.take(&device, &door, &events).await;
        world.work_off().await;
        let (before, file) = (sum(&world).await, made(&world).await);
        assert_eq!((before.events, before.days), (20, 1));

        let later = world.enrolled("Grace", "berlin").await;
        let more = door.punch(later, MORNING.plus_millis(13_000_000));
        world.take(&device, &door, &[more]).await;
        world.work_off().await;
        assert_ne!(sum(&world).await, before);
        let since = world.delta(&device, 0).await.unwrap().revision;

        let done = restored(&mut world, &file, &OVER).await.unwrap();
        assert!(done.former.is_some() && done.settled.erased == 0);
        assert_eq!(sum(&world).await, before);
        world.db.check_migrations().await.unwrap();
        // The door knows Grace at a revision of another past, and is told everything anew.
        let delta = world.delta(&device, since).await.unwrap();
        assert_eq!(delta.since, 0);
        assert_eq!(delta.upsert.iter().map(|one| one.person_id).collect::<Vec<_>>(), [person]);
        let rows = audit::list_newest(&mut world.db.read().await.unwrap(), None, 5).await.unwrap();
        assert!(rows.iter().any(|row| row.action == "backup.restore"));
    }

    async fn what_no_door_has_any_more_is_shown_as_missing_and_not_waited_for(world: World) {
        let mut world = world;
        let device = world.device("door-1", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let events: Vec<_> = (0..6).map(|n| door.event(EventKind::Unknown, None, MORNING.plus_millis(n))).collect();
        world.take(&device, &door, &events[..2]).await;
        let file = made(&world).await;
        assert_eq!(world.take(&device, &door, &events[2..5]).await.body.through_seq, 5);
        restored(&mut world, &file, &OVER).await.unwrap();

        // The door still thinks that five are signed for; then it goes back as far as it can, to the fourth.
        assert_eq!(world.take(&device, &door, &events[5..]).await.body.through_seq, 2);
        let batch = String::from_utf8(door.batch(&events[3..])).unwrap();
        let from = |oldest: u8| batch.replacen("\"events\":", &format!("\"oldest\":{oldest},\"events\":"), 1);
        let done = world.accept(&device, from(4).as_bytes()).await.unwrap();
        assert_eq!((done.body.through_seq, done.body.head_hash), (6, door.head()));
        let rows = lintel_central::store::events::ledger(&mut world.db.read().await.unwrap(), &device.device_id).await.unwrap();
        let states: Vec<(u64, &str)> = rows.iter().map(|row| (row.seq, row.chain_state.as_str())).collect();
        assert_eq!(states, [(1, "ok"), (2, "ok"), (4, "broken"), (5, "ok"), (6, "ok")]);
        // Where nothing is missing, the word changes nothing.
        assert_eq!(world.accept(&device, from(2).as_bytes()).await.unwrap().body.through_seq, 6);
    }

    async fn a_database_with_records_is_replaced_only_when_told_so(world: World) {
        let mut world = world;
        world.person("Ada", "berlin").await;
        let file = made(&world).await;
        world.person("Grace", "berlin").await;
        let refused = restored(&mut world, &file, &Consent::default()).await.unwrap_err();
        assert!(matches!(refused, BackupError::NotEmpty), "{refused}");
        assert_eq!(people::list(&world.db, &may(), None).await.unwrap().len(), 2);
    }

    async fn a_damaged_vault_stops_a_restore_before_anything_is_touched(world: World) {
        let mut world = world;
        world.enrolled("Ada", "berlin").await;
        let file = made(&world).await;
        let vault = shelf::files(file.parent().unwrap(), Part::Vault).unwrap().pop().unwrap();
        let mut bytes = std::fs::read(&vault).unwrap();
        let at = bytes.len() - 20;
        bytes[at] ^= 1;
        std::fs::write(&vault, bytes).unwrap();
        world.person("Grace", "berlin").await;
        let refused = restored(&mut world, &file, &OVER).await.unwrap_err();
        assert!(matches!(refused, BackupError::Damaged { .. }), "{refused}");
        assert_eq!(people::list(&world.db, &may(), None).await.unwrap().len(), 2);
    }

    async fn an_erasure_renews_the_vault_s_backups_and_is_repeated_on_older_ones(world: World) {
        let mut world = world;
        let (gone, stays) = (world.enrolled("Ada", "berlin").await, world.enrolled("Grace", "berlin").await);
        let first = made(&world).await;
        world.clock.set(MORNING.plus_millis(60_000));
        made(&world).await;
        let folder = first.parent().unwrap();
        let old = shelf::files(folder, Part::Vault).unwrap();
        assert_eq!(old.len(), 2);
        assert_eq!((vaults_with(&world, folder, gone), vaults_with(&world, folder, stays)), (2, 2));
        world.clock.set(MORNING.plus_millis(120_000));
        world.erase(gone).await;
        ScrubErased.run(&world.desk()).await.unwrap();
        let new = shelf::files(folder, Part::Vault).unwrap();
        assert!(new.len() == 1 && !old.contains(&new[0]), "{new:?}");
        assert_eq!((vaults_with(&world, folder, gone), vaults_with(&world, folder, stays)), (0, 1));

        let done = restored(&mut world, &first, &OVER).await.unwrap();
        assert_eq!(done.settled.erased, 1);
        let mut tx = world.db.read().await.unwrap();
        assert!(vault::get(&mut tx, gone).await.unwrap().is_none());
        assert!(vault::get(&mut tx, stays).await.unwrap().is_some());
        drop(tx);
        let listed = people::list(&world.db, &may(), None).await.unwrap();
        assert_eq!(listed.iter().map(|one| one.person_id).collect::<Vec<_>>(), [stays]);
        let device = world.device("door-9", "berlin").await;
        assert_eq!(world.delta(&device, 0).await.unwrap().upsert.len(), 1, "the control person's template opens");
    }

    async fn a_ledger_that_was_lost_stops_a_restore(world: World) {
        let mut world = world;
        let person = world.person("Ada", "berlin").await;
        world.erase(person).await;
        let file = made(&world).await;
        for path in [world.dir().join("erasures.log"), file.with_file_name("erasures.log")] {
            std::fs::remove_file(path).unwrap();
        }
        let refused = restored(&mut world, &file, &OVER).await.unwrap_err();
        assert!(matches!(refused, BackupError::NoLedger { .. }), "{refused}");
        let knowing = Consent { without_erasures: true, ..OVER };
        restored(&mut world, &file, &knowing).await.unwrap();
    }

    async fn a_former_database_is_dropped_after_a_week_and_at_an_erasure(world: World) {
        let mut world = world;
        let person = world.person("Ada", "berlin").await;
        let file = made(&world).await;
        restored(&mut world, &file, &OVER).await.unwrap();
        let day = 24 * 3_600_000;
        assert_eq!(backup::forget_former(&world.desk(), MORNING.plus_millis(-day)).await.unwrap(), 0);
        world.clock.set(MORNING.plus_millis(day));
        world.erase(person).await;
        world.work_off().await;
        assert_eq!(backup::forget_former(&world.desk(), MORNING.plus_millis(9 * day)).await.unwrap(), 0, "gone already");
    }

    async fn backups_are_listed_with_what_they_hold_and_pruned(world: World) {
        for n in 0..3 {
            world.clock.set(MORNING.plus_millis(n * 1_000));
            made(&world).await;
        }
        let folder = world.desk().folder();
        let listed = shelf::list(&folder, Part::Central, &world.keys.data).unwrap();
        assert_eq!(listed.len(), 3);
        let manifest = listed[0].manifest.as_ref().unwrap();
        assert_eq!((manifest.engine.as_str(), manifest.created_at), (world.db.engine(), MORNING));
        assert!(manifest.vault.as_ref().is_some_and(|name| name.starts_with("vault-")));
        shelf::prune(&folder, 1, &[], &world.keys.data).unwrap();
        assert_eq!(shelf::list(&folder, Part::Central, &world.keys.data).unwrap().len(), 1);
    }
}
