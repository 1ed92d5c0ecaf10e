//! Erasing: from every table, from the files, from what comes late, and again after a restore.

use std::path::Path;

use lintel_central::erasure::{self, Erased};
use lintel_central::jobs::ScrubErased;
use lintel_central::payroll::{BatchId, GivenDay};
use lintel_central::people;
use lintel_central::store::adjustments::{self, Adjustment};
use lintel_central::store::payroll::{self, Entry, NewBatch};
use lintel_central::store::recomputes::{self, ChangeRow, RecomputeRow};
use lintel_central::store::{Tx, erasures, events, people as people_rows, vault};
use lintel_core::chain::Hash;
use lintel_core::event::EventKind;
use lintel_core::ids::PersonId;
use lintel_core::wire::WireEvent;
use serde_json::value::RawValue;
use sqlx::{AssertSqlSafe, Connection as _};

use crate::door::Door;
use crate::on_both;
use crate::world::{MORNING, World, may, site};

/// Tables that may hold an erased person's id, and why.
const MAY_REMEMBER: &[&str] = &[
    // So that late events and restored copies are recognised.
    "erasure",
    // So that doors learn of the removal.
    "gallery_change",
    // Who did what to which id; without a name.
    "audit",
];

/// The tables in which a person's id stands, as bytes or as text, in whichever column.
async fn tables_with(world: &World, person: PersonId) -> Vec<String> {
    let hex: String = person.as_uuid().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut found = Vec::new();
    if world.url.starts_with("sqlite") {
        let url = format!("{}?mode=ro", world.url);
        let mut db = sqlx::SqliteConnection::connect(&url).await.unwrap();
        let vault = world.dir().join("vault.db").display().to_string();
        sqlx::query("ATTACH DATABASE $1 AS vault").bind(vault).execute(&mut db).await.unwrap();
        for schema in ["main", "vault"] {
            let columns: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(format!(
                "SELECT m.name, c.name FROM {schema}.sqlite_master m, pragma_table_info(m.name, '{schema}') c WHERE m.type = 'table'"
            )))
            .fetch_all(&mut db)
            .await
            .unwrap();
            assert!(!columns.is_empty(), "{schema}");
            for (table, column) in columns {
                let (count,): (i64,) = sqlx::query_as(AssertSqlSafe(format!(
                    "SELECT COUNT(*) FROM {schema}.{table} WHERE instr(CAST({column} AS BLOB), x'{hex}') > 0 \
                     OR instr(CAST({column} AS BLOB), CAST('{person}' AS BLOB)) > 0"
                )))
                .fetch_one(&mut db)
                .await
                .unwrap();
                if count > 0 {
                    found.push(table);
                }
            }
        }
    } else {
        let mut db = sqlx::PgConnection::connect(&world.url).await.unwrap();
        let columns: Vec<(String, String, String, String)> = sqlx::query_as(
            "SELECT table_schema::text, table_name::text, column_name::text, data_type::text FROM information_schema.columns \
             WHERE table_schema IN ('public', 'vault') AND data_type IN ('bytea', 'text')",
        )
        .fetch_all(&mut db)
        .await
        .unwrap();
        assert!(columns.iter().any(|(schema, ..)| schema == "vault"));
        for (schema, table, column, kind) in columns {
            let condition = if kind == "bytea" {
                format!(
                    "position('\\x{hex}'::bytea in {column}) > 0 OR position(convert_to('{person}', 'UTF8') in {column}) > 0"
                )
            } else {
                format!("position('{person}' in {column}) > 0")
            };
            let (count,): (i64,) = sqlx::query_as(AssertSqlSafe(format!(
                "SELECT COUNT(*) FROM {schema}.{table} WHERE {condition}"
            )))
            .fetch_one(&mut db)
            .await
            .unwrap();
            if count > 0 {
                found.push(table);
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Whether bytes stand in any file below a folder.
fn in_files(dir: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return in_files(&path, needle);
        }
        std::fs::read(&path).is_ok_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    })
}

/// PostgreSQL writes to its files at a checkpoint; SQLite's are written at every commit.
async fn written_out(world: &World) {
    if world.url.starts_with("postgres") {
        let mut db = sqlx::PgConnection::connect(&world.url).await.unwrap();
        // As the server does by itself now and then; its statistics keep samples of what they count.
        sqlx::raw_sql("ANALYZE").execute(&mut db).await.unwrap();
        sqlx::raw_sql("CHECKPOINT").execute(&mut db).await.unwrap();
    }
}

/// A person with everything that can be said about one.
async fn busy_person(world: &World, name: &str) -> PersonId {
    let door_id = format!("door-{}", name.split(' ').next().unwrap().to_lowercase());
    let device = world.device(&door_id, "berlin").await;
    let person = world.enrolled(name, "berlin").await;
    people::allow_site(&world.db, &may(), &*world.clock, person, &"lisbon".parse().unwrap()).await.unwrap();
    let mut door = Door::new(&device.device_id);
    let mut events: Vec<WireEvent> = (0..3).map(|n| door.punch(person, MORNING.plus_millis(n))).collect();
    let mut altered = door.event(EventKind::Badge, Some(person), MORNING);
    altered.payload = RawValue::from_string(altered.payload.get().replace("lintel-1", "lintel-2")).unwrap();
    events.push(altered);
    world.confirms(&device).await;
    world.take(&device, &door, &events).await;
    world.work_off().await;
    keep_history(world, person).await;
    person
}

/// What payroll and orders keep of somebody.
async fn keep_history(world: &World, person: PersonId) {
    let mut tx = world.db.write().await.unwrap();
    let date = jiff::civil::date(2026, 11, 20);
    let row = Adjustment {
        person_id: person,
        date,
        site_id: site("berlin"),
        month: "2026-12".parse().unwrap(),
        before: None,
        after: Some("{}".into()),
    };
    adjustments::put(&mut tx, &row, MORNING).await.unwrap();
    let recompute_id = uuid::Uuid::new_v4().into();
    let applied_by = "local".to_owned();
    let row =
        RecomputeRow { recompute_id, from: date, to: date, applied_by, applied_at: MORNING, undone_at: None };
    recomputes::create(&mut tx, &row).await.unwrap();
    let change = ChangeRow { person_id: person, date, before: None, after: Some("{}".into()) };
    recomputes::create_changes(&mut tx, recompute_id, &[change]).await.unwrap();
    give(&mut tx, person, date).await;
    tx.commit().await.unwrap();
}

/// A batch of one person, with their name.
async fn give(tx: &mut Tx, person: PersonId, date: jiff::civil::Date) {
    let (number, turn) = payroll::next(tx, "2026-10".parse().unwrap()).await.unwrap();
    let id = BatchId { month: "2026-10".parse().unwrap(), number };
    let sha256 = Hash::of(b"mapping");
    payroll::put_mapping(tx, sha256, "mapping").await.unwrap();
    let (by, mapping_name) = ("local".to_owned(), "mapping".to_owned());
    let new = NewBatch { id, turn, site: None, mapping_name, mapping_sha256: sha256, by, at: MORNING };
    payroll::create(tx, &new, &[site("berlin")].into()).await.unwrap();
    let name = people_rows::get(tx, person).await.unwrap().unwrap().name;
    let days = vec![GivenDay { date, record: None, lines: Vec::new() }];
    let entry =
        Entry { person_id: person, site_id: site("berlin"), name, staff_no: None, team: String::new(), days };
    payroll::create_entries(tx, id, &[entry]).await.unwrap();
}

on_both! {
    async fn no_table_keeps_an_erased_person(world: World) {
        let person = busy_person(&world, "Ada").await;
        let before = tables_with(&world, person).await;
        for table in ["person", "person_key", "template", "consent", "event_person", "rejected_event", "day_record", "person_site_exception", "day_block", "door_person", "adjustment", "recompute_change", "payroll_entry", "payroll_name"] {
            assert!(before.iter().any(|found| found == table), "{table} is not among {before:?}");
        }
        world.erase(person).await;
        let after = tables_with(&world, person).await;
        assert!(after.iter().all(|table| MAY_REMEMBER.contains(&table.as_str())), "{after:?}");
    }

    async fn neither_name_nor_key_is_left_in_the_files_and_a_control_person_s_are(world: World) {
        let (erased, control) = ("Wilhelmine Unverwechselbar", "Theodora Ebenfallseinmalig");
        let gone = busy_person(&world, erased).await;
        let stays = busy_person(&world, control).await;
        let key = vault::get(&mut world.db.read().await.unwrap(), gone).await.unwrap().unwrap();
        let kept = vault::get(&mut world.db.read().await.unwrap(), stays).await.unwrap().unwrap();
        // Neighbours, so that pages split and cells move.
        for n in 0..200 {
            world.person(&format!("Someone {n}"), "berlin").await;
        }
        written_out(&world).await;
        let files = world.files();
        for needle in [erased, &erased.to_lowercase(), control, &key, &kept] {
            assert!(in_files(&files, needle.as_bytes()), "{needle} should be there before");
        }
        world.erase(gone).await;
        ScrubErased.run(&world.desk()).await.unwrap();
        written_out(&world).await;
        for needle in [erased, &erased.to_lowercase(), &key] {
            assert!(!in_files(&files, needle.as_bytes()), "{needle} is still in the files");
        }
        for needle in [control, &kept] {
            assert!(in_files(&files, needle.as_bytes()), "{needle} is gone too");
        }
    }

    async fn an_event_that_comes_after_the_erasure_is_taken_without_its_person(world: World) {
        let device = world.device("door-1", "berlin").await;
        let person = world.enrolled("Ada", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let late = door.punch(person, MORNING);
        world.erase(person).await;
        let done = world.take(&device, &door, &[late]).await;
        assert_eq!((done.stored, done.body.through_seq, done.body.head_hash), (1, 1, door.head()));
        world.work_off().await;
        let rows = events::ledger(&mut world.db.read().await.unwrap(), &device.device_id).await.unwrap();
        assert!(rows[0].person_id.is_none() && rows[0].status == "accepted");
        assert!(!tables_with(&world, person).await.contains(&"event_person".to_owned()));
    }

    async fn a_restored_database_is_erased_again_and_only_once(world: World) {
        let (gone, stays) = (busy_person(&world, "Ada").await, busy_person(&world, "Grace").await);
        // What a backup from before the erasure looks like: the ledger knows more than the database.
        world.ledger().append(&[Erased { person_id: gone, at: MORNING }]).unwrap();
        let done = erasure::replay(&world.db, &world.ledger(), &*world.clock).await.unwrap();
        assert_eq!((done.erased, done.learnt), (1, 0));
        let after = tables_with(&world, gone).await;
        assert!(after.iter().all(|table| MAY_REMEMBER.contains(&table.as_str())), "{after:?}");
        assert!(people::find(&world.db, &may(), &stays.to_string()).await.is_ok());
        let again = erasure::replay(&world.db, &world.ledger(), &*world.clock).await.unwrap();
        assert_eq!((again.erased, again.learnt), (0, 0));
    }

    async fn a_vault_that_was_copied_back_is_emptied_of_the_erased(world: World) {
        let person = world.enrolled("Ada", "berlin").await;
        let key = vault::get(&mut world.db.read().await.unwrap(), person).await.unwrap().unwrap();
        world.erase(person).await;
        let mut tx = world.db.write().await.unwrap();
        vault::create(&mut tx, person, &key, MORNING).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(erasure::replay(&world.db, &world.ledger(), &*world.clock).await.unwrap().erased, 1);
        assert!(vault::get(&mut world.db.read().await.unwrap(), person).await.unwrap().is_none());
    }

    async fn what_another_replica_erased_is_written_into_this_ledger(world: World) {
        let person = world.enrolled("Ada", "berlin").await;
        let mut tx = world.db.write().await.unwrap();
        erasures::create(&mut tx, person, MORNING).await.unwrap();
        tx.commit().await.unwrap();
        let done = erasure::replay(&world.db, &world.ledger(), &*world.clock).await.unwrap();
        // And whom the other replica could not finish is finished here.
        assert_eq!((done.erased, done.learnt), (1, 1));
        assert_eq!(world.ledger().read().unwrap().entries[0].person_id, person);
    }

    async fn nobody_is_erased_when_the_ledger_can_not_be_written(world: World) {
        let person = world.enrolled("Ada", "berlin").await;
        std::fs::create_dir(world.dir().join("erasures.log")).unwrap();
        let refused = erasure::erase(&world.db, &world.ledger(), &may(), &*world.clock, person).await.unwrap_err();
        assert!(refused.to_string().contains("erasures.log"), "{refused}");
        assert!(people::find(&world.db, &may(), &person.to_string()).await.is_ok());
    }
}
