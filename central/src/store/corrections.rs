//! Corrections: proposed, approved, rejected; never deleted but with the person.

mod find;

use lintel_core::ids::{CorrectionId, EventId, PersonId, SiteId};
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use find::{find_event, find_punch};

use super::{StoreError, Tx, sql, uuid, uuid_bytes};
use crate::attendance::correction::Change;
use crate::attendance::punch::Direction;

/// Where a correction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CorrectionState)]
pub enum State {
    /// Nobody has decided yet.
    Proposed,
    /// It counts.
    Approved,
    /// It doesn't.
    Rejected,
}

impl State {
    /// The name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Proposed, Self::Approved, Self::Rejected].into_iter().find(|state| state.as_str() == name)
    }
}

/// A correction with everything that is shown of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Which.
    pub correction_id: CorrectionId,
    /// Whose record.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: String,
    /// At which site.
    pub site_id: SiteId,
    /// The site's zone.
    pub zone: String,
    /// What it does.
    pub change: Change,
    /// The instant of the punch that is added or voided.
    pub at: UtcMillis,
    /// Why.
    pub reason: String,
    /// Who proposed it, as in the audit.
    pub proposed_by: String,
    /// When.
    pub proposed_at: UtcMillis,
    /// Where it stands.
    pub state: State,
    /// Who decided.
    pub decided_by: Option<String>,
    /// What they answered.
    pub answer: Option<String>,
}

/// What a change is made of in its row: the punch, the other person, and the direction or date.
pub(super) type Parts<'a> = (Option<&'a [u8]>, Option<&'a [u8]>, Option<&'a str>);

/// What stands behind the date of a day whose hours are credited.
const PAID: &str = " paid";

/// A change from its row.
pub(super) fn change(
    kind: &str,
    at: UtcMillis,
    (punch, to_person, detail): Parts<'_>,
) -> Result<Change, StoreError> {
    let column = |column| StoreError::Row { column };
    let event = || -> Result<EventId, StoreError> {
        Ok(uuid(punch.ok_or(column("correction.punch_id"))?, "correction.punch_id")?.into())
    };
    let date = |text: &str| text.parse().map_err(|_| column("correction.detail"));
    let detail_or = || detail.ok_or(column("correction.detail"));
    Ok(match kind {
        "add" => Change::Add { at, direction: detail.map(named_direction).transpose()? },
        "void" => Change::Void { punch: event()? },
        "move" => {
            let to = to_person.map(|to| uuid(to, "correction.to_person").map(PersonId::from)).transpose()?;
            Change::Move { punch: event()?, to }
        }
        "direct" => Change::Direct { punch: event()?, direction: named_direction(detail_or()?)? },
        "assign" => Change::Assign { event: event()? },
        "excuse" => {
            let text = detail_or()?;
            let unpaid = text.strip_suffix(PAID);
            Change::Excuse { date: date(unpaid.unwrap_or(text))?, paid: unpaid.is_some() }
        }
        "approve_overtime" => Change::ApproveOvertime { date: date(detail_or()?)? },
        _ => return Err(column("correction.kind")),
    })
}

fn detail(change: &Change) -> Option<String> {
    match change {
        Change::Add { direction, .. } => direction.map(|direction| direction.as_str().to_owned()),
        Change::Direct { direction, .. } => Some(direction.as_str().to_owned()),
        Change::Excuse { date, paid } => Some(format!("{date}{}", if *paid { PAID } else { "" })),
        Change::ApproveOvertime { date } => Some(date.to_string()),
        Change::Void { .. } | Change::Move { .. } | Change::Assign { .. } => None,
    }
}

fn named_direction(name: &str) -> Result<Direction, StoreError> {
    Direction::parse(name).ok_or(StoreError::Row { column: "correction.detail" })
}

type Row = (
    Vec<u8>,
    Vec<u8>,
    String,
    String,
    String,
    String,
    i64,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<String>,
    String,
    String,
    i64,
    String,
    Option<String>,
    Option<String>,
);

const SELECT: &str = "SELECT c.correction_id, c.person_id, p.name, c.site_id, s.zone, c.kind, c.at, c.punch_id, \
    c.to_person, c.detail, c.reason, c.proposed_by, c.proposed_at, c.state, c.decided_by, c.answer \
    FROM correction c JOIN person p ON p.person_id = c.person_id JOIN site s ON s.site_id = c.site_id ";

fn select(rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe([SELECT, rest].concat())
}

fn correction(row: Row) -> Result<Correction, StoreError> {
    let (
        id,
        person,
        person_name,
        site,
        zone,
        kind,
        at,
        punch,
        to_person,
        detail,
        reason,
        by,
        proposed_at,
        state,
        decided_by,
        answer,
    ) = row;
    let at = UtcMillis::from_i64(at);
    Ok(Correction {
        correction_id: uuid(&id, "correction.correction_id")?.into(),
        person_id: uuid(&person, "correction.person_id")?.into(),
        person_name,
        site_id: parsed_site(&site)?,
        zone,
        change: change(&kind, at, (punch.as_deref(), to_person.as_deref(), detail.as_deref()))?,
        at,
        reason,
        proposed_by: by,
        proposed_at: UtcMillis::from_i64(proposed_at),
        state: State::parse(&state).ok_or(StoreError::Row { column: "correction.state" })?,
        decided_by,
        answer,
    })
}

/// A new row of `correction`.
#[derive(Debug, Clone, Copy)]
pub struct NewCorrection<'a> {
    /// Which.
    pub correction_id: CorrectionId,
    /// Whose record.
    pub person_id: PersonId,
    /// At which site.
    pub site_id: &'a SiteId,
    /// What it does.
    pub change: Change,
    /// The instant of the punch that is added or voided.
    pub at: UtcMillis,
    /// Why.
    pub reason: &'a str,
    /// Who proposes it.
    pub proposed_by: &'a str,
    /// When.
    pub proposed_at: UtcMillis,
}

/// Stores a proposal.
///
/// # Errors
/// When the database fails.
pub async fn create(tx: &mut Tx, new: NewCorrection<'_>) -> Result<(), StoreError> {
    let to_person = match new.change {
        Change::Move { to, .. } => to,
        Change::Assign { .. } => Some(new.person_id),
        _ => None,
    };
    sql!(
        tx,
        execute,
        "INSERT INTO correction (correction_id, person_id, site_id, kind, at, punch_id, to_person, detail, \
         reason, proposed_by, proposed_at, state) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'proposed')",
        uuid_bytes!(new.correction_id),
        uuid_bytes!(new.person_id),
        new.site_id.as_str(),
        new.change.name(),
        new.at.as_i64(),
        new.change.punch().map(|punch| uuid_bytes!(punch).to_vec()),
        to_person.map(|person| uuid_bytes!(person).to_vec()),
        detail(&new.change),
        new.reason,
        new.proposed_by,
        new.proposed_at.as_i64(),
    )?;
    Ok(())
}

/// Decides a proposal; false when somebody has already.
///
/// # Errors
/// When the database fails.
pub async fn update_decided(
    tx: &mut Tx,
    id: CorrectionId,
    state: State,
    by: &str,
    at: UtcMillis,
    answer: &str,
) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE correction SET state = $1, decided_by = $2, decided_at = $3, answer = $4 \
         WHERE correction_id = $5 AND state = 'proposed'",
        state.as_str(),
        by,
        at.as_i64(),
        answer,
        uuid_bytes!(id),
    )?;
    Ok(rows > 0)
}

/// One correction.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: CorrectionId) -> Result<Option<Correction>, StoreError> {
    let text = select("WHERE c.correction_id = $1");
    sql!(tx, fetch_optional as Row, text, uuid_bytes!(id))?.map(correction).transpose()
}

/// Proposals that nobody has decided, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list_open(tx: &mut Tx, limit: i64) -> Result<Vec<Correction>, StoreError> {
    let text = select("WHERE c.state = 'proposed' ORDER BY c.proposed_at, c.correction_id LIMIT $1");
    sql!(tx, fetch_all as Row, text, limit)?.into_iter().map(correction).collect()
}

/// Which corrections are listed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Those of one person.
    pub person: Option<PersonId>,
    /// Those that stand somewhere.
    pub state: Option<State>,
}

/// A page of corrections by id, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn page(
    tx: &mut Tx,
    filter: Filter,
    after: Option<CorrectionId>,
    limit: i64,
) -> Result<Vec<Correction>, StoreError> {
    let text = select(
        "WHERE ($1 = 0 OR c.person_id = $2) AND ($3 = '' OR c.state = $3) AND c.correction_id > $4 \
         ORDER BY c.correction_id LIMIT $5",
    );
    let bytes = |id: Option<&[u8]>| id.map(<[u8]>::to_vec).unwrap_or_default();
    let person = filter.person;
    let rows = sql!(
        tx,
        fetch_all as Row,
        text,
        i64::from(person.is_some()),
        bytes(person.as_ref().map(|person| uuid_bytes!(person))),
        filter.state.map_or("", State::as_str),
        bytes(after.as_ref().map(|after| uuid_bytes!(after))),
        limit
    )?;
    rows.into_iter().map(correction).collect()
}

/// How many proposals nobody has decided.
///
/// # Errors
/// When the database fails.
pub async fn count_open(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(sql!(tx, fetch_one as (i64,), "SELECT COUNT(*) FROM correction WHERE state = 'proposed'")?.0)
}

/// A person's corrections in `[from, to)`, by the instant of the punch.
///
/// # Errors
/// When the database fails.
pub async fn list_by_person(
    tx: &mut Tx,
    person: PersonId,
    from: UtcMillis,
    to: UtcMillis,
) -> Result<Vec<Correction>, StoreError> {
    let text = select("WHERE c.person_id = $1 AND c.at >= $2 AND c.at < $3 ORDER BY c.at, c.correction_id");
    sql!(tx, fetch_all as Row, text, uuid_bytes!(person), from.as_i64(), to.as_i64())?
        .into_iter()
        .map(correction)
        .collect()
}

fn parsed_site(site: &str) -> Result<SiteId, StoreError> {
    SiteId::parse(site).map_err(|_| StoreError::Row { column: "device.site_id" })
}

/// Deletes everything that was said about a person. A punch that had been moved to somebody else stays theirs;
/// one that had been moved to this person counts for nobody.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_person(tx: &mut Tx, person: PersonId) -> Result<u64, StoreError> {
    for text in [
        "UPDATE correction SET kind = 'assign', person_id = to_person WHERE person_id = $1 AND kind = 'move' \
         AND state = 'approved' AND to_person IS NOT NULL",
        "DELETE FROM correction WHERE person_id = $1",
    ] {
        sql!(&mut *tx, execute, text, uuid_bytes!(person))?;
    }
    sql!(tx, execute, "UPDATE correction SET to_person = NULL WHERE to_person = $1", uuid_bytes!(person))
}
