//! From the lens to the disk: camera thread, recognition thread, recorder and the feedback behind it.

use std::sync::Arc;
use std::time::Duration;

use lintel_runtime::Heartbeats;
use lintel_runtime::supervisor::{Policy, Supervisor};
use lintel_vision::Pipeline;
use tokio::sync::{mpsc, watch};

use super::door::{Door, spawn_owned};
use super::recorder::Recorder;
use super::screen::{self, ScreenParts};
use crate::aim::tap::Tap;
use crate::camera::thread::{CameraThread, max_silence};
use crate::feedback::show::Storing;
use crate::feedback::stream::FeedbackStream;
use crate::recognition::worker::WorkerHandle;
use crate::recognition::{Params, Recogniser};

/// Decisions that wait for the outbox.
const DECISIONS: usize = 32;

/// Starts the threads and tasks. The camera's thread ends with what is returned.
pub(super) fn start(
    door: &Door,
    pipeline: Pipeline,
    heartbeats: &Heartbeats,
    supervisor: &mut Supervisor,
) -> anyhow::Result<CameraThread> {
    let config = &door.config;
    let thresholds = pipeline.pack().thresholds();
    let params = Params::from_config(&config.recognition, thresholds.match_score, thresholds.margin);
    let mut recogniser = Recogniser::new(params);
    for punch in &door.recent {
        recogniser.recall(punch.person, punch.monotonic_ms);
    }
    // Overflow: await. Recognition waits for the disk; a decision is never dropped.
    let (decisions_tx, decisions_rx) = mpsc::channel(DECISIONS);
    let beat = heartbeats.promise("camera", max_silence(&config.camera));
    let camera = CameraThread::start(config.camera.source()?, &config.camera, Arc::clone(&door.clock), beat)?;
    let beat = heartbeats.promise("recognition", Duration::from_secs(30));
    let tap = Tap::default();
    let worker = WorkerHandle::start(
        pipeline,
        recogniser,
        camera.slot.clone(),
        Arc::clone(&door.shared),
        decisions_tx,
        door.progress.clone(),
        tap.clone(),
        Box::new(move || beat.beat()),
    )?;
    let (feedback, stream) = FeedbackStream::open(&config.feedback.socket_in(&config.device.data_dir))?;
    spawn_owned(supervisor, "feedback", Policy::once(), stream, |stream, context| async move {
        stream.serve(context.token).await;
        Ok(())
    });
    let (storing_tx, storing_rx) = watch::channel(Storing::default());
    let parts = ScreenParts {
        feedback: &feedback,
        undecided_rx: worker.undecided_rx.clone(),
        camera_rx: camera.state_rx.clone(),
        storing_rx,
        tap,
    };
    screen::start(door, parts, supervisor)?;
    let recorder = Recorder {
        decisions_rx,
        outbox: door.outbox.clone(),
        progress: door.progress.clone(),
        worker,
        feedback,
        names: config.feedback.names,
        storing_tx,
        shared: Arc::clone(&door.shared),
        identity: Arc::clone(&door.identity),
        pack: door.pack.clone(),
        watch: door.watch.clone(),
        online: Arc::clone(&door.online),
        recorded: door.recorded.clone(),
    };
    spawn_owned(
        supervisor,
        "recorder",
        Policy::critical().beating(Duration::from_secs(60)),
        recorder,
        |recorder, context| async move { recorder.run(&context).await },
    );
    Ok(camera)
}
