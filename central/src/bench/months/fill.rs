//! The company as rows: hired, planned for, and seen at three doors.

use lintel_core::chain::{ChainState, Hash};
use lintel_core::event::DirectionHint;
use lintel_core::ids::{AssignmentId, DeviceId, EventId, PatternId, PersonId, SiteId, StreamId};
use lintel_core::time::UtcMillis;
use lintel_core::wire::Heartbeat;
use lintel_runtime::clock::random_bytes;

use super::super::attendance::{FIRST, Person};
use super::{AS_OF, CompanyError};
use crate::devices::Device;
use crate::store::ingest::{self, Arrival, EventRow, PersonalRow};
use crate::store::rosters::assignments::{self, AssignmentRow, Works};
use crate::store::rosters::employments::{self, EmploymentRow};
use crate::store::rosters::patterns::{self, PatternRow};
use crate::store::rosters::policies::{self, PolicyRow};
use crate::store::rosters::shifts::{self, ShiftRow};
use crate::store::{Db, Tx, devices, door_people, people, streams, watermarks};

const DOORS: [&str; 3] = ["gate", "hall", "yard"];

pub(super) async fn plan(
    tx: &mut Tx,
    site: &SiteId,
    roster: &crate::attendance::calendar::Roster,
) -> Result<(), CompanyError> {
    let zero = UtcMillis::from_i64(0);
    for (id, versions) in &roster.shifts {
        let Some(shift) = versions.on(FIRST) else { continue };
        let template = shift.template.clone();
        let row =
            ShiftRow { shift_id: id.clone(), from: jiff::civil::date(2020, 1, 1), zone: None, template };
        shifts::put(tx, &row, zero).await?;
    }
    let policy = roster.places.get(site).and_then(|place| place.policy.on(FIRST));
    if let Some(version) = policy {
        let row = PolicyRow {
            policy_id: "bench".parse()?,
            revision: 1,
            site_id: None,
            from: jiff::civil::date(2020, 1, 1),
            policy: version.policy.clone(),
            reason: "bench".into(),
            created_by: "bench".into(),
            created_at: zero,
        };
        policies::create(tx, &row).await?;
    }
    Ok(())
}

pub(super) async fn hire(tx: &mut Tx, site: &SiteId, number: u32, one: &Person) -> Result<(), CompanyError> {
    let name = format!("Person {number:05}");
    let zero = UtcMillis::from_i64(0);
    let row = people::NewRow {
        person_id: one.id,
        staff_no: Some(&name),
        name: &name,
        folded_name: &name,
        site_id: site,
        created_at: zero,
    };
    people::create(tx, row).await?;
    people::create_consent(tx, one.id, "1", "bench", zero).await?;
    let employed = EmploymentRow {
        person_id: one.id,
        from: jiff::civil::date(2020, 1, 1),
        to: None,
        site_id: site.clone(),
        team: None,
        weekly: None,
    };
    employments::create(tx, &employed).await?;
    for assignment in &one.calendar.assignments {
        let pattern: PatternId = if number.is_multiple_of(2) { "rotation" } else { "office-week" }.parse()?;
        if number < 2 {
            let row = PatternRow { pattern_id: pattern.clone(), pattern: (*assignment.pattern).clone() };
            patterns::create(tx, &row, zero).await?;
        }
        let row = AssignmentRow {
            assignment_id: AssignmentId::new(zero, &random_bytes()?),
            person_id: one.id,
            works: Works::Pattern { pattern },
            from: assignment.from,
            to: None,
        };
        assignments::create(tx, &row, zero).await?;
    }
    Ok(())
}

/// Three doors that have recorded everything and held everybody.
pub(super) async fn doors(tx: &mut Tx, site: &SiteId, company: &[Person]) -> Result<Vec<i64>, CompanyError> {
    let mut all = Vec::new();
    for name in DOORS {
        let device_id = DeviceId::parse(name)?;
        let device = Device {
            device_id: device_id.clone(),
            site_id: site.clone(),
            zone: "Europe/Berlin".into(),
            door: name.into(),
            direction: DirectionHint::None,
            gallery_public_key: None,
            revoked_at: None,
        };
        devices::create(tx, &device, &random_bytes()?, UtcMillis::from_i64(0)).await?;
        let stream = StreamId::new(AS_OF, &random_bytes()?);
        all.push(streams::create(tx, &device_id, stream, None, AS_OF).await?.stream_no);
        let beat = Heartbeat {
            device_id: device_id.clone(),
            stream,
            last_seq: 0,
            backlog: 0,
            recorded_through: AS_OF,
            sent_at: AS_OF,
            gallery_revision: 1,
            model_pack: "lintel-1".into(),
            gallery_public_key: String::new(),
            version: String::new(),
            camera: None,
        };
        devices::update_heartbeat(tx, &beat, AS_OF).await?;
        watermarks::advance(tx, &device_id).await?;
        let held: Vec<PersonId> = company.iter().map(|one| one.id).collect();
        door_people::hold(tx, &device_id, &held, UtcMillis::from_i64(0)).await?;
    }
    Ok(all)
}

/// Every third punch of everybody at one door.
pub(super) async fn passes(
    db: &Db,
    stream_no: i64,
    door: usize,
    company: &[Person],
) -> Result<(), CompanyError> {
    let arrival = Arrival { stream_no, at: AS_OF, road: "https" };
    let punches: Vec<_> = company
        .iter()
        .flat_map(|one| one.punches.iter().enumerate().map(move |(place, punch)| (place, one.id, punch)))
        .filter(|(place, _, _)| place % DOORS.len() == door)
        .collect();
    let mut seq = 0;
    for some in punches.chunks(10_000) {
        let mut tx = db.write().await?;
        let first = ingest::take_numbers(&mut tx, some.len()).await?;
        let (mut events, mut personal) = (Vec::new(), Vec::new());
        for ((_, person, punch), ingest_no) in some.iter().zip(first..) {
            seq += 1;
            events.push(EventRow {
                ingest_no,
                event_id: EventId::new(punch.at, &random_bytes()?),
                seq,
                prev_hash: Hash::GENESIS,
                hash: Hash::GENESIS,
                kind: "punch",
                captured_at: punch.at,
                corrected_at: punch.at,
                clock_synced: true,
                clock_error_ms: 20,
                direction_hint: "none",
                payload: "{}",
                status: "accepted",
                reason: None,
                chain_state: ChainState::Ok,
            });
            personal.push(PersonalRow {
                ingest_no,
                person_id: Some(*person),
                corrected_at: punch.at,
                salt: Hash::GENESIS,
                part: "{}",
            });
        }
        ingest::create_events(&mut tx, arrival, &events).await?;
        ingest::create_personal(&mut tx, &personal).await?;
        tx.commit().await?;
    }
    Ok(())
}
