//! What an empty doorway costs: the door's own recognition thread on a scene in which only the camera's noise moves.
//!
//! Frames come at a camera's pace, encoded beforehand, so that the process's own time is the recognition's. What is
//! left out is the camera's driver.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use arc_swap::ArcSwap;
use lintel_core::time::Clock as _;
use lintel_runtime::clock::SystemClock;
use lintel_vision::{BgrImage, Frame, PixelFormat, preview};
use tokio::sync::mpsc;

use super::Figure;
use super::vision::noise;
use crate::aim::tap::Tap;
use crate::camera::slot::{FrameSlot, TimedFrame};
use crate::config::recognition::RecognitionConfig;
use crate::config::vision::VisionConfig;
use crate::gallery::index::{GalleryHead, GalleryView};
use crate::recognition::worker::WorkerHandle;
use crate::recognition::{Params, Progress, Recogniser, open};

const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;
const RATE: u32 = 15;
const SECONDS: u32 = 10;
/// Different pictures of the same scene, shown in turns.
const PICTURES: usize = 8;
/// Of a grey value, either way: a webcam's in a lit corridor.
const NOISE: f32 = 3.0;
/// Clock ticks of /proc in a second: the kernel's interface has 100 on every machine that Linux runs on today.
const TICKS: f64 = 100.0;

/// Time that this process has worked so far, s; `None` where /proc isn't mounted.
fn worked_s() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold anything; user and system time are the 12th and 13th field behind it.
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS)
}

/// Pictures of an empty corridor: a wall that darkens to one side, and noise.
fn pictures() -> anyhow::Result<Vec<Vec<u8>>> {
    let pixels = (WIDTH * HEIGHT) as usize;
    let mut noise = noise(PICTURES * pixels / super::vision::WIDTH).into_iter();
    (0..PICTURES)
        .map(|_| {
            let mut scene = BgrImage::filled(WIDTH, HEIGHT, 0);
            for (at, pixel) in scene.data.chunks_exact_mut(3).enumerate() {
                #[expect(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a grey value between 80 and 210"
                )]
                let grey =
                    (200.0 - (at % WIDTH as usize) as f32 / 6.0 + noise.next().unwrap_or(0.0) * NOISE) as u8;
                pixel.fill(grey);
            }
            Ok(preview::jpeg(&scene, WIDTH)?)
        })
        .collect()
}

/// Percent of one core, over ten seconds.
pub(super) fn idle(config: &VisionConfig, recognition: &RecognitionConfig) -> anyhow::Result<Figure> {
    let pictures = pictures()?;
    let pipeline = open::pipeline(config, recognition)?;
    let thresholds = pipeline.pack().thresholds();
    let head = GalleryHead {
        revision: 1,
        model_pack: pipeline.pack().name().to_owned(),
        zone: "UTC".to_owned(),
        width: pipeline.pack().embedding_width(),
    };
    let params = Params::from_config(recognition, thresholds.match_score, thresholds.margin);
    let (slot, clock) = (FrameSlot::new(), SystemClock);
    let (decisions_tx, mut decisions_rx) = mpsc::channel(32);
    let worker = WorkerHandle::start(
        pipeline,
        Recogniser::new(params),
        slot.clone(),
        Arc::new(ArcSwap::from_pointee(GalleryView::empty(head))),
        decisions_tx,
        Progress::since(clock.now()),
        Tap::default(),
        Box::new(|| {}),
    )?;
    let (started, worked) = (Instant::now(), worked_s().context("/proc isn't mounted")?);
    for (n, picture) in (0..RATE * SECONDS).zip(pictures.iter().cycle()) {
        let frame = Frame::new(WIDTH, HEIGHT, PixelFormat::Mjpeg, picture.clone(), u64::from(n) * 66)?;
        slot.put(TimedFrame { frame, wall: clock.now(), monotonic_ms: clock.monotonic_ms() });
        let due = Duration::from_secs(1) * (n + 1) / RATE;
        std::thread::sleep(due.saturating_sub(started.elapsed()));
    }
    let percent =
        (worked_s().context("/proc isn't mounted")? - worked) / started.elapsed().as_secs_f64() * 100.0;
    let (frames, failed) =
        (worker.counts.frames.load(Ordering::Relaxed), worker.counts.failed.load(Ordering::Relaxed));
    drop(worker);
    if failed > 0 || frames == 0 || decisions_rx.try_recv().is_ok() {
        bail!("the empty scene isn't one: of {frames} frames {failed} failed, or somebody was seen in it");
    }
    let name = "empty doorway, 640x480 at 15/s".to_owned();
    Ok(Figure { name, p50: percent, p95: percent, unit: "% of a core", floor: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_this_process_has_worked_grows_with_its_work() {
        let before = worked_s().unwrap();
        let started = Instant::now();
        let mut sum = 0_u64;
        while worked_s().unwrap() - before < 0.05 {
            assert!(started.elapsed() < Duration::from_secs(60), "a minute's work is not counted");
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
    }

    #[test]
    fn the_empty_scene_is_whole_pictures_that_differ() {
        let pictures = pictures().unwrap();
        let size = |picture: &Vec<u8>| crate::camera::jpeg::trim(picture).and_then(crate::camera::jpeg::size);
        assert!(pictures.iter().all(|picture| size(picture) == Some((WIDTH, HEIGHT))));
        assert!(pictures.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
