//! The networks' stages, and the search beside one read of its matrix.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use lintel_vision::{Frame, GalleryIndex, PixelFormat, locate};

use super::{Figure, measure, measure_in_turns};
use crate::camera::{Next, clip, jpeg};
use crate::config::recognition::RecognitionConfig;
use crate::config::vision::VisionConfig;
use crate::recognition::open;

/// Numbers in a template, as in the packs for real doors.
pub(super) const WIDTH: usize = 256;
const ROUNDS: usize = 60;

/// The frame that is measured on: a file, or the frame of the fetched clip with the widest face.
pub(super) fn picture(
    image: Option<&Path>,
    config: &VisionConfig,
    recognition: &RecognitionConfig,
) -> anyhow::Result<Frame> {
    if let Some(path) = image {
        let bytes = std::fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
        let Some((width, height)) = jpeg::trim(&bytes).and_then(jpeg::size) else {
            bail!("{} is no whole JPEG: convert it", path.display());
        };
        return Ok(Frame::new(width, height, PixelFormat::Mjpeg, bytes, 0)?);
    }
    let path = locate::cache_dir().join("pictures/walk_past.avi");
    let mut source = clip::open(&path).context("run `make setup`, or give a picture by --image FILE")?;
    let mut pipeline = open::pipeline(config, recognition)?;
    let mut best: Option<(f32, Frame)> = None;
    loop {
        match source.next_frame()? {
            Next::Frame(frame) => {
                let detected = pipeline.detect(&frame)?;
                if let [only] = detected.faces.as_slice()
                    && only.refusals.is_empty()
                    && best.as_ref().is_none_or(|(width, _)| only.face.width > *width)
                {
                    best = Some((only.face.width, frame));
                }
            }
            Next::Skipped(_) => {}
            Next::Ended => break,
        }
    }
    match best {
        Some((_, frame)) => Ok(frame),
        None => bail!("{} shows no usable face: give a picture by --image FILE", path.display()),
    }
}

/// A frame with the same bytes and another identity, so that nothing is taken from a cache.
pub(super) fn again(frame: &Frame) -> anyhow::Result<Frame> {
    Ok(Frame::new(frame.width(), frame.height(), frame.format(), frame.data().to_vec(), frame.captured_ms())?)
}

/// Each stage in ms a frame.
pub(super) fn stages(
    frame: &Frame,
    config: &VisionConfig,
    recognition: &RecognitionConfig,
) -> anyhow::Result<Vec<Figure>> {
    let mut pipeline = open::pipeline(config, recognition)?;
    let mut figures = Vec::new();
    let named = |what: &str| {
        format!("{what}, {} thread{}", config.threads, if config.threads == 1 { "" } else { "s" })
    };
    let (mut decode, mut align, mut embed) = (Vec::new(), Vec::new(), Vec::new());
    for width in [320, 640] {
        let mut detect: Vec<Duration> = Vec::new();
        let whole = measure(ROUNDS, || {
            let detected = pipeline.detect_at(&again(frame)?, width)?;
            decode.push(detected.times.decode);
            detect.push(detected.times.detect);
            if detected.faces.is_empty() {
                bail!("there is no face in the picture: give another one by --image FILE");
            }
            let embedded = pipeline.embed(&detected, 0)?;
            align.push(embedded.times.align);
            embed.push(embedded.times.embed);
            Ok(())
        })?;
        figures.push(Figure::of(named(&format!("detect at {width}")), &detect));
        figures.push(Figure::of(named(&format!("frame with one face, detect at {width}")), &whole));
    }
    figures.insert(0, Figure::of(named("decode"), &decode));
    figures.push(Figure::of(named("align"), &align));
    figures.push(Figure::of(named("embed"), &embed));
    let detected = pipeline.detect(frame)?;
    // A pack may have no such networks.
    if pipeline.liveness(&detected, 0)?.is_some() {
        let live = measure(ROUNDS, || {
            pipeline.liveness(&detected, 0)?;
            Ok(())
        })?;
        figures.push(Figure::of(named("liveness, before the frame that decides"), &live));
    }
    Ok(figures)
}

/// Unit-length rows of noise from a linear congruential generator (Numerical Recipes' constants).
pub(super) fn noise(rows: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let step = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from(u16::try_from(state >> 16).unwrap_or(0)) / 32_768.0 - 1.0
    };
    (0..rows * WIDTH).map(step).collect()
}

/// The search at three sizes, each beside one read of its matrix.
pub(super) fn matching() -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for rows in [1_000, 10_000, 100_000] {
        let matrix = noise(rows);
        let people = (0_u32..).zip(matrix.chunks_exact(WIDTH));
        let index = GalleryIndex::build(WIDTH, people)?;
        let probe: Vec<f32> = matrix.iter().take(WIDTH).copied().collect();
        drop(matrix);
        let mut sum = 0.0;
        let read = || {
            sum += std::hint::black_box(&index).read_floor();
            Ok(())
        };
        let find = || {
            std::hint::black_box(index.top2(std::hint::black_box(&probe)));
            Ok(())
        };
        let (search, floor) = measure_in_turns(ROUNDS, find, read)?;
        std::hint::black_box(sum);
        let floor = Figure::of("", &floor).p50;
        figures.push(Figure::of(format!("match among {rows}, beside one read"), &search).beside(floor));
    }
    Ok(figures)
}
