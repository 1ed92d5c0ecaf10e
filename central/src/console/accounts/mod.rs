//! Accounts: who may log in, as what, and when they last did. For admins only.
//!
//! A password is typed here once, for somebody else, and has to be changed at the first log-in; no page ever
//! shows one.

mod detail;
mod list;

pub use detail::{
    change_account_role, disable_account, enable_account, end_account_sessions, set_account_password,
    show_account,
};
pub use list::{create_account, list_accounts};

use axum::http::StatusCode;
use lintel_core::ids::PersonId;
use lintel_runtime::catalogue::Words;

use super::Choice;
use super::shell::Visit;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::Role;
use crate::auth::accounts::{Account, AccountError};
use crate::auth::password::{PasswordError, Weakness};
use crate::auth::permit::ReadPeople;
use crate::people::{self, PeopleError};

/// A role in words, with what it opens.
fn role_name(words: Words<'_>, role: Role) -> String {
    words.say(match role {
        Role::Admin => "role-admin",
        Role::Hr => "role-hr",
        Role::Technician => "role-technician",
        Role::Employee => "role-employee",
        Role::Auditor => "role-auditor",
    })
}

/// All roles to choose from.
fn roles(words: Words<'_>, chosen: &str) -> Vec<Choice> {
    let choice = |role: Role| Choice {
        id: role.to_string(),
        name: words.say(match role {
            Role::Admin => "role-admin-may",
            Role::Hr => "role-hr-may",
            Role::Technician => "role-technician-may",
            Role::Employee => "role-employee-may",
            Role::Auditor => "role-auditor-may",
        }),
        chosen: role.as_str() == chosen,
    };
    Role::ALL.into_iter().map(choice).collect()
}

/// Whether somebody can log in with it, in words, a class and a mark.
fn state_of(words: Words<'_>, account: &Account) -> (String, &'static str, &'static str) {
    match (account.disabled_at, account.must_change) {
        (Some(_), _) => (words.say("accounts-disabled"), "off", "–"),
        (None, true) => (words.say("accounts-must-change"), "wait", "→"),
        (None, false) => (words.say("accounts-good"), "good", "✓"),
    }
}

/// The person that a form names by staff number or id; None where it names nobody.
async fn person_named(
    state: &AppState,
    visit: &Visit,
    text: &str,
) -> Result<Result<Option<PersonId>, &'static str>, Problem> {
    if text.trim().is_empty() {
        return Ok(Ok(None));
    }
    match people::find(state.db(), &visit.actor.permit::<ReadPeople>()?, text).await {
        Ok(person) => Ok(Ok(Some(person.person_id))),
        Err(PeopleError::Unknown(_)) => Ok(Err("refused-person-unknown")),
        Err(error) => Err(error.into()),
    }
}

fn weakness(weakness: Weakness) -> &'static str {
    match weakness {
        Weakness::TooShort => "refused-password-short",
        Weakness::TooLong => "refused-password-long",
        Weakness::Common => "refused-password-common",
        Weakness::Name => "refused-password-name",
    }
}

/// The catalogue's text for a refusal, or what the server failed at.
fn refusal(error: &AccountError) -> Result<&'static str, Problem> {
    Ok(match error {
        AccountError::Name(_) => "refused-account-name",
        AccountError::DisplayName(_) => "refused-name",
        AccountError::Exists(_) => "refused-account-taken",
        AccountError::Unknown(_) => "refused-account-unknown",
        AccountError::NeedsPerson(_) => "refused-account-person",
        AccountError::PersonTaken => "refused-account-person-taken",
        AccountError::HasPerson => "refused-account-has-person",
        AccountError::Oneself => "refused-own-account",
        AccountError::LastAdmin(_) => "refused-last-admin",
        AccountError::UnknownPerson => "refused-account-person-gone",
        AccountError::Weak(found) => weakness(*found),
        AccountError::Password(PasswordError::Busy) => {
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", error.to_string()));
        }
        AccountError::Password(_) | AccountError::Random(_) | AccountError::Store(_) => {
            return Err(Problem::internal(error));
        }
    })
}
