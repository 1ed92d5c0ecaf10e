//! `recompute`: days computed again on somebody's order.

use std::fmt;
use std::str::FromStr;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use lintel_core::ids::{PolicyId, RecomputeId};

use super::JsonArg;

/// A policy, or one revision of it: `office` or `office:3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRevision {
    /// Which policy.
    pub id: PolicyId,
    /// Which revision; the newest without.
    pub revision: Option<i64>,
}

impl fmt::Display for PolicyRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.revision {
            Some(revision) => write!(f, "{}:{revision}", self.id),
            None => write!(f, "{}", self.id),
        }
    }
}

impl FromStr for PolicyRevision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, revision) = match text.split_once(':') {
            Some((id, revision)) => (id, Some(revision)),
            None => (text, None),
        };
        let wrong = |_| "write a revision as a number behind a colon, as in office:3".to_owned();
        let revision = revision.map(|number| number.parse::<i64>().map_err(wrong)).transpose()?;
        Ok(Self { id: id.parse().map_err(|error: lintel_core::ids::IdError| error.to_string())?, revision })
    }
}

/// `recompute …`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Days follow from punches, corrections and rosters by themselves; an order is for what changes \
        them otherwise, such as another version of this program. Days of locked months are left alone.\n\n\
        Examples:\n  \
        lintel-central recompute --from 2026-11-01 --to 2026-11-30 --dry-run\n  \
        lintel-central recompute --from 2026-11-01 --to 2026-11-30 --policy office:3 --dry-run\n  \
        lintel-central recompute --from 2026-11-01 --to 2026-11-30 --apply\n  \
        lintel-central recompute undo 019ab3f2-…"
)]
pub struct RecomputeArgs {
    /// What is to be done with an order that was applied.
    #[command(subcommand)]
    pub command: Option<RecomputeCommand>,
    /// What is ordered.
    #[command(flatten)]
    pub order: Option<OrderArgs>,
}

/// What is ordered.
#[derive(Debug, Args)]
pub struct OrderArgs {
    /// The first date.
    #[arg(long, value_name = "DATE")]
    pub from: Date,
    /// The last date; at most a year behind the first.
    #[arg(long, value_name = "DATE")]
    pub to: Date,
    /// Try this policy for everybody, such as office or office:3; only to look.
    #[arg(long, value_name = "POLICY", conflicts_with = "apply")]
    pub policy: Option<PolicyRevision>,
    /// Print what would change, and change nothing.
    #[arg(long, required_unless_present = "apply", conflicts_with = "apply")]
    pub dry_run: bool,
    /// Change it; `recompute undo` takes it back.
    #[arg(long)]
    pub apply: bool,
    /// Print JSON.
    #[command(flatten)]
    pub json: JsonArg,
}

/// What is done with orders that were applied.
#[derive(Debug, Subcommand)]
pub enum RecomputeCommand {
    /// Take an order back: each day that is still as the order left it becomes what it was before.
    Undo {
        /// The order's id.
        id: RecomputeId,
    },
    /// List the newest orders.
    List(JsonArg),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_written_with_its_revision_or_without() {
        let read = |text: &str| text.parse::<PolicyRevision>();
        assert_eq!(read("office:3").unwrap().revision, Some(3));
        assert_eq!(read("office").unwrap().to_string(), "office");
        assert!(read("office:three").unwrap_err().contains("office:3"));
    }
}
