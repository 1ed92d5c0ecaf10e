//! People, their exceptions, consents and templates.

use std::collections::BTreeMap;

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId, TemplateId};
use lintel_core::time::UtcMillis;
use serde::Serialize;
use utoipa::ToSchema;

use super::{PEOPLE, StoreError, Tx, rows_of_people, sql, uuid, uuid_bytes};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Person {
    /// Who.
    pub person_id: PersonId,
    /// Their staff number.
    pub staff_no: Option<String>,
    /// Their name.
    pub name: String,
    /// Where they belong.
    pub site_id: SiteId,
    /// Whether they still do.
    pub active: bool,
    /// Since when they don't.
    pub left_at: Option<UtcMillis>,
    /// The last day at work, when it is known.
    pub leaves_on: Option<Date>,
    /// The notice version that they consented to, while consent stands.
    pub consent: Option<String>,
    /// How many templates are stored.
    pub templates: i64,
}

type Row = (Vec<u8>, Option<String>, String, String, i64, Option<i64>, Option<String>, Option<String>, i64);

const SELECT: &str = "SELECT p.person_id, p.staff_no, p.name, p.site_id, p.active, p.left_at, p.leaves_on, c.notice_version, \
    (SELECT COUNT(*) FROM template t WHERE t.person_id = p.person_id) FROM person p \
    LEFT JOIN consent c ON c.person_id = p.person_id AND c.purpose = 'face' AND c.withdrawn_at IS NULL ";

/// [`SELECT`] with a condition; written once per condition at compile time is not possible for a const,
/// so the text is joined here from constants only.
fn select(rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe([SELECT, rest].concat())
}

fn person(row: Row) -> Result<Person, StoreError> {
    let (id, staff_no, name, site, active, left_at, leaves_on, consent, templates) = row;
    Ok(Person {
        person_id: uuid(&id, "person.person_id")?.into(),
        staff_no,
        name,
        site_id: SiteId::parse(&site).map_err(|_| StoreError::Row { column: "person.site_id" })?,
        active: active != 0,
        left_at: left_at.map(UtcMillis::from_i64),
        leaves_on: leaves_on
            .map(|day| day.parse().map_err(|_| StoreError::Row { column: "person.leaves_on" }))
            .transpose()?,
        consent,
        templates,
    })
}

/// A new row of `person`.
#[derive(Debug, Clone, Copy)]
pub struct NewRow<'a> {
    /// Who.
    pub person_id: PersonId,
    /// Their staff number.
    pub staff_no: Option<&'a str>,
    /// Their name.
    pub name: &'a str,
    /// Their name as it is searched and sorted.
    pub folded_name: &'a str,
    /// Where they belong.
    pub site_id: &'a SiteId,
    /// When they were added.
    pub created_at: UtcMillis,
}

/// Adds a person.
///
/// # Errors
/// A unique violation when the staff number is taken.
pub async fn create(tx: &mut Tx, row: NewRow<'_>) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO person (person_id, staff_no, name, folded_name, site_id, active, created_at) \
         VALUES ($1, $2, $3, $4, $5, 1, $6)",
        uuid_bytes!(row.person_id),
        row.staff_no,
        row.name,
        row.folded_name,
        row.site_id.as_str(),
        row.created_at.as_i64(),
    )?;
    Ok(())
}

/// A person by id.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: PersonId) -> Result<Option<Person>, StoreError> {
    let text = select("WHERE p.person_id = $1");
    sql!(tx, fetch_optional as Row, text, uuid_bytes!(id))?.map(person).transpose()
}

/// A person by staff number.
///
/// # Errors
/// When the database fails.
pub async fn get_by_staff_no(tx: &mut Tx, staff_no: &str) -> Result<Option<Person>, StoreError> {
    let text = select("WHERE p.staff_no = $1");
    sql!(tx, fetch_optional as Row, text, staff_no)?.map(person).transpose()
}

/// People by name, of one site or of all.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, site: Option<&SiteId>) -> Result<Vec<Person>, StoreError> {
    let rows = match site {
        Some(site) => {
            let text = select("WHERE p.site_id = $1 ORDER BY p.folded_name, p.person_id");
            sql!(tx, fetch_all as Row, text, site.as_str())?
        }
        None => {
            let text = select("ORDER BY p.folded_name, p.person_id");
            sql!(tx, fetch_all as Row, text)?
        }
    };
    rows.into_iter().map(person).collect()
}

/// What a report calls somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// Their name.
    pub name: String,
    /// Their staff number.
    pub staff_no: Option<String>,
}

/// What some people are called; whoever is erased is left out.
///
/// # Errors
/// When the database fails.
pub async fn names(tx: &mut Tx, people: &[PersonId]) -> Result<BTreeMap<PersonId, Named>, StoreError> {
    let mut names = BTreeMap::new();
    for some in people.chunks(PEOPLE) {
        let text = "SELECT person_id, name, staff_no FROM person WHERE person_id IN (VALUES {people})";
        for (id, name, staff_no) in rows_of_people!(tx, (Vec<u8>, String, Option<String>), some, text)? {
            names.insert(uuid(&id, "person.person_id")?.into(), Named { name, staff_no });
        }
    }
    Ok(names)
}

/// People whose name or staff number holds a text (folded, may be empty), of one site or of all, by name.
///
/// # Errors
/// When the database fails.
pub async fn search(
    tx: &mut Tx,
    folded: &str,
    site: Option<&SiteId>,
    limit: i64,
) -> Result<Vec<Person>, StoreError> {
    // The text is data: its own wildcards are taken literally.
    let like = format!("%{}%", folded.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let text = select(
        "WHERE (p.folded_name LIKE $1 ESCAPE '\\' OR LOWER(COALESCE(p.staff_no, '')) LIKE $1 ESCAPE '\\') \
         AND ($2 = '' OR p.site_id = $2) ORDER BY p.active DESC, p.folded_name, p.person_id LIMIT $3",
    );
    let site = site.map_or("", SiteId::as_str);
    sql!(tx, fetch_all as Row, text, like, site, limit)?.into_iter().map(person).collect()
}

/// The standing consent of a person: since when, and how it was given.
///
/// # Errors
/// When the database fails.
pub async fn get_consent(tx: &mut Tx, id: PersonId) -> Result<Option<(UtcMillis, String)>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (i64, String),
        "SELECT given_at, method FROM consent \
         WHERE person_id = $1 AND purpose = 'face' AND withdrawn_at IS NULL",
        uuid_bytes!(id)
    )?;
    Ok(row.map(|(at, method)| (UtcMillis::from_i64(at), method)))
}

/// Writes another name, with the form that is searched and sorted.
///
/// # Errors
/// When the database fails.
pub async fn update_name(tx: &mut Tx, id: PersonId, name: &str, folded: &str) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE person SET name = $1, folded_name = $2 WHERE person_id = $3",
        name,
        folded,
        uuid_bytes!(id)
    )?;
    Ok(())
}

/// Moves a person to a site.
///
/// # Errors
/// When the database fails.
pub async fn update_site(tx: &mut Tx, id: PersonId, site: &SiteId) -> Result<(), StoreError> {
    sql!(tx, execute, "UPDATE person SET site_id = $1 WHERE person_id = $2", site.as_str(), uuid_bytes!(id))?;
    Ok(())
}

/// Sets or clears a person's last day at work.
///
/// # Errors
/// When the database fails.
pub async fn update_leaves_on(tx: &mut Tx, id: PersonId, day: Option<Date>) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE person SET leaves_on = $1 WHERE person_id = $2",
        day.map(|day| day.to_string()),
        uuid_bytes!(id)
    )?;
    Ok(())
}

/// Marks a person as gone.
///
/// # Errors
/// When the database fails.
pub async fn update_left(tx: &mut Tx, id: PersonId, at: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE person SET active = 0, left_at = $1 WHERE person_id = $2",
        at.as_i64(),
        uuid_bytes!(id)
    )?;
    Ok(())
}

/// Deletes a person's row. Everything that refers to it goes first.
///
/// # Errors
/// When something still refers to it.
pub async fn delete(tx: &mut Tx, id: PersonId) -> Result<(), StoreError> {
    sql!(&mut *tx, execute, "DELETE FROM consent WHERE person_id = $1", uuid_bytes!(id))?;
    sql!(tx, execute, "DELETE FROM person WHERE person_id = $1", uuid_bytes!(id))?;
    Ok(())
}

/// Lets another site's doors know a person; nothing when they do.
///
/// # Errors
/// When the database fails.
pub async fn create_exception(
    tx: &mut Tx,
    id: PersonId,
    site: &SiteId,
    at: UtcMillis,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO person_site_exception (person_id, site_id, created_at) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING",
        uuid_bytes!(id),
        site.as_str(),
        at.as_i64(),
    )?;
    Ok(())
}

/// Takes all exceptions of a person away.
///
/// # Errors
/// When the database fails.
pub async fn delete_exceptions(tx: &mut Tx, id: PersonId) -> Result<(), StoreError> {
    sql!(tx, execute, "DELETE FROM person_site_exception WHERE person_id = $1", uuid_bytes!(id))?;
    Ok(())
}

/// The sites whose doors may know a person: their own, and the exceptions.
///
/// # Errors
/// When the database fails.
pub async fn list_sites(tx: &mut Tx, id: PersonId) -> Result<Vec<SiteId>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (String,),
        "SELECT site_id FROM person WHERE person_id = $1 \
         UNION SELECT site_id FROM person_site_exception WHERE person_id = $1 ORDER BY 1",
        uuid_bytes!(id)
    )?;
    rows.into_iter()
        .map(|(site,)| SiteId::parse(&site).map_err(|_| StoreError::Row { column: "person.site_id" }))
        .collect()
}

/// Records consent to face recognition; an earlier one is replaced.
///
/// # Errors
/// When the database fails.
pub async fn create_consent(
    tx: &mut Tx,
    id: PersonId,
    notice_version: &str,
    method: &str,
    at: UtcMillis,
) -> Result<(), StoreError> {
    delete_consent(&mut *tx, id, at).await?;
    sql!(
        tx,
        execute,
        "INSERT INTO consent (person_id, purpose, notice_version, given_at, method) \
         VALUES ($1, 'face', $2, $3, $4)",
        uuid_bytes!(id),
        notice_version,
        at.as_i64(),
        method,
    )?;
    Ok(())
}

/// Ends the standing consent; says whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete_consent(tx: &mut Tx, id: PersonId, at: UtcMillis) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE consent SET withdrawn_at = $1 WHERE person_id = $2 AND purpose = 'face' AND withdrawn_at IS NULL",
        at.as_i64(),
        uuid_bytes!(id)
    )?;
    Ok(rows > 0)
}

/// A new row of `template`.
#[derive(Debug, Clone, Copy)]
pub struct NewTemplate<'a> {
    /// Which.
    pub template_id: TemplateId,
    /// Whose.
    pub person_id: PersonId,
    /// The pack that made it.
    pub model_pack: &'a str,
    /// The sealed embedding.
    pub token: &'a str,
    /// The photograph's quality (0 to 1).
    pub quality: f64,
    /// When.
    pub created_at: UtcMillis,
}

/// Stores a template.
///
/// # Errors
/// When the database fails.
pub async fn create_template(tx: &mut Tx, row: NewTemplate<'_>) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO template (template_id, person_id, model_pack, token, quality, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        uuid_bytes!(row.template_id),
        uuid_bytes!(row.person_id),
        row.model_pack,
        row.token,
        row.quality,
        row.created_at.as_i64(),
    )?;
    Ok(())
}

/// Deletes all templates of a person; how many.
///
/// # Errors
/// When the database fails.
pub async fn delete_templates(tx: &mut Tx, id: PersonId) -> Result<u64, StoreError> {
    sql!(tx, execute, "DELETE FROM template WHERE person_id = $1", uuid_bytes!(id))
}
