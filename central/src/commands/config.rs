//! `config template|show|check`: the settings as text.

use lintel_runtime::config::{ConfigArgs, show, show_json, template};
use lintel_runtime::exit::ExitCode;

use crate::cli::ConfigCommand;
use crate::config::{CentralSettings, load};

/// The first lines of the template.
pub const INTRO: &str = "Settings of lintel-central. Every line is commented out at its default.\n\
    Later layers win: this file, credentials, environment (LINTEL_CENTRAL__SECTION__KEY), --set.";

/// Runs the command.
///
/// # Errors
/// When the settings can't be read, or `check` finds something.
pub fn run(args: &ConfigArgs, command: &ConfigCommand) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Template => print!("{}", template::<CentralSettings>(INTRO)?),
        ConfigCommand::Show(json) => {
            let loaded = load(args)?;
            if json.json {
                println!("{:#}", show_json(&loaded)?);
            } else {
                print!("{}", show(&loaded)?);
            }
        }
        ConfigCommand::Check => {
            let loaded = load(args)?;
            loaded.refuse_unknown()?;
            for warning in &loaded.warnings {
                eprintln!("{warning}");
            }
            println!("the settings are in order");
        }
    }
    Ok(ExitCode::Fine)
}
