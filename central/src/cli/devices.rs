//! The devices at the doors.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, SiteId};

use super::{JsonArg, OutageCommand};

/// `device …`.
#[derive(Debug, Subcommand)]
pub enum DeviceCommand {
    /// Make a one-time code with which a door joins: as text and as a QR code.
    Invite {
        /// Its id, such as door-1. A door that is there already joins anew with the code.
        id: DeviceId,
        /// The site it stands at; needed for a new door.
        #[arg(long)]
        site: Option<SiteId>,
        /// The door's name for people; needed for a new door.
        #[arg(long)]
        door: Option<String>,
        /// Which way people go through it; both when absent.
        #[arg(long, value_enum)]
        direction: Option<Direction>,
        /// How long the code can be used, such as 30m, 24h or 7d.
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = validity)]
        valid: i64,
        /// Also write the QR code as a picture.
        #[arg(long, value_name = "FILE")]
        png: Option<PathBuf>,
        /// Print JSON.
        #[command(flatten)]
        json: JsonArg,
    },
    /// Take back a join code that nobody has used yet.
    Withdraw {
        /// The door's id.
        id: DeviceId,
    },
    /// Add a door that gets in by a token (with devices.allow_tokens); writes its join file, which holds it.
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
    /// Times in which a dead or stolen door holds nobody up; each needs the approval of somebody else.
    #[command(subcommand)]
    OutOfService(OutageCommand),
}

/// Milliseconds of `30m`, `24h` or `7d`.
fn validity(text: &str) -> Result<i64, String> {
    let wrong = || "write a number with m, h or d behind it, such as 24h".to_owned();
    let unit_ms = match text.chars().last() {
        Some('m') => 60_000,
        Some('h') => 3_600_000,
        Some('d') => 86_400_000,
        _ => return Err(wrong()),
    };
    let number: i64 = text.trim_end_matches(['m', 'h', 'd']).parse().map_err(|_| wrong())?;
    number.checked_mul(unit_ms).filter(|ms| *ms > 0).ok_or_else(wrong)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validity_is_a_number_with_its_unit() {
        assert_eq!(validity("30m"), Ok(1_800_000));
        assert_eq!(validity("7d"), Ok(604_800_000));
        for wrong in ["", "24", "h", "-1h", "0m", "1.5h", "9999999999999999d", "1hh1"] {
            assert!(validity(wrong).is_err(), "{wrong}");
        }
    }
}
