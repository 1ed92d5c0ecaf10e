//! Former databases, which a restore keeps for some days in case it was the wrong backup.
//!
//! They must not outlive the people in them: an erasure drops them at once.

use lintel_core::time::UtcMillis;

use super::{BackupError, Desk};
use crate::store::copies;
use crate::store::former;

/// What the folder of a former database begins with.
pub(super) const FORMER: &str = "former-";

/// How long a former database is kept.
pub const KEEP_MS: i64 = 7 * 24 * 3_600_000;

/// `20261120t080000z`.
pub(super) fn stamp_of(at: UtcMillis) -> String {
    let text = at.to_string().to_lowercase();
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    format!("{}z", digits.split('.').next().unwrap_or_default())
}

/// Drops the former databases that were put aside before an instant; how many files or schemas.
///
/// # Errors
/// [`BackupError`].
pub async fn forget_former(desk: &Desk, before: UtcMillis) -> Result<usize, BackupError> {
    let limit = stamp_of(before);
    if let Some((main, _)) = copies::sqlite_files(desk.options().url.expose()) {
        return forget_files(&main, &limit);
    }
    let mut tx = desk.db.write().await?;
    let count = former::drop_before(&mut tx, &limit).await?;
    tx.commit().await?;
    Ok(count)
}

fn forget_files(main: &std::path::Path, limit: &str) -> Result<usize, BackupError> {
    let Some(home) = main.parent() else { return Ok(0) };
    let failed =
        |source| BackupError::File { act: "forget the former database in", path: home.to_owned(), source };
    let mut count = 0;
    for entry in std::fs::read_dir(home).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.strip_prefix(FORMER).is_some_and(|stamp| stamp < limit) {
            std::fs::remove_dir_all(entry.path()).map_err(failed)?;
            count += 1;
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::super::shelf::VAULTS;
    use super::*;

    #[test]
    fn the_page_for_works_councils_names_these_figures() {
        let page = include_str!("../../../docs/privacy.md");
        assert!(page.contains(&format!("{} days<!-- former_database_days -->", KEEP_MS / (24 * 3_600_000))));
        assert!(page.contains(&format!("{VAULTS}<!-- vault_backups -->")));
    }
}
