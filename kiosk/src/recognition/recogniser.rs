//! The recogniser: takes the faces of one frame after another and gives each presence one decision.
//!
//! It holds the tracks, the badges in view and the cool-down that both share, and nothing else. It asks for an embedding only where it helps:
//! for a face that is undecided, contested, or due to be compared again.

use lintel_core::event::Evidence;
use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;
use zeroize::Zeroizing;

use super::badges::Held;
use super::cooldown::{Admission, Cooldown};
use super::evidence::{Verdict, Weighed};
use super::tracker::{self, Interval, Pair, Track};
use super::{Decision, Embed, FrameTime, Gallery, Outcome, Params, Sighting, TrackId, Undecided};
use crate::badge::Presences;

/// More faces than this are never followed at once; those lost longest end first.
const MAX_TRACKS: usize = 64;
/// A face seen in fewer independent frames leaves no trace: detectors see faces in wallpaper for a moment.
const LEAST_SEEN: u32 = 3;

/// Follows faces and decides.
#[derive(Debug)]
pub struct Recogniser {
    pub(super) params: Params,
    pub(super) tracks: Vec<Track>,
    pub(super) cooldown: Cooldown,
    pub(super) badges: Presences,
    pub(super) held: Option<Held>,
    interval: Interval,
    pub(super) next_id: u64,
}

/// The embeddings of one frame that were made so far.
struct Embedded<'e, E> {
    eye: &'e mut E,
    done: Vec<Option<Zeroizing<Vec<f32>>>>,
}

impl<E: Embed> Embedded<'_, E> {
    fn get(&mut self, at: usize) -> Option<&Zeroizing<Vec<f32>>> {
        let slot = self.done.get_mut(at)?;
        if slot.is_none() {
            *slot = self.eye.embed(at);
        }
        slot.as_ref()
    }

    fn take(&mut self, at: usize) -> Option<Zeroizing<Vec<f32>>> {
        self.get(at)?;
        self.done.get_mut(at)?.take()
    }
}

impl Recogniser {
    /// Nobody seen yet.
    #[must_use]
    pub fn new(params: Params) -> Self {
        let cooldown = Cooldown::new(params.cooldown_ms);
        let (badges, interval) = (Presences::default(), Interval::default());
        Self { params, tracks: Vec::new(), cooldown, badges, held: None, interval, next_id: 1 }
    }

    /// Takes up a punch that was stored before this process began, so that a restart repeats nobody.
    pub fn recall(&mut self, person: PersonId, stored_ms: i64) {
        self.cooldown.recall(person, stored_ms);
    }

    /// Whether no face is being followed: the scene may be looked at less often.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.tracks.is_empty()
    }

    /// When the presence that was seen least lately, of those that are still being decided about, was last seen.
    /// No later decision is about an earlier instant.
    #[must_use]
    pub fn oldest_undecided(&self) -> Option<UtcMillis> {
        let undecided = self.tracks.iter().filter(|track| track.decided.is_none() && !track.is_heir);
        undecided.map(|track| track.last.wall).min()
    }

    /// The faces of the newest frame that wait for a decision. Those seen for a moment only are left out, like
    /// everywhere; so are heirs, which are most likely somebody who has been recognised and turned away.
    #[must_use]
    pub fn undecided(&self, at: FrameTime) -> Vec<Undecided> {
        let waits = |track: &&Track| {
            let is_there = track.last.monotonic_ms == at.monotonic_ms;
            is_there && track.decided.is_none() && !track.is_heir && track.seen >= LEAST_SEEN
        };
        let shown = |track: &Track| Undecided {
            track_id: track.id,
            face: track.face,
            refusals: track.refused_now.clone(),
        };
        self.tracks.iter().filter(waits).map(shown).collect()
    }

    /// Takes back a punch that could not be stored, so that the person can try again at once.
    pub fn not_stored(&mut self, person: PersonId) {
        self.cooldown.forget(person);
    }

    /// Takes the faces of one frame. Frames come in the order of their time.
    pub fn step(
        &mut self,
        at: FrameTime,
        sightings: &[Sighting],
        eye: &mut impl Embed,
        gallery: &impl Gallery,
    ) -> Vec<Decision> {
        self.interval.take(at.monotonic_ms);
        let mut decisions = self.end_lost(at, gallery);
        let mut embedded = Embedded { eye, done: sightings.iter().map(|_| None).collect() };
        let pairs = self.weigh_contested(at, sightings, &mut embedded);
        let mut track_of = tracker::assign(pairs, sightings.len());
        let heirs = self.part_and_rejoin(at, sightings, &mut track_of, &mut embedded);
        for (s, sighting) in sightings.iter().enumerate() {
            let known = track_of.get(s).copied().flatten().and_then(|t| self.tracks.get_mut(t));
            let track = match known {
                Some(track) if track.is_repeated_by(sighting) => {
                    track.last = at;
                    continue;
                }
                Some(track) => {
                    track.follow(sighting, at);
                    track
                }
                None => {
                    let id = TrackId(self.next_id);
                    self.next_id += 1;
                    let mut track = Track::new(id, sighting, at);
                    track.is_heir = heirs.contains(&s);
                    self.tracks.push(track);
                    let Some(track) = self.tracks.last_mut() else { continue };
                    track
                }
            };
            if !sighting.refusals.is_empty() || !wants_sample(track, at, &self.params) {
                continue;
            }
            let Some(embedding) = embedded.take(s) else { continue };
            if track.decided.is_none() && track.live.len() < self.params.liveness_frames as usize {
                track.live.extend(embedded.eye.live(s));
            }
            if sample(track, embedding, sighting.quality, at, &self.params, gallery) {
                decisions.extend(decide_present(track, at, &self.params, &mut self.cooldown, gallery));
            }
        }
        self.excuse_holder(at.monotonic_ms);
        decisions.extend(self.end_surplus(gallery));
        decisions
    }

    /// Ends every track, because the source has ended.
    pub fn finish(&mut self, gallery: &impl Gallery) -> Vec<Decision> {
        let tracks = std::mem::take(&mut self.tracks);
        tracks.into_iter().filter_map(|track| decide_ended(&track, &self.params, gallery)).collect()
    }

    /// Pairs by position; where that is contested, resemblance counts more.
    fn weigh_contested(
        &self,
        at: FrameTime,
        sightings: &[Sighting],
        embedded: &mut Embedded<'_, impl Embed>,
    ) -> Vec<Pair> {
        let mut pairs = tracker::candidates(&self.tracks, sightings, at);
        let contested: Vec<usize> = (0..sightings.len())
            .filter(|s| tracker::is_contested(&pairs, *s))
            .filter(|s| sightings.get(*s).is_some_and(|sighting| sighting.refusals.is_empty()))
            .collect();
        for s in contested {
            let Some(embedding) = embedded.get(s) else { continue };
            for pair in pairs.iter_mut().filter(|pair| pair.sighting == s) {
                let track = self.tracks.get(pair.track);
                if let Some(alike) = track.and_then(|track| track.samples.resemblance(embedding)) {
                    pair.affinity += 3.0 * (alike - self.params.other_face);
                }
            }
        }
        pairs
    }

    /// Parts a face from a track that it doesn't resemble, and rejoins it with one that it does. Returns the
    /// sightings that were parted from a recognised face that never left its place: a head that turned far
    /// looks like somebody else, so such a face may turn out to be another person of the gallery, but it is
    /// never reported as unknown.
    fn part_and_rejoin(
        &self,
        at: FrameTime,
        sightings: &[Sighting],
        track_of: &mut [Option<usize>],
        embedded: &mut Embedded<'_, impl Embed>,
    ) -> Vec<usize> {
        let mut heirs = Vec::new();
        for (s, sighting) in sightings.iter().enumerate() {
            if !sighting.refusals.is_empty() {
                continue;
            }
            let own = track_of.get(s).copied().flatten();
            let own_track = own.and_then(|t| self.tracks.get(t));
            let due = own_track
                .is_none_or(|track| !track.is_repeated_by(sighting) && wants_sample(track, at, &self.params));
            let Some(embedding) = due.then(|| embedded.get(s)).flatten() else { continue };
            let alike = own_track.and_then(|track| track.samples.resemblance(embedding));
            let is_other = alike.is_some_and(|alike| alike < self.params.other_face);
            if own.is_some() && !is_other {
                continue;
            }
            let free = |t: &usize| !track_of.contains(&Some(*t));
            let rejoined = (0..self.tracks.len())
                .filter(free)
                .filter_map(|t| Some((t, self.tracks.get(t)?.samples.resemblance(embedding)?)))
                .filter(|(_, alike)| *alike >= self.params.same_face)
                .max_by(|a, b| a.1.total_cmp(&b.1));
            let recognised = own_track.filter(|t| t.is_excused() || t.decided == Some(Outcome::Punch));
            if rejoined.is_none() && recognised.is_some_and(|track| track.never_left(&sighting.face, at)) {
                heirs.push(s);
            }
            if let Some(slot) = track_of.get_mut(s) {
                *slot = rejoined.map(|(t, _)| t);
            }
        }
        heirs
    }

    /// Ends the tracks whose face has left.
    fn end_lost(&mut self, at: FrameTime, gallery: &impl Gallery) -> Vec<Decision> {
        let patience = self.params.lost_after_ms.max(self.interval.millis().saturating_mul(5) / 2);
        let oldest = at.monotonic_ms.saturating_sub(patience);
        let lost = self.tracks.extract_if(.., |track| track.last.monotonic_ms < oldest);
        lost.filter_map(|track| decide_ended(&track, &self.params, gallery)).collect()
    }

    fn end_surplus(&mut self, gallery: &impl Gallery) -> Vec<Decision> {
        let surplus = self.tracks.len().saturating_sub(MAX_TRACKS);
        self.tracks.sort_by_key(|track| (track.last.monotonic_ms, track.id));
        let ended = self.tracks.drain(..surplus);
        ended.filter_map(|track| decide_ended(&track, &self.params, gallery)).collect()
    }
}

fn wants_sample(track: &Track, at: FrameTime, params: &Params) -> bool {
    let Some(last) = track.last_sample_ms else { return true };
    let since = at.monotonic_ms.saturating_sub(last);
    if track.decided.is_some() {
        return since >= params.recheck_ms;
    }
    // Somebody who stays undecided for long is compared four times a second instead of in every frame.
    track.samples.taken() < params.frames.saturating_mul(5) || since >= 250
}

/// Adds an embedding to a track; `false` when it says nothing new.
fn sample(
    track: &mut Track,
    embedding: Zeroizing<Vec<f32>>,
    quality: f32,
    at: FrameTime,
    params: &Params,
    gallery: &impl Gallery,
) -> bool {
    let found = gallery.nearest(&embedding, at.wall);
    track.first_sample_ms.get_or_insert(at.monotonic_ms);
    track.last_sample_ms = Some(at.monotonic_ms);
    track.samples.forget_before(at.monotonic_ms.saturating_sub(params.window_ms), params.frames);
    track.samples.add(embedding, quality, at.monotonic_ms, found, params)
}

/// Decides about a face that is still there.
fn decide_present(
    track: &mut Track,
    at: FrameTime,
    params: &Params,
    cooldown: &mut Cooldown,
    gallery: &impl Gallery,
) -> Option<Decision> {
    if track.decided.is_some() {
        return None;
    }
    if let Verdict::Person { person, weighed } = track.samples.verdict(params, gallery, at.wall) {
        track.decided = Some(Outcome::Punch);
        if track.badge_of == Some(person) {
            return None;
        }
        let (repeat, suppressed) = match cooldown.admit(person, at.monotonic_ms) {
            Admission::Store { suppressed } => (false, suppressed),
            Admission::Repeat { suppressed } => (true, suppressed),
        };
        let decision = conclude(track, Outcome::Punch, weighed, Vec::new(), gallery);
        return Some(Decision { person: Some(person), repeat, suppressed, ..decision });
    }
    let taken = track.samples.taken();
    let since = track.first_sample_ms.map_or(0, |first| at.monotonic_ms.saturating_sub(first));
    let waited = taken >= params.frames.saturating_mul(3) && since >= params.unknown_after_ms;
    if !waited {
        return None;
    }
    let (outcome, reason) = if track.samples.is_ambiguous(params) {
        (Outcome::Ambiguous, "two_people_match")
    } else if track.samples.is_promising(params) {
        return None;
    } else {
        (Outcome::Unknown, "no_match")
    };
    track.decided = Some(outcome);
    let weighed = track.samples.weighed(gallery, at.wall);
    (!track.is_excused()).then(|| conclude(track, outcome, weighed, vec![reason.to_owned()], gallery))
}

/// Decides about a face that has left. Its samples go with the track.
fn decide_ended(track: &Track, params: &Params, gallery: &impl Gallery) -> Option<Decision> {
    if track.decided.is_some() || track.is_excused() || track.seen < LEAST_SEEN {
        return None;
    }
    let weighed = track.samples.weighed(gallery, track.last.wall);
    let matches = weighed.score >= params.match_score && weighed.margin >= params.margin;
    let (outcome, reason) = if track.samples.taken() < params.frames {
        (Outcome::LowQuality, "too_few_usable_frames")
    } else if track.samples.is_ambiguous(params) {
        (Outcome::Ambiguous, "two_people_match")
    } else if matches {
        // Probably somebody of the gallery: calling them unknown would be wrong, and so would a punch.
        (Outcome::LowQuality, "too_few_agreeing_frames")
    } else {
        (Outcome::Unknown, "no_match")
    };
    let mut reasons = Vec::new();
    if outcome == Outcome::LowQuality {
        let mut refusals: Vec<_> = track.refusals.iter().collect();
        refusals.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        reasons.extend(refusals.into_iter().map(|(reason, _)| reason.code().to_owned()));
    }
    reasons.push(reason.to_owned());
    Some(conclude(track, outcome, weighed, reasons, gallery))
}

/// Mean over the frames that were asked about; `None` where none was.
fn liveness(track: &Track) -> Option<f32> {
    #[expect(clippy::cast_precision_loss, reason = "at most twenty frames")]
    let count = track.live.len() as f32;
    (count > 0.0).then(|| track.live.iter().sum::<f32>() / count)
}

fn conclude(
    track: &Track,
    outcome: Outcome,
    weighed: Weighed,
    reasons: Vec<String>,
    gallery: &impl Gallery,
) -> Decision {
    let Weighed { score, margin, frames } = weighed;
    Decision {
        outcome,
        person: None,
        repeat: false,
        evidence: Some(Evidence {
            score,
            margin,
            frames,
            liveness: liveness(track),
            quality: track.best_quality,
        }),
        reasons,
        captured_at: track.last.wall,
        monotonic_ms: track.last.monotonic_ms,
        suppressed: 0,
        gallery_revision: gallery.revision(),
        face: track.face,
        track_id: track.id,
        completed_frame: track.last.dequeued,
    }
}
