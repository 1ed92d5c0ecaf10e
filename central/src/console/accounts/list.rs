//! The list of accounts, and making one.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Redirect};
use lintel_core::ids::AccountId;
use serde::Deserialize;

use super::super::shell::{Shell, Tab, Visit, said};
use super::super::{Choice, dates, page};
use super::{person_named, refusal, role_name, roles, state_of, weakness};
use crate::api::input::{Fields, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::audit::{self, View};
use crate::auth::accounts::{self, Account, NewAccount};
use crate::auth::password::Password;
use crate::auth::permit::{ManageAccounts, ReadPeople};
use crate::auth::{AccountName, May, Role};
use crate::people::{self, folded};

/// Accounts on one page; whoever wants another types a name.
const SHOWN: usize = 200;
/// Longest search, in characters.
const MAX_QUERY: usize = 80;
const LIST: &str = "/console/accounts";

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    shell: Shell,
    query: String,
    rows: Vec<Row>,
    more: bool,
    roles: Vec<Choice>,
    /// Whose account is to be made, when somebody comes from their page: id and name.
    person: Option<(String, String)>,
}

struct Row {
    id: String,
    name: String,
    display_name: String,
    role: String,
    seen: String,
    state: String,
    class: &'static str,
    mark: &'static str,
}

/// `?q=&person=`.
#[derive(Debug, Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    person: String,
}

/// `GET /console/accounts`.
///
/// # Errors
/// [`Problem`].
pub async fn list_accounts(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ManageAccounts>,
    Params(search): Params<Search>,
) -> Result<Html<String>, Problem> {
    let query: String = search.q.trim().chars().filter(|c| !c.is_control()).take(MAX_QUERY).collect();
    audit::viewed(state.db(), permit.actor(), state.clock(), View::Accounts, "all").await?;
    let wanted = folded(&query);
    let named = |account: &Account| {
        folded(&account.name).contains(&wanted) || folded(&account.display_name).contains(&wanted)
    };
    let mut found = accounts::list(state.db(), &permit).await?;
    found.retain(named);
    let more = found.len() > SHOWN;
    found.truncate(SHOWN);
    let ids: Vec<AccountId> = found.iter().map(|account| account.account_id).collect();
    let log_ins = accounts::last_log_ins(state.db(), &permit, &ids).await?;
    let (words, now) = (visit.words, state.clock().now());
    let rows = found
        .into_iter()
        .map(|account| {
            let (state, class, mark) = state_of(words, &account);
            let seen = log_ins.get(&account.account_id).map(|at| dates::ago(words, now.millis_since(*at)));
            Row {
                id: account.account_id.to_string(),
                role: Role::parse(&account.role).map_or(account.role, |role| role_name(words, role)),
                name: account.name,
                display_name: account.display_name,
                seen: seen.unwrap_or_else(|| words.say("accounts-never")),
                state,
                class,
                mark,
            }
        })
        .collect();
    let person = whose(&state, &visit, &search.person).await?;
    let usual = if person.is_some() { Role::Employee } else { Role::Hr };
    page(&AccountsPage {
        shell: visit.shell(&state, Tab::Accounts),
        query,
        rows,
        more,
        roles: roles(words, usual.as_str()),
        person,
    })
}

/// The person of `?person=`, for the form.
async fn whose(state: &AppState, visit: &Visit, person: &str) -> Result<Option<(String, String)>, Problem> {
    if person.is_empty() {
        return Ok(None);
    }
    let permit = visit.actor.permit::<ReadPeople>()?;
    let Ok(found) = people::find(state.db(), &permit, person).await else { return Ok(None) };
    let id = found.person_id.to_string();
    audit::viewed(state.db(), permit.actor(), state.clock(), View::Person, &id).await?;
    Ok(Some((id, found.name)))
}

/// The form that makes an account.
#[derive(Deserialize)]
pub struct NewFields {
    name: String,
    #[serde(default)]
    display_name: String,
    role: Role,
    #[serde(default)]
    person: String,
    password: String,
}

/// `POST /console/accounts`. Its owner must choose another password at the first log-in.
///
/// # Errors
/// [`Problem`].
pub async fn create_account(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ManageAccounts>,
    Fields(fields): Fields<NewFields>,
) -> Result<Redirect, Problem> {
    let Ok(name) = AccountName::parse(&fields.name) else { return Ok(said(LIST, "refused-account-name")) };
    let person_id = match person_named(&state, &visit, &fields.person).await? {
        Ok(person) => person,
        Err(refused) => return Ok(said(LIST, refused)),
    };
    let password = match Password::chosen(&fields.password, name.as_str()) {
        Ok(password) => password,
        Err(found) => return Ok(said(LIST, weakness(found))),
    };
    let mut display_name = Some(fields.display_name).filter(|name| !name.trim().is_empty());
    if let (None, Some(id)) = (&display_name, person_id) {
        let permit = visit.actor.permit::<ReadPeople>()?;
        display_name = Some(people::find(state.db(), &permit, &id.to_string()).await?.name);
    }
    let new = NewAccount { name, display_name, role: fields.role, person_id, password, must_change: true };
    match accounts::create(state.db(), state.passwords(), &permit, state.clock(), &new).await {
        Ok(account) => Ok(said(&format!("{LIST}/{}", account.account_id), "said-account-created")),
        Err(error) => refusal(&error).map(|id| said(LIST, id)),
    }
}
