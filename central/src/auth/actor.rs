//! Who is asking: what the guard made of a credential, for handlers and use cases.

use std::sync::Arc;

use lintel_core::ids::{AccountId, PersonId};

use super::{CsrfToken, Role};

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// For the audit: says which account or token, never what somebody is called.
    name: Arc<str>,
    display_name: Arc<str>,
    role: Role,
    account_id: Option<AccountId>,
    person_id: Option<PersonId>,
    csrf: CsrfToken,
}

impl Actor {
    /// Somebody whose credential was checked; without an account and without a person.
    #[must_use]
    pub fn new(name: &str, role: Role) -> Self {
        let name: Arc<str> = name.into();
        Self {
            display_name: Arc::clone(&name),
            name,
            role,
            account_id: None,
            person_id: None,
            csrf: CsrfToken::default(),
        }
    }

    /// Somebody who has an account.
    #[must_use]
    pub fn of_account(account_id: AccountId, display_name: &str, role: Role) -> Self {
        let actor = Self::new(&format!("account:{account_id}"), role);
        Self { display_name: display_name.into(), account_id: Some(account_id), ..actor }
    }

    /// The person at the server's own command line, who can read its files anyway.
    #[must_use]
    pub fn local() -> Self {
        Self::new("cli", Role::Admin)
    }

    /// The same actor, whose own record is this person's.
    #[must_use]
    pub fn about(self, person: PersonId) -> Self {
        Self { person_id: Some(person), ..self }
    }

    /// The same actor, asking within a session of the console.
    #[must_use]
    pub fn within(self, csrf: CsrfToken) -> Self {
        Self { csrf, ..self }
    }

    /// The name for the audit, such as `account:01890a5d-…`, `token:payroll` or `cli`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// What pages call them.
    #[must_use]
    pub fn display_name(&self) -> &str {
        &self.display_name
    }

    /// Their role.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Their account; None for tokens, links and the command line.
    #[must_use]
    pub fn account_id(&self) -> Option<AccountId> {
        self.account_id
    }

    /// The person whose record is their own.
    #[must_use]
    pub fn person_id(&self) -> Option<PersonId> {
        self.person_id
    }

    /// What the session's forms carry in the field `csrf`, and its scripts in the header `x-csrf-token`.
    /// Empty for API tokens, whose changes need none.
    #[must_use]
    pub fn csrf(&self) -> &CsrfToken {
        &self.csrf
    }
}
