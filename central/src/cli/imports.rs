//! `import`: files of people, shifts, hours, leave and holidays.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use lintel_core::ids::SiteId;

use super::JsonArg;

/// A file and what to do with it.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file: CSV (UTF-8) or XLSX; headings in the first row, one row each below.
    pub file: PathBuf,
    /// The sheet of a workbook; the first whose headings fit when absent.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// Say what would be done and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON, with every row.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `import …`.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// People with teams: whoever has a new staff number is added, of the others what differs is changed.
    ///
    /// Site, team and hours of somebody who is there change from today on; an empty cell leaves things as they are.
    #[command(
        after_help = "Columns: staff_no and name; if you like site, team, joined, left, weekly_hours.\n\n\
        Example:\n  \
        staff_no,name,site,team,joined,weekly_hours\n  \
        1001,Ada Lovelace,berlin,Assembly,2026-12-01,38:30\n\n  \
        lintel-central import people people.csv --dry-run"
    )]
    People {
        /// The file and what to do with it.
        #[command(flatten)]
        import: ImportArgs,
        /// The site of new people for whom the file names none.
        #[arg(long)]
        site: Option<SiteId>,
    },
    /// Who works which shift or pattern, from when to when.
    #[command(
        after_help = "Columns: staff_no, valid_from, and shift or pattern; if you like valid_to, weekdays.\n\
        A shift without weekdays is worked on all seven.\n\n\
        Example:\n  \
        staff_no,shift,weekdays,valid_from,valid_to\n  \
        1001,early,Mon-Fri,2026-12-01,2027-02-28\n\n  \
        lintel-central import assignments december.xlsx --sheet Shifts --dry-run"
    )]
    Assignments(ImportArgs),
    /// Agreed hours a week, from a day until the next change.
    #[command(after_help = "Columns: staff_no, valid_from, weekly_hours (38:30 or 38.5).\n\n\
        Example:\n  \
        staff_no,valid_from,weekly_hours\n  \
        1001,2027-01-01,38:30\n\n  \
        lintel-central import contract-hours hours.csv --dry-run")]
    ContractHours(ImportArgs),
    /// Leave that counts at once; both dates are in it.
    #[command(
        after_help = "Columns: staff_no, from, to, kind (`leave kinds` lists them); if you like part, note.\n\n\
        Example:\n  \
        staff_no,from,to,kind,part\n  \
        1001,2026-12-24,2026-12-24,annual,first half\n\n  \
        lintel-central import leave leave.csv --dry-run"
    )]
    Leave(ImportArgs),
    /// Holidays, from a table or from a calendar (.ics), in place of what was there on the same days.
    #[command(
        after_help = "Columns: date, name; if you like half, site. A row without a site is for --site, or for every site.\n\
        Yearly events of a calendar are written out for this year and the next.\n\n\
        Example:\n  \
        date,name,half,site\n  \
        2026-12-24,Christmas Eve,second half,berlin\n\n  \
        lintel-central import holidays berlin.ics --site berlin --dry-run"
    )]
    Holidays {
        /// The file and what to do with it.
        #[command(flatten)]
        import: ImportArgs,
        /// The site of rows that name none; every site when absent.
        #[arg(long)]
        site: Option<SiteId>,
    },
}
