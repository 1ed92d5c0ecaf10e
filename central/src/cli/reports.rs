//! Reports.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use lintel_core::ids::SiteId;

use crate::attendance::Month;
use crate::inquiries::Asked;
use crate::reports::sheets::Name;

/// `report …`.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// One day, one row per person who was recorded.
    #[command(after_help = "Examples:\n  \
        lintel-central report daily --date 2026-11-20\n  \
        lintel-central report daily --date 2026-11-20 --site berlin --format page --out 2026-11-20.html")]
    Daily {
        /// The civil date, YYYY-MM-DD, in each site's zone.
        #[arg(long)]
        date: Date,
        /// Whose and how.
        #[command(flatten)]
        who: WhoArgs,
        /// As which file.
        #[command(flatten)]
        out: OutArgs,
    },
    /// A month: one row per person, or one row per day of one person, with adjustments of locked months.
    #[command(after_help = "Examples:\n  \
        lintel-central report monthly --month 2026-11 --site berlin --format xlsx --out november.xlsx\n  \
        lintel-central report monthly --month 2026-11 --person 0042")]
    Monthly(MonthArgs),
    /// What somebody should look at, the gravest first.
    #[command(after_help = "Example:\n  lintel-central report exceptions --month 2026-11 --site berlin")]
    Exceptions(RangeArgs),
    /// Paid hours beyond the usual: of which kind, and whether they are approved.
    #[command(after_help = "Example:\n  \
        lintel-central report overtime --from 2026-11-01 --to 2026-11-15 --format csv")]
    Overtime(RangeArgs),
    /// Events as the doors recorded them, in the order in which they came.
    #[command(after_help = "Example:\n  \
        lintel-central report raw --date 2026-11-20 --format xlsx --out raw.xlsx")]
    Raw(RangeArgs),
    /// Who is on site now.
    #[command(after_help = "Example:\n  lintel-central report on-site --site berlin")]
    OnSite(NowArgs),
    /// Whom to look for when a building is left in a hurry: who is inside or may be, with their last door.
    #[command(after_help = "Example:\n  \
        lintel-central report evacuation --site berlin --format page --out evacuation.html")]
    Evacuation(NowArgs),
    /// Work of an average week over the months that a law looks at, up to the last whole week of a month; who is over it comes first.
    #[command(after_help = "Example:\n  lintel-central report working-time --month 2026-11")]
    WorkingTime(MonthArgs),
    /// Whether rounding is neutral: what it gave or took of each person in a month.
    #[command(after_help = "Example:\n  lintel-central report rounding --month 2026-11")]
    Rounding(MonthArgs),
}

/// A month.
#[derive(Debug, Args)]
pub struct MonthArgs {
    /// The month, YYYY-MM.
    #[arg(long)]
    month: Month,
    /// Whose and how.
    #[command(flatten)]
    who: WhoArgs,
    /// As which file.
    #[command(flatten)]
    out: OutArgs,
}

/// Which days: a month, a date or a range.
#[derive(Debug, Args)]
pub struct RangeArgs {
    /// A whole month, YYYY-MM.
    #[arg(long, conflicts_with_all = ["date", "from", "to"], required_unless_present_any = ["date", "from"])]
    month: Option<Month>,
    /// One civil date, YYYY-MM-DD, in each site's zone.
    #[arg(long, conflicts_with_all = ["from", "to"])]
    date: Option<Date>,
    /// The first date.
    #[arg(long, requires = "to")]
    from: Option<Date>,
    /// The last date.
    #[arg(long, requires = "from")]
    to: Option<Date>,
    /// Whose and how.
    #[command(flatten)]
    who: WhoArgs,
    /// As which file.
    #[command(flatten)]
    out: OutArgs,
}

/// Of now.
#[derive(Debug, Args)]
pub struct NowArgs {
    /// Only this site.
    #[arg(long)]
    site: Option<SiteId>,
    /// As which file.
    #[command(flatten)]
    out: OutArgs,
}

/// Of whom.
#[derive(Debug, Args)]
pub struct WhoArgs {
    /// Only this site.
    #[arg(long)]
    site: Option<SiteId>,
    /// Only this person: their id or staff number.
    #[arg(long)]
    person: Option<String>,
}

/// As which file, and where it goes.
#[derive(Debug, Args)]
pub struct OutArgs {
    /// How it is written.
    #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
    pub format: ReportFormat,
    /// The file to write; standard output when absent.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For a terminal.
    Table,
    /// For a spreadsheet or a program: codes, times with their offset.
    Csv,
    /// A workbook.
    Xlsx,
    /// For programs.
    Json,
    /// A page to read and print, with its plot where one fits.
    Page,
}

/// A report that was typed.
#[derive(Debug)]
pub struct Order {
    /// Which.
    pub name: Name,
    /// Of when and where.
    pub asked: Asked,
    /// Of whom: an id or a staff number.
    pub person: Option<String>,
    /// As which file.
    pub out: OutArgs,
}

impl ReportCommand {
    /// The same whichever report it is.
    #[must_use]
    pub fn order(self) -> Order {
        let of_now = |name, NowArgs { site, out }: NowArgs| {
            let asked = Asked { site, ..Asked::default() };
            Order { name, asked, person: None, out }
        };
        let order = |name, when: Asked, WhoArgs { site, person }: WhoArgs, out| {
            let asked = Asked { site, ..when };
            Order { name, asked, person, out }
        };
        let of_range = |name, RangeArgs { month, date, from, to, who, out }: RangeArgs| {
            order(name, Asked { month, date, from, to, ..Asked::default() }, who, out)
        };
        let of_month = |name, MonthArgs { month, who, out }: MonthArgs| {
            order(name, Asked { month: Some(month), ..Asked::default() }, who, out)
        };
        match self {
            Self::Daily { date, who, out } => {
                order(Name::Daily, Asked { date: Some(date), ..Asked::default() }, who, out)
            }
            Self::Monthly(month) => of_month(Name::Monthly, month),
            Self::Rounding(month) => of_month(Name::Rounding, month),
            Self::WorkingTime(month) => of_month(Name::WorkingTime, month),
            Self::Exceptions(range) => of_range(Name::Exceptions, range),
            Self::Overtime(range) => of_range(Name::Overtime, range),
            Self::Raw(range) => of_range(Name::Raw, range),
            Self::OnSite(now) => of_now(Name::OnSite, now),
            Self::Evacuation(now) => of_now(Name::Evacuation, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::inquiries::Question;

    fn typed(line: &str) -> Result<Order, String> {
        let words = ["lintel-central", "report"].into_iter().chain(line.split(' '));
        match Cli::try_parse_from(words).map_err(|error| error.to_string())?.command {
            Command::Report(command) => Ok(command.order()),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn each_report_can_be_typed_and_what_is_typed_is_a_question() {
        for (line, name) in [
            ("daily --date 2026-11-20 --site berlin", Name::Daily),
            ("monthly --month 2026-11 --person 0042 --format xlsx --out a.xlsx", Name::Monthly),
            ("exceptions --month 2026-11", Name::Exceptions),
            ("overtime --from 2026-11-01 --to 2026-11-15 --format csv", Name::Overtime),
            ("raw --date 2026-11-20", Name::Raw),
            ("on-site --site berlin", Name::OnSite),
            ("evacuation --format page", Name::Evacuation),
            ("rounding --month 2026-11 --format json", Name::Rounding),
            ("working-time --month 2026-11 --site berlin", Name::WorkingTime),
        ] {
            let order = typed(line).unwrap();
            assert_eq!(order.name, name, "{line}");
            assert!(Question::of(order.name, order.asked).is_ok(), "{line}");
        }
    }

    #[test]
    fn a_range_is_a_month_or_a_date_or_two_dates() {
        for line in [
            "raw",
            "raw --from 2026-11-01",
            "raw --month 2026-11 --date 2026-11-20",
            "raw --date 2026-11-20 --from 2026-11-01 --to 2026-11-02",
            "daily --month 2026-11",
            "monthly --month 2026-13",
            "on-site --date 2026-11-20",
            "daily --date 2026-11-20 --format pdf",
        ] {
            assert!(typed(line).is_err(), "{line}");
        }
    }
}
