//! What payroll is given: once, then the differences; by whom, and what becomes of it when somebody is erased.

mod books;
mod sequences;

use jiff::civil::{Date, date};
use lintel_central::payroll::{self, BatchError, BatchId, Exported};
use lintel_central::rosters::periods;
use lintel_central::store::audit;

use crate::on_both;
use crate::rosters::lock;
use crate::world::{World, may, site};
use books::{Day, LONG};

const MONDAY: Date = date(2026, 11, 2);
const TUESDAY: Date = date(2026, 11, 3);

/// The lines of a file without its head, each without what is the same in all.
fn lines(done: &Exported) -> Vec<String> {
    let text = String::from_utf8(done.file.bytes.clone()).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

fn id(done: &Exported) -> BatchId {
    done.batch.as_ref().unwrap().id
}

async fn unlock(world: &World, month: &str) {
    let month = month.parse().unwrap();
    periods::unlock(&world.db, &may(), &*world.clock, &site("berlin"), month, "a mistake").await.unwrap();
}

async fn bytes(world: &World, batch: BatchId) -> Vec<u8> {
    payroll::file(&world.db, &may(), &*world.clock, batch).await.unwrap().bytes
}

on_both! {
    async fn a_month_is_given_once_and_then_what_differs(world: World) {
        let ada = world.staff("Ada", "0001").await;
        let bob = world.staff("Bob", "0002").await;
        world.puts(ada, MONDAY, Day::Worked(8)).await;
        world.puts(ada, TUESDAY, Day::Overtime(9)).await;
        world.puts(bob, MONDAY, Day::Leave).await;
        let open = world.exports("2026-11").await.unwrap_err();
        assert!(matches!(open, BatchError::NotLocked { .. }), "{open}");
        assert!(open.to_string().contains("period lock --site berlin --month 2026-11"), "{open}");
        // A look takes an open month too, and leaves nothing behind.
        assert_eq!(lines(&world.looks("2026-11").await.unwrap()).len(), 3);
        lock(&world, "berlin", "2026-11").await;

        let first = world.exports("2026-11").await.unwrap();
        assert_eq!(
            lines(&first),
            [
                "2026-11.1,0001,Ada,berlin,2026-11-01,2026-11-30,NORMAL,16.00,,original",
                "2026-11.1,0001,Ada,berlin,2026-11-01,2026-11-30,OVERTIME,1.00,125,original",
                "2026-11.1,0002,Bob,berlin,2026-11-01,2026-11-30,VACATION,8.00,,original",
            ]
        );
        let again = world.exports("2026-11").await.unwrap_err();
        assert!(matches!(again, BatchError::AlreadyExported { batch, .. } if batch == id(&first)), "{again}");
        let said = again.to_string();
        assert!(said.contains("cli exported batch 2026-11.1 on 2026-11-20"), "{said}");

        unlock(&world, "2026-11").await;
        world.puts(ada, TUESDAY, Day::Worked(7)).await;
        world.puts(bob, TUESDAY, Day::Worked(2)).await;
        lock(&world, "berlin", "2026-11").await;
        let second = world.exports("2026-11").await.unwrap();
        assert_eq!(
            lines(&second),
            [
                "2026-11.2,0001,Ada,berlin,2026-11-01,2026-11-30,NORMAL,-8.00,,reversal",
                "2026-11.2,0001,Ada,berlin,2026-11-01,2026-11-30,OVERTIME,-1.00,125,reversal",
                "2026-11.2,0001,Ada,berlin,2026-11-01,2026-11-30,NORMAL,7.00,,adjustment",
                "2026-11.2,0002,Bob,berlin,2026-11-01,2026-11-30,NORMAL,2.00,,adjustment",
            ]
        );
        assert!(matches!(world.exports("2026-11").await, Err(BatchError::AlreadyExported { .. })));

        // Both files again, byte for byte, whatever people are called by now.
        for done in [&first, &second] {
            let batch = done.batch.as_ref().unwrap();
            assert_eq!(bytes(&world, batch.id).await, done.file.bytes);
            assert_eq!(payroll::get(&world.db, &may(), batch.id).await.unwrap(), *batch);
        }
        let listed = payroll::list(&world.db, &may(), Some(&site("berlin")), None, 1).await.unwrap();
        assert_eq!((listed.len(), listed[0].id), (1, id(&second)));
        let rest = payroll::list(&world.db, &may(), None, Some(id(&second)), 10).await.unwrap();
        assert_eq!((rest.len(), rest[0].lines, rest[0].people), (1, 3, 2));
        assert!(payroll::list(&world.db, &may(), Some(&site("lisbon")), None, 10).await.unwrap().is_empty());
        let rows = audit::list_newest(&mut world.db.read().await.unwrap(), None, 100).await.unwrap();
        let exports: Vec<_> = rows.iter().filter(|row| row.action == "payroll.export").collect();
        assert_eq!(exports.iter().map(|row| row.subject.as_str()).collect::<Vec<_>>(), ["2026-11.2", "2026-11.1"]);
    }

    async fn what_is_booked_in_a_later_month_goes_out_with_it(world: World) {
        let ada = world.staff("Ada", "0001").await;
        let december = date(2026, 12, 1);
        world.puts(ada, MONDAY, Day::Worked(8)).await;
        lock(&world, "berlin", "2026-11").await;
        world.puts(ada, MONDAY, Day::Worked(6)).await;
        world.puts(ada, december, Day::Worked(8)).await;
        world.clock.set(crate::office::hours(90 * 24));
        lock(&world, "berlin", "2026-12").await;
        // Nobody knows what payroll has of November.
        let refused = world.exports("2026-12").await.unwrap_err();
        assert!(matches!(refused, BatchError::NotExported { .. }), "{refused}");
        assert!(refused.to_string().contains("--month 2026-11 --site berlin"), "{refused}");
        world.exports("2026-11").await.unwrap();
        let given = world.exports("2026-12").await.unwrap();
        assert_eq!(
            lines(&given),
            [
                "2026-12.1,0001,Ada,berlin,2026-11-01,2026-11-30,NORMAL,-8.00,,reversal",
                "2026-12.1,0001,Ada,berlin,2026-11-01,2026-11-30,NORMAL,6.00,,adjustment",
                "2026-12.1,0001,Ada,berlin,2026-12-01,2026-12-31,NORMAL,8.00,,original",
            ]
        );
        // November, opened and locked again, has nothing to add: December said it.
        unlock(&world, "2026-11").await;
        world.puts(ada, MONDAY, Day::Worked(6)).await;
        lock(&world, "berlin", "2026-11").await;
        assert!(matches!(world.exports("2026-11").await, Err(BatchError::AlreadyExported { .. })));
        assert_eq!(world.given(ada).await, [("worked".to_owned(), None, 14)]);
    }

    async fn overtime_that_is_approved_after_the_lock_goes_out_later(world: World) {
        let ada = world.staff("Ada", "0001").await;
        world.puts(ada, MONDAY, Day::Waiting(10)).await;
        lock(&world, "berlin", "2026-11").await;
        let first = world.exports("2026-11").await.unwrap();
        assert_eq!(lines(&first).len(), 1);
        assert_eq!(first.held_back.to_string(), "2:00");
        world.puts(ada, MONDAY, Day::Overtime(10)).await;
        world.clock.set(crate::office::hours(90 * 24));
        lock(&world, "berlin", "2026-12").await;
        let second = world.exports("2026-12").await.unwrap();
        assert_eq!((lines(&second).len(), second.held_back.is_zero()), (3, true));
        let sums = world.given(ada).await;
        assert_eq!(sums, [("overtime_daily".to_owned(), Some(125), 2), ("worked".to_owned(), None, 8)]);
    }

    async fn of_two_who_export_at_once_one_gives_the_month(world: World) {
        for number in 0..40 {
            let person = world.staff(&format!("Worker {number}"), &format!("{number:04}")).await;
            world.puts(person, MONDAY, Day::Worked(8)).await;
        }
        lock(&world, "berlin", "2026-11").await;
        let (one, other) = tokio::join!(world.exports("2026-11"), world.exports("2026-11"));
        let (done, refused) = if one.is_ok() { (one, other) } else { (other, one) };
        assert_eq!(lines(&done.unwrap()).len(), 40);
        assert!(matches!(refused, Err(BatchError::AlreadyExported { .. })), "{refused:?}");
        assert_eq!(payroll::list(&world.db, &may(), None, None, 10).await.unwrap().len(), 1);
    }

    async fn a_batch_that_payroll_never_took_in_is_taken_back(world: World) {
        let ada = world.staff("Ada", "0001").await;
        world.puts(ada, MONDAY, Day::Worked(8)).await;
        lock(&world, "berlin", "2026-11").await;
        let first = id(&world.exports("2026-11").await.unwrap());
        unlock(&world, "2026-11").await;
        world.puts(ada, MONDAY, Day::Worked(6)).await;
        lock(&world, "berlin", "2026-11").await;
        let second = id(&world.exports("2026-11").await.unwrap());
        let cancel = async |batch, reason: &str| payroll::cancel(&world.db, &may(), &*world.clock, batch, reason).await;
        assert!(matches!(cancel(first, "wrong codes").await, Err(BatchError::NotLatest { later, .. }) if later == second));
        assert!(matches!(cancel(second, "x").await, Err(BatchError::Reason)));
        cancel(second, "wrong codes").await.unwrap();
        assert!(matches!(cancel(second, "wrong codes").await, Err(BatchError::CancelledAlready(_))));
        cancel(first, "wrong codes").await.unwrap();
        let nowhere = "2026-11.9".parse().unwrap();
        assert!(matches!(cancel(nowhere, "wrong codes").await, Err(BatchError::UnknownBatch(_))));
        let third = world.exports("2026-11").await.unwrap();
        assert_eq!(lines(&third), ["2026-11.3,0001,Ada,berlin,2026-11-01,2026-11-30,NORMAL,6.00,,original"]);
        let row = payroll::get(&world.db, &may(), first).await.unwrap();
        assert_eq!(row.cancelled.unwrap().reason, "wrong codes");
        let rows = audit::list_newest(&mut world.db.read().await.unwrap(), None, 100).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.action == "payroll.cancel").count(), 2);
    }

    async fn a_batch_that_a_later_month_counts_on_stays(world: World) {
        let ada = world.staff("Ada", "0001").await;
        world.puts(ada, MONDAY, Day::Worked(8)).await;
        lock(&world, "berlin", "2026-11").await;
        let november = id(&world.exports("2026-11").await.unwrap());
        world.puts(ada, MONDAY, Day::Worked(6)).await;
        world.clock.set(crate::office::hours(90 * 24));
        lock(&world, "berlin", "2026-12").await;
        let december = id(&world.exports("2026-12").await.unwrap());
        let refused = payroll::cancel(&world.db, &may(), &*world.clock, november, "wrong codes").await;
        assert!(matches!(refused, Err(BatchError::NotLatest { later, .. }) if later == december), "{refused:?}");
    }

    async fn whoever_is_erased_leaves_the_batches_and_their_sums_stay(world: World) {
        let (ada, bob) = (world.staff("Ada", "0001").await, world.staff("Bob", "0002").await);
        world.puts(ada, MONDAY, Day::Worked(8)).await;
        world.puts(bob, MONDAY, Day::Worked(8)).await;
        lock(&world, "berlin", "2026-11").await;
        let done = world.exports("2026-11").await.unwrap();
        world.erase(ada).await;
        let file = payroll::file(&world.db, &may(), &*world.clock, id(&done)).await.unwrap();
        let text = String::from_utf8(file.bytes).unwrap();
        assert!(!text.contains("Ada") && text.contains("Bob"), "{text}");
        assert_eq!((file.erased, file.name.as_str()), (1, "payroll-2026-11.1-without-1-erased.csv"));
        let row = payroll::get(&world.db, &may(), id(&done)).await.unwrap();
        assert_eq!((row.erased, row.people, row.sums), (1, 2, done.sums));
        // Nothing is taken back of whom nobody knows any more.
        assert!(matches!(world.exports("2026-11").await, Err(BatchError::AlreadyExported { .. })));
    }

    async fn a_day_that_moved_to_another_site_is_taken_back_there_and_given_here(world: World) {
        let ada = world.staff("Ada", "0001").await;
        world.puts(ada, MONDAY, Day::Worked(8)).await;
        lock(&world, "berlin", "2026-11").await;
        world.exports("2026-11").await.unwrap();
        unlock(&world, "2026-11").await;
        world.puts_at(ada, MONDAY, Day::Worked(8), "lisbon").await;
        lock(&world, "berlin", "2026-11").await;
        lock(&world, "lisbon", "2026-11").await;
        // Of all sites at once.
        let wish = payroll::Wish { month: "2026-11".parse().unwrap(), site: None, mapping: LONG.to_owned() };
        let moved = payroll::export(&world.db, &may(), &*world.clock, &wish).await.unwrap();
        assert_eq!(
            lines(&moved),
            [
                "2026-11.2,0001,Ada,berlin,2026-11-01,2026-11-30,NORMAL,-8.00,,reversal",
                "2026-11.2,0001,Ada,lisbon,2026-11-01,2026-11-30,NORMAL,8.00,,original",
            ]
        );
        assert_eq!(bytes(&world, id(&moved)).await, moved.file.bytes);
    }

    async fn what_can_t_be_written_gives_nothing(world: World) {
        let ada = world.person("Ada", "berlin").await;
        world.puts(ada, MONDAY, Day::Worked(8)).await;
        lock(&world, "berlin", "2026-11").await;
        let refused = world.exports("2026-11").await.unwrap_err();
        assert!(refused.to_string().contains("has no staff number"), "{refused}");
        let wrong = LONG.replace("\nfrom = \"staff_no\"\n", "\nfrom = \"shoe_size\"\n");
        let refused = world.exports_by("2026-11", &wrong).await.unwrap_err().to_string();
        assert!(refused.contains("shoe_size") && refused.contains("line "), "{refused}");
        let nowhere = payroll::Wish { month: "2026-11".parse().unwrap(), site: Some(site("paris")), mapping: LONG.to_owned() };
        let refused = payroll::export(&world.db, &may(), &*world.clock, &nowhere).await;
        assert!(matches!(refused, Err(BatchError::UnknownSite(_))));
        let nobody = payroll::Wish { month: "2020-01".parse().unwrap(), site: None, mapping: LONG.to_owned() };
        let refused = payroll::export(&world.db, &may(), &*world.clock, &nobody).await;
        assert!(matches!(refused, Err(BatchError::NoDays(_))));
        assert!(payroll::list(&world.db, &may(), None, None, 10).await.unwrap().is_empty());
        assert!(world.given(ada).await.is_empty());
    }

    async fn what_a_mapping_ignores_is_neither_given_nor_taken_back(world: World) {
        let ada = world.staff("Ada", "0001").await;
        world.puts(ada, MONDAY, Day::Leave).await;
        world.puts(ada, TUESDAY, Day::Worked(8)).await;
        lock(&world, "berlin", "2026-11").await;
        let without = LONG.replace("\nignore = []", "\nignore = [\"leave:annual\"]").replace("\"leave:annual\" = \"VACATION\"\n", "");
        let first = world.exports_by("2026-11", &without).await.unwrap();
        assert_eq!(lines(&first).len(), 1);
        // Under a mapping that has a code for it, it is still to be given.
        let second = world.exports("2026-11").await.unwrap();
        assert_eq!(lines(&second), ["2026-11.2,0001,Ada,berlin,2026-11-01,2026-11-30,VACATION,8.00,,adjustment"]);
        assert!(matches!(world.exports_by("2026-11", &without).await, Err(BatchError::AlreadyExported { .. })));
    }
}
