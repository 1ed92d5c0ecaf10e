//! `payroll`: what payroll is given, once, and what it was given.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use lintel_core::ids::SiteId;

use super::JsonArg;
use super::rosters::ListArgs;
use crate::attendance::Month;
use crate::payroll::BatchId;

/// `payroll …`.
#[derive(Debug, Subcommand)]
pub enum PayrollCommand {
    /// Give a locked month to payroll: the first time all of it, afterwards what differs from what was given.
    #[command(
        after_help = "A mapping says how the file looks. Copy one of the samples, put your payroll's codes in, \
        and try it with `payroll check`. Each export is a batch of the ledger, and its hours are never given twice: \
        after a correction a second export takes back what was given of those days and gives what they are now.\n\n\
        Examples:\n  \
        lintel-central period lock --site berlin --month 2026-11 --reason 'given to payroll'\n  \
        lintel-central payroll export --month 2026-11 --mapping payroll.toml --out november.csv --dry-run\n  \
        lintel-central payroll export --month 2026-11 --mapping payroll.toml --out november.csv"
    )]
    Export(ExportArgs),
    /// List batches, the newest month first.
    #[command(after_help = "Example:\n  lintel-central payroll list --site berlin")]
    List {
        /// Only those of this site.
        #[arg(long)]
        site: Option<SiteId>,
        /// How it is cut.
        #[command(flatten)]
        list: ListArgs,
    },
    /// Show a batch with its sums, or write its file again, byte for byte.
    #[command(after_help = "Examples:\n  \
        lintel-central payroll show 2026-11.1\n  \
        lintel-central payroll show 2026-11.1 --out november.csv")]
    Show {
        /// The batch, such as 2026-11.1.
        id: BatchId,
        /// The file to write; - for standard output.
        #[arg(long, value_name = "FILE", conflicts_with = "json")]
        out: Option<PathBuf>,
        /// Print JSON.
        #[command(flatten)]
        json: JsonArg,
    },
    /// Take back a batch that payroll never took in: the next export gives its hours again.
    #[command(
        after_help = "Only the last batch of a month, and only while no later one counts on it. If payroll has \
        the file, correct the record and export again instead.\n\n\
        Example:\n  lintel-central payroll cancel 2026-11.1 --reason 'the codes were wrong'"
    )]
    Cancel {
        /// The batch, such as 2026-11.1.
        id: BatchId,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Check a mapping: says what is wrong with it, and on which line.
    #[command(after_help = "Example:\n  lintel-central payroll check --mapping payroll.toml")]
    Check {
        /// The mapping, a TOML file.
        #[arg(long, value_name = "FILE")]
        mapping: PathBuf,
    },
}

/// What is given, and where the file goes.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The month, YYYY-MM.
    #[arg(long)]
    pub month: Month,
    /// Only this site; every one that has days in the month when absent.
    #[arg(long)]
    pub site: Option<SiteId>,
    /// How the file looks: a TOML file.
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    /// The file to write; - for standard output.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Write the file as it would be now, of an open month too, and give nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::cli::Cli;

    fn typed(line: &str) -> Result<(), String> {
        let words = ["lintel-central", "payroll"].into_iter().chain(line.split(' '));
        Cli::try_parse_from(words).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn each_command_can_be_typed_and_what_is_missing_is_named() {
        for line in [
            "export --month 2026-11 --mapping m.toml --out f.csv",
            "export --month 2026-11 --site berlin --mapping m.toml --out - --dry-run",
            "list --site berlin --limit 10",
            "show 2026-11.1 --out f.csv",
            "show 2026-11.1 --json",
            "cancel 2026-11.1 --reason wrong",
            "check --mapping m.toml",
        ] {
            assert_eq!(typed(line), Ok(()), "{line}");
        }
        for (line, said) in [
            ("export --month 2026-11 --out f.csv", "--mapping"),
            ("export --month 2026-11 --mapping m.toml", "--out"),
            ("show 2026-11", "payroll list"),
            ("cancel 2026-11.1", "--reason"),
        ] {
            let error = typed(line).unwrap_err();
            assert!(error.contains(said), "{line}: {error}");
        }
    }
}
