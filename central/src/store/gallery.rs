//! Scopes, their revisions, and who changed at which.

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId, TemplateId};

use super::{StoreError, Tx, sql, uuid, uuid_bytes};

/// The newest revision of a site's gallery.
///
/// # Errors
/// When the database fails.
pub async fn revision(tx: &mut Tx, site: &SiteId) -> Result<i64, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "SELECT revision FROM gallery_scope WHERE site_id = $1",
        site.as_str()
    )?;
    Ok(row.map_or(0, |(revision,)| revision))
}

/// The newest revision of every site's gallery.
///
/// # Errors
/// When the database fails.
pub async fn list_revisions(tx: &mut Tx) -> Result<Vec<(SiteId, i64)>, StoreError> {
    let rows = sql!(tx, fetch_all as (String, i64), "SELECT site_id, revision FROM gallery_scope")?;
    let column = "gallery_scope.site_id";
    rows.into_iter()
        .map(|(site, revision)| Ok((SiteId::parse(&site).map_err(|_| StoreError::Row { column })?, revision)))
        .collect()
}

/// The newest revision of a site's gallery, and the revision below which a door gets everything.
///
/// # Errors
/// When the database fails.
pub async fn revision_and_floor(tx: &mut Tx, site: &SiteId) -> Result<(i64, i64), StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (i64, i64),
        "SELECT revision, full_below FROM gallery_scope WHERE site_id = $1",
        site.as_str()
    )?;
    Ok(row.unwrap_or_default())
}

/// Lets every door fetch everything anew. A restored database counts on from an old revision, and would
/// reach the one that a door has from another past; nobody makes a million changes between two backups.
///
/// # Errors
/// When the database fails.
pub async fn start_over(tx: &mut Tx) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE gallery_scope SET revision = revision + 1000000, full_below = revision + 1000000"
    )?;
    Ok(())
}

/// The same for the doors of one site, in the next revision.
///
/// # Errors
/// When the database fails.
pub async fn renew(tx: &mut Tx, site: &SiteId) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE gallery_scope SET revision = revision + 1, full_below = revision + 1 WHERE site_id = $1",
        site.as_str()
    )?;
    Ok(())
}

/// Says that a person changed for a site; the new revision.
///
/// # Errors
/// When the database fails.
pub async fn bump(tx: &mut Tx, site: &SiteId, person: PersonId) -> Result<i64, StoreError> {
    bump_many(tx, site, [person]).await
}

/// The same for several people in one revision.
///
/// # Errors
/// When the database fails.
pub async fn bump_many(
    tx: &mut Tx,
    site: &SiteId,
    people: impl IntoIterator<Item = PersonId>,
) -> Result<i64, StoreError> {
    let (revision,) = sql!(
        &mut *tx,
        fetch_one as (i64,),
        "UPDATE gallery_scope SET revision = revision + 1 WHERE site_id = $1 RETURNING revision",
        site.as_str()
    )?;
    for person in people {
        sql!(
            &mut *tx,
            execute,
            "INSERT INTO gallery_change (site_id, person_id, revision) VALUES ($1, $2, $3) \
             ON CONFLICT (site_id, person_id) DO UPDATE SET revision = excluded.revision",
            site.as_str(),
            uuid_bytes!(person),
            revision
        )?;
    }
    Ok(revision)
}

/// Everybody who changed for a site behind a revision.
///
/// # Errors
/// When the database fails.
pub async fn list_changed(tx: &mut Tx, site: &SiteId, since: i64) -> Result<Vec<PersonId>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>,),
        "SELECT person_id FROM gallery_change WHERE site_id = $1 AND revision > $2 ORDER BY person_id",
        site.as_str(),
        since
    )?;
    rows.into_iter().map(|(id,)| Ok(uuid(&id, "gallery_change.person_id")?.into())).collect()
}

/// How far a person's newest change has come at a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// The door has confirmed it.
    Confirmed,
    /// It hasn't yet.
    Waits,
    /// The door's right was taken away after it had confirmed it.
    RevokedAfter,
    /// The door's right was taken away before: what it had then may lie on it still.
    RevokedBefore,
}

/// A door that was told about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The door's name.
    pub door: String,
    /// Its site.
    pub site_id: String,
    /// How far the change has come there.
    pub reached: Reached,
}

/// The doors that a person's newest change concerns, by site and name. A door whose right was taken away gets
/// nothing any more, but keeps what it has: it is left out only when it never had a gallery.
///
/// # Errors
/// When the database fails.
pub async fn reach(tx: &mut Tx, person: PersonId) -> Result<Vec<Reach>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (String, String, i64, i64),
        "SELECT d.door, d.site_id, CAST(CASE WHEN COALESCE(d.confirmed_revision, -1) >= g.revision \
           THEN 1 ELSE 0 END AS BIGINT), CAST(CASE WHEN d.revoked_at IS NULL THEN 0 ELSE 1 END AS BIGINT) \
         FROM gallery_change g JOIN device d ON d.site_id = g.site_id \
         WHERE g.person_id = $1 \
           AND (d.revoked_at IS NULL OR COALESCE(d.confirmed_revision, d.gallery_revision, 0) > 0) \
         ORDER BY d.site_id, d.door, d.device_id",
        uuid_bytes!(person)
    )?;
    Ok(rows
        .into_iter()
        .map(|(door, site_id, confirmed, revoked)| {
            let reached = match (confirmed != 0, revoked != 0) {
                (true, false) => Reached::Confirmed,
                (false, false) => Reached::Waits,
                (true, true) => Reached::RevokedAfter,
                (false, true) => Reached::RevokedBefore,
            };
            Reach { door, site_id, reached }
        })
        .collect())
}

/// One template of somebody whom a site's doors may know.
#[derive(Debug, Clone)]
pub struct MemberTemplate {
    /// Who.
    pub person_id: PersonId,
    /// Their name.
    pub name: String,
    /// The last day at work, when it is known.
    pub leaves_on: Option<Date>,
    /// Which template.
    pub template_id: TemplateId,
    /// The sealed embedding.
    pub token: String,
    /// The person's wrapped key; None when it was destroyed.
    pub wrapped: Option<String>,
}

/// Templates of a pack of everybody whom a site's doors may know (theirs or a named exception, active,
/// with standing consent) and who changed behind a revision; by person.
///
/// # Errors
/// When the database fails.
pub async fn list_members(
    tx: &mut Tx,
    site: &SiteId,
    model_pack: &str,
    since: i64,
) -> Result<Vec<MemberTemplate>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>, String, Option<String>, Vec<u8>, String, Option<String>),
        "SELECT p.person_id, p.name, p.leaves_on, t.template_id, t.token, k.wrapped FROM gallery_change g \
         JOIN person p ON p.person_id = g.person_id \
         JOIN consent c ON c.person_id = p.person_id AND c.purpose = 'face' AND c.withdrawn_at IS NULL \
         JOIN template t ON t.person_id = p.person_id AND t.model_pack = $2 \
         LEFT JOIN vault.person_key k ON k.person_id = p.person_id \
         WHERE g.site_id = $1 AND g.revision > $3 AND p.active = 1 \
           AND (p.site_id = $1 OR EXISTS (SELECT 1 FROM person_site_exception x \
             WHERE x.person_id = p.person_id AND x.site_id = $1)) \
         ORDER BY p.person_id, t.template_id",
        site.as_str(),
        model_pack,
        since
    )?;
    rows.into_iter()
        .map(|(person, name, leaves_on, template, token, wrapped)| {
            Ok(MemberTemplate {
                person_id: uuid(&person, "person.person_id")?.into(),
                name,
                leaves_on: leaves_on
                    .map(|day| day.parse().map_err(|_| StoreError::Row { column: "person.leaves_on" }))
                    .transpose()?,
                template_id: uuid(&template, "template.template_id")?.into(),
                token,
                wrapped,
            })
        })
        .collect()
}
