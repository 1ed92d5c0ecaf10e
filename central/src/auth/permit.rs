//! Permissions as values: a use case takes a [`Permit`], and the only way to one is an [`Actor`]'s role.
//!
//! So that forgetting the check doesn't compile. What somebody may do to their own record is an
//! [`OwnPermit`], which carries whose record it is: the use case takes the person from there, never from
//! the request, so that there is no id to guess. Nothing here reads a credential.

use std::marker::PhantomData;
use std::sync::Arc;

use lintel_core::ids::PersonId;

use super::{Actor, Role};

/// Something that may be allowed.
pub trait Permission: Send + Sync + 'static {
    /// Its name in messages.
    const NAME: &'static str;
    /// Whether a role includes it.
    fn included(role: Role) -> bool;
}

/// Something that may be allowed to a person about themselves only.
pub trait OwnPermission: Permission {}

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
    )*

    /// Each permission's name and its roles, for the test that shows the whole table.
    #[cfg(test)]
    fn table() -> Vec<(&'static str, Vec<&'static str>)> {
        let roles = |included: fn(Role) -> bool| {
            Role::ALL.into_iter().filter(|role| included(*role)).map(Role::as_str).collect()
        };
        vec![$(($text, roles($name::included))),*]
    }};
}

permissions! {
    /// Add and change sites.
    ManageSites = "sites.manage": Admin;
    /// Add, move and remove people; record and withdraw consent; store templates.
    ManagePeople = "people.manage": Admin | Hr;
    /// Read people.
    ReadPeople = "people.read": Admin | Hr | Auditor;
    /// Add, invite, reset and revoke devices.
    ManageDevices = "devices.manage": Admin | Technician;
    /// Read devices and sites.
    ReadDevices = "devices.read": Admin | Hr | Technician | Auditor;
    /// Read how the API is asked: those who can have a token for it.
    ReadApi = "api.read": Admin | Hr | Technician | Auditor;
    /// Make and revoke API tokens and log-in links.
    ManageTokens = "tokens.manage": Admin;
    /// Create, change, disable and enable accounts.
    ManageAccounts = "accounts.manage": Admin;
    /// Read events and day records.
    ReadAttendance = "attendance.read": Admin | Hr | Auditor;
    /// Decide about corrections, add or void a punch.
    DecideCorrections = "corrections.decide": Admin | Hr;
    /// Change contracts, shifts, rotations, holidays, leave, policies and locks, and take doors out of service.
    ManageRosters = "rosters.manage": Admin | Hr;
    /// Read them.
    ReadRosters = "rosters.read": Admin | Hr | Auditor;
    /// Give hours to payroll, and take a batch back that payroll never took in.
    ExportPayroll = "payroll.export": Admin | Hr;
    /// Read what payroll was given.
    ReadPayroll = "payroll.read": Admin | Hr | Auditor;
    /// Issue, revoke and print badges.
    ManageBadges = "badges.manage": Admin | Hr;
    /// Read and verify the audit chain.
    ReadAudit = "audit.read": Admin | Auditor;
    /// Make, verify and restore backups, and the recovery export.
    ManageBackups = "backups.manage": Admin;
    /// Read one's own record.
    ReadOwnRecord = "own.read": Admin | Hr | Technician | Employee | Auditor;
    /// Give and withdraw one's own consent.
    ManageOwnConsent = "own.consent": Admin | Hr | Technician | Employee | Auditor;
    /// Propose a correction of one's own record.
    ProposeCorrection = "own.correct": Admin | Hr | Technician | Employee | Auditor;
    /// Ask for leave of one's own.
    AskLeave = "own.leave": Admin | Hr | Technician | Employee | Auditor;
    /// Have one's own badge issued.
    IssueOwnBadge = "own.badge": Admin | Hr | Technician | Employee | Auditor;
}

impl OwnPermission for ReadOwnRecord {}
impl OwnPermission for ManageOwnConsent {}
impl OwnPermission for ProposeCorrection {}
impl OwnPermission for AskLeave {}
impl OwnPermission for IssueOwnBadge {}

impl Actor {
    /// The permission, when the role includes it.
    ///
    /// # Errors
    /// [`Denied`] names the permission and the role.
    pub fn permit<P: Permission>(&self) -> Result<Permit<P>, Denied> {
        if P::included(self.role()) {
            Ok(Permit { actor: self.shared_name(), permission: PhantomData })
        } else {
            Err(Denied { permission: P::NAME, role: self.role() })
        }
    }

    /// The permission about the actor's own record, when there is one.
    ///
    /// # Errors
    /// [`Denied`] for a role without it, and for somebody who is no person here.
    pub fn own<P: OwnPermission>(&self) -> Result<OwnPermit<P>, Denied> {
        match self.person_id() {
            Some(person) if P::included(self.role()) => {
                Ok(OwnPermit { actor: self.shared_name(), person, permission: PhantomData })
            }
            _ => Err(Denied { permission: P::NAME, role: self.role() }),
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

/// The proof that somebody may do something to their own record.
#[derive(Debug, Clone)]
pub struct OwnPermit<P: OwnPermission> {
    actor: Arc<str>,
    person: PersonId,
    permission: PhantomData<P>,
}

impl<P: OwnPermission> OwnPermit<P> {
    /// Who holds it.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Whose record it is about: the only one.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person
    }
}

/// The role doesn't include the permission, or there is no record of their own.
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

    #[test]
    fn who_may_do_what_is_this_table() {
        let table = table();
        let width = table.iter().map(|(name, _)| name.len()).max().unwrap();
        let lines: Vec<_> =
            table.iter().map(|(name, roles)| format!("{name:width$}  {}", roles.join(" "))).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn an_own_permit_is_about_the_actors_person_and_nobody_has_one_without_a_person() {
        let person = PersonId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        let employee = Actor::new("a", Role::Employee);
        assert!(employee.own::<ReadOwnRecord>().is_err());
        let employee = employee.about(person);
        assert_eq!(employee.own::<ReadOwnRecord>().unwrap().person(), person);
        assert!(employee.permit::<ReadAttendance>().is_err());
        assert!(employee.permit::<ReadPeople>().is_err());
    }
}
