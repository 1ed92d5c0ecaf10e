//! Roles: what somebody behind an account, a token or a link may do.
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
    /// People, consent, templates, badges and attendance; no devices, accounts or tokens.
    Hr,
    /// Doors and nothing of the people who pass them.
    Technician,
    /// Their own record; always tied to a person.
    Employee,
    /// Reads everything, changes nothing.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Admin, Self::Hr, Self::Technician, Self::Employee, Self::Auditor];

    /// The name in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Hr => "hr",
            Self::Technician => "technician",
            Self::Employee => "employee",
            Self::Auditor => "auditor",
        }
    }

    /// Reads a name; None for one that this version does not know, which then may do nothing.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// Whether the role means nothing without a person whose record it is about.
    #[must_use]
    pub const fn needs_person(self) -> bool {
        matches!(self, Self::Employee)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
