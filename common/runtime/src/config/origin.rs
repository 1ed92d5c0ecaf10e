//! Who set a value: the layers of the settings, and where in them.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from, weakest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built into the program.
    Default,
    /// A configuration file.
    File {
        /// As it was named.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// A systemd credential: a file in `$CREDENTIALS_DIRECTORY`.
    Credential(String),
    /// An environment variable.
    Environment(String),
    /// `--set` on the command line.
    CommandLine,
    /// The contents of a file that a `…_file` setting named.
    Contents {
        /// The file that was read.
        path: PathBuf,
        /// Where it was named.
        named_by: Box<Origin>,
    },
}

impl Origin {
    /// The layer: a greater number wins over a smaller one.
    #[must_use]
    pub fn layer(&self) -> u8 {
        match self {
            Self::Default => 0,
            Self::File { .. } => 1,
            Self::Credential(_) => 2,
            Self::Environment(_) => 3,
            Self::CommandLine => 4,
            Self::Contents { named_by, .. } => named_by.layer(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Credential(name) => write!(f, "credential {name}"),
            Self::Environment(name) => f.write_str(name),
            Self::CommandLine => f.write_str("--set"),
            Self::Contents { path, .. } => write!(f, "{}", path.display()),
        }
    }
}
