//! When which door could have seen whom.
//!
//! A door can see somebody while the gallery that it confirmed holds them, by face or by badge. Kept as
//! intervals, because whether a day without a punch is an absence depends on what doors knew then.

use std::collections::BTreeMap;

use lintel_core::ids::{DeviceId, PersonId, SiteId};
use lintel_core::time::UtcMillis;

use super::{PEOPLE, StoreError, Tx, rows_of_people, sql, uuid, uuid_bytes};
use crate::attendance::Interval;
use crate::attendance::proof::DoorKnowledge;

/// Who is in a site's gallery now: active, belonging or invited there, with a badge or with a face and consent.
const MEMBERS: &str = "SELECT p.person_id FROM person p WHERE p.active = 1 \
    AND (p.site_id = $2 OR EXISTS (SELECT 1 FROM person_site_exception x \
      WHERE x.person_id = p.person_id AND x.site_id = $2)) \
    AND (EXISTS (SELECT 1 FROM badge b WHERE b.person_id = p.person_id AND b.revoked_at IS NULL) \
      OR EXISTS (SELECT 1 FROM template t JOIN consent c ON c.person_id = t.person_id \
        WHERE t.person_id = p.person_id AND c.purpose = 'face' AND c.withdrawn_at IS NULL))";

/// Notes whom a door's gallery holds since it confirmed a revision: of those who changed behind `since`, or of
/// everybody where nothing was confirmed before.
///
/// # Errors
/// When the database fails.
pub async fn confirmed(
    tx: &mut Tx,
    device: &DeviceId,
    site: &SiteId,
    since: Option<i64>,
    revision: i64,
    at: UtcMillis,
) -> Result<(), StoreError> {
    let changed = "SELECT g.person_id FROM gallery_change g \
        WHERE g.site_id = $2 AND g.revision > $3 AND g.revision <= $4";
    // Whoever is held from another site's gallery goes when everything is new.
    let concerned = if since.is_some() { format!("AND person_id IN ({changed})") } else { String::new() };
    let close = format!(
        "UPDATE door_person SET to_at = $5 WHERE device_id = $1 AND to_at IS NULL {concerned} \
         AND person_id NOT IN ({MEMBERS})"
    );
    let open = format!(
        "INSERT INTO door_person (person_id, device_id, from_at) SELECT m.person_id, $1, $5 \
         FROM ({MEMBERS}) m WHERE m.person_id IN ({changed}) AND NOT EXISTS (SELECT 1 FROM door_person h \
           WHERE h.device_id = $1 AND h.person_id = m.person_id AND h.to_at IS NULL) ON CONFLICT DO NOTHING"
    );
    // Every placeholder is used, so that each statement has all types.
    let close = format!("{close} AND $3 <= $4");
    for text in [close, open] {
        sql!(
            &mut *tx,
            execute,
            sqlx::AssertSqlSafe(text),
            device.as_str(),
            site.as_str(),
            since.unwrap_or(-1),
            revision,
            at.as_i64()
        )?;
    }
    Ok(())
}

/// Notes that a door could see some people from an instant on.
///
/// # Errors
/// When the database fails.
pub async fn hold(
    tx: &mut Tx,
    device: &DeviceId,
    people: &[PersonId],
    from: UtcMillis,
) -> Result<(), StoreError> {
    for person in people {
        sql!(
            &mut *tx,
            execute,
            "INSERT INTO door_person (person_id, device_id, from_at) VALUES ($1, $2, $3)",
            uuid_bytes!(person),
            device.as_str(),
            from.as_i64()
        )?;
    }
    Ok(())
}

/// Notes that a door sees nobody any more: nothing that it records is taken.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut Tx, device: &DeviceId, at: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE door_person SET to_at = $1 WHERE device_id = $2 AND to_at IS NULL",
        at.as_i64(),
        device.as_str()
    )?;
    Ok(())
}

/// Who never belonged to a door's site and was held by the door at some time: named exceptions.
///
/// # Errors
/// When the database fails.
pub async fn list_guests(tx: &mut Tx, device: &DeviceId) -> Result<Vec<PersonId>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>,),
        "SELECT DISTINCT h.person_id FROM door_person h JOIN device d ON d.device_id = h.device_id \
         WHERE h.device_id = $1 AND NOT EXISTS (SELECT 1 FROM employment e \
           WHERE e.person_id = h.person_id AND e.site_id = d.site_id) ORDER BY h.person_id",
        device.as_str()
    )?;
    rows.into_iter().map(|(id,)| Ok(uuid(&id, "door_person.person_id")?.into())).collect()
}

/// Deletes what is known of a person.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_person(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    for text in ["DELETE FROM door_person WHERE person_id = $1", "DELETE FROM day_block WHERE person_id = $1"]
    {
        sql!(&mut *tx, execute, text, uuid_bytes!(person))?;
    }
    Ok(())
}

/// What is known of the doors that could have seen some people in `[from, to)`.
///
/// # Errors
/// When the database fails.
pub async fn load(
    tx: &mut Tx,
    people: &[PersonId],
    from: UtcMillis,
    to: UtcMillis,
) -> Result<BTreeMap<PersonId, Vec<DoorKnowledge>>, StoreError> {
    let known = known(tx, from, to).await?;
    let mut all: BTreeMap<PersonId, Vec<DoorKnowledge>> = BTreeMap::new();
    for some in people.chunks(PEOPLE) {
        let text = "SELECT person_id, device_id, from_at, to_at FROM door_person \
            WHERE person_id IN (VALUES {people}) AND from_at < {1} AND (to_at IS NULL OR to_at > {2}) \
            ORDER BY person_id, device_id, from_at";
        let rows =
            rows_of_people!(tx, (Vec<u8>, String, i64, Option<i64>), some, text, to.as_i64(), from.as_i64())?;
        for (person, device, from_at, to_at) in rows {
            let person = uuid(&person, "door_person.person_id")?.into();
            let Some(knowledge) = known.get(&device) else { continue };
            let doors = all.entry(person).or_default();
            let could =
                Interval::new(UtcMillis::from_i64(from_at), to_at.map_or(to, UtcMillis::from_i64).min(to));
            match doors.last_mut().filter(|door| door.device == knowledge.device) {
                Some(door) => door.could_see.push(could),
                None => doors.push(DoorKnowledge { could_see: vec![could], ..knowledge.clone() }),
            }
        }
    }
    Ok(all)
}

/// Each door without anybody in it.
async fn known(
    tx: &mut Tx,
    from: UtcMillis,
    to: UtcMillis,
) -> Result<BTreeMap<String, DoorKnowledge>, StoreError> {
    let rows =
        sql!(&mut *tx, fetch_all as (String, Option<i64>), "SELECT device_id, known_through FROM device")?;
    let mut known = BTreeMap::new();
    for (device, through) in rows {
        let knowledge = DoorKnowledge {
            device: DeviceId::parse(&device).map_err(|_| StoreError::Row { column: "device.device_id" })?,
            could_see: Vec::new(),
            known_through: UtcMillis::from_i64(through.unwrap_or(0)),
            out_of_service: Vec::new(),
        };
        known.insert(device, knowledge);
    }
    let outages = sql!(
        tx,
        fetch_all as (String, i64, Option<i64>),
        "SELECT device_id, from_at, to_at FROM out_of_service WHERE approved_by IS NOT NULL \
         AND from_at < $1 AND (to_at IS NULL OR to_at > $2) ORDER BY device_id, from_at",
        to.as_i64(),
        from.as_i64()
    )?;
    for (device, from_at, to_at) in outages {
        if let Some(knowledge) = known.get_mut(&device) {
            let end = to_at.map_or(to, UtcMillis::from_i64).min(to);
            knowledge.out_of_service.push(Interval::new(UtcMillis::from_i64(from_at), end));
        }
    }
    Ok(known)
}
