//! `gallery status`: which gallery is on this door's disk. Never who is in it. It makes and changes nothing,
//! so that it can be asked beside a running door.

use crate::app::storage;
use crate::cli::GalleryCommand;
use crate::config::KioskConfig;
use crate::gallery::store::GalleryState;

/// Runs the command.
///
/// # Errors
/// When there is a gallery that can't be read.
pub fn run(config: &KioskConfig, command: &GalleryCommand) -> anyhow::Result<()> {
    let GalleryCommand::Status(args) = command;
    let state = match storage::read_gallery(config)? {
        Some(gallery) => gallery.state()?,
        None => GalleryState::default(),
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&state)?);
    } else {
        println!("revision   {}", state.revision);
        println!("people     {}", state.people);
        println!("templates  {} of pack {}", state.templates, state.model_pack);
        println!("badges     {}", state.badges);
        println!("zone       {}", state.zone);
    }
    Ok(())
}
