//! One file per command. A command loads the settings, starts logging, opens what it needs, calls a use
//! case and prints; it holds no rule of its own.

pub mod config;

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
    match &cli.command {
        Command::Config(command) => config::run(&cli.config, command),
        _ => anyhow::bail!("this command is not there yet"),
    }
}
