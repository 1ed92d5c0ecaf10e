//! What a test centre is told and asked over its command line: people, doors, days.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tokio::process::Command;
use uuid::Uuid;

use crate::central::{SITE, TestCentral, ZONE};
use crate::pictures::Pictures;
use crate::process::{eventually, run};

impl TestCentral {
    /// Adds a person and enrols them with consent; gives the person's id.
    ///
    /// # Errors
    /// When the program refuses.
    pub async fn enrol(&self, name: &str, photos: &Path) -> Result<String> {
        let id = self.add_person(name, SITE).await?;
        let photos = photos.display().to_string();
        self.cli(["people", "enrol", &id, "--photos", &photos, "--consent", "2026-01"]).await?.ok()?;
        Ok(id)
    }

    /// Adds a person without a picture; gives the person's id.
    ///
    /// # Errors
    /// When the program refuses.
    pub async fn add_person(&self, name: &str, site: &str) -> Result<String> {
        let added = self.cli(["people", "add", "--name", name, "--site", site, "--json"]).await?.json()?;
        Ok(added
            .get("person_id")
            .and_then(Value::as_str)
            .context("`people add --json` has no person_id")?
            .to_owned())
    }

    /// Enrols everybody of the test pictures; gives (name, person id) in the order of the names.
    ///
    /// # Errors
    /// When the program refuses one.
    pub async fn enrol_all(&self, pictures: &Pictures) -> Result<Vec<(String, String)>> {
        let mut people = Vec::new();
        for (name, folder) in &pictures.enrol {
            people.push((name.clone(), self.enrol(name, folder).await?));
        }
        Ok(people)
    }

    /// Adds a door and writes its join file.
    ///
    /// # Errors
    /// When the program refuses.
    pub async fn add_device(&self, id: &str, site: &str) -> Result<PathBuf> {
        let file = self.dir().join(format!("{id}.join.toml"));
        let out = file.display().to_string();
        self.cli(["device", "add", id, "--site", site, "--door", id, "--out", &out]).await?.ok()?;
        Ok(file)
    }

    /// Every event of a door in the centre's database (SQLite only), by place: id and kind.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn events_of(&self, device: &str) -> Result<Vec<(String, String)>> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let db = Connection::open_with_flags(self.dir().join("central.db"), flags)?;
        db.busy_timeout(Duration::from_secs(5))?;
        let mut select = db.prepare(
            "SELECT event_id, kind FROM event JOIN stream USING (stream_no)
             WHERE device_id = ?1 AND status = 'accepted' ORDER BY seq",
        )?;
        let rows = select.query_map([device], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.map(|row| {
            let (id, kind): (Vec<u8>, String) = row?;
            Ok((Uuid::from_slice(&id)?.to_string(), kind))
        })
        .collect()
    }

    /// Invites a door with a one-time code; gives the code.
    ///
    /// # Errors
    /// When the program refuses.
    pub async fn invite(&self, id: &str, site: &str) -> Result<String> {
        let args = ["device", "invite", id, "--site", site, "--door", id, "--json"];
        let made = self.cli(args).await?.json()?;
        Ok(made.get("code").and_then(Value::as_str).context("`device invite --json` has no code")?.to_owned())
    }

    /// The site's today.
    ///
    /// # Errors
    /// When `date` is missing.
    pub async fn today(&self) -> Result<String> {
        let mut date = Command::new("date");
        date.env("TZ", ZONE);
        Ok(run(date, ["+%F"]).await?.ok()?.trim().to_owned())
    }

    /// Today's day records.
    ///
    /// # Errors
    /// When the report is refused.
    pub async fn report(&self) -> Result<Vec<Value>> {
        let today = self.today().await?;
        let report = self
            .cli(["report", "daily", "--date", &today, "--site", SITE, "--format", "json"])
            .await?
            .json()?;
        Ok(report.get("days").and_then(Value::as_array).context("the report has no `days`")?.clone())
    }

    /// Waits until a report satisfies a condition.
    ///
    /// # Errors
    /// At the deadline.
    pub async fn report_when(
        &self,
        what: &str,
        within: Duration,
        holds: impl Fn(&[Value]) -> bool,
    ) -> Result<Vec<Value>> {
        eventually(what, within, async || {
            let days = self.report().await?;
            Ok(holds(&days).then_some(days))
        })
        .await
    }
}
