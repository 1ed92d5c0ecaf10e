//! The command line: what can be typed, in one place.
//!
//! Only shapes; `commands` does the work.

mod access;
mod corrections;
mod devices;
mod imports;
mod payroll;
mod people;
mod recompute;
mod records;
mod reports;
mod rosters;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use lintel_core::ids::SiteId;
use lintel_runtime::config::ConfigArgs;

pub use access::{PasswordArgs, TokenCommand, UserCommand};
pub use corrections::{CorrectionCommand, WhyArg};
pub use devices::{DeviceCommand, Direction};
pub use imports::{ImportArgs, ImportCommand};
pub use payroll::{ExportArgs, PayrollCommand};
pub use people::{BadgeCommand, Holder, PeopleCommand};
pub use recompute::{OrderArgs, PolicyRevision, RecomputeArgs, RecomputeCommand};
pub use records::{AuditCommand, BackupCommand, LedgerCommand};
pub use reports::{Order, OutArgs, ReportCommand, ReportFormat};
pub use rosters::{
    AssignmentCommand, DecisionArgs, HolidayCommand, LeaveCommand, ListArgs, OutageCommand, PatternCommand,
    PeriodArgs, PeriodCommand, PolicyCommand, ShiftCommand,
};

/// The server of Lintel: people, doors, attendance.
#[derive(Debug, Parser)]
#[command(name = "lintel-central", version, about, propagate_version = true)]
pub struct Cli {
    /// Where settings come from.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// What is logged, such as debug or "info,lintel_central=debug"; the same as --set log.level=….
    #[arg(long, value_name = "LEVEL", global = true)]
    pub log: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make keys and certificates.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// The centre's own certificate authority.
    #[command(subcommand)]
    Ca(CaCommand),
    /// Bring the database's tables up to date.
    Migrate,
    /// Run the server.
    Serve,
    /// Sites: places with a time zone.
    #[command(subcommand)]
    Site(SiteCommand),
    /// People, their consent and their templates.
    #[command(subcommand)]
    People(PeopleCommand),
    /// Badges: printed codes, shown to the door's camera instead of a face.
    #[command(subcommand)]
    Badge(BadgeCommand),
    /// Door devices.
    #[command(subcommand)]
    Device(DeviceCommand),
    /// Shifts: templates in local time, valid from a date on.
    #[command(subcommand)]
    Shift(ShiftCommand),
    /// Patterns: cycles of shifts, such as a week of early and a week of late ones.
    #[command(subcommand)]
    Pattern(PatternCommand),
    /// Assignments: who works on which pattern or shift, and when.
    #[command(subcommand)]
    Assignment(AssignmentCommand),
    /// Holidays of each site.
    #[command(subcommand)]
    Holiday(HolidayCommand),
    /// Leave: record it, decide what was asked for.
    #[command(subcommand)]
    Leave(LeaveCommand),
    /// Import files of people, shifts, hours, leave and holidays: as a whole or not at all.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Policies: the numbers and choices that the attendance rules leave open.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Months that were given to payroll and stay as they were given.
    #[command(subcommand)]
    Period(PeriodCommand),
    /// Payroll: give it a month's hours once, and afterwards what differs.
    #[command(subcommand)]
    Payroll(PayrollCommand),
    /// Accounts of the console: who logs in, and as what.
    #[command(subcommand)]
    User(UserCommand),
    /// API tokens.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print a link that logs into the console once, within 15 minutes.
    Link,
    /// Attendance reports.
    #[command(subcommand)]
    Report(ReportCommand),
    /// Corrections: change somebody's record with a reason, decide what an employee proposed.
    #[command(subcommand)]
    Correction(CorrectionCommand),
    /// Compute days again, to look at or to change them.
    Recompute(RecomputeArgs),
    /// Encrypted backups of the database, and the way back.
    #[command(subcommand)]
    Backup(BackupCommand),
    /// What was recorded, as one hash.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Who changed and saw what.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The MQTT broker.
    #[command(subcommand)]
    Mqtt(MqttCommand),
    /// Measure how many events a second are accepted.
    Bench(BenchArgs),
    /// Check everything this server needs, one line each.
    Doctor {
        /// Also check what must be right before people rely on it: secrets, names, permissions, backups.
        #[arg(long)]
        production: bool,
        /// Print JSON.
        #[command(flatten)]
        json: JsonArg,
    },
    /// The settings: a commented template, the effective values, a check.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the API's description, an OpenAPI document; needs neither settings nor a database.
    Openapi,
    /// Write the manual pages into a folder.
    #[command(hide = true)]
    Manual {
        /// The folder.
        folder: PathBuf,
    },
}

/// `--json`.
#[derive(Debug, Clone, Copy, Args)]
pub struct JsonArg {
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub json: bool,
}

/// `keys …`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make whatever is missing in data_dir/keys; what is there stays as it is.
    Init,
    /// Write all master keys to one file under a passphrase: with it a backup opens on another machine.
    Export {
        /// The file to write.
        #[arg(long, value_name = "FILE")]
        recovery: PathBuf,
        /// Write a page to print too, with the same as codes and lines.
        #[arg(long, value_name = "FILE.html")]
        sheet: Option<PathBuf>,
        /// Where the passphrase comes from.
        #[command(flatten)]
        passphrase: PassphraseArg,
    },
    /// Put exported keys into data_dir/keys.
    Import {
        /// The exported file, or a text file with the lines of the printed sheet.
        #[arg(long, value_name = "FILE")]
        recovery: PathBuf,
        /// Put aside other keys that are there.
        #[arg(long)]
        replace: bool,
        /// Where the passphrase comes from.
        #[command(flatten)]
        passphrase: PassphraseArg,
    },
}

/// `--passphrase-file`.
#[derive(Debug, Clone, Args)]
pub struct PassphraseArg {
    /// The file whose first line is the passphrase; asked for, or read from standard input, when absent.
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// `ca …`.
#[derive(Debug, Subcommand)]
pub enum CaCommand {
    /// Make what is missing of the authority; `keys init` does it too.
    Init,
    /// Show its certificates with their fingerprints and days left.
    Show(JsonArg),
}

/// `site …`.
#[derive(Debug, Subcommand)]
pub enum SiteCommand {
    /// Add a site.
    Add {
        /// Its id, such as berlin.
        id: SiteId,
        /// Its time zone, an IANA name such as Europe/Berlin.
        #[arg(long)]
        zone: String,
        /// Its name for people; the id when absent.
        #[arg(long)]
        name: Option<String>,
    },
    /// Give a site another name for people; its id stays.
    #[command(after_help = "Example:\n  lintel-central site rename berlin 'Berlin, Mitte'")]
    Rename {
        /// The site.
        id: SiteId,
        /// The new name.
        name: String,
    },
    /// Put right a mistyped time zone, while no month of the site is locked: all its days are computed again.
    #[command(after_help = "Example:\n  lintel-central site set-zone lisbon Europe/Lisbon")]
    SetZone {
        /// The site.
        id: SiteId,
        /// Its time zone, an IANA name such as Europe/Berlin.
        zone: String,
    },
    /// List the sites.
    List(JsonArg),
}

/// `mqtt …`.
#[derive(Debug, Subcommand)]
pub enum MqttCommand {
    /// Write mosquitto.conf and dynamic-security.json for a broker of this centre.
    Config {
        /// The folder to write into.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The broker's port; taken from mqtt.url when absent.
        #[arg(long)]
        port: Option<u16>,
    },
}

/// `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// What to measure: events accepted a second, or what the attendance rules take.
    #[arg(value_enum, default_value_t = BenchWhat::Ingest)]
    pub what: BenchWhat,
    /// Print JSON.
    #[command(flatten)]
    pub json: JsonArg,
    /// Measure on this database too; may be repeated.
    #[arg(long = "database-url", value_name = "URL")]
    pub database_urls: Vec<String>,
    /// Events per run.
    #[arg(long, default_value_t = 50_000)]
    pub events: u32,
    /// Events per transaction.
    #[arg(long, default_value_t = 200)]
    pub batch: u32,
    /// With `attendance`: people.
    #[arg(long, default_value_t = 10_000)]
    pub people: u32,
}

/// What `bench` measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum BenchWhat {
    /// Events accepted a second on each database, beside a bare insert of the same rows.
    Ingest,
    /// The attendance rules for a person's month without a database, and a company's month on each.
    Attendance,
}

/// `config …`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Every setting, commented out at its default.
    Template,
    /// The effective values and where each came from.
    Show(JsonArg),
    /// Refuse what is wrong or unknown.
    Check,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_for_all_commands_may_stand_behind_the_command() {
        let cli = Cli::try_parse_from(["x", "people", "list", "--json", "--config", "/c.toml"]).unwrap();
        assert_eq!(cli.config.config, Some(PathBuf::from("/c.toml")));
    }

    #[test]
    fn an_assignment_is_to_a_pattern_or_to_a_shift_with_its_weekdays() {
        let typed = |rest: &[&str]| {
            let all = ["x", "assignment", "add", "0042", "--from", "2026-12-01"].iter().chain(rest);
            Cli::try_parse_from(all).map(drop)
        };
        assert!(typed(&["--pattern", "two"]).is_ok());
        assert!(typed(&["--shift", "early", "--weekdays", "mon-fri"]).is_ok());
        for wrong in
            [&[][..], &["--shift", "early"], &["--pattern", "two", "--shift", "early", "--weekdays", "mon"]]
        {
            assert!(typed(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn leave_is_approved_or_refused_with_a_reason() {
        let typed = |rest: &[&str]| {
            let id = "01890a5d-ac96-774b-bcce-b302099a8057";
            Cli::try_parse_from(["x", "leave", "decide", id].iter().chain(rest)).map(drop)
        };
        assert!(typed(&["--approve"]).is_ok() && typed(&["--refuse", "two others are away"]).is_ok());
        assert!(typed(&[]).is_err() && typed(&["--refuse"]).is_err());
        assert!(typed(&["--approve", "--refuse", "no"]).is_err());
    }

    #[test]
    fn a_correction_is_decided_one_way_and_has_a_reason() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let typed =
            |rest: &[&str]| Cli::try_parse_from(["x", "correction"].iter().chain(rest)).map(drop).is_ok();
        assert!(typed(&["decide", id, "--approve"]) && typed(&["decide", id, "--refuse", "nobody came"]));
        assert!(!typed(&["decide", id]) && !typed(&["decide", id, "--approve", "--refuse", "no"]));
        let excuse = ["excuse", "0042", "--date", "2026-11-20"];
        assert!(!typed(&excuse) && typed(&[&excuse[..], &["--reason", "closed"]].concat()));
        let direct = ["direct", "0042", id, "--reason", "went home", "--direction"];
        assert!(typed(&[&direct[..], &["out"]].concat()) && !typed(&[&direct[..], &["up"]].concat()));
    }

    #[test]
    fn a_wrong_site_id_is_refused_with_the_rule() {
        let error = Cli::try_parse_from(["x", "site", "add", "Büro", "--zone", "UTC"]).unwrap_err();
        assert!(error.to_string().contains("a-z"), "{error}");
    }
}
