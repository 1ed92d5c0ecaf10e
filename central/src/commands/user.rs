//! `user create|list|role|log-out|disable|enable|password`.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use anyhow::Context as _;
use lintel_core::time::UtcMillis;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::{ExitCode, UsageError};
use lintel_runtime::secrets::{self, SecretString};
use serde_json::json;

use super::{open, print};
use crate::auth::accounts::{self, Account, NewAccount};
use crate::auth::password::{Password, Passwords};
use crate::auth::{AccountName, Actor, Role};
use crate::cli::{PasswordArgs, UserCommand};
use crate::people;
use crate::store::Db;

/// More than any password; standard input may be anything.
const MAX_STDIN_BYTES: u64 = 4096;

pub(super) async fn run(args: &ConfigArgs, command: UserCommand) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    open::with_ready_database(&settings, async |db| of_command(db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(db: &Db, command: UserCommand) -> anyhow::Result<()> {
    let (actor, clock) = (Actor::local(), open::clock());
    let permit = actor.permit()?;
    match command {
        UserCommand::Create { name, role, person, display_name, password } => {
            create(db, name, role, person, display_name, password).await?;
        }
        UserCommand::List(json) => list(accounts::list(db, &permit).await?, json.json)?,
        UserCommand::Role { name, role, person } => {
            let person = match person {
                Some(person) => Some(people::find(db, &actor.permit()?, &person).await?.person_id),
                None => None,
            };
            accounts::change_role(db, &permit, &*clock, &name, role, person).await?;
            println!("{name} is {role} now; its sessions have ended");
        }
        UserCommand::LogOut { name } => {
            accounts::end_sessions(db, &permit, &*clock, &name).await?;
            println!("the sessions of {name} have ended");
        }
        UserCommand::Disable { name } => {
            accounts::disable(db, &permit, &*clock, &name).await?;
            println!("{name} is disabled; its sessions have ended");
        }
        UserCommand::Enable { name } => {
            accounts::enable(db, &permit, &*clock, &name).await?;
            println!("{name} may log in again");
        }
        UserCommand::Password { name, password } => {
            let chosen = read_password(&name, &password)?;
            let passwords = Passwords::default();
            let change = password.temporary;
            accounts::set_password(db, &passwords, &permit, &*clock, &name, &chosen, change).await?;
            println!("the password of {name} is set; its sessions have ended");
        }
    }
    Ok(())
}

async fn create(
    db: &Db,
    name: AccountName,
    role: Role,
    person: Option<String>,
    display_name: Option<String>,
    password: PasswordArgs,
) -> anyhow::Result<()> {
    let actor = Actor::local();
    let person = match person {
        Some(person) => Some(people::find(db, &actor.permit()?, &person).await?),
        None if role.needs_person() => {
            return Err(accounts::AccountError::NeedsPerson(role).into());
        }
        None => None,
    };
    let new = NewAccount {
        password: read_password(&name, &password)?,
        must_change: password.temporary,
        display_name: display_name.or_else(|| person.as_ref().map(|person| person.name.clone())),
        person_id: person.map(|person| person.person_id),
        name,
        role,
    };
    let passwords = Passwords::default();
    let account = accounts::create(db, &passwords, &actor.permit()?, &*open::clock(), &new).await?;
    println!("{} may log in as {}", account.name, account.role);
    Ok(())
}

/// A password from a file, from the terminal without echo and twice, or from standard input's first line.
fn read_password(name: &AccountName, args: &PasswordArgs) -> anyhow::Result<Password> {
    let typed = match &args.password_file {
        Some(path) => of_file(path)?,
        None if std::io::stdin().is_terminal() => of_terminal(name)?,
        None => of_stdin()?,
    };
    Ok(Password::chosen(typed.expose(), name.as_str()).map_err(|error| UsageError(error.to_string()))?)
}

fn of_file(path: &Path) -> anyhow::Result<SecretString> {
    let file = secrets::read(path)?;
    if let Some(warning) = &file.warning {
        log::warn!("{warning}");
    }
    Ok(file.text(path)?)
}

fn of_terminal(name: &AccountName) -> anyhow::Result<SecretString> {
    let ask = |prompt: String| rpassword::prompt_password(prompt).map(SecretString::new);
    let first = ask(format!("Password for {name}: ")).context("read the password from the terminal")?;
    let second = ask("The same again: ".into()).context("read the password from the terminal")?;
    if first.expose() != second.expose() {
        return Err(UsageError("the two passwords differ: nothing was changed".into()).into());
    }
    Ok(first)
}

fn of_stdin() -> anyhow::Result<SecretString> {
    let mut bytes = Vec::new();
    std::io::stdin().take(MAX_STDIN_BYTES).read_to_end(&mut bytes).context("read standard input")?;
    let text = String::from_utf8(bytes).context("the password on standard input is not UTF-8 text")?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(
            UsageError("there is no password on standard input: write it as the first line".into()).into()
        );
    }
    Ok(SecretString::new(line.to_owned()))
}

fn list(accounts: Vec<Account>, json: bool) -> anyhow::Result<()> {
    if json {
        return print::json(&json!({ "accounts": accounts }));
    }
    let day = |at: UtcMillis| at.timestamp().strftime("%Y-%m-%d").to_string();
    let rows = accounts
        .into_iter()
        .map(|account| {
            let state = match (account.disabled_at, account.must_change) {
                (Some(at), _) => format!("disabled since {}", day(at)),
                (None, true) => "must change password".into(),
                (None, false) => "active".into(),
            };
            [
                account.name,
                account.display_name,
                account.role,
                account.person_id.map(|id| id.to_string()).unwrap_or_default(),
                state,
                day(account.password_at),
            ]
        })
        .collect();
    let header = ["Account", "Name", "Role", "Person", "State", "Password set"];
    print::table(header, rows, "There is no account yet: user create NAME --role admin");
    Ok(())
}
