//! The command line: what can be typed, in one place.
//!
//! Only shapes; `commands` does the work.

use clap::{Args, Parser, Subcommand};
use lintel_runtime::config::ConfigArgs;

use crate::commands::aim::AimArgs;
use crate::commands::bench::BenchArgs;
use crate::commands::replay::ReplayArgs;

/// The daemon at the door: sees, recognises, records, delivers.
#[derive(Debug, Parser)]
#[command(name = "lintel-kiosk", version, about, propagate_version = true)]
pub struct Cli {
    /// Where settings come from.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// What is logged, such as debug or "info,lintel_kiosk=debug"; the same as --set log.level=….
    #[arg(long, value_name = "LEVEL", global = true)]
    pub log: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the door.
    Run,
    /// Join a central with the one-time code of `lintel-central device invite`.
    Join(JoinArgs),
    /// Recognise people in a recording, with no network and no central.
    Replay(ReplayArgs),
    /// The settings: a commented template, the effective values, a check.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check everything this door needs, one line each.
    Doctor(JsonArg),
    /// The events that this door keeps.
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// The people that this door may recognise.
    #[command(subcommand)]
    Gallery(GalleryCommand),
    /// Help to mount the camera: what it sees of a face, and what to turn.
    Aim(AimArgs),
    /// Measure this box: each stage, the search, the outbox, the whole way from frame to commit.
    Bench(BenchArgs),
    /// Write the manual pages into a folder.
    #[command(hide = true)]
    Manual {
        /// The folder.
        folder: std::path::PathBuf,
    },
}

/// `join …`.
#[derive(Debug, Args)]
pub struct JoinArgs {
    /// The code, LJ1-…; in one or several words, or - to read it from standard input.
    #[arg(required_unless_present = "camera", value_name = "CODE")]
    pub code: Vec<String>,
    /// Read it from the QR code that is held before this door's camera.
    #[arg(long, conflicts_with = "code")]
    pub camera: bool,
}

/// `--json`.
#[derive(Debug, Clone, Copy, Args)]
pub struct JsonArg {
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub json: bool,
}

/// `config …`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print a configuration file with every setting and its default.
    Template,
    /// Print the effective values and where each came from.
    Show(JsonArg),
    /// Check the settings; unknown names are refused.
    Check,
}

/// `outbox …`.
#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// How many events are kept and how many wait for central.
    Status(JsonArg),
    /// The newest events.
    List {
        /// Most events to list.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Print one JSON document instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Send central what can still be read of an outbox that was damaged and set aside.
    Salvage {
        /// The file, outbox.db.damaged-…; nothing of it changes.
        file: std::path::PathBuf,
    },
}

/// `gallery …`.
#[derive(Debug, Subcommand)]
pub enum GalleryCommand {
    /// Revision, people and templates.
    Status(JsonArg),
}
