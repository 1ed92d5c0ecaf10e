//! One account: what it is, and what an admin may change about it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use jiff::tz::TimeZone;
use lintel_core::ids::AccountId;
use serde::Deserialize;

use super::super::shell::{Shell, Tab, Visit, said};
use super::super::{Choice, dates, page};
use super::{person_named, refusal, role_name, roles, state_of, weakness};
use crate::api::input::Fields;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::audit::{self, View};
use crate::auth::accounts::{self, Account, AccountError};
use crate::auth::password::Password;
use crate::auth::permit::{ManageAccounts, ReadPeople};
use crate::auth::{AccountName, May, Permit, Role};
use crate::people;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    shell: Shell,
    id: String,
    name: String,
    display_name: String,
    role: String,
    roles: Vec<Choice>,
    state: String,
    class: &'static str,
    mark: &'static str,
    /// Whose record is theirs: address and name.
    person: Option<(String, String)>,
    seen: String,
    since: String,
    disabled: bool,
    /// Nobody changes their own account here.
    own: bool,
}

/// The account of an address.
async fn of_address(state: &AppState, permit: &Permit<ManageAccounts>, id: &str) -> Result<Account, Problem> {
    let id = AccountId::parse(id).map_err(|error| Problem::not_found(error.to_string()))?;
    let found = accounts::get(state.db(), permit, id).await?;
    found.ok_or_else(|| Problem::not_found("there is no such account"))
}

fn name_of(account: &Account) -> Result<AccountName, Problem> {
    AccountName::parse(&account.name).map_err(|error| Problem::internal(&error))
}

/// `GET /console/accounts/{id}`.
///
/// # Errors
/// [`Problem`].
pub async fn show_account(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ManageAccounts>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let account = of_address(&state, &permit, &id).await?;
    let id = account.account_id;
    audit::viewed(state.db(), permit.actor(), state.clock(), View::Accounts, &id.to_string()).await?;
    let log_ins = accounts::last_log_ins(state.db(), &permit, &[id]).await?;
    let (words, now) = (visit.words, state.clock().now());
    let person = match account.person_id {
        Some(person) => {
            let person = person.to_string();
            let name = people::find(state.db(), &visit.actor.permit::<ReadPeople>()?, &person).await?.name;
            Some((format!("/console/people/{person}"), name))
        }
        None => None,
    };
    let seen = log_ins.get(&id).map(|at| dates::ago(words, now.millis_since(*at)));
    let (said, class, mark) = state_of(words, &account);
    page(&AccountPage {
        shell: visit.shell(&state, Tab::Accounts),
        id: id.to_string(),
        roles: roles(words, &account.role),
        role: Role::parse(&account.role).map_or(account.role, |role| role_name(words, role)),
        state: said,
        class,
        mark,
        person,
        seen: seen.unwrap_or_else(|| words.say("accounts-never")),
        since: dates::long(words, account.created_at.date_in(&TimeZone::UTC)),
        disabled: account.disabled_at.is_some(),
        own: visit.actor.account_id() == Some(id),
        name: account.name,
        display_name: account.display_name,
    })
}

fn back(
    account: &Account,
    done: Result<(), AccountError>,
    said_id: &'static str,
) -> Result<Redirect, Problem> {
    let address = format!("/console/accounts/{}", account.account_id);
    match done {
        Ok(()) => Ok(said(&address, said_id)),
        Err(error) => refusal(&error).map(|id| said(&address, id)),
    }
}

/// The form that changes a role.
#[derive(Debug, Deserialize)]
pub struct RoleFields {
    role: Role,
    #[serde(default)]
    person: String,
}

/// `POST /console/accounts/{id}/role`.
///
/// # Errors
/// [`Problem`].
pub async fn change_account_role(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ManageAccounts>,
    Path(id): Path<String>,
    Fields(fields): Fields<RoleFields>,
) -> Result<Redirect, Problem> {
    let account = of_address(&state, &permit, &id).await?;
    let person = match person_named(&state, &visit, &fields.person).await? {
        Ok(person) => person,
        Err(refused) => return Ok(said(&format!("/console/accounts/{id}"), refused)),
    };
    let (name, role) = (name_of(&account)?, fields.role);
    let done = accounts::change_role(state.db(), &permit, state.clock(), &name, role, person).await;
    back(&account, done, "said-account-role")
}

/// The form that sets a password.
#[derive(Deserialize)]
pub struct PasswordFields {
    password: String,
}

/// `POST /console/accounts/{id}/password`. Its owner must choose another one at the next log-in.
///
/// # Errors
/// [`Problem`].
pub async fn set_account_password(
    State(state): State<AppState>,
    May(permit): May<ManageAccounts>,
    Path(id): Path<String>,
    Fields(fields): Fields<PasswordFields>,
) -> Result<Redirect, Problem> {
    let account = of_address(&state, &permit, &id).await?;
    let name = name_of(&account)?;
    let chosen = match Password::chosen(&fields.password, name.as_str()) {
        Ok(chosen) => chosen,
        Err(found) => return Ok(said(&format!("/console/accounts/{id}"), weakness(found))),
    };
    let (db, passwords, clock) = (state.db(), state.passwords(), state.clock());
    let done = accounts::set_password(db, passwords, &permit, clock, &name, &chosen, true).await;
    back(&account, done, "said-account-password")
}

/// `POST /console/accounts/{id}/sessions`: ends them.
///
/// # Errors
/// [`Problem`].
pub async fn end_account_sessions(
    State(state): State<AppState>,
    May(permit): May<ManageAccounts>,
    Path(id): Path<String>,
) -> Result<Redirect, Problem> {
    let account = of_address(&state, &permit, &id).await?;
    let done = accounts::end_sessions(state.db(), &permit, state.clock(), &name_of(&account)?).await;
    back(&account, done, "said-account-sessions")
}

/// `POST /console/accounts/{id}/disable`.
///
/// # Errors
/// [`Problem`].
pub async fn disable_account(
    State(state): State<AppState>,
    May(permit): May<ManageAccounts>,
    Path(id): Path<String>,
) -> Result<Redirect, Problem> {
    let account = of_address(&state, &permit, &id).await?;
    let done = accounts::disable(state.db(), &permit, state.clock(), &name_of(&account)?).await;
    back(&account, done, "said-account-disabled")
}

/// `POST /console/accounts/{id}/enable`.
///
/// # Errors
/// [`Problem`].
pub async fn enable_account(
    State(state): State<AppState>,
    May(permit): May<ManageAccounts>,
    Path(id): Path<String>,
) -> Result<Redirect, Problem> {
    let account = of_address(&state, &permit, &id).await?;
    let done = accounts::enable(state.db(), &permit, state.clock(), &name_of(&account)?).await;
    back(&account, done, "said-account-enabled")
}
