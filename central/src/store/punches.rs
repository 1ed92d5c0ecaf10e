//! Punches as the rules read them, and what was decided about them: whole sets per statement.

use std::collections::{BTreeMap, HashMap};

use lintel_core::ids::{DeviceId, EventId, PersonId};
use lintel_core::time::UtcMillis;

use super::corrections::change;
use super::{PEOPLE, StoreError, Tx, devices::direction_named, dialect, rows_of_people, sql, uuid};
use crate::attendance::Length;
use crate::attendance::correction::Approved;
use crate::attendance::punch::Punch;

/// What was recorded of somebody, and what was decided about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Their punches at all doors, and events that were given to them.
    pub punches: Vec<Punch>,
    /// Approved corrections of their record.
    pub corrections: Vec<Approved>,
}

/// What was recorded of some people in `[from, to)`.
///
/// A punch by face counts only where some consent stood at its instant: given by then, and not withdrawn yet;
/// otherwise the event is kept and not used. What somebody was given by a correction counts as it is: a person
/// said who it was, no face did.
///
/// # Errors
/// When the database fails.
pub async fn load(
    tx: &mut Tx,
    people: &[PersonId],
    from: UtcMillis,
    to: UtcMillis,
) -> Result<BTreeMap<PersonId, Recorded>, StoreError> {
    let mut all: BTreeMap<PersonId, Recorded> =
        people.iter().map(|person| (*person, Recorded::default())).collect();
    let people: Vec<PersonId> = all.keys().copied().collect();
    let doors = doors(tx).await?;
    for some in people.chunks(PEOPLE) {
        let consents = consents_of(tx, some).await?;
        recorded(tx, some, (from, to), &doors, &consents, &mut all).await?;
        given(tx, some, (from, to), &doors, &mut all).await?;
        decided(tx, some, (from, to), &mut all).await?;
    }
    Ok(all)
}

/// The device of each stream.
async fn doors(tx: &mut Tx) -> Result<HashMap<i64, DeviceId>, StoreError> {
    sql!(tx, fetch_all as (i64, String), "SELECT stream_no, device_id FROM stream")?
        .into_iter()
        .map(|(stream, device)| Ok((stream, parsed_device(&device)?)))
        .collect()
}

fn parsed_device(device: &str) -> Result<DeviceId, StoreError> {
    DeviceId::parse(device).map_err(|_| StoreError::Row { column: "stream.device_id" })
}

/// Consents of people: from when until when.
type Consents = HashMap<PersonId, Vec<(i64, Option<i64>)>>;

async fn consents_of(tx: &mut Tx, people: &[PersonId]) -> Result<Consents, StoreError> {
    let text = "SELECT person_id, given_at, withdrawn_at FROM consent \
        WHERE person_id IN (VALUES {people}) AND purpose = 'face'";
    let mut consents = Consents::new();
    for (person, given, withdrawn) in rows_of_people!(tx, (Vec<u8>, i64, Option<i64>), people, text)? {
        consents.entry(uuid(&person, "consent.person_id")?.into()).or_default().push((given, withdrawn));
    }
    Ok(consents)
}

fn consented(consents: &Consents, person: PersonId, at: i64) -> bool {
    consents.get(&person).is_some_and(|all| {
        all.iter().any(|(given, withdrawn)| *given <= at && withdrawn.is_none_or(|withdrawn| withdrawn > at))
    })
}

type Row = (Vec<u8>, Vec<u8>, i64, i64, String, i64);

fn punch(row: Row, doors: &HashMap<i64, DeviceId>) -> Result<(PersonId, Punch), StoreError> {
    let (person, id, at, error, hint, stream) = row;
    let punch = Punch {
        event_id: EventId::from(uuid(&id, "event.event_id")?),
        at: UtcMillis::from_i64(at),
        error: Length::from_millis(error),
        hint: direction_named(&hint),
        said: None,
        door: Some(doors.get(&stream).cloned().ok_or(StoreError::Row { column: "event.stream_no" })?),
    };
    Ok((uuid(&person, "correction.to_person")?.into(), punch))
}

async fn recorded(
    tx: &mut Tx,
    people: &[PersonId],
    (from, to): (UtcMillis, UtcMillis),
    doors: &HashMap<i64, DeviceId>,
    consents: &Consents,
    all: &mut BTreeMap<PersonId, Recorded>,
) -> Result<(), StoreError> {
    // One row for a person: a month has so many punches that their rows would take longer than the rules.
    let text = format!(
        "SELECT p.person_id, string_agg({} || ',' || CAST(e.corrected_at AS TEXT) || ',' || \
         CAST(e.clock_error_ms AS TEXT) || ',' || e.direction_hint || ',' || CAST(e.stream_no AS TEXT) || ',' || \
         e.kind, ';') FROM event_person p JOIN event e ON e.ingest_no = p.ingest_no \
         WHERE p.person_id IN (VALUES {{people}}) AND p.corrected_at >= {{1}} AND p.corrected_at < {{2}} \
         AND e.status = 'accepted' AND e.kind IN ('badge', 'punch') GROUP BY p.person_id",
        dialect::hex(tx, "e.event_id")
    );
    let rows = rows_of_people!(tx, (Vec<u8>, String), people, &text, from.as_i64(), to.as_i64())?;
    for (person, punches) in rows {
        let person = uuid(&person, "event_person.person_id")?.into();
        let recorded = all.entry(person).or_default();
        for text in punches.split(';') {
            let (punch, by_face) =
                written(text, doors).ok_or(StoreError::Row { column: "event.event_id" })?;
            if !by_face || consented(consents, person, punch.at.as_i64()) {
                recorded.punches.push(punch);
            }
        }
    }
    Ok(())
}

/// A punch as the statement of [`recorded`] writes it, and whether a face made it.
fn written(text: &str, doors: &HashMap<i64, DeviceId>) -> Option<(Punch, bool)> {
    let mut parts = text.split(',');
    let mut next = || parts.next();
    let id = uuid::Uuid::try_parse(next()?).ok()?;
    let (at, error) = (next()?.parse().ok()?, next()?.parse().ok()?);
    let hint = direction_named(next()?);
    let door = doors.get(&next()?.parse().ok()?)?.clone();
    let by_face = next()? == "punch";
    let punch = Punch {
        event_id: id.into(),
        at: UtcMillis::from_i64(at),
        error: Length::from_millis(error),
        hint,
        said: None,
        door: Some(door),
    };
    Some((punch, by_face))
}

/// Events that corrections gave to somebody.
async fn given(
    tx: &mut Tx,
    people: &[PersonId],
    (from, to): (UtcMillis, UtcMillis),
    doors: &HashMap<i64, DeviceId>,
    all: &mut BTreeMap<PersonId, Recorded>,
) -> Result<(), StoreError> {
    let text = "SELECT c.to_person, e.event_id, e.corrected_at, e.clock_error_ms, e.direction_hint, \
        e.stream_no FROM correction c JOIN event e ON e.event_id = c.punch_id \
        WHERE c.to_person IN (VALUES {people}) AND c.at >= {1} AND c.at < {2} \
        AND c.state = 'approved' AND c.kind IN ('move', 'assign') AND e.status = 'accepted'";
    for row in rows_of_people!(tx, Row, people, text, from.as_i64(), to.as_i64())? {
        let (person, punch) = punch(row, doors)?;
        all.entry(person).or_default().punches.push(punch);
    }
    Ok(())
}

type DecidedRow = (Vec<u8>, Vec<u8>, String, i64, Option<Vec<u8>>, Option<Vec<u8>>, Option<String>);

async fn decided(
    tx: &mut Tx,
    people: &[PersonId],
    (from, to): (UtcMillis, UtcMillis),
    all: &mut BTreeMap<PersonId, Recorded>,
) -> Result<(), StoreError> {
    let text = "SELECT person_id, correction_id, kind, at, punch_id, to_person, detail FROM correction WHERE person_id IN (VALUES {people}) AND at >= {1} AND at < {2} \
        AND state = 'approved'";
    for row in rows_of_people!(tx, DecidedRow, people, text, from.as_i64(), to.as_i64())? {
        let (person, id, kind, at, punch, to_person, detail) = row;
        let parts = (punch.as_deref(), to_person.as_deref(), detail.as_deref());
        let approved = Approved {
            id: uuid(&id, "correction.correction_id")?.into(),
            change: change(&kind, UtcMillis::from_i64(at), parts)?,
        };
        let person = uuid(&person, "correction.person_id")?.into();
        all.entry(person).or_default().corrections.push(approved);
    }
    Ok(())
}
