//! Manual pages out of the command line's own texts, one for each command, so that they can't differ from
//! `--help`. Written when the packages are built; nothing reads them at run time.

use std::path::Path;

use anyhow::Context as _;

/// Writes `program.1`, `program-command.1` and so on into a folder that exists.
///
/// # Errors
/// When a page can't be written.
pub fn write(command: clap::Command, folder: &Path) -> anyhow::Result<()> {
    // A fixed width: wrapping by the terminal that builds the packages would change the pages.
    let command = command.term_width(100);
    clap_mangen::generate_to(command, folder)
        .with_context(|| format!("can't write manual pages into {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command};

    use super::*;

    #[test]
    fn each_command_has_a_page_and_hidden_ones_have_none() {
        let folder = tempfile::tempdir().unwrap();
        let command = Command::new("lintel-door")
            .about("Watches.")
            .arg(Arg::new("loud").long("loud").help("Rings."))
            .subcommand(Command::new("join").about("Joins."))
            .subcommand(Command::new("secret").hide(true));
        write(command, folder.path()).unwrap();
        let page = std::fs::read_to_string(folder.path().join("lintel-door.1")).unwrap();
        assert!(page.contains("Watches.") && page.contains("Rings."), "{page}");
        assert!(folder.path().join("lintel-door-join.1").is_file());
        assert!(!folder.path().join("lintel-door-secret.1").exists());
    }
}
