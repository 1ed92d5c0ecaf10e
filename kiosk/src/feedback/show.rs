//! The task that keeps the screen true: hears what happened, and puts together what to show now.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lintel_core::time::Clock;
use lintel_runtime::supervisor::TaskContext;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

use super::Feedback;
use super::presentation::{Presentation, Screen, Trouble};
use crate::camera::thread::CameraState;
use crate::recognition::Undecided;

/// How often the connection is looked at, and so how often this task wakes at a quiet door.
const EVERY: Duration = Duration::from_secs(1);

/// Whether attendance can be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Storing {
    /// As far as anybody knows.
    #[default]
    Fine,
    /// The outbox is full, until central has taken some of it.
    Full,
    /// The disk is full or the outbox is broken, until something could be stored again.
    Broken,
}

/// What the task listens to, and where it shows.
pub struct ShowTask {
    /// Results, after they are durable.
    pub results_rx: broadcast::Receiver<Arc<Feedback>>,
    /// Faces that are being looked at.
    pub undecided_rx: watch::Receiver<Vec<Undecided>>,
    /// Whether there are pictures.
    pub camera_rx: watch::Receiver<CameraState>,
    /// Whether attendance can be stored.
    pub storing_rx: watch::Receiver<Storing>,
    /// Whether central can be reached.
    pub online: Arc<AtomicBool>,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// The screen.
    // Overflow: overwritten. A screen shows the present; what it missed is over.
    pub screen_tx: watch::Sender<Screen>,
}

impl ShowTask {
    /// Runs until the token is cancelled.
    ///
    /// # Errors
    /// When the recorder has ended.
    pub async fn run(mut self, context: &TaskContext) -> anyhow::Result<()> {
        let mut presentation = Presentation::default();
        loop {
            context.beat.beat();
            let now_ms = self.clock.monotonic_ms();
            self.show(&mut presentation, now_ms);
            let wait_ms = presentation.next_change_ms().map_or(i64::MAX, |at| at.saturating_sub(now_ms));
            let wait = Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0)).min(EVERY);
            tokio::select! {
                () = context.token.cancelled() => return Ok(()),
                result = self.results_rx.recv() => match result {
                    Ok(feedback) => presentation.take(&feedback, self.clock.monotonic_ms()),
                    // Only what is a minute old can be lost here; the newest are still to come.
                    Err(RecvError::Lagged(lost)) => log::warn!("results.lost" = lost; "the screen fell behind"),
                    Err(RecvError::Closed) => anyhow::bail!("the recorder has ended"),
                },
                Ok(()) = self.undecided_rx.changed() => {
                    let undecided = self.undecided_rx.borrow_and_update().clone();
                    presentation.see(&undecided, self.clock.monotonic_ms());
                }
                Ok(()) = self.camera_rx.changed() => {}
                Ok(()) = self.storing_rx.changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    fn show(&mut self, presentation: &mut Presentation, now_ms: i64) {
        let sees = *self.camera_rx.borrow_and_update() != CameraState::Failed;
        let stores = *self.storing_rx.borrow_and_update() == Storing::Fine;
        presentation.set_trouble(match (sees, stores) {
            (false, _) => Some(Trouble::Camera),
            (true, false) => Some(Trouble::Storage),
            (true, true) => None,
        });
        presentation.set_online(self.online.load(Ordering::Relaxed), now_ms);
        let screen = presentation.screen(now_ms);
        self.screen_tx.send_if_modified(|shown| {
            let changed = *shown != screen;
            *shown = screen;
            changed
        });
    }
}
