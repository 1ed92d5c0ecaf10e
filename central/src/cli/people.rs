//! People and their badges.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use lintel_core::ids::SiteId;

use super::JsonArg;

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
        /// The first day at work, YYYY-MM-DD; without one they have always been there.
        #[arg(long, value_name = "DATE")]
        joined: Option<jiff::civil::Date>,
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
    /// Say when a person leaves: when that day has ended, templates and badges are destroyed.
    Leave {
        /// Id or staff number.
        person: String,
        /// The last day at work, YYYY-MM-DD, in the zone of the person's site.
        #[arg(long, value_name = "DATE", required_unless_present = "cancel")]
        on: Option<jiff::civil::Date>,
        /// The person stays after all.
        #[arg(long, conflicts_with = "on")]
        cancel: bool,
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

/// `badge …`; PERSON is an id or a staff number.
#[derive(Debug, Subcommand)]
pub enum BadgeCommand {
    /// Give a person a new badge, which revokes the one before; with --all-of, everybody who has no good one.
    Issue {
        /// Whose.
        #[command(flatten)]
        holder: Holder,
        /// Days that the badge is good for.
        #[arg(long, value_name = "DAYS", default_value_t = crate::badges::VALID_DAYS)]
        valid_days: u32,
        /// Write the new cards: FILE.svg for one, FILE.html for a sheet to print and cut.
        #[arg(long, value_name = "FILE")]
        sheet: Option<PathBuf>,
        /// Print JSON.
        #[command(flatten)]
        json: JsonArg,
    },
    /// Print cards again that are still good.
    Print {
        /// Whose.
        #[command(flatten)]
        holder: Holder,
        /// FILE.svg for one card, FILE.html for a sheet to print and cut.
        #[arg(long, value_name = "FILE")]
        sheet: PathBuf,
    },
    /// Make a person's badge worthless.
    Revoke {
        /// Id or staff number.
        person: String,
    },
    /// List the badges that are not revoked.
    List {
        /// Only those of this site.
        #[arg(long)]
        site: Option<SiteId>,
        /// Print JSON.
        #[command(flatten)]
        json: JsonArg,
    },
}

/// One person, or everybody of a site.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Holder {
    /// Id or staff number.
    pub person: Option<String>,
    /// Everybody of this site.
    #[arg(long, value_name = "SITE")]
    pub all_of: Option<SiteId>,
}
