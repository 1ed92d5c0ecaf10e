//! What the program does, one file for each command.
//!
//! Settings are loaded and logging is started here, once for all of them.

pub mod aim;
pub mod bench;
pub mod config;
pub mod doctor;
pub mod gallery;
pub mod join;
pub mod outbox;
pub mod replay;
pub mod run;

use std::sync::Arc;

use clap::CommandFactory as _;
use lintel_runtime::clock::SystemClock;
use lintel_runtime::exit::ExitCode;
use lintel_runtime::telemetry;

use crate::cli::{Cli, Command};

/// Does what was typed.
///
/// # Errors
/// Whatever stopped it, with what to do.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let loader = crate::config::loader(&cli.config, cli.log.as_deref());
    if let Command::Config(command) = &cli.command {
        return config::run(command, loader);
    }
    if let Command::Manual { folder } = &cli.command {
        return lintel_runtime::manual::write(Cli::command(), folder).map(|()| ExitCode::Fine);
    }
    let loaded = crate::config::load(loader)?;
    telemetry::init(&loaded.value.log, Arc::new(SystemClock))?;
    for warning in &loaded.warnings {
        log::warn!("{warning}");
    }
    let config = loaded.value.clone();
    // `join` is typed by root and hands what it made to the folder's owner itself.
    if !matches!(cli.command, Command::Replay(_) | Command::Bench(_) | Command::Join(_)) {
        lintel_runtime::owner::refuse_foreign_root(&config.device.data_dir, "lintel-kiosk")?;
    }
    match cli.command {
        Command::Run => run::run(config).map(|()| ExitCode::Fine),
        Command::Join(args) => join::run(&config, &args).map(|()| ExitCode::Fine),
        Command::Replay(args) => {
            replay::run(&args, &config.vision, &config.recognition, &config.camera).map(|()| ExitCode::Fine)
        }
        Command::Config(_) | Command::Manual { .. } => Ok(ExitCode::Fine),
        Command::Doctor(args) => doctor::run(&loaded, args.json),
        Command::Outbox(command) => outbox::run(&config, &command).map(|()| ExitCode::Fine),
        Command::Bench(args) => {
            bench::run(&args, &config.vision, &config.recognition).map(|()| ExitCode::Fine)
        }
        Command::Aim(args) => aim::run(&args, &config).map(|()| ExitCode::Fine),
        Command::Gallery(command) => gallery::run(&config, &command).map(|()| ExitCode::Fine),
    }
}
