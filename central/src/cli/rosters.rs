//! Shifts, patterns, assignments, holidays, leave, policies, periods, and doors out of service.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use lintel_core::ids::{
    AssignmentId, DeviceId, LeaveId, LeaveKind, OutageId, PatternId, PolicyId, ShiftId, SiteId,
};

use super::JsonArg;
use crate::attendance::Month;
use crate::attendance::calendar::DayPart;
use crate::rosters::Weekdays;

/// How a list is cut.
#[derive(Debug, Clone, Copy, Args)]
pub struct ListArgs {
    /// At most so many rows, up to 1000.
    #[arg(long, value_name = "ROWS", default_value_t = crate::rosters::LISTED)]
    pub limit: u32,
    /// Print JSON.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `shift …`.
#[derive(Debug, Subcommand)]
pub enum ShiftCommand {
    /// Store a shift as it is from a date on; the version before stays for the days before.
    #[command(after_help = "Example:\n  \
        printf 'name = \"Early\"\\nparts = [{ start = \"06:00\", end = \"14:00\" }]\\n' |\n    \
        lintel-central shift put early --from 2026-12-01 --file -")]
    Put {
        /// Its id, such as early.
        id: ShiftId,
        /// The first day on which it is so.
        #[arg(long, value_name = "DATE")]
        from: Date,
        /// The template as TOML; - is standard input.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// The zone that its times are in, where it isn't the site's.
        #[arg(long)]
        zone: Option<String>,
    },
    /// Print a shift as it is on a date, as TOML that `shift put` reads.
    #[command(after_help = "Example:\n  lintel-central shift show early --on 2026-12-01 > early.toml")]
    Show {
        /// Its id.
        id: ShiftId,
        /// The date; today when absent.
        #[arg(long, value_name = "DATE")]
        on: Option<Date>,
    },
    /// List shifts with all their versions.
    #[command(after_help = "Example:\n  lintel-central shift list --json")]
    List(ListArgs),
}

/// `pattern …`.
#[derive(Debug, Subcommand)]
pub enum PatternCommand {
    /// Add a pattern; its cycle never changes.
    #[command(after_help = "Example:\n  \
        printf 'anchor = \"2026-11-30\"\\ndays = [[\"early\"], [\"early\"], []]\\n' |\n    \
        lintel-central pattern add two-on-one-off --file -")]
    Add {
        /// Its id, such as three-shifts.
        id: PatternId,
        /// The cycle as TOML; - is standard input.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
    /// List patterns.
    #[command(after_help = "Example:\n  lintel-central pattern list")]
    List(ListArgs),
}

/// `assignment …`; PERSON is an id or a staff number.
#[derive(Debug, Subcommand)]
pub enum AssignmentCommand {
    /// Assign somebody to a pattern, or to a shift on some weekdays; prints the assignment's id.
    #[command(after_help = "Examples:\n  \
        lintel-central assignment add 0042 --pattern three-shifts --from 2026-12-01\n  \
        lintel-central assignment add 0042 --shift early --weekdays mon-fri --from 2026-12-01 --to 2026-12-31")]
    Add {
        /// Id or staff number.
        person: String,
        /// The pattern.
        #[arg(long, required_unless_present = "shift", conflicts_with = "shift")]
        pattern: Option<PatternId>,
        /// The shift.
        #[arg(long, requires = "weekdays")]
        shift: Option<ShiftId>,
        /// On which days the shift is worked, such as mon-fri or mon,wed.
        #[arg(long, requires = "shift", value_name = "DAYS")]
        weekdays: Option<Weekdays>,
        /// First day.
        #[arg(long, value_name = "DATE")]
        from: Date,
        /// Last day; it goes on when absent.
        #[arg(long, value_name = "DATE")]
        to: Option<Date>,
    },
    /// Set the last day of an assignment.
    #[command(after_help = "Example:\n  \
        lintel-central assignment end 01890a5d-ac96-774b-bcce-b302099a8057 --on 2026-12-31")]
    End {
        /// Its id.
        id: AssignmentId,
        /// The last day.
        #[arg(long, value_name = "DATE")]
        on: Date,
    },
    /// Take an assignment back as if it had never been.
    #[command(after_help = "Example:\n  \
        lintel-central assignment remove 01890a5d-ac96-774b-bcce-b302099a8057")]
    Remove {
        /// Its id.
        id: AssignmentId,
    },
    /// List assignments.
    #[command(after_help = "Example:\n  lintel-central assignment list --person 0042")]
    List {
        /// Only those of this person.
        #[arg(long)]
        person: Option<String>,
        /// How it is cut.
        #[command(flatten)]
        list: ListArgs,
    },
}

/// `holiday …`.
#[derive(Debug, Subcommand)]
pub enum HolidayCommand {
    /// Add a holiday of a site, in place of one on the same day.
    #[command(after_help = "Example:\n  \
        lintel-central holiday add --site berlin --date 2026-12-24 --name 'Christmas Eve' --part second-half")]
    Add {
        /// The site.
        #[arg(long)]
        site: SiteId,
        /// The day.
        #[arg(long)]
        date: Date,
        /// What it is called.
        #[arg(long)]
        name: String,
        /// How much of it: full, first-half or second-half.
        #[arg(long, default_value = "full", value_parser = part)]
        part: DayPart,
    },
    /// Take a holiday away.
    #[command(after_help = "Example:\n  lintel-central holiday remove --site berlin --date 2026-12-24")]
    Remove {
        /// The site.
        #[arg(long)]
        site: SiteId,
        /// The day.
        #[arg(long)]
        date: Date,
    },
    /// List the holidays of a site in a year.
    #[command(after_help = "Example:\n  lintel-central holiday list --site berlin --year 2026")]
    List {
        /// The site.
        #[arg(long)]
        site: SiteId,
        /// The year.
        #[arg(long)]
        year: i16,
        /// How it is cut.
        #[command(flatten)]
        list: ListArgs,
    },
}

/// Yes, or no with a reason.
#[derive(Debug, Args)]
pub struct DecisionArgs {
    /// It is approved.
    #[arg(long, required_unless_present = "refuse")]
    pub approve: bool,
    /// It is refused, and why.
    #[arg(long, value_name = "REASON", conflicts_with = "approve")]
    pub refuse: Option<String>,
}

/// `leave …`; PERSON is an id or a staff number.
#[derive(Debug, Subcommand)]
pub enum LeaveCommand {
    /// Record leave that counts at once; prints its id.
    #[command(after_help = "Example:\n  \
        lintel-central leave add 0042 --kind annual --from 2026-12-28 --to 2026-12-31")]
    Add {
        /// Id or staff number.
        person: String,
        /// The kind: `leave kinds` shows them.
        #[arg(long)]
        kind: LeaveKind,
        /// First day.
        #[arg(long, value_name = "DATE")]
        from: Date,
        /// Last day.
        #[arg(long, value_name = "DATE")]
        to: Date,
        /// How much of each day: full, first-half or second-half.
        #[arg(long, default_value = "full", value_parser = part)]
        part: DayPart,
        /// What is to be said about it.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Approve leave that was asked for, or refuse it with a reason.
    #[command(after_help = "Examples:\n  \
        lintel-central leave decide 01890a5d-ac96-774b-bcce-b302099a8057 --approve\n  \
        lintel-central leave decide 01890a5d-ac96-774b-bcce-b302099a8057 --refuse 'two others are away'")]
    Decide {
        /// Its id.
        id: LeaveId,
        /// Which way.
        #[command(flatten)]
        decision: DecisionArgs,
    },
    /// Take leave back that was asked for or approved.
    #[command(after_help = "Example:\n  \
        lintel-central leave cancel 01890a5d-ac96-774b-bcce-b302099a8057 --reason 'came to work after all'")]
    Cancel {
        /// Its id.
        id: LeaveId,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// List the kinds of leave.
    #[command(after_help = "Example:\n  lintel-central leave kinds")]
    Kinds(JsonArg),
    /// List leave.
    #[command(after_help = "Example:\n  lintel-central leave list --person 0042")]
    List {
        /// Only that of this person.
        #[arg(long)]
        person: Option<String>,
        /// Only what waits for a decision.
        #[arg(long)]
        open: bool,
        /// How it is cut.
        #[command(flatten)]
        list: ListArgs,
    },
}

/// `policy …`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Publish a revision of a policy: a file that says only what differs from the defaults.
    #[command(after_help = "Example:\n  \
        printf 'min_gap = \"0:05\"\\n' |\n    \
        lintel-central policy put default --from 2026-12-01 --reason 'agreed with the works council' --file -")]
    Put {
        /// Its id, such as default.
        id: PolicyId,
        /// For this site; for all that have none of their own when absent.
        #[arg(long)]
        site: Option<SiteId>,
        /// The first day on which it counts.
        #[arg(long, value_name = "DATE")]
        from: Date,
        /// Why.
        #[arg(long)]
        reason: String,
        /// The policy as TOML; - is standard input.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
    /// Print the policy that counts at a site, as TOML that `policy put` reads.
    #[command(after_help = "Example:\n  lintel-central policy show --site berlin --on 2026-12-01")]
    Show {
        /// The site.
        #[arg(long)]
        site: SiteId,
        /// The date; today when absent.
        #[arg(long, value_name = "DATE")]
        on: Option<Date>,
    },
    /// List policies with all their revisions.
    #[command(after_help = "Example:\n  lintel-central policy list")]
    List(ListArgs),
}

/// `period …`.
#[derive(Debug, Subcommand)]
pub enum PeriodCommand {
    /// Lock a month of a site: nothing that lies in it can be planned otherwise any more.
    #[command(after_help = "Example:\n  \
        lintel-central period lock --site berlin --month 2026-11 --reason 'given to payroll'")]
    Lock(PeriodArgs),
    /// Open a locked month again.
    #[command(after_help = "Example:\n  \
        lintel-central period unlock --site berlin --month 2026-11 --reason 'a shift was missing'")]
    Unlock(PeriodArgs),
    /// List locked months.
    #[command(after_help = "Example:\n  lintel-central period list --site berlin")]
    List {
        /// Only those of this site.
        #[arg(long)]
        site: Option<SiteId>,
        /// How it is cut.
        #[command(flatten)]
        list: ListArgs,
    },
}

/// A month of a site, and why.
#[derive(Debug, Args)]
pub struct PeriodArgs {
    /// The site.
    #[arg(long)]
    pub site: SiteId,
    /// The month, such as 2026-11.
    #[arg(long)]
    pub month: Month,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

/// `device out-of-service …`.
#[derive(Debug, Subcommand)]
pub enum OutageCommand {
    /// Declare a door out of service; prints the outage's id.
    #[command(after_help = "Example:\n  \
        lintel-central device out-of-service declare door-1 --from 2026-11-20T06:00:00Z --reason stolen")]
    Declare {
        /// The door.
        id: DeviceId,
        /// From which instant, such as 2026-11-20T06:00:00Z or 2026-11-20T07:00:00+01:00.
        #[arg(long, value_name = "INSTANT")]
        from: Timestamp,
        /// Until which instant; it goes on when absent.
        #[arg(long, value_name = "INSTANT")]
        to: Option<Timestamp>,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Approve what somebody else declared at the console or over the API.
    #[command(after_help = "Example:\n  \
        lintel-central device out-of-service approve 01890a5d-ac96-774b-bcce-b302099a8057")]
    Approve {
        /// The outage.
        id: OutageId,
    },
    /// Say that the door is back.
    #[command(after_help = "Example:\n  \
        lintel-central device out-of-service end 01890a5d-ac96-774b-bcce-b302099a8057")]
    End {
        /// The outage.
        id: OutageId,
        /// Since which instant; now when absent.
        #[arg(long, value_name = "INSTANT")]
        at: Option<Timestamp>,
    },
    /// List outages.
    #[command(after_help = "Example:\n  lintel-central device out-of-service list --device door-1")]
    List {
        /// Only those of this door.
        #[arg(long)]
        device: Option<DeviceId>,
        /// How it is cut.
        #[command(flatten)]
        list: ListArgs,
    },
}

fn part(text: &str) -> Result<DayPart, String> {
    DayPart::parse(text).ok_or_else(|| "write full, first-half or second-half".to_owned())
}
