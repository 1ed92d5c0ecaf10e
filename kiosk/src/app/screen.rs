//! The screen at the door: the task that keeps it true, the page that shows it, and the socket for aiming.

use std::sync::Arc;

use lintel_core::time::zone;
use lintel_runtime::supervisor::{Policy, Supervisor};
use tokio::sync::watch;

use super::door::{Door, spawn_owned};
use crate::aim::socket::AimSocket;
use crate::aim::tap::Tap;
use crate::camera::thread::CameraState;
use crate::feedback::page::{self, Page, PageParts};
use crate::feedback::presentation::Screen;
use crate::feedback::show::{ShowTask, Storing};
use crate::feedback::stream::FeedbackHandle;
use crate::recognition::Undecided;

/// What the screen hears of.
pub(super) struct ScreenParts<'a> {
    pub(super) feedback: &'a FeedbackHandle,
    pub(super) undecided_rx: watch::Receiver<Vec<Undecided>>,
    pub(super) camera_rx: watch::Receiver<CameraState>,
    pub(super) storing_rx: watch::Receiver<Storing>,
    pub(super) tap: Tap,
}

/// Starts them, and the socket that a technician aims by. A door goes on recording without its screen.
pub(super) fn start(door: &Door, parts: ScreenParts<'_>, supervisor: &mut Supervisor) -> anyhow::Result<()> {
    let config = &door.config;
    let address = config.feedback.page_address()?;
    let (clock, place) = (Arc::clone(&door.clock), address.map(|address| format!("http://{address}/")));
    let aim = AimSocket::open(&config.device.aim_socket(), parts.tap.clone(), clock, place)?;
    spawn_owned(supervisor, "aim", Policy::once(), aim, |aim, context| async move {
        aim.serve(context.token).await;
        Ok(())
    });
    let Some(address) = address else { return Ok(()) };
    let (screen_tx, screen_rx) = watch::channel(Screen::default());
    let show = ShowTask {
        results_rx: parts.feedback.subscribe(),
        undecided_rx: parts.undecided_rx,
        camera_rx: parts.camera_rx,
        storing_rx: parts.storing_rx,
        online: Arc::clone(&door.online),
        clock: Arc::clone(&door.clock),
        screen_tx,
    };
    spawn_owned(supervisor, "screen", Policy::once(), show, |show, context| async move {
        show.run(&context).await
    });
    let page = Page::new(PageParts {
        screen_rx,
        door: config.feedback.door_name.clone().unwrap_or_else(|| door.identity.device_id.to_string()),
        zone: zone(&door.identity.zone)?,
        clock: Arc::clone(&door.clock),
        texts: page::texts()?,
        tap: parts.tap.clone(),
    });
    supervisor.spawn("page", Policy::persistent(), move |context| {
        let page = page.clone();
        async move { Ok(page.serve(page::bind(address).await?, context.token).await?) }
    });
    Ok(())
}
