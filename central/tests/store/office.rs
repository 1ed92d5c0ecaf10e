//! A company with office hours, and doors that are silent, late or dead.

use jiff::civil::{Date, date};
use lintel_central::attendance::policy::Policy;
use lintel_central::attendance::{DayRecord, Status};
use lintel_central::devices::{self, Device};
use lintel_central::gallery;
use lintel_central::rosters::policies::{self, NewPolicy};
use lintel_central::store::{adjustments, days, people};
use lintel_core::ids::{PersonId, StreamId};
use lintel_core::time::UtcMillis;
use lintel_core::wire::{GalleryConfirmation, Heartbeat};

use crate::door::Door;
use crate::rosters::{put_shift, shift};
use crate::world::{MORNING, World, may};

pub(crate) const HOUR: i64 = 3_600_000;
/// A Friday; 09:00 in Berlin is [`MORNING`].
pub(crate) const FRIDAY: Date = date(2026, 11, 20);

/// So many hours after Friday's 09:00 in Berlin.
pub(crate) fn hours(after: i64) -> UtcMillis {
    MORNING.plus_millis(after * HOUR)
}

impl World {
    /// Everybody is to be there from nine to five on every day.
    pub(crate) async fn office_hours(&self) {
        put_shift(self, "office", date(2026, 1, 1), (9, 17)).await.unwrap();
        self.policy(Policy { default_shift: Some(shift("office")), ..Policy::default() }).await;
    }

    pub(crate) async fn policy(&self, policy: Policy) {
        let new = NewPolicy {
            policy_id: "all".parse().unwrap(),
            site: None,
            from: date(2026, 1, 1),
            policy,
            reason: "the works council agreed".into(),
        };
        policies::publish(&self.db, &may(), &*self.clock, new).await.unwrap();
    }

    /// A door that has everybody of its site in its gallery.
    pub(crate) async fn office_door(&self, id: &str) -> (Device, Door) {
        let device = self.device(id, "berlin").await;
        self.confirms(&device).await;
        let door = Door::new(&device.device_id);
        (device, door)
    }

    /// The door confirms the newest gallery.
    pub(crate) async fn confirms(&self, device: &Device) {
        let revision = gallery::revision(&self.db, &device.site_id).await.unwrap();
        let confirmation =
            GalleryConfirmation { device_id: device.device_id.clone(), revision, templates: 1 };
        devices::confirm_gallery(&self.db, &*self.clock, device, &confirmation).await.unwrap();
    }

    /// The door says that it has recorded everything until now, `seq` events in all.
    pub(crate) async fn beats(&self, device: &Device, stream: StreamId, seq: u64) {
        let beat = Heartbeat { stream, last_seq: seq, ..self.beat(&device.device_id, 1) };
        self.sends(device, &beat).await;
    }

    pub(crate) async fn sends(&self, device: &Device, beat: &Heartbeat) {
        devices::heartbeat(&self.db, &self.keys, &*self.clock, device, beat).await.unwrap();
    }

    /// A person's record of a date, after all due work.
    pub(crate) async fn day(&self, person: PersonId, date: Date) -> Option<DayRecord> {
        self.work_off().await;
        let mut tx = self.db.read().await.unwrap();
        days::list_by_person(&mut tx, person, date, date).await.unwrap().pop().map(|row| row.record)
    }

    /// What the person's day was.
    pub(crate) async fn status(&self, person: PersonId, date: Date) -> Option<Status> {
        self.day(person, date).await.map(|record| record.status)
    }

    /// What is booked in a month: the day, and hours paid before and after.
    pub(crate) async fn booked(&self, month: &str) -> Vec<(Date, i64, i64)> {
        self.work_off().await;
        let mut tx = self.db.read().await.unwrap();
        let rows = adjustments::list_by_month(&mut tx, month.parse().unwrap(), None).await.unwrap();
        rows.iter()
            .map(|row| {
                let (before, after) = row.records().unwrap();
                let paid = |record: Option<DayRecord>| {
                    record.map_or(0, |record| record.hours.payable.as_millis() / HOUR)
                };
                (row.date, paid(before), paid(after))
            })
            .collect()
    }

    pub(crate) async fn is_known(&self, person: PersonId) -> bool {
        people::get(&mut self.db.read().await.unwrap(), person).await.unwrap().is_some()
    }
}
