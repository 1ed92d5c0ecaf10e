//! The command line: what can be typed, in one place.
//!
//! Only shapes; `commands` does the work.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, SiteId};
use lintel_runtime::config::ConfigArgs;

use crate::auth::{AccountName, Role};

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
    /// Door devices.
    #[command(subcommand)]
    Device(DeviceCommand),
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
    /// The MQTT broker.
    #[command(subcommand)]
    Mqtt(MqttCommand),
    /// Measure how many events a second are accepted.
    Bench(BenchArgs),
    /// Check everything this server needs, one line each.
    Doctor(JsonArg),
    /// The settings: a commented template, the effective values, a check.
    #[command(subcommand)]
    Config(ConfigCommand),
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
    /// List the sites.
    List(JsonArg),
}

/// `people …`; PERSON is an id or a staff number.
#[derive(Debug, Subcommand)]
pub enum PeopleCommand {
    /// Add a person; prints the person's id.
    Add {
        /// Their name.
        #[arg(long)]
        name: String,
        /// The site they belong to.
        #[arg(long)]
        site: SiteId,
        /// Their staff number.
        #[arg(long, value_name = "NO")]
        staff_no: Option<String>,
        /// Print JSON.
        #[command(flatten)]
        json: JsonArg,
    },
    /// List people.
    List {
        /// Only those of this site.
        #[arg(long)]
        site: Option<SiteId>,
        /// Print JSON.
        #[command(flatten)]
        json: JsonArg,
    },
    /// Make templates from a folder of photographs; needs consent.
    Enrol {
        /// Id or staff number.
        person: String,
        /// Folder of photographs of this person (JPEG, PNG, WebP).
        #[arg(long, value_name = "DIR")]
        photos: PathBuf,
        /// Record consent to this version of the privacy notice first.
        #[arg(long, value_name = "NOTICE_VERSION")]
        consent: Option<String>,
        /// Enrol although the face resembles another person's: doors will call the two ambiguous.
        #[arg(long)]
        force: bool,
        /// Print JSON.
        #[command(flatten)]
        json: JsonArg,
    },
    /// Record a person's consent to face recognition.
    Consent {
        /// Id or staff number.
        person: String,
        /// The version of the privacy notice that they agreed to.
        #[arg(long, value_name = "VERSION")]
        notice: String,
    },
    /// Withdraw consent: templates are erased here and at every door.
    Withdraw {
        /// Id or staff number.
        person: String,
    },
    /// Move a person to another site; the old site's doors forget their face.
    Move {
        /// Id or staff number.
        person: String,
        /// The new site.
        #[arg(long)]
        site: SiteId,
    },
    /// Let the doors of another site know this person too.
    Allow {
        /// Id or staff number.
        person: String,
        /// The other site.
        #[arg(long)]
        site: SiteId,
    },
    /// Remove a person who leaves: templates and key are destroyed, doors forget the face; attendance stays.
    Remove {
        /// Id or staff number.
        person: String,
    },
    /// Erase a person altogether: also name, days, and who it was in every event.
    Erase {
        /// Id or staff number.
        person: String,
    },
}

/// `device …`.
#[derive(Debug, Subcommand)]
pub enum DeviceCommand {
    /// Add a door; writes its join file, which holds its token.
    Add {
        /// Its id, such as door-1.
        id: DeviceId,
        /// The site it stands at.
        #[arg(long)]
        site: SiteId,
        /// The door's name for people.
        #[arg(long)]
        door: String,
        /// Which way people go through it.
        #[arg(long, value_enum, default_value_t = Direction::None)]
        direction: Direction,
        /// Where to write the join file; ID.join.toml when absent.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// List doors.
    List(JsonArg),
    /// Give a door a new token and trust the gallery key that it shows next; writes a new join file.
    Reset {
        /// Its id.
        id: DeviceId,
        /// Where to write the join file; ID.join.toml when absent.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Take a door's right to connect away.
    Revoke {
        /// Its id.
        id: DeviceId,
    },
}

/// Which way people go through a door.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Direction {
    /// An entrance.
    In,
    /// An exit.
    Out,
    /// Both, or not known.
    None,
}

impl From<Direction> for DirectionHint {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::In => Self::In,
            Direction::Out => Self::Out,
            Direction::None => Self::None,
        }
    }
}

/// `user …`. A password is never an argument: other users of the machine would see it.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make an account; its password is asked for, or read from standard input.
    Create {
        /// What its owner types to log in, such as ada.lovelace.
        name: AccountName,
        /// What it may do.
        #[arg(long, value_enum)]
        role: Role,
        /// The person whose record is theirs, by id or staff number; needed for employee.
        #[arg(long, value_name = "STAFF_NO_OR_ID")]
        person: Option<String>,
        /// What pages call them; the name when absent.
        #[arg(long)]
        display_name: Option<String>,
        /// Where the password comes from.
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// List the accounts.
    List(JsonArg),
    /// Close an account; its sessions end at once.
    Disable {
        /// Its name.
        name: AccountName,
    },
    /// Open an account again.
    Enable {
        /// Its name.
        name: AccountName,
    },
    /// Set a password; the account's sessions end at once.
    Password {
        /// The account's name.
        name: AccountName,
        /// Where the password comes from.
        #[command(flatten)]
        password: PasswordArgs,
    },
}

/// Where a password comes from.
#[derive(Debug, Args)]
pub struct PasswordArgs {
    /// Read the password from this file instead, such as a systemd credential.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// The owner must choose another password at the next log-in.
    #[arg(long)]
    pub temporary: bool,
}

/// `token …`.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make an API token; it is printed this once.
    Create {
        /// What it is for; needed to revoke it.
        #[arg(long)]
        name: String,
        /// What it may do.
        #[arg(long, value_enum, default_value_t = Role::Admin)]
        role: Role,
    },
    /// Make a token worthless.
    Revoke {
        /// Its name.
        name: String,
    },
}

/// `report …`.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// One day, one row per person who was recorded.
    Daily {
        /// The civil date, YYYY-MM-DD, in each site's zone.
        #[arg(long)]
        date: jiff::civil::Date,
        /// Only this site.
        #[arg(long)]
        site: Option<SiteId>,
        /// How it is printed.
        #[arg(long, value_enum, default_value_t = crate::reports::Format::Table)]
        format: crate::reports::Format,
    },
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
    fn a_wrong_site_id_is_refused_with_the_rule() {
        let error = Cli::try_parse_from(["x", "site", "add", "Büro", "--zone", "UTC"]).unwrap_err();
        assert!(error.to_string().contains("a-z"), "{error}");
    }
}
