//! Permissions as values: a use case takes a [`Permit`], and the only way to one is an [`Actor`]'s role.
//!
//! So that forgetting the check doesn't compile. Every permit carries the actor's name for the audit row;
//! nothing here reads a credential.

use std::marker::PhantomData;
use std::sync::Arc;

use super::Role;

/// Something that may be allowed.
pub trait Permission: Send + Sync + 'static {
    /// Its name in messages.
    const NAME: &'static str;
    /// Whether a role includes it.
    fn included(role: Role) -> bool;
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal: $($role:ident)|+;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;
        impl Permission for $name {
            const NAME: &'static str = $text;
            fn included(role: Role) -> bool {
                matches!(role, $(Role::$role)|+)
            }
        }
    )*};
}

permissions! {
    /// Add and change sites.
    ManageSites = "sites.manage": Admin;
    /// Add, move and remove people; record and withdraw consent; store templates.
    ManagePeople = "people.manage": Admin | Hr;
    /// Read people.
    ReadPeople = "people.read": Admin | Hr | Auditor;
    /// Add, reset and revoke devices.
    ManageDevices = "devices.manage": Admin;
    /// Read devices and sites.
    ReadDevices = "devices.read": Admin | Hr | Auditor;
    /// Make and revoke API tokens and log-in links.
    ManageTokens = "tokens.manage": Admin;
    /// Read events and day records.
    ReadAttendance = "attendance.read": Admin | Hr | Auditor;
    /// Read and verify the audit chain.
    ReadAudit = "audit.read": Admin | Auditor;
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    name: Arc<str>,
    role: Role,
}

impl Actor {
    /// Somebody whose credential was checked.
    #[must_use]
    pub fn new(name: &str, role: Role) -> Self {
        Self { name: name.into(), role }
    }

    /// The person at the server's own command line, who can read its files anyway.
    #[must_use]
    pub fn local() -> Self {
        Self::new("cli", Role::Admin)
    }

    /// The name for the audit.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Their role.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// The permission, when the role includes it.
    ///
    /// # Errors
    /// [`Denied`] names the permission and the role.
    pub fn permit<P: Permission>(&self) -> Result<Permit<P>, Denied> {
        if P::included(self.role) {
            Ok(Permit { actor: Arc::clone(&self.name), permission: PhantomData })
        } else {
            Err(Denied { permission: P::NAME, role: self.role })
        }
    }
}

/// The proof that somebody may do something.
#[derive(Debug, Clone)]
pub struct Permit<P: Permission> {
    actor: Arc<str>,
    permission: PhantomData<P>,
}

impl<P: Permission> Permit<P> {
    /// Who holds it.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }
}

/// The role doesn't include the permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the role {role} may not do this: it needs {permission}")]
pub struct Denied {
    /// What was asked for.
    pub permission: &'static str,
    /// The role that hasn't it.
    pub role: Role,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_reads_and_changes_nothing() {
        let auditor = Actor::new("a", Role::Auditor);
        assert!(auditor.permit::<ReadAttendance>().is_ok());
        assert!(auditor.permit::<ReadAudit>().is_ok());
        let denied = auditor.permit::<ManagePeople>().unwrap_err();
        assert_eq!(denied.to_string(), "the role auditor may not do this: it needs people.manage");
        assert!(auditor.permit::<ManageDevices>().is_err());
    }

    #[test]
    fn a_permit_remembers_who_holds_it() {
        assert_eq!(Actor::local().permit::<ManageSites>().unwrap().actor(), "cli");
    }
}
