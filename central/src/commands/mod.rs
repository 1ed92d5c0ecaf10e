//! One file per command. A command loads the settings, starts logging, opens what it needs, calls a use
//! case and prints; it holds no rule of its own.

mod audit;
mod backup;
mod badge;
pub mod bench;
mod ca;
pub mod config;
mod correction;
mod device;
mod doctor;
mod import;
mod keys;
mod keys_recovery;
mod ledger;
mod mqtt;
mod open;
mod openapi;
mod payroll;
mod people;
mod print;
mod recompute;
mod report;
mod rosters;
mod serve;
mod site;
mod token;
mod user;

use clap::CommandFactory as _;
use lintel_runtime::exit::ExitCode;

use crate::cli::{Cli, Command};

/// Runs what was typed.
///
/// # Errors
/// With the act that failed; `main` turns it into an exit code.
pub fn run(mut cli: Cli) -> anyhow::Result<ExitCode> {
    if let Some(level) = cli.log.take() {
        cli.config.set.push(format!("log.level={level}"));
    }
    let args = &cli.config;
    // Needs neither a runtime nor a database.
    if let Command::Config(command) = &cli.command {
        return config::run(args, command);
    }
    if let Command::Manual { folder } = &cli.command {
        return lintel_runtime::manual::write(Cli::command(), folder).map(|()| ExitCode::Fine);
    }
    if matches!(cli.command, Command::Openapi) {
        return openapi::run();
    }
    let runtime = tokio::runtime::Runtime::new()?;
    let done = runtime.block_on(async {
        match cli.command {
            Command::Config(_) | Command::Openapi | Command::Manual { .. } => Ok(ExitCode::Fine),
            Command::Keys(command) => keys::run(args, command).await,
            Command::Ca(command) => ca::run(args, &command),
            Command::Migrate => serve::migrate(args).await,
            Command::Serve => serve::run(args).await,
            Command::Site(command) => site::run(args, command).await,
            Command::People(command) => people::run(args, command).await,
            Command::Badge(command) => badge::run(args, command).await,
            Command::Device(command) => device::run(args, command).await,
            Command::Shift(command) => rosters::shift::run(args, command).await,
            Command::Pattern(command) => rosters::pattern::run(args, command).await,
            Command::Assignment(command) => rosters::assignment::run(args, command).await,
            Command::Holiday(command) => rosters::holiday::run(args, command).await,
            Command::Leave(command) => rosters::leave::run(args, command).await,
            Command::Import(command) => import::run(args, command).await,
            Command::Policy(command) => rosters::policy::run(args, command).await,
            Command::Period(command) => rosters::period::run(args, command).await,
            Command::Payroll(command) => payroll::run(args, command).await,
            Command::User(command) => user::run(args, command).await,
            Command::Token(command) => token::run(args, command).await,
            Command::Link => token::link(args).await,
            Command::Report(command) => report::run(args, command).await,
            Command::Correction(command) => correction::run(args, command).await,
            Command::Recompute(command) => recompute::run(args, command).await,
            Command::Audit(command) => audit::run(args, command).await,
            Command::Backup(command) => backup::run(args, command).await,
            Command::Ledger(command) => ledger::run(args, &command).await,
            Command::Mqtt(command) => mqtt::run(args, command),
            Command::Bench(command) => bench::run(command).await,
            Command::Doctor { production, json } => doctor::run(args, production, json.json).await,
        }
    });
    // A thread of the networks may still run; nothing waits for it.
    runtime.shutdown_background();
    done
}
