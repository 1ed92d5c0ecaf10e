//! The code from the camera: the technician holds the invitation's QR code before it and types nothing.
//!
//! Whoever stands there chooses what is read, so it counts only while the command runs, nothing of a foreign
//! code is repeated, and the address that was read is said before anything is asked of it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use lintel_core::join::{JoinCode, JoinCodeError, PREFIX};
use lintel_vision::{GreyImage, qr};

use crate::camera::{self, FrameSource, Next};
use crate::config::camera::CameraConfig;

/// How long a technician may look for the paper.
const PATIENCE: Duration = Duration::from_secs(300);

/// Looks through the door's camera until a join code is in the picture.
pub(super) fn read_code(config: &CameraConfig) -> anyhow::Result<JoinCode> {
    let mut source = camera::open(&config.source()?, config).context(
        "can't look through the camera: a door that runs holds it (`systemctl stop lintel-kiosk`), or give the code as text",
    )?;
    eprintln!("Hold the join code before the camera, a hand's breadth away: {}", source.describe());
    let code = first_code(source.as_mut(), Instant::now() + PATIENCE)?;
    eprintln!("Read a join code for {}.", code.address);
    Ok(code)
}

fn first_code(source: &mut dyn FrameSource, until: Instant) -> anyhow::Result<JoinCode> {
    let mut told = None;
    while Instant::now() < until {
        let frame = match source.next_frame()? {
            Next::Frame(frame) => frame,
            Next::Skipped(why) => {
                log::debug!("why" = why.as_str(); "a picture can't be used");
                continue;
            }
            Next::Ended => bail!("{}: it has ended without a join code", source.describe()),
        };
        let Ok(grey) = GreyImage::of_frame(&frame) else { continue };
        for text in qr::decode(&grey) {
            let wrong = match JoinCode::parse(&text) {
                Ok(code) => return Ok(code),
                // A badge, or anybody's code: what it says is not ours to print.
                Err(_) if !text.starts_with(PREFIX) => JoinCodeError::NotACode,
                Err(wrong) => wrong,
            };
            let said = wrong.to_string();
            if told.as_ref() != Some(&said) {
                eprintln!("There is a QR code, but {said}");
                told = Some(said);
            }
        }
    }
    bail!(
        "no join code was seen for {} minutes: `lintel-central device invite --png FILE` prints one larger, and `lintel-kiosk aim` shows what the camera sees",
        PATIENCE.as_secs() / 60
    )
}
