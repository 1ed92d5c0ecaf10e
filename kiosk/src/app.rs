//! The composition root of `run`: opens what the door needs, starts its tasks, stops them in order.
//!
//! camera thread → recognition thread → recorder → outbox → (only then) feedback; the drain, the heartbeat and
//! the gallery run beside it. A door that can't be recorded by must not look as if it could: what it can't
//! start without ends it with an error.

mod delivery;
mod door;
mod recorder;
mod recording;
mod roads;
mod screen;
pub mod storage;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use lintel_core::time::Clock;
use lintel_runtime::Heartbeats;
use lintel_runtime::shutdown::Signals;
use lintel_runtime::supervisor::{Policy, Supervisor};
use lintel_runtime::systemd;
use tokio_util::sync::CancellationToken;

use crate::camera::thread::CameraThread;
use crate::config::KioskConfig;
use crate::outbox;
use crate::recognition::open;
use door::Door;

/// Tasks have this long to end; one second of the promised five is for the threads and the process.
const GRACE: Duration = Duration::from_secs(4);
/// The outbox has this long to close its file after them.
const CLOSING: Duration = Duration::from_millis(700);

/// Runs the door until it is told to stop.
///
/// # Errors
/// What it can't start without, or the critical task that failed.
pub async fn run(config: KioskConfig, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let mut writer = None;
    let ending = run_until_told(config, clock, &mut writer).await;
    if let Some(writer) = writer {
        outbox::wait_for_end(writer, CLOSING).await;
    }
    if ending.is_ok() {
        log::info!("stopped");
    }
    ending
}

async fn run_until_told(
    config: KioskConfig,
    clock: Arc<dyn Clock>,
    writer: &mut Option<JoinHandle<()>>,
) -> anyhow::Result<()> {
    let token = CancellationToken::new();
    let signals = Signals::install().context("can't catch signals")?;
    let heartbeats = Heartbeats::new(Arc::clone(&clock));
    let mut supervisor = Supervisor::new(token.clone(), heartbeats.clone());
    let mut signals = Some(signals);
    supervisor.spawn("signals", Policy::once(), move |context| {
        let signals = signals.take();
        async move {
            if let Some(signals) = signals {
                signals.cancel(context.token).await;
            }
            Ok(())
        }
    });
    let camera = start(config, clock, &heartbeats, &mut supervisor, writer)?;
    supervisor.spawn("watchdog", Policy::once(), move |context| {
        let heartbeats = heartbeats.clone();
        async move {
            systemd::feed_watchdog(heartbeats, context.token).await;
            Ok(())
        }
    });
    systemd::ready();
    let ending = supervisor.run(GRACE).await;
    systemd::stopping("delivering what is left");
    drop(camera);
    ending.into_result()
}

/// Opens everything, then starts everything. The camera's thread ends with what is returned.
fn start(
    config: KioskConfig,
    clock: Arc<dyn Clock>,
    heartbeats: &Heartbeats,
    supervisor: &mut Supervisor,
    writer: &mut Option<JoinHandle<()>>,
) -> anyhow::Result<CameraThread> {
    let (door, pipeline) = Door::open(config, clock, writer)?;
    let central = delivery::central(&door)?;
    let gallery = delivery::gallery(&door, &central)?;
    let camera = recording::start(&door, pipeline, heartbeats, supervisor)?;
    delivery::events(&door, &central, supervisor)?;
    delivery::renewal(&door, &central, supervisor)?;
    delivery::identity(&door, supervisor);
    delivery::clock(&door, supervisor);
    delivery::heartbeat(&door, central, &gallery, camera.state_rx.clone(), supervisor);
    door::spawn_owned(supervisor, "gallery", Policy::critical(), gallery, |mut task, context| async move {
        task.run(&context).await
    });
    delivery::retention(&door, supervisor);
    Ok(camera)
}
