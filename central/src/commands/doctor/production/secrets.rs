//! Whether keys and passwords are secrets, and whether they lie where only this user can read them.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use lintel_runtime::doctor::Check;
use url::Url;

use crate::app::{KeyPaths, given_keys};
use crate::config::CentralSettings;
use crate::store::copies;

/// What every private key in PEM says of itself; a sealed one doesn't.
const OPEN_KEY: &str = "PRIVATE KEY-----";
/// Words that stand in examples and nowhere else.
pub(super) const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "change-me",
    "change_me",
    "password",
    "secret",
    "example",
    "default",
    "admin",
    "postgres",
    "lintel",
    "test",
    "12345678",
];

/// A secret that somebody took from an example, or that is no secret at all.
fn is_placeholder(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let mut characters: Vec<char> = text.trim_end_matches('=').chars().collect();
    characters.sort_unstable();
    characters.dedup();
    characters.len() < 5
        || PLACEHOLDERS.iter().any(|word| text == *word || text.starts_with(&format!("{word}-")))
}

pub(super) fn of_secrets(settings: &CentralSettings) -> Check {
    let paths = KeyPaths::of(settings);
    let mut weak: Vec<String> = Vec::new();
    let mut look = |name: &str, text: &str| {
        if text.split([',', '\n', ' ']).filter(|key| !key.is_empty()).any(is_placeholder) {
            weak.push(name.to_owned());
        }
    };
    for path in [paths.data(), paths.face(), paths.ack(), paths.badge(), paths.mqtt_password()] {
        if let Ok(text) = fs::read_to_string(&path) {
            look(&path.display().to_string(), &text);
        }
    }
    for (name, key) in given_keys(settings) {
        look(name, key.expose());
    }
    if let Some(password) = database_password(settings)
        && is_placeholder(&password)
    {
        weak.push("the password in database.url".to_owned());
    }
    for name in ["ca.key", "devices.key"] {
        let path = paths.tls(name);
        if fs::read_to_string(&path).is_ok_and(|text| text.contains(OPEN_KEY)) {
            weak.push(format!("{} (not sealed)", path.display()));
        }
    }
    if weak.is_empty() {
        Check::ok("secrets", "none is from an example, and the authority's are sealed")
    } else {
        let advice = "delete key files that nothing was sealed with yet and run `lintel-central keys init`; an authority's key that isn't sealed was put there by hand: put back the sealed one; give the database user a random password";
        Check::fail("secrets", format!("placeholders or open: {}", weak.join(", ")), advice)
    }
}

fn database_password(settings: &CentralSettings) -> Option<String> {
    let url = Url::parse(settings.database.url.as_ref()?.expose()).ok()?;
    let given = url.query_pairs().find(|(key, _)| key == "password").map(|(_, value)| value.into_owned());
    given.or_else(|| url.password().map(str::to_owned))
}

pub(super) fn of_permissions(settings: &CentralSettings) -> Check {
    let data = &settings.storage.data_dir;
    let keys = KeyPaths::of(settings).dir;
    let mut open = Vec::new();
    let mut look = |path: &Path, forbidden: u32| {
        if let Ok(meta) = fs::metadata(path)
            && meta.mode() & forbidden != 0
        {
            open.push(format!("{} ({:03o})", path.display(), meta.mode() & 0o777));
        }
    };
    look(data, 0o027);
    look(&keys, 0o077);
    for path in files_below(&keys, 3) {
        // Certificates are for everybody to read, unless somebody has put a key into the same file.
        let public = path.extension().is_some_and(|extension| extension == "pem")
            && !fs::read_to_string(&path).is_ok_and(|text| text.contains(OPEN_KEY));
        look(&path, if public { 0o022 } else { 0o077 });
    }
    if let Some(path) = &settings.server.tls_key {
        look(path, 0o077);
    }
    let url = settings.database.url_or_default(data);
    if let Some((main, vault)) = copies::sqlite_files(url.expose()) {
        look(&main, 0o077);
        look(&vault, 0o077);
    }
    if let Some(misplaced) = misplaced(settings, &keys) {
        return misplaced;
    }
    if open.is_empty() {
        Check::ok("permissions", "keys and database are for this user only")
    } else {
        let advice = "chmod 600 key and database files, 700 the keys' folder, 750 or less the data folder";
        Check::fail("permissions", format!("others may read or write: {}", open.join(", ")), advice)
    }
}

fn files_below(dir: &Path, depth: usize) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    paths
        .flat_map(|path| match path.is_dir() {
            true if depth > 1 => files_below(&path, depth - 1),
            true => Vec::new(),
            false => vec![path],
        })
        .collect()
}

/// A backup and what opens it must not travel together.
fn misplaced(settings: &CentralSettings, keys: &Path) -> Option<Check> {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let backups = real(&settings.backup.dir_or_default(&settings.storage.data_dir));
    let keys = real(keys);
    (keys.starts_with(&backups) || backups.starts_with(&keys)).then(|| {
        let detail = format!("the keys in {} lie with the backups in {}", keys.display(), backups.display());
        Check::fail(
            "permissions",
            detail,
            "set backup.dir to a folder that neither holds the keys nor lies among them",
        )
    })
}
