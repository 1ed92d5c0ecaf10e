//! `token create|revoke` and `link`. What is printed here is printed once.

use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;

use super::open;
use crate::auth::{Actor, Role, sessions, tokens};
use crate::cli::TokenCommand;
use crate::store::Db;

pub(super) async fn run(args: &ConfigArgs, command: TokenCommand) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    open::with_ready_database(&settings, async |db| of_command(db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(db: &Db, command: TokenCommand) -> anyhow::Result<()> {
    let (clock, permit) = (open::clock(), Actor::local().permit()?);
    match command {
        TokenCommand::Create { name, role } => {
            let token = tokens::create(db, &*clock, &permit, &name, role).await?;
            // Alone on standard output, so that a script can take it.
            eprintln!("API token {name:?} for the role {role}; it can't be shown again:");
            println!("{}", token.expose());
        }
        TokenCommand::Revoke { name } => {
            tokens::revoke(db, &*clock, &permit, &name).await?;
            println!("token {name:?} is worthless now");
        }
    }
    Ok(())
}

/// Prints a link that opens the console once.
pub(super) async fn link(args: &ConfigArgs) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    let link = open::with_ready_database(&settings, async |db| {
        let permit = Actor::local().permit()?;
        Ok(sessions::create_link(db, &*open::clock(), &permit, Role::Admin).await?)
    })
    .await?;
    eprintln!("This link opens the console once, within 15 minutes:");
    println!("{}/console/login/{}", settings.server.base_url(), link.expose());
    Ok(ExitCode::Fine)
}
