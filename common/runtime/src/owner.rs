//! Whose files a program works on. A key or a database that root makes in the daemon's folder can't be read by
//! the daemon any more, so root is told which user to be instead; nothing here changes users.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::exit::UsageError;

/// Refuses root where `data_dir` belongs to somebody else. `program` is for the command to type.
///
/// # Errors
/// [`UsageError`] with that command.
pub fn refuse_foreign_root(data_dir: &Path, program: &str) -> Result<(), UsageError> {
    let Ok(folder) = fs::metadata(data_dir) else { return Ok(()) };
    // The owner of a process's own folder in /proc is its effective user.
    let me = fs::metadata("/proc/self").map_or(folder.uid(), |process| process.uid());
    if me != 0 || folder.uid() == 0 {
        return Ok(());
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = user_name(&passwd, folder.uid()).unwrap_or_else(|| format!("#{}", folder.uid()));
    Err(UsageError(format!(
        "{} belongs to {name}, who couldn't read what root makes there: type `sudo -u {name} {program} …`",
        data_dir.display()
    )))
}

/// The name of a user id in the text of /etc/passwd.
#[must_use]
pub fn user_name(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let found: u32 = fields.nth(1)?.parse().ok()?;
        (found == uid).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nlintel-kiosk:x:997:997::/:/usr/sbin/nologin\nbroken\n";
        assert_eq!(user_name(passwd, 997).as_deref(), Some("lintel-kiosk"));
        assert_eq!(user_name(passwd, 5), None);
    }

    #[test]
    fn a_folder_of_ones_own_and_one_that_is_not_there_are_fine() {
        let folder = tempfile::tempdir().unwrap();
        refuse_foreign_root(folder.path(), "lintel-kiosk").unwrap();
        refuse_foreign_root(Path::new("/not/there"), "lintel-kiosk").unwrap();
    }

    #[test]
    fn root_is_told_whom_to_be() {
        let folder = tempfile::tempdir().unwrap();
        // Only root can give a folder away; for anybody else the rule above is all there is.
        if std::os::unix::fs::chown(folder.path(), Some(65_534), None).is_ok() {
            let error = refuse_foreign_root(folder.path(), "lintel-kiosk").unwrap_err().to_string();
            assert!(error.contains("sudo -u nobody lintel-kiosk"), "{error}");
        }
    }
}
