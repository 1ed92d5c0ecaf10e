//! The gallery on the disk: encrypted with a key of its own, changed by whole deltas only.
//!
//! Nothing here is the only copy: a file that can't be read is set aside and the gallery is fetched anew.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use lintel_core::embedding::Embedding;
use lintel_core::gallery::{GalleryBadge, GalleryDelta, GalleryPerson, GalleryTemplate};
use lintel_core::ids::{BadgeId, PersonId, TemplateId};
use lintel_core::time::UtcMillis;
use lintel_runtime::secrets::SecretString;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Transaction, params};

use crate::faults;
use crate::sqlcipher::{self, with_suffix};

/// In order; `user_version` counts those that were applied.
const MIGRATIONS: [&str; 2] = [
    include_str!("../../../migrations/kiosk/gallery/0001_gallery.sql"),
    include_str!("../../../migrations/kiosk/gallery/0002_badges.sql"),
];

/// The gallery's database.
pub struct GalleryStore {
    db: Connection,
}

/// What the stored gallery is.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct GalleryState {
    /// Revision at central; 0: never fetched.
    pub revision: i64,
    /// The pack that made the templates.
    pub model_pack: String,
    /// IANA name of the site's zone.
    pub zone: String,
    /// People in it.
    pub people: u64,
    /// Their templates.
    pub templates: u64,
    /// Their badges.
    pub badges: u64,
}

/// The gallery can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite failed.
    #[error("{act}")]
    Database {
        /// What was tried.
        act: &'static str,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The file is no database for this key.
    #[error(
        "{} can't be opened with the key in {}: put back the key that belongs to it, or let `run` set the file \
         aside and fetch the gallery anew", path.display(), key_hint.display()
    )]
    WrongKey {
        /// The database.
        path: PathBuf,
        /// Where the key was read.
        key_hint: PathBuf,
    },
    /// An unreadable file can't be moved out of the way.
    #[error("{} can't be read and can't be set aside", path.display())]
    Aside {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A delta that starts somewhere else.
    #[error("the delta starts from revision {since}, but this door has {have}")]
    Gap {
        /// Where it starts.
        since: i64,
        /// What is stored.
        have: i64,
    },
    /// A stored row is no template or badge.
    #[error("a stored template or badge can't be read: {0}")]
    Corrupt(String),
}

fn failed(act: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |source| StoreError::Database { act, source }
}

impl GalleryStore {
    /// Opens the gallery with a key of 64 hexadecimal digits; an unreadable file is set aside and the gallery
    /// starts empty.
    ///
    /// # Errors
    /// When neither works.
    pub fn open(path: &Path, key: &SecretString, now: UtcMillis) -> Result<Self, StoreError> {
        match Self::connect(path, key) {
            Ok(store) => Ok(store),
            Err(error) if path.exists() => {
                let aside = path.with_extension(format!("db.unreadable-{}", now.as_i64()));
                log::warn!("error" = chain(&error).as_str(), "file" = aside.display().to_string().as_str();
                    "the gallery can't be read; it is set aside and fetched anew");
                std::fs::rename(path, &aside)
                    .map_err(|source| StoreError::Aside { path: path.to_owned(), source })?;
                for suffix in ["-wal", "-shm"] {
                    // Absent is what it should be.
                    std::fs::remove_file(with_suffix(path, suffix)).ok();
                }
                Self::connect(path, key)
            }
            Err(error) => Err(error),
        }
    }

    fn connect(path: &Path, key: &SecretString) -> Result<Self, StoreError> {
        let act = "opening the gallery";
        let db = Connection::open(path).map_err(failed(act))?;
        sqlcipher::unlock(&db, key).map_err(failed(act))?;
        db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;")
            .map_err(failed(act))?;
        let found: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed(act))?;
        let applied = usize::try_from(found).unwrap_or(0);
        for (n, migration) in MIGRATIONS.iter().enumerate().skip(applied) {
            let version = n + 1;
            db.execute_batch(&format!(
                "BEGIN IMMEDIATE; {migration}; PRAGMA user_version = {version}; COMMIT;"
            ))
            .map_err(failed("making the gallery's tables"))?;
        }
        Ok(Self { db })
    }

    /// Opens a gallery for looking, also beside a running door: nothing is made, changed or set aside. None when
    /// nothing is in the file yet, or nothing that this version has opened.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`], or when it can't be read.
    pub fn open_read_only(
        path: &Path,
        key: &SecretString,
        key_hint: &Path,
    ) -> Result<Option<Self>, StoreError> {
        let act = "opening the gallery for reading";
        let db = sqlcipher::open_read_only(path).map_err(failed(act))?;
        sqlcipher::unlock(&db, key).map_err(failed(act))?;
        let found = db
            .execute_batch("PRAGMA busy_timeout = 5000;")
            .and_then(|()| db.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)));
        match found {
            Ok(found) if usize::try_from(found).unwrap_or(0) < MIGRATIONS.len() => Ok(None),
            Ok(_) => Ok(Some(Self { db })),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                Err(StoreError::WrongKey { path: path.to_owned(), key_hint: key_hint.to_owned() })
            }
            Err(error) => Err(failed(act)(error)),
        }
    }

    /// What is stored.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn state(&self) -> Result<GalleryState, StoreError> {
        let act = "reading the gallery's state";
        let text = |key: &str| -> Result<String, StoreError> {
            self.db
                .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
                .optional()
                .map(Option::unwrap_or_default)
                .map_err(failed(act))
        };
        let count = |sql: &str| -> Result<u64, StoreError> {
            let count: i64 = self.db.query_row(sql, [], |row| row.get(0)).map_err(failed(act))?;
            Ok(u64::try_from(count).unwrap_or(0))
        };
        Ok(GalleryState {
            revision: text("revision")?.parse().unwrap_or(0),
            model_pack: text("model_pack")?,
            zone: text("zone")?,
            people: count("SELECT COUNT(*) FROM person")?,
            templates: count("SELECT COUNT(*) FROM template")?,
            badges: count("SELECT COUNT(*) FROM badge")?,
        })
    }

    /// Applies a delta as a whole.
    ///
    /// # Errors
    /// [`StoreError::Gap`] when it starts from another revision; nothing has changed then.
    pub fn apply(&mut self, delta: &GalleryDelta) -> Result<(), StoreError> {
        let have = self.state()?.revision;
        if delta.since != 0 && delta.since != have {
            return Err(StoreError::Gap { since: delta.since, have });
        }
        let act = "storing a gallery";
        let transaction = self.db.transaction().map_err(failed(act))?;
        write(&transaction, delta).map_err(failed(act))?;
        faults::point("gallery.before_commit");
        transaction.commit().map_err(failed(act))?;
        faults::point("gallery.after_commit");
        // What was removed must stay readable neither in the gap of a page whose rows were moved nor in the log.
        if delta.since == 0 || !delta.remove.is_empty() {
            self.db.execute_batch("VACUUM").map_err(failed("rewriting the gallery"))?;
        }
        let truncated = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        truncated.map_err(failed("writing the gallery back"))
    }

    /// Everybody.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn people(&self) -> Result<Vec<GalleryPerson>, StoreError> {
        let act = "reading the gallery";
        let mut badges = self.badges()?;
        let mut select = self
            .db
            .prepare(
                "SELECT person.person_id, display_name, not_after, template_id, embedding
                 FROM person LEFT JOIN template ON template.person_id = person.person_id
                 ORDER BY person.person_id, template_id",
            )
            .map_err(failed(act))?;
        let mut rows = select.query([]).map_err(failed(act))?;
        let mut people: Vec<GalleryPerson> = Vec::new();
        while let Some(row) = rows.next().map_err(failed(act))? {
            let id: String = row.get(0).map_err(failed(act))?;
            let person_id = PersonId::parse(&id).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            if people.last().is_none_or(|last| last.person_id != person_id) {
                people.push(GalleryPerson {
                    person_id,
                    display_name: row.get(1).map_err(failed(act))?,
                    not_after: row.get::<_, Option<i64>>(2).map_err(failed(act))?.map(UtcMillis::from_i64),
                    templates: Vec::new(),
                    badges: badges.remove(&person_id).unwrap_or_default(),
                });
            }
            let template: Option<String> = row.get(3).map_err(failed(act))?;
            let bytes: Option<Vec<u8>> = row.get(4).map_err(failed(act))?;
            if let (Some(last), Some(template), Some(bytes)) = (people.last_mut(), template, bytes) {
                let corrupt = |error: &dyn std::fmt::Display| StoreError::Corrupt(error.to_string());
                last.templates.push(GalleryTemplate {
                    template_id: TemplateId::parse(&template).map_err(|error| corrupt(&error))?,
                    embedding: Embedding::from_bytes(&bytes).map_err(|error| corrupt(&error))?,
                });
            }
        }
        Ok(people)
    }

    fn badges(&self) -> Result<HashMap<PersonId, Vec<GalleryBadge>>, StoreError> {
        let act = "reading the badges";
        let mut select = self
            .db
            .prepare("SELECT person_id, badge_id, not_after FROM badge ORDER BY badge_id")
            .map_err(failed(act))?;
        let mut rows = select.query([]).map_err(failed(act))?;
        let mut badges: HashMap<PersonId, Vec<GalleryBadge>> = HashMap::new();
        while let Some(row) = rows.next().map_err(failed(act))? {
            let person: String = row.get(0).map_err(failed(act))?;
            let badge: String = row.get(1).map_err(failed(act))?;
            let corrupt = |error: lintel_core::ids::IdError| StoreError::Corrupt(error.to_string());
            badges.entry(PersonId::parse(&person).map_err(corrupt)?).or_default().push(GalleryBadge {
                badge_id: BadgeId::parse(&badge).map_err(corrupt)?,
                not_after: UtcMillis::from_i64(row.get(2).map_err(failed(act))?),
            });
        }
        Ok(badges)
    }

    /// Public keys that sign badges, base64.
    ///
    /// # Errors
    /// When the database can't be read.
    pub fn badge_keys(&self) -> Result<Vec<String>, StoreError> {
        let act = "reading the badge keys";
        let mut select =
            self.db.prepare("SELECT public_key FROM badge_key ORDER BY public_key").map_err(failed(act))?;
        let keys = select.query_map([], |row| row.get(0)).map_err(failed(act))?;
        keys.collect::<Result<_, _>>().map_err(failed(act))
    }
}

fn write(transaction: &Transaction<'_>, delta: &GalleryDelta) -> rusqlite::Result<()> {
    if delta.since == 0 {
        transaction.execute("DELETE FROM person", [])?;
    }
    let gone = delta.remove.iter().chain(delta.upsert.iter().map(|person| &person.person_id));
    for person in gone {
        transaction.execute("DELETE FROM person WHERE person_id = ?1", [person.to_string()])?;
    }
    for person in &delta.upsert {
        let id = person.person_id.to_string();
        transaction
            .prepare_cached("INSERT INTO person (person_id, display_name, not_after) VALUES (?1, ?2, ?3)")?
            .execute(params![id, person.display_name, person.not_after.map(UtcMillis::as_i64)])?;
        for badge in &person.badges {
            // A badge is one person's: whoever had it before hasn't it any more.
            transaction
                .prepare_cached(
                    "INSERT INTO badge (badge_id, person_id, not_after) VALUES (?1, ?2, ?3)
                     ON CONFLICT (badge_id) DO UPDATE SET person_id = excluded.person_id, not_after = excluded.not_after",
                )?
                .execute(params![badge.badge_id.to_string(), id, badge.not_after.as_i64()])?;
        }
        for template in &person.templates {
            transaction
                .prepare_cached(
                    "INSERT INTO template (template_id, person_id, embedding) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![template.template_id.to_string(), id, template.embedding.to_bytes()])?;
        }
    }
    transaction.execute("DELETE FROM badge_key", [])?;
    for key in &delta.badge_keys {
        transaction.execute("INSERT OR IGNORE INTO badge_key (public_key) VALUES (?1)", [key])?;
    }
    let meta = [
        ("revision", delta.revision.to_string()),
        ("model_pack", delta.model_pack.clone()),
        ("zone", delta.zone.clone()),
    ];
    for (key, value) in meta {
        transaction.execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            params![key, value],
        )?;
    }
    Ok(())
}

fn chain(error: &StoreError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
