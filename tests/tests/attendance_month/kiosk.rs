//! Doors that lose the network and have wrong clocks.

use lintel_central::attendance::Length;
use lintel_central::attendance::punch::Punch;
use lintel_central::devices::{self, Device};
use lintel_core::event::{ClockReading, DirectionHint};
use lintel_core::ids::{EventId, PersonId};
use lintel_core::time::{Clock as _, UtcMillis};
use lintel_core::wire::{GalleryConfirmation, Heartbeat, WireEvent};

use crate::company::Worker;
use crate::door::Door;
use crate::hours;
use crate::world::World;

pub const MINUTE: i64 = 60_000;

/// A door that records, and delivers when it can.
pub struct Kiosk {
    pub device: Device,
    pub door: Door,
    /// How far its clock is ahead, ms.
    ahead: i64,
    /// From when until when it has no network.
    offline: Vec<(UtcMillis, UtcMillis)>,
    /// What it will record, by instant.
    pub ahead_of_it: Vec<(UtcMillis, PersonId, EventId)>,
    pub waiting: Vec<WireEvent>,
    pub recorded: u64,
}

/// Somebody will pass a door.
pub fn record(worker: &mut Worker, kiosks: &mut [Kiosk], door: usize, at: UtcMillis) {
    let kiosk = &mut kiosks[door];
    let event_id = EventId::from(uuid::Uuid::new_v4());
    kiosk.ahead_of_it.push((at, worker.id, event_id));
    worker.punches.push(Punch {
        event_id,
        at,
        error: Length::ZERO,
        hint: DirectionHint::None,
        said: None,
        door: Some(kiosk.device.device_id.clone()),
    });
}

impl Kiosk {
    pub async fn join(world: &World, id: &str, at: &str, ahead: i64, offline: &[(i64, i64)]) -> Self {
        let device = world.device(id, at).await;
        let revision = lintel_central::gallery::revision(&world.db, &device.site_id).await.unwrap();
        let said = GalleryConfirmation { device_id: device.device_id.clone(), revision, templates: 1 };
        devices::confirm_gallery(&world.db, &*world.clock, &device, &said).await.unwrap();
        let offline = offline.iter().map(|(from, to)| (hours(*from), hours(*to))).collect();
        let door = Door::new(&device.device_id);
        Self { device, door, ahead, offline, ahead_of_it: Vec::new(), waiting: Vec::new(), recorded: 0 }
    }

    /// Lives until now: records what passed, and delivers it with a heartbeat when there is a network.
    pub async fn live(&mut self, world: &World) {
        let now = world.clock.now();
        let later = self.ahead_of_it.split_off(self.ahead_of_it.partition_point(|(at, ..)| *at < now));
        for (at, person, id) in std::mem::replace(&mut self.ahead_of_it, later) {
            let clock = ClockReading {
                synced: self.ahead == 0,
                boot_id: "b".into(),
                monotonic_ms: 1,
                offset_estimate_ms: -self.ahead,
                error_ms: 20_000,
            };
            let event = self.door.punch_with(id, person, at.plus_millis(self.ahead), clock);
            self.waiting.push(event);
            self.recorded += 1;
        }
        if self.offline.iter().any(|(from, to)| *from <= now && now < *to) {
            return;
        }
        // The heartbeat comes first, as it may: nothing of what it speaks of is there yet.
        let own = now.plus_millis(self.ahead);
        let beat = Heartbeat {
            stream: self.door.stream,
            last_seq: self.recorded,
            recorded_through: own,
            sent_at: own,
            ..world.beat(&self.device.device_id, 1)
        };
        devices::heartbeat(&world.db, &world.keys, &*world.clock, &self.device, &beat).await.unwrap();
        for batch in self.waiting.chunks(200) {
            world.take(&self.device, &self.door, batch).await;
        }
        self.waiting.clear();
    }
}
