//! Backups, the audit and the ledger.

use std::path::PathBuf;

use clap::Subcommand;

use super::JsonArg;

/// `backup …`.
#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Make a backup, and with it one of the people's keys.
    Create {
        /// The folder; backup.dir when absent.
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
        /// Then read it again as a whole, and delete older ones but for backup.keep; the nightly timer does.
        #[arg(long)]
        prune: bool,
        /// Print JSON.
        #[command(flatten)]
        json: JsonArg,
    },
    /// Read a backup to its end and check that it would come back.
    Verify {
        /// The file central-….backup.
        file: PathBuf,
        /// Print JSON.
        #[command(flatten)]
        json: JsonArg,
    },
    /// List backups.
    List {
        /// The folder; backup.dir when absent.
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
        /// Print JSON.
        #[command(flatten)]
        json: JsonArg,
    },
    /// Delete all backups but the newest.
    Prune {
        /// How many stay; backup.keep when absent.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        keep: Option<u32>,
    },
    /// Put a backup back. Whoever was erased since is erased again, and what was revoked is revoked again.
    Restore {
        /// The file central-….backup; the people's keys and both ledgers are looked for beside it.
        file: PathBuf,
        /// Put aside the records that are there.
        #[arg(long)]
        yes: bool,
        /// An erasure ledger at another place.
        #[arg(long, value_name = "FILE")]
        erasures: Option<PathBuf>,
        /// Nobody was erased since the backup was made: do without a ledger.
        #[arg(long)]
        without_erasures: bool,
        /// Do without the people's keys: every face must be enrolled again.
        #[arg(long)]
        without_vault: bool,
    },
}

/// `audit …`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that no row of the audit was changed, moved or taken away.
    Verify(JsonArg),
    /// List rows, newest first.
    List {
        /// Only those about this person, door or other id.
        #[arg(long, value_name = "ID")]
        about: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// Print JSON.
        #[command(flatten)]
        json: JsonArg,
    },
}

/// `ledger …`.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// One hash over all accepted events and day records; the same on either database and after a restore.
    Hash(JsonArg),
}
