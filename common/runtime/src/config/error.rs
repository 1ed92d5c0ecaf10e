//! What can be wrong with the settings, in sentences that name the place and say what to type.

use std::fmt;
use std::path::PathBuf;

use super::origin::Origin;
use crate::secrets::SecretError;

/// The settings can't be used. Ends the program with [`crate::exit::ExitCode::Usage`].
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A configuration file couldn't be read.
    #[error("can't read the configuration {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A configuration file isn't TOML.
    #[error("{origin}: {message}")]
    Syntax {
        /// File and line.
        origin: Origin,
        /// What the parser expected.
        message: String,
    },
    /// A value doesn't fit its setting.
    #[error("{origin}: {key}: {message}")]
    Value {
        /// Where the value came from.
        origin: Origin,
        /// The setting's dotted name.
        key: String,
        /// What was expected and what was found.
        message: String,
    },
    /// `--set` without a name or a value.
    #[error("--set {given}: write section.key=value, such as --set log.level=debug")]
    Assignment {
        /// As typed.
        given: String,
    },
    /// An environment variable under the prefix isn't text.
    #[error("{name}: the value isn't valid UTF-8")]
    NotText {
        /// The variable.
        name: String,
    },
    /// A file that holds a secret couldn't be read.
    #[error("{origin}: {key}")]
    Secret {
        /// Where the file was named.
        origin: Origin,
        /// The setting that named it.
        key: String,
        /// Why.
        #[source]
        source: SecretError,
    },
    /// There are settings that nobody reads; only `config check` refuses for this.
    #[error("{}", Lines(.0))]
    Unknown(Vec<ConfigWarning>),
    /// The built-in defaults can't be written as TOML or don't read back: a mistake in the program.
    #[error("the built-in defaults are broken: {message}")]
    Defaults {
        /// What the serialiser said.
        message: String,
    },
}

/// Something about the settings that doesn't stop a daemon, and must be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigWarning {
    /// A name that no setting has.
    Unknown {
        /// Its dotted name.
        key: String,
        /// Where it stands.
        origin: Origin,
        /// The dotted name that was probably meant.
        meant: Option<String>,
    },
    /// A secret that others can read; one sentence with the command to type.
    OpenSecret(String),
}

impl ConfigWarning {
    /// The dotted name that it is about; empty when it is about a file.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Unknown { key, .. } => key,
            Self::OpenSecret(_) => "",
        }
    }
}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { key, origin, meant } => {
                write!(f, "{origin}: {key}: no such setting")?;
                match meant {
                    Some(meant) => write!(f, "; did you mean {meant}?"),
                    None => f.write_str("; `config template` lists them all"),
                }
            }
            Self::OpenSecret(text) => f.write_str(text),
        }
    }
}

struct Lines<'a>(&'a [ConfigWarning]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, warning) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{warning}")?;
        }
        Ok(())
    }
}
