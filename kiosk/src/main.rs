//! Parses, starts, and turns the result into an exit code. Nothing else happens here.

use std::process::ExitCode;

use clap::Parser;
use lintel_kiosk::cli::Cli;

fn main() -> ExitCode {
    lintel_runtime::tls::install_provider();
    match lintel_kiosk::commands::run(Cli::parse()) {
        Ok(code) => code.into(),
        Err(error) => {
            eprintln!("lintel-kiosk: {}", lintel_runtime::exit::chain(&error));
            lintel_runtime::exit::ExitCode::of(&error).into()
        }
    }
}
