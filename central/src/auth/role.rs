//! Roles: what a person behind a token or a link may do.
//!
//! A role is a bundle of permissions and nothing else; use cases never ask for a role.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A bundle of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// People, consent, templates and attendance; no devices and no tokens.
    Hr,
    /// Reads everything, changes nothing.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Hr, Self::Auditor];

    /// The name in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Hr => "hr",
            Self::Auditor => "auditor",
        }
    }

    /// Reads a name; None for one that this version does not know, which then may do nothing.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
