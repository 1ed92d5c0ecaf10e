//! Whatever is corrected, locked, opened, exported and taken back in whatever order: in the end payroll has what
//! the days are, nothing twice and nothing lost.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use lintel_central::attendance::Month;
use lintel_central::payroll::{self, BatchError};
use lintel_central::rosters::periods;
use lintel_core::ids::PersonId;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::books::{Day, worth};
use crate::world::{World, may, site};

const MONTHS: [&str; 3] = ["2026-01", "2026-02", "2026-03"];
const PEOPLE: usize = 2;

/// Something that somebody does.
#[derive(Debug, Clone, Copy)]
enum Step {
    Correct { who: usize, on: Date, day: Day },
    Lock(usize),
    Unlock(usize),
    Export(usize),
    Cancel(usize),
}

fn any_day() -> impl Strategy<Value = Day> {
    prop_oneof![
        1 => Just(Day::Nothing),
        3 => (1_i64..8).prop_map(Day::Worked),
        1 => (9_i64..12).prop_map(Day::Overtime),
        1 => (9_i64..12).prop_map(Day::Waiting),
        1 => Just(Day::Leave),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let month = 0..MONTHS.len();
    prop_oneof![
        5 => (0..PEOPLE, 1_i8..=3, 5_i8..=6, any_day())
            .prop_map(|(who, month, on, day)| Step::Correct { who, on: date(2026, month, on), day }),
        4 => month.clone().prop_map(Step::Lock),
        2 => month.clone().prop_map(Step::Unlock),
        5 => month.clone().prop_map(Step::Export),
        1 => month.prop_map(Step::Cancel),
    ]
}

/// The slow, obvious model: what each day was last said to be.
struct Model {
    people: Vec<PersonId>,
    truth: BTreeMap<(usize, Date), Day>,
}

impl Model {
    fn of(&self, who: usize) -> BTreeMap<Date, Vec<(String, Option<u16>, i64)>> {
        let days = self.truth.iter().filter(|((of, _), _)| *of == who);
        days.map(|((_, on), day)| (*on, sorted(worth(*day)))).filter(|(_, worth)| !worth.is_empty()).collect()
    }
}

fn sorted(mut worth: Vec<(String, Option<u16>, i64)>) -> Vec<(String, Option<u16>, i64)> {
    worth.sort();
    worth
}

async fn lock(world: &World, month: Month) {
    // Locked already: as good.
    periods::lock(&world.db, &may(), &*world.clock, &site("berlin"), month, "payroll").await.ok();
}

async fn take(world: &World, model: &mut Model, step: Step) {
    let month = |place: usize| MONTHS[place].parse::<Month>().unwrap();
    match step {
        Step::Correct { who, on, day } => {
            model.truth.insert((who, on), day);
            world.puts(model.people[who], on, day).await;
        }
        Step::Lock(place) => lock(world, month(place)).await,
        Step::Unlock(place) => {
            let month = month(place);
            let opened =
                periods::unlock(&world.db, &may(), &*world.clock, &site("berlin"), month, "a mistake").await;
            if opened.is_ok() {
                // As the jobs do that an opened month queues.
                for ((who, on), day) in model.truth.iter().filter(|((_, on), _)| Month::of(*on) == month) {
                    world.puts(model.people[*who], *on, *day).await;
                }
            }
        }
        Step::Export(place) => export(world, MONTHS[place]).await,
        Step::Cancel(place) => {
            let batches = payroll::list(&world.db, &may(), None, None, 1_000).await.unwrap();
            let of_month =
                |batch: &&payroll::BatchRow| batch.id.month == month(place) && batch.cancelled.is_none();
            if let Some(batch) = batches.iter().find(of_month) {
                let done = payroll::cancel(&world.db, &may(), &*world.clock, batch.id, "never sent").await;
                assert!(matches!(done, Ok(()) | Err(BatchError::NotLatest { .. })), "{done:?}");
            }
        }
    }
}

/// Exports; what was given is written again as it was, and at once there is nothing more to give.
async fn export(world: &World, month: &str) {
    match world.exports(month).await {
        Ok(done) => {
            let id = done.batch.unwrap().id;
            let again = payroll::file(&world.db, &may(), &*world.clock, id).await.unwrap();
            assert_eq!(again.bytes, done.file.bytes);
            assert!(matches!(world.exports(month).await, Err(BatchError::AlreadyExported { .. })));
        }
        Err(
            BatchError::NotLocked { .. }
            | BatchError::AlreadyExported { .. }
            | BatchError::NotExported { .. },
        ) => {}
        Err(other) => panic!("{other}"),
    }
}

/// Locks and exports everything, the months in which the last corrections are booked too.
async fn finish(world: &World) {
    for month in MONTHS.iter().copied().chain(["2026-04"]) {
        lock(world, month.parse().unwrap()).await;
    }
    for month in MONTHS.iter().copied().chain(["2026-04"]) {
        export(world, month).await;
    }
}

/// One sequence in a world of its own.
async fn story(world: World, steps: &[Step]) {
    let mut people = Vec::new();
    for who in 0..PEOPLE {
        people.push(world.staff(&format!("Worker {who}"), &format!("000{who}")).await);
    }
    let mut model = Model { people, truth: BTreeMap::new() };
    for step in steps {
        take(&world, &mut model, *step).await;
    }
    finish(&world).await;
    for (who, person) in model.people.iter().enumerate() {
        assert_eq!(world.given_by_day(*person).await, model.of(who), "person {who}: {steps:#?}");
    }
}

/// A few in each run, many where somebody asks for them.
fn sequences(few: usize) -> Vec<Vec<Step>> {
    let asked = std::env::var("LINTEL_PROPERTY_CASES").ok().and_then(|cases| cases.parse().ok());
    let mut runner = TestRunner::deterministic();
    let any = prop::collection::vec(any_step(), 5..40);
    (0..asked.unwrap_or(few)).map(|_| any.new_tree(&mut runner).unwrap().current()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payroll_has_what_the_days_are_whatever_happened_before() {
    for steps in sequences(20) {
        story(World::sqlite().await, &steps).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payroll_has_what_the_days_are_on_postgres_too() {
    for steps in sequences(3) {
        story(World::postgres().await, &steps).await;
    }
}
