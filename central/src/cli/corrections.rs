//! Corrections of somebody's record.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use lintel_core::ids::{CorrectionId, EventId, SiteId};

use super::{DecisionArgs, ListArgs};
use crate::attendance::punch::Direction;

/// `correction …`; PERSON is an id or a staff number, PUNCH and EVENT stand in the person's record at the console.
#[derive(Debug, Subcommand)]
pub enum CorrectionCommand {
    /// Add a punch that no door recorded; prints the correction's id, as the other changes do.
    #[command(after_help = "Example:\n  \
        lintel-central correction add 0042 --site berlin --at 2026-11-20T08:00:00+01:00 --direction in \
        --reason 'the door was open'")]
    Add {
        /// Id or staff number.
        person: String,
        /// Where.
        #[arg(long)]
        site: SiteId,
        /// When, such as 2026-11-20T07:00:00Z or 2026-11-20T08:00:00+01:00.
        #[arg(long, value_name = "INSTANT")]
        at: Timestamp,
        /// Which way, where it is known: in or out.
        #[arg(long, value_parser = direction)]
        direction: Option<Direction>,
        /// Why.
        #[command(flatten)]
        why: WhyArg,
    },
    /// Take a punch out of the count; it stays in sight.
    #[command(after_help = "Example:\n  \
        lintel-central correction void 0042 01890a5d-ac96-774b-bcce-b302099a8057 --reason 'a colleague held the badge'")]
    Void {
        /// Id or staff number.
        person: String,
        /// The punch.
        punch: EventId,
        /// Why.
        #[command(flatten)]
        why: WhyArg,
    },
    /// Give a punch to the person whose it was.
    #[command(after_help = "Example:\n  \
        lintel-central correction move 0042 01890a5d-ac96-774b-bcce-b302099a8057 --to 0043 --reason 'their badges were swapped'")]
    Move {
        /// Id or staff number of whom the punch is now.
        person: String,
        /// The punch.
        punch: EventId,
        /// Id or staff number of whose it was.
        #[arg(long, value_name = "PERSON")]
        to: String,
        /// Why.
        #[command(flatten)]
        why: WhyArg,
    },
    /// Say which way a punch was.
    #[command(after_help = "Example:\n  \
        lintel-central correction direct 0042 01890a5d-ac96-774b-bcce-b302099a8057 --direction out --reason 'went home'")]
    Direct {
        /// Id or staff number.
        person: String,
        /// The punch.
        punch: EventId,
        /// Which way: in or out.
        #[arg(long, value_parser = direction)]
        direction: Direction,
        /// Why.
        #[command(flatten)]
        why: WhyArg,
    },
    /// Give somebody an event in which nobody was recognised for sure.
    #[command(after_help = "Example:\n  \
        lintel-central correction assign 0042 01890a5d-ac96-774b-bcce-b302099a8057 --reason 'new glasses'")]
    Assign {
        /// Id or staff number.
        person: String,
        /// The event.
        event: EventId,
        /// Why.
        #[command(flatten)]
        why: WhyArg,
    },
    /// Excuse a day on which they didn't have to come.
    #[command(after_help = "Example:\n  \
        lintel-central correction excuse 0042 --date 2026-11-20 --paid --reason 'the site was closed'")]
    Excuse {
        /// Id or staff number.
        person: String,
        /// The day.
        #[arg(long)]
        date: Date,
        /// Its hours are credited.
        #[arg(long)]
        paid: bool,
        /// Why.
        #[command(flatten)]
        why: WhyArg,
    },
    /// Approve the overtime of a day.
    #[command(after_help = "Example:\n  \
        lintel-central correction approve-overtime 0042 --date 2026-11-20 --reason 'the delivery was late'")]
    ApproveOvertime {
        /// Id or staff number.
        person: String,
        /// The day.
        #[arg(long)]
        date: Date,
        /// Why.
        #[command(flatten)]
        why: WhyArg,
    },
    /// Approve what an employee proposed, or refuse it with a reason.
    #[command(after_help = "Examples:\n  \
        lintel-central correction decide 01890a5d-ac96-774b-bcce-b302099a8057 --approve\n  \
        lintel-central correction decide 01890a5d-ac96-774b-bcce-b302099a8057 --refuse 'the door saw nobody'")]
    Decide {
        /// Its id.
        id: CorrectionId,
        /// Which way.
        #[command(flatten)]
        decision: DecisionArgs,
    },
    /// List corrections of a person, or all that wait for a decision.
    #[command(after_help = "Example:\n  lintel-central correction list --person 0042")]
    List {
        /// Only those of this person, decided ones too.
        #[arg(long)]
        person: Option<String>,
        /// How it is cut.
        #[command(flatten)]
        list: ListArgs,
    },
}

/// `--reason`.
#[derive(Debug, Clone, Args)]
pub struct WhyArg {
    /// Why; whoever reads the record later wants to know.
    #[arg(long)]
    pub reason: String,
}

fn direction(text: &str) -> Result<Direction, String> {
    Direction::parse(text).ok_or_else(|| "write in or out".to_owned())
}
