//! `replay`: production recognition over a recording, without network, centre or outbox.
//!
//! For trying a camera position, a pack, thresholds or a badge's size on people whose pictures are at hand.
//! It enrols from a folder, takes a list of badges, plays the recording as fast as the machine can, and prints each decision at its time in the
//! clip. It stores nothing and sends nothing.

mod badges;
pub mod enrol;
pub(crate) mod report;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use indicatif::{ProgressBar, ProgressStyle};
use lintel_core::time::UtcMillis;
use lintel_vision::{Pipeline, StageTimes, qr};

use crate::camera::{self, FrameSource, Next};
use crate::config::camera::{CameraConfig, SourceSpec};
use crate::config::recognition::RecognitionConfig;
use crate::config::vision::VisionConfig;
use crate::gallery::index::GalleryView;
use crate::recognition::worker::READ_EVERY_MS;
use crate::recognition::{Decision, FrameTime, Params, Recogniser, eye, open};

/// What can be typed behind `replay`.
#[derive(Debug, Clone, clap::Args)]
pub struct ReplayArgs {
    /// A video file, a folder of pictures, or a source as in camera.source.
    pub source: String,
    /// Folder with one sub-folder of pictures for each person; the sub-folder's name is the person.
    #[arg(long, value_name = "DIR", required_unless_present = "badges")]
    pub enrol: Option<PathBuf>,
    /// What `lintel-central badge list --json` has written: these badges are good here.
    #[arg(long, value_name = "FILE")]
    pub badges: Option<PathBuf>,
    /// Model pack: a name, or a folder with a pack.toml. The best installed one when not given.
    #[arg(long)]
    pub pack: Option<String>,
    /// One JSON document instead of text.
    #[arg(long)]
    pub json: bool,
}

/// Time of each stage in each frame that had one, for percentiles.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    pub(crate) decode: Vec<Duration>,
    pub(crate) detect: Vec<Duration>,
    pub(crate) align: Vec<Duration>,
    pub(crate) embed: Vec<Duration>,
    pub(crate) matching: Vec<Duration>,
    pub(crate) codes: Vec<Duration>,
    pub(crate) frame: Vec<Duration>,
}

impl Stages {
    fn take(&mut self, times: &StageTimes, matching: Duration, embedded: usize, frame: Duration) {
        self.decode.push(times.decode);
        self.detect.push(times.detect + times.quality);
        self.frame.push(frame);
        let faces = u32::try_from(embedded).unwrap_or(u32::MAX);
        if faces > 0 {
            self.align.push(times.align / faces);
            self.embed.push(times.embed / faces);
            self.matching.push(matching / faces);
        }
    }
}

/// What a replay came to.
#[derive(Debug, Default)]
pub(crate) struct Played {
    pub(crate) decisions: Vec<Decision>,
    pub(crate) stages: Stages,
    pub(crate) frames: u64,
    pub(crate) frames_with_face: u64,
    pub(crate) skipped: Vec<String>,
    pub(crate) last_ms: i64,
    pub(crate) took: Duration,
}

/// Runs the command and prints its result.
///
/// # Errors
/// When the pack, the pictures or the recording can't be used.
pub fn run(
    args: &ReplayArgs,
    vision: &VisionConfig,
    recognition: &RecognitionConfig,
    camera_config: &CameraConfig,
) -> anyhow::Result<()> {
    recognition.check().map_err(|error| anyhow!("{}: {error}", error.key))?;
    let spec = source_of(&args.source)?;
    let mut source = camera::open(&spec, camera_config)?;
    let vision = VisionConfig { pack: args.pack.clone().or(vision.pack.clone()), ..vision.clone() };
    let mut pipeline = open::pipeline(&vision, recognition)?;
    if pipeline.pack().trial_only() && !args.json {
        println!("{}", report::trial_notice(pipeline.pack().name()));
    }
    let enrolled = match &args.enrol {
        Some(folder) => enrol::folder(&mut pipeline, folder)?,
        None => enrol::Enrolled { people: Vec::new() },
    };
    let badges = args.badges.as_deref().map(badges::Badges::read).transpose()?.unwrap_or_default();
    let gallery = enrolled.gallery(pipeline.pack(), &badges)?;
    if !args.json {
        report::print_enrolment(&enrolled);
    }
    let bar = progress(source.frames(), args.json);
    let thresholds = pipeline.pack().thresholds();
    let params = Params::from_config(recognition, thresholds.match_score, thresholds.margin);
    let show = |decision: &Decision| {
        if !args.json {
            bar.suspend(|| println!("{}", report::line(decision, &gallery)));
        }
    };
    let played = play(&mut pipeline, params, source.as_mut(), &gallery, &bar, show)?;
    bar.finish_and_clear();
    if args.json {
        let document = report::document(&pipeline, &source.describe(), &enrolled, &gallery, &played);
        println!("{}", serde_json::to_string_pretty(&document)?);
    } else {
        report::print_summary(&source.describe(), &gallery, &played);
    }
    Ok(())
}

/// A path as typed, or `kind:path`.
fn source_of(text: &str) -> anyhow::Result<SourceSpec> {
    let path = PathBuf::from(text);
    if path.is_dir() {
        return Ok(SourceSpec::Images(path));
    }
    if path.is_file() {
        return Ok(SourceSpec::Clip(path));
    }
    match SourceSpec::parse(text) {
        Ok(SourceSpec::V4l2(_)) => {
            Err(anyhow!("a camera has no end: replay takes a video file or a folder of pictures"))
        }
        Ok(spec) => Ok(spec),
        Err(_) => Err(anyhow!("{text}: there is no file or folder of that name")),
    }
}

fn progress(frames: Option<u64>, quiet: bool) -> ProgressBar {
    // Drawn on a terminal only; indicatif is silent elsewhere.
    let bar = match (quiet, frames) {
        (true, _) => ProgressBar::hidden(),
        (false, Some(frames)) => ProgressBar::new(frames),
        (false, None) => ProgressBar::no_length(),
    };
    match ProgressStyle::with_template("{bar:30} {pos}/{len} frames, {per_sec}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn play(
    pipeline: &mut Pipeline,
    params: Params,
    source: &mut dyn FrameSource,
    gallery: &GalleryView,
    bar: &ProgressBar,
    show: impl Fn(&Decision),
) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let mut recogniser = Recogniser::new(params);
    let mut read_ms: Option<i64> = None;
    let started = Instant::now();
    loop {
        let frame = match source.next_frame()? {
            Next::Frame(frame) => frame,
            Next::Skipped(why) => {
                played.skipped.push(why);
                continue;
            }
            Next::Ended => break,
        };
        bar.inc(1);
        let at_ms = i64::try_from(frame.captured_ms()).unwrap_or(i64::MAX);
        let dequeued = Instant::now();
        // A replay has no wall clock: the clip's own time stands for it, so that two runs are equal.
        let at = FrameTime { monotonic_ms: at_ms, wall: UtcMillis::from_i64(at_ms), dequeued };
        played.frames += 1;
        played.last_ms = at_ms;
        // As at a door, but in line: a replay must not lose a picture.
        if read_ms.is_none_or(|last| at_ms.saturating_sub(last) >= READ_EVERY_MS)
            && let Ok(grey) = pipeline.grey(&frame)
        {
            read_ms = Some(at_ms);
            let started = Instant::now();
            let codes = qr::read(&grey);
            played.stages.codes.push(started.elapsed());
            let decisions = recogniser.show(at, &codes, gallery.badges(), gallery.revision());
            decisions.iter().for_each(&show);
            played.decisions.extend(decisions);
        }
        match eye::look(pipeline, &mut recogniser, &frame, at, gallery) {
            Ok(looked) => {
                played.stages.take(&looked.times, looked.matching, looked.embedded, dequeued.elapsed());
                played.frames_with_face += u64::from(looked.faces > 0);
                looked.decisions.iter().for_each(&show);
                played.decisions.extend(looked.decisions);
            }
            Err(error) => played.skipped.push(format!("frame at {at_ms} ms: {error}")),
        }
    }
    let last = recogniser.finish(gallery);
    last.iter().for_each(&show);
    played.decisions.extend(last);
    played.took = started.elapsed();
    if played.frames == 0 {
        let why = played.skipped.first().map_or("it has no frames", String::as_str);
        return Err(anyhow!("{}: nothing could be played: {why}", source.describe()));
    }
    Ok(played)
}
