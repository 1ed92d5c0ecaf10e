//! Sites: rows of `site` and their gallery scope.

use std::collections::BTreeMap;

use jiff::civil::Date;
use lintel_core::ids::SiteId;
use lintel_core::time::UtcMillis;
use serde::Serialize;
use utoipa::ToSchema;

use super::{StoreError, Tx, sql};

/// A place with one time zone, whose doors share a gallery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Site {
    /// Its id.
    pub site_id: SiteId,
    /// Its name for people.
    pub name: String,
    /// IANA name of its zone; checked when it was added.
    pub zone: String,
}

fn site((id, name, zone): (String, String, String)) -> Result<Site, StoreError> {
    let site_id = SiteId::parse(&id).map_err(|_| StoreError::Row { column: "site.site_id" })?;
    Ok(Site { site_id, name, zone })
}

/// Adds a site with an empty gallery, whose days count from a date on.
///
/// # Errors
/// A unique violation when it exists.
pub async fn create(tx: &mut Tx, site: &Site, days_from: Date, at: UtcMillis) -> Result<(), StoreError> {
    sql!(
        &mut *tx,
        execute,
        "INSERT INTO site (site_id, name, zone, created_at, days_from) VALUES ($1, $2, $3, $4, $5)",
        site.site_id.as_str(),
        site.name.as_str(),
        site.zone.as_str(),
        at.as_i64(),
        days_from.to_string(),
    )?;
    sql!(tx, execute, "INSERT INTO gallery_scope (site_id, revision) VALUES ($1, 0)", site.site_id.as_str())?;
    Ok(())
}

/// A site.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: &SiteId) -> Result<Option<Site>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (String, String, String),
        "SELECT site_id, name, zone FROM site WHERE site_id = $1",
        id.as_str()
    )?;
    row.map(site).transpose()
}

/// All sites by id.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<Site>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (String, String, String),
        "SELECT site_id, name, zone FROM site ORDER BY site_id"
    )?;
    rows.into_iter().map(site).collect()
}

/// Some sites by id, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn page(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<Site>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (String, String, String),
        "SELECT site_id, name, zone FROM site WHERE site_id > $1 ORDER BY site_id LIMIT $2",
        after,
        limit
    )?;
    rows.into_iter().map(site).collect()
}

/// Writes a site's name and zone.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut Tx, site: &Site) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE site SET name = $1, zone = $2 WHERE site_id = $3",
        site.name.as_str(),
        site.zone.as_str(),
        site.site_id.as_str()
    )?;
    Ok(())
}

/// The dates between which days of a site are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// Before it no door could have seen anybody.
    pub from: Date,
    /// The last date that was closed.
    pub closed_through: Option<Date>,
}

/// Between which dates days are computed, for each site.
///
/// # Errors
/// When the database fails.
pub async fn list_days(tx: &mut Tx) -> Result<BTreeMap<SiteId, Days>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (String, Option<String>, Option<String>),
        "SELECT site_id, days_from, closed_through FROM site"
    )?;
    let date = |text: &str| text.parse().map_err(|_| StoreError::Row { column: "site.days_from" });
    rows.into_iter()
        .map(|(site, from, closed)| {
            let days = Days {
                from: from.as_deref().map(date).transpose()?.unwrap_or(Date::MIN),
                closed_through: closed.as_deref().map(date).transpose()?,
            };
            let site = SiteId::parse(&site).map_err(|_| StoreError::Row { column: "site.site_id" })?;
            Ok((site, days))
        })
        .collect()
}

/// Says up to which date a site's days were closed.
///
/// # Errors
/// When the database fails.
pub async fn update_closed(tx: &mut Tx, site: &SiteId, through: Date) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE site SET closed_through = $1 WHERE site_id = $2",
        through.to_string(),
        site.as_str()
    )?;
    Ok(())
}
