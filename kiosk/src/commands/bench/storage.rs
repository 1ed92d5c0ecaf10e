//! Durable appends beside bare SQLCipher, and the whole way from a frame to a committed event.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use lintel_core::embedding::Embedding;
use lintel_core::event::{ClockReading, DirectionHint, EventKind, PersonalPart};
use lintel_core::gallery::{GalleryPerson, GalleryTemplate};
use lintel_core::ids::{DeviceId, PersonId, TemplateId};
use lintel_core::time::UtcMillis;
use lintel_runtime::clock::{SystemClock, random_bytes};
use lintel_runtime::secrets::SecretString;
use lintel_vision::{Detected, Frame, Pipeline, StageTimes};
use zeroize::Zeroizing;

use super::vision::{WIDTH, again, noise};
use super::{Figure, measure_in_turns, resident_mb};
use crate::config::recognition::RecognitionConfig;
use crate::config::vision::VisionConfig;
use crate::gallery::index::{GalleryHead, GalleryView};
use crate::outbox::{EventDraft, Limits, Outbox, OutboxHandle};
use crate::recognition::{Decision, Embed, FrameTime, Outcome, Params, Recogniser, eye, open};

const ROUNDS: usize = 200;
const TEMPLATES: usize = 10_000;

/// The whole way, and what the process holds at its end.
pub(super) struct Whole {
    pub(super) latency: Figure,
    /// What it is made of: each part as it was on the way, with the caches as cold as they are there.
    pub(super) parts: Vec<Figure>,
    pub(super) resident_mb: Option<f64>,
}

/// A folder that goes when this is dropped.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let number = u64::from_le_bytes(random_bytes()?);
        let path = std::env::temp_dir().join(format!("lintel-bench-{number:016x}"));
        std::fs::create_dir(&path).with_context(|| format!("can't make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            log::warn!("error" = error.to_string().as_str(); "a temporary folder is left behind");
        }
    }
}

fn key() -> anyhow::Result<String> {
    Ok(random_bytes::<32>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn outbox(scratch: &Scratch) -> anyhow::Result<Outbox> {
    let path = scratch.0.join("outbox.db");
    let limits = Limits { max_bytes: 1 << 30, other_per_minute: u32::MAX };
    let device = DeviceId::parse("bench")?;
    let key = SecretString::new(key()?);
    let (outbox, _) = Outbox::open(&path, &key, &scratch.0, &device, limits, UtcMillis::from_i64(1))?;
    Ok(outbox)
}

fn draft(decision: Option<&Decision>) -> EventDraft {
    let at = decision.map_or(UtcMillis::from_i64(1), |decision| decision.captured_at);
    EventDraft {
        kind: EventKind::Punch,
        direction_hint: DirectionHint::In,
        captured_at: at,
        clock: ClockReading {
            synced: true,
            boot_id: "00000000-0000-0000-0000-000000000000".to_owned(),
            monotonic_ms: 1,
            offset_estimate_ms: 0,
            error_ms: 1,
        },
        model_pack: "lintel-1".to_owned(),
        gallery_revision: 1,
        suppressed: 0,
        personal: decision.map(|decision| PersonalPart {
            person_id: decision.person,
            evidence: decision.evidence.clone(),
            reasons: Vec::new(),
        }),
    }
}

/// One durable append beside one durable insert of a row of the same columns and sizes with nothing around
/// it, in turns: a disk's mood changes within a second.
pub(super) fn appends() -> anyhow::Result<Vec<Figure>> {
    let scratch = Scratch::new()?;
    let mut outbox = outbox(&scratch)?;
    let bare = rusqlite::Connection::open(scratch.0.join("bare.db"))?;
    bare.pragma_update(None, "key", format!("x'{}'", key()?))?;
    bare.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE event (seq INTEGER PRIMARY KEY, event_id TEXT NOT NULL, kind TEXT NOT NULL,
             prev_hash BLOB NOT NULL, hash BLOB NOT NULL, payload TEXT NOT NULL, appended_at INTEGER NOT NULL);",
    )?;
    outbox.append(&draft(None), UtcMillis::from_i64(1))?;
    let stored = outbox.pending(0, 1, usize::MAX)?.batch.context("the outbox keeps nothing")?;
    let payload = stored.events.first().map_or(String::new(), |event| event.payload.get().to_owned());
    let mut seq = 0_i64;
    let mut insert = || -> anyhow::Result<()> {
        seq += 1;
        let mut insert = bare.prepare_cached("INSERT INTO event VALUES (?1, ?2, 'punch', ?3, ?3, ?4, 1)")?;
        insert.execute((seq, "00000000-0000-0000-0000-000000000000", [7_u8; 32].as_slice(), &payload))?;
        Ok(())
    };
    let mut append = || -> anyhow::Result<()> {
        outbox.append(&draft(None), UtcMillis::from_i64(1))?;
        Ok(())
    };
    let (kept, floor) = measure_in_turns(ROUNDS, &mut append, &mut insert)?;
    let floor = Figure::of("", &floor).p50;
    let one = Figure::of("outbox append with fsync, beside bare SQLCipher", &kept).beside(floor);
    let total = kept.iter().sum::<Duration>().as_secs_f64() * 1000.0;
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let rate = 1_000_000.0 / (total * 1000.0 / kept.len() as f64);
    let rate = Figure { name: "outbox appends".to_owned(), p50: rate, p95: rate, unit: "per s", floor: None };
    Ok(vec![one, rate])
}

/// The embedding of the face, turned a little each time: other frames of the same person.
struct Earlier(Vec<f32>);

impl Embed for Earlier {
    fn embed(&mut self, _: usize) -> Option<Zeroizing<Vec<f32>>> {
        Some(Zeroizing::new(self.0.clone()))
    }

    /// Liveness is asked of these frames, so that the one that decides needn't wait for it.
    fn live(&mut self, _: usize) -> Option<f32> {
        Some(1.0)
    }
}

/// From dequeuing the frame that completes the evidence to the committed event: recognition on one thread, the
/// outbox on its own, as at a door. Left out is the recorder's task between the two.
pub(super) fn frame_to_commit(
    frame: &Frame,
    config: &VisionConfig,
    recognition: &RecognitionConfig,
) -> anyhow::Result<Whole> {
    let config = VisionConfig { threads: 1, ..config.clone() };
    let mut pipeline = open::pipeline(&config, recognition)?;
    let detected = pipeline.detect(frame)?;
    if detected.faces.is_empty() {
        bail!("there is no face in the picture: give another one by --image FILE");
    }
    let face = pipeline.embed(&detected, 0)?.embedding;
    if face.len() != WIDTH {
        log::info!("width" = face.len(); "the pack's templates have another width than the match figures");
    }
    let gallery = gallery(&face)?;
    let thresholds = pipeline.pack().thresholds();
    let params = Params::from_config(recognition, thresholds.match_score, thresholds.margin);
    let scratch = Scratch::new()?;
    let (handle, writer) = OutboxHandle::start(outbox(&scratch)?, Arc::new(SystemClock))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut times = Vec::new();
    let mut parts = Parts::default();
    for _ in 0..ROUNDS {
        let mut recogniser = prepared(&params, &pipeline, &detected, &face, &gallery);
        let last = again(frame)?;
        let dequeued = Instant::now();
        let at = FrameTime { monotonic_ms: 1_000, wall: UtcMillis::from_i64(1_000), dequeued };
        let looked = eye::look(&mut pipeline, &mut recogniser, &last, at, &gallery)?;
        let punch = looked.decisions.iter().find(|decision| decision.outcome == Outcome::Punch);
        let punch =
            punch.ok_or_else(|| anyhow!("the picture's face isn't good enough: give another by --image"))?;
        let decided = Instant::now();
        runtime.block_on(handle.append(draft(Some(punch))))?;
        parts.append.push(decided.elapsed());
        times.push(punch.completed_frame.elapsed());
        parts.take(looked.times, looked.matching);
    }
    drop(handle);
    // Its file is closed before its folder goes.
    if writer.join().is_err() {
        bail!("the thread of the outbox has panicked");
    }
    let latency = Figure::of("frame to committed event, 10,000 templates", &times);
    Ok(Whole { latency, parts: parts.figures(), resident_mb: resident_mb() })
}

/// The times of what lies between a frame and its committed event.
#[derive(Default)]
struct Parts {
    stages: Vec<StageTimes>,
    matching: Vec<Duration>,
    append: Vec<Duration>,
}

impl Parts {
    fn take(&mut self, stages: StageTimes, matching: Duration) {
        self.stages.push(stages);
        self.matching.push(matching);
    }

    fn figures(&self) -> Vec<Figure> {
        let stage = |name: &str, of: fn(&StageTimes) -> Duration| {
            Figure::of(format!("  of it {name}"), &self.stages.iter().map(of).collect::<Vec<_>>())
        };
        vec![
            stage("decode", |times| times.decode),
            stage("detect", |times| times.detect),
            stage("quality", |times| times.quality),
            stage("align", |times| times.align),
            stage("embed", |times| times.embed),
            Figure::of("  of it match", &self.matching),
            Figure::of("  of it append with fsync", &self.append),
        ]
    }
}

/// A recogniser that has seen all frames but the last.
fn prepared(
    params: &Params,
    pipeline: &Pipeline,
    detected: &Detected,
    face: &[f32],
    gallery: &GalleryView,
) -> Recogniser {
    let mut recogniser = Recogniser::new(params.clone());
    let (sightings, _) = eye::sightings(detected, pipeline.options().min_face_px);
    for n in 1..params.frames {
        let mut sightings = sightings.clone();
        sightings.truncate(1);
        let mut earlier = face.to_vec();
        for sighting in &mut sightings {
            // A pixel aside, or it would be the same frame.
            #[expect(clippy::cast_precision_loss, reason = "a few frames")]
            let aside = n as f32;
            sighting.face.x -= aside;
        }
        if let Some(first) = earlier.first_mut() {
            #[expect(clippy::cast_precision_loss, reason = "a few frames")]
            let turn = n as f32 * 1e-3;
            *first += turn;
        }
        let monotonic_ms = 1_000 - 66 * i64::from(params.frames - n);
        let at =
            FrameTime { monotonic_ms, wall: UtcMillis::from_i64(monotonic_ms), dequeued: Instant::now() };
        recogniser.step(at, &sightings, &mut Earlier(earlier), gallery);
    }
    recogniser
}

fn gallery(face: &[f32]) -> anyhow::Result<GalleryView> {
    let width = face.len();
    let matrix = noise(TEMPLATES * width.div_ceil(WIDTH));
    let mut people = Vec::new();
    for (n, row) in (0_u32..).zip(matrix.chunks_exact(width).take(TEMPLATES)) {
        let raw = if n == 0 { face.to_vec() } else { row.to_vec() };
        let mut number = [0; 10];
        for (to, from) in number.iter_mut().zip(n.to_le_bytes()) {
            *to = from;
        }
        people.push(GalleryPerson {
            person_id: PersonId::new(UtcMillis::from_i64(1), &number),
            display_name: String::new(),
            not_after: None,
            templates: vec![GalleryTemplate {
                template_id: TemplateId::new(UtcMillis::from_i64(1), &number),
                embedding: Embedding::normalise(raw)?,
            }],
            badges: Vec::new(),
        });
    }
    let head = GalleryHead { revision: 1, model_pack: "bench".into(), zone: "UTC".into(), width };
    Ok(GalleryView::build(head, &people, &[], UtcMillis::from_i64(0))?)
}
