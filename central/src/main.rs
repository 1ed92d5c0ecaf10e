//! Parses, starts, and turns the result into an exit code. Nothing else happens here.

use std::process::ExitCode;

use clap::Parser;
use lintel_central::cli::Cli;

fn main() -> ExitCode {
    lintel_runtime::tls::install_provider();
    match lintel_central::commands::run(Cli::parse()) {
        Ok(code) => code.into(),
        Err(error) => {
            eprintln!("lintel-central: {}", lintel_runtime::exit::chain(&error));
            lintel_runtime::exit::ExitCode::of(&error).into()
        }
    }
}
