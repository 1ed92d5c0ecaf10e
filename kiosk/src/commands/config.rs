//! `config template|show|check`.

use lintel_runtime::config::{Loader, show, show_json, template};
use lintel_runtime::exit::ExitCode;

use crate::cli::ConfigCommand;
use crate::config::{KioskConfig, USUAL_FILE, load};

/// Runs the command.
///
/// # Errors
/// When the settings can't be used; for `check` also when there are unknown names.
pub fn run(command: &ConfigCommand, loader: Loader) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Template => {
            let intro = format!(
                "Settings of lintel-kiosk, read from {USUAL_FILE}. Each line shows a default; take the # away to change it.\n\
                 Any of them can be set as LINTEL_KIOSK__SECTION__KEY in the environment or with --set section.key=value."
            );
            print!("{}", template::<KioskConfig>(&intro)?);
        }
        ConfigCommand::Show(args) => {
            let loaded = load(loader)?;
            if args.json {
                println!("{}", serde_json::to_string_pretty(&show_json(&loaded)?)?);
            } else {
                print!("{}", show(&loaded)?);
            }
            for warning in &loaded.warnings {
                eprintln!("warning: {warning}");
            }
        }
        ConfigCommand::Check => {
            let loaded = load(loader)?;
            loaded.refuse_unknown()?;
            println!("the settings are fine");
        }
    }
    Ok(ExitCode::Fine)
}
