//! `gallery status`: which gallery is on this door's disk. Never who is in it.

use lintel_core::time::Clock as _;
use lintel_runtime::clock::SystemClock;

use crate::app;
use crate::cli::GalleryCommand;
use crate::config::KioskConfig;
use crate::keys::KeyStore;

/// Runs the command.
///
/// # Errors
/// When there is no gallery that can be read.
pub fn run(config: &KioskConfig, command: &GalleryCommand) -> anyhow::Result<()> {
    let GalleryCommand::Status(args) = command;
    let keys = KeyStore::open(&config.device.data_dir, app::credentials().as_deref())?;
    let state = app::open_gallery(config, &keys, SystemClock.now())?.state()?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&state)?);
    } else {
        println!("revision   {}", state.revision);
        println!("people     {}", state.people);
        println!("templates  {} of pack {}", state.templates, state.model_pack);
        println!("zone       {}", state.zone);
    }
    Ok(())
}
