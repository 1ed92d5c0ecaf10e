//! Badges: which cards were issued to whom, and which of them are still good.

use lintel_core::ids::{BadgeId, PersonId, SiteId};
use lintel_core::time::UtcMillis;
use serde::Serialize;

use super::{StoreError, Tx, sql, uuid, uuid_bytes};

/// A badge that is not revoked, with its holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IssuedBadge {
    /// Which.
    pub badge_id: BadgeId,
    /// Whose.
    pub person_id: PersonId,
    /// Their name.
    pub name: String,
    /// Their staff number.
    pub staff_no: Option<String>,
    /// Where they belong.
    pub site_id: SiteId,
    /// The key that signs it.
    pub key_id: String,
    /// When it was issued.
    pub issued_at: UtcMillis,
    /// From this instant on it is worth nothing.
    pub not_after: UtcMillis,
}

type Row = (Vec<u8>, Vec<u8>, String, Option<String>, String, String, i64, i64);

const SELECT: &str = "SELECT b.badge_id, p.person_id, p.name, p.staff_no, p.site_id, b.key_id, b.issued_at, \
    b.not_after FROM badge b JOIN person p ON p.person_id = b.person_id WHERE b.revoked_at IS NULL ";

fn select(rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe([SELECT, rest].concat())
}

fn issued(row: Row) -> Result<IssuedBadge, StoreError> {
    let (badge, person, name, staff_no, site, key_id, issued_at, not_after) = row;
    Ok(IssuedBadge {
        badge_id: uuid(&badge, "badge.badge_id")?.into(),
        person_id: uuid(&person, "person.person_id")?.into(),
        name,
        staff_no,
        site_id: SiteId::parse(&site).map_err(|_| StoreError::Row { column: "person.site_id" })?,
        key_id,
        issued_at: UtcMillis::from_i64(issued_at),
        not_after: UtcMillis::from_i64(not_after),
    })
}

/// A new row of `badge`.
#[derive(Debug, Clone, Copy)]
pub struct NewBadge<'a> {
    /// Which.
    pub badge_id: BadgeId,
    /// Whose.
    pub person_id: PersonId,
    /// The key that signs it.
    pub key_id: &'a str,
    /// When.
    pub issued_at: UtcMillis,
    /// From this instant on it is worth nothing.
    pub not_after: UtcMillis,
}

/// Stores a badge.
///
/// # Errors
/// A unique violation when another badge of the person is still good.
pub async fn create(tx: &mut Tx, row: NewBadge<'_>) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO badge (badge_id, person_id, key_id, issued_at, not_after) VALUES ($1, $2, $3, $4, $5)",
        uuid_bytes!(row.badge_id),
        uuid_bytes!(row.person_id),
        row.key_id,
        row.issued_at.as_i64(),
        row.not_after.as_i64(),
    )?;
    Ok(())
}

/// A person's badge that is not revoked; it may have expired.
///
/// # Errors
/// When the database fails.
pub async fn get_by_person(tx: &mut Tx, person: PersonId) -> Result<Option<IssuedBadge>, StoreError> {
    let text = select("AND b.person_id = $1");
    sql!(tx, fetch_optional as Row, text, uuid_bytes!(person))?.map(issued).transpose()
}

/// Badges that are not revoked, by their holders' names, of one site or of all.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, site: Option<&SiteId>) -> Result<Vec<IssuedBadge>, StoreError> {
    let rows = match site {
        Some(site) => {
            let text = select("AND p.site_id = $1 ORDER BY p.folded_name, p.person_id");
            sql!(tx, fetch_all as Row, text, site.as_str())?
        }
        None => {
            let text = select("ORDER BY p.folded_name, p.person_id");
            sql!(tx, fetch_all as Row, text)?
        }
    };
    rows.into_iter().map(issued).collect()
}

/// Revokes a person's badge; says whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn revoke(tx: &mut Tx, person: PersonId, at: UtcMillis) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE badge SET revoked_at = $1 WHERE person_id = $2 AND revoked_at IS NULL",
        at.as_i64(),
        uuid_bytes!(person)
    )?;
    Ok(rows > 0)
}

/// Deletes all badges that a person ever had; how many.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_person(tx: &mut Tx, person: PersonId) -> Result<u64, StoreError> {
    sql!(tx, execute, "DELETE FROM badge WHERE person_id = $1", uuid_bytes!(person))
}

/// A badge that a site's doors may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberBadge {
    /// Whose.
    pub person_id: PersonId,
    /// Their name.
    pub name: String,
    /// Which.
    pub badge_id: BadgeId,
    /// From this instant on it is worth nothing.
    pub not_after: UtcMillis,
}

/// Badges of everybody whom a site's doors may know (theirs or a named exception, active; no consent is
/// needed) and who changed behind a revision; by person. Revoked ones are left out.
///
/// # Errors
/// When the database fails.
pub async fn list_members(tx: &mut Tx, site: &SiteId, since: i64) -> Result<Vec<MemberBadge>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>, String, Vec<u8>, i64),
        "SELECT p.person_id, p.name, b.badge_id, b.not_after FROM gallery_change g \
         JOIN person p ON p.person_id = g.person_id \
         JOIN badge b ON b.person_id = p.person_id AND b.revoked_at IS NULL \
         WHERE g.site_id = $1 AND g.revision > $2 AND p.active = 1 \
           AND (p.site_id = $1 OR EXISTS (SELECT 1 FROM person_site_exception x \
             WHERE x.person_id = p.person_id AND x.site_id = $1)) \
         ORDER BY p.person_id",
        site.as_str(),
        since
    )?;
    rows.into_iter()
        .map(|(person, name, badge, not_after)| {
            Ok(MemberBadge {
                person_id: uuid(&person, "person.person_id")?.into(),
                name,
                badge_id: uuid(&badge, "badge.badge_id")?.into(),
                not_after: UtcMillis::from_i64(not_after),
            })
        })
        .collect()
}
