//! Stories and properties of recognition, played with faces made of numbers.

mod progress;

use std::time::Instant;

use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;
use lintel_vision::{QualityReason, Rect};
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;

const WIDTH: usize = 24;

pub(super) fn id(n: usize) -> PersonId {
    PersonId::new(UtcMillis::from_i64(1), &[u8::try_from(n).unwrap(); 10])
}

fn unit(mut v: Vec<f32>) -> Vec<f32> {
    let norm = v.iter().map(|x| x * x).sum::<f32>().sqrt();
    v.iter_mut().for_each(|x| *x /= norm);
    v
}

/// The face of person `n`: one axis each.
pub(super) fn axis(n: usize) -> Vec<f32> {
    let mut v = vec![0.0; WIDTH];
    v[n] = 1.0;
    v
}

/// A view of a face: `likeness` is its cosine with the face; `noise` picks the direction of the rest.
pub(super) fn seen(face: &[f32], likeness: f32, noise: usize) -> Vec<f32> {
    let mut rest: Vec<f32> = (0..WIDTH)
        .map(|i| (((i * 31 + noise * 17 + noise * noise * 7) % 13) as f32 - 6.0) / 6.0)
        .enumerate()
        .map(|(i, x)| if i < 8 { 0.0 } else { x })
        .collect();
    if rest.iter().all(|x| x.abs() < 1e-6) {
        rest[WIDTH - 1] = 1.0;
    }
    let rest = unit(rest);
    let side = (1.0 - likeness * likeness).sqrt();
    unit(face.iter().zip(&rest).map(|(f, r)| f * likeness + r * side).collect())
}

pub(super) struct People(Vec<(PersonId, Vec<f32>)>);

impl Gallery for People {
    fn revision(&self) -> i64 {
        3
    }
    fn nearest(&self, probe: &[f32], _: UtcMillis) -> GalleryMatch {
        let mut all: Vec<Nearest> = self
            .0
            .iter()
            .map(|(person, t)| Nearest {
                person: *person,
                score: t.iter().zip(probe).map(|(a, b)| a * b).sum(),
            })
            .collect();
        all.sort_by(|a, b| b.score.total_cmp(&a.score));
        let best = all.first().copied();
        let next_person = all.iter().find(|n| Some(n.person) != best.map(|b| b.person)).copied();
        GalleryMatch { best, next_person }
    }
}

pub(super) fn enrolled(n: usize) -> People {
    People((0..n).map(|n| (id(n), axis(n))).collect())
}

struct Eye {
    faces: Vec<Vec<f32>>,
    asked: usize,
}

impl Embed for Eye {
    fn embed(&mut self, at: usize) -> Option<Zeroizing<Vec<f32>>> {
        self.asked += 1;
        self.faces.get(at).cloned().map(Zeroizing::new)
    }
}

#[derive(Clone)]
pub(super) struct Face {
    x: f32,
    embedding: Vec<f32>,
    refusals: Vec<QualityReason>,
}

pub(super) fn face(x: f32, embedding: Vec<f32>) -> Face {
    Face { x, embedding, refusals: Vec::new() }
}

pub(super) struct Door {
    pub(super) recogniser: Recogniser,
    gallery: People,
    asked: usize,
}

impl Door {
    pub(super) fn new(gallery: People) -> Self {
        Self { recogniser: Recogniser::new(Params::new(0.5, 0.05)), gallery, asked: 0 }
    }

    pub(super) fn frame(&mut self, ms: i64, faces: &[Face]) -> Vec<Decision> {
        let sightings: Vec<Sighting> = faces
            .iter()
            .map(|f| Sighting {
                face: Rect { x: f.x, y: 100.0, width: 80.0, height: 100.0 },
                landmarks: [[f.x, 1.0]; 5],
                quality: 0.8,
                refusals: f.refusals.clone(),
            })
            .collect();
        let mut eye = Eye { faces: faces.iter().map(|f| f.embedding.clone()).collect(), asked: 0 };
        let at = FrameTime {
            monotonic_ms: ms,
            wall: UtcMillis::from_i64(1_000_000 + ms),
            dequeued: Instant::now(),
        };
        let decisions = self.recogniser.step(at, &sightings, &mut eye, &self.gallery);
        self.asked += eye.asked;
        decisions
    }

    pub(super) fn end(&mut self) -> Vec<Decision> {
        self.recogniser.finish(&self.gallery)
    }
}

fn outcomes(decisions: &[Decision]) -> Vec<(Outcome, Option<PersonId>)> {
    decisions.iter().map(|d| (d.outcome, d.person)).collect()
}

/// A person who stands there for `frames` frames, `gap_ms` apart, swaying a little.
pub(super) fn stand(
    door: &mut Door,
    who: &[f32],
    likeness: f32,
    start_ms: i64,
    gap_ms: i64,
    frames: usize,
) -> Vec<Decision> {
    (0..frames)
        .flat_map(|n| {
            let sway = (n % 3) as f32;
            door.frame(start_ms + gap_ms * n as i64, &[face(200.0 + sway, seen(who, likeness, n))])
        })
        .collect()
}

#[test]
fn one_frame_never_decides_and_the_third_one_does() {
    let mut door = Door::new(enrolled(3));
    assert!(stand(&mut door, &axis(1), 0.9, 0, 66, 2).is_empty());
    let decided = stand(&mut door, &axis(1), 0.85, 132, 66, 1);
    assert_eq!(outcomes(&decided), [(Outcome::Punch, Some(id(1)))]);
    assert_eq!(
        (decided[0].evidence.as_ref().unwrap().frames, decided[0].monotonic_ms, decided[0].gallery_revision),
        (3, 132, 3)
    );
    assert!(decided[0].evidence.as_ref().unwrap().score > 0.9, "pooled, so better than each frame");
}

#[test]
fn a_camera_of_one_frame_in_three_seconds_decides_by_the_third_frame_too() {
    let mut door = Door::new(enrolled(3));
    let decided = stand(&mut door, &axis(1), 0.8, 0, 3_333, 3);
    assert_eq!(outcomes(&decided), [(Outcome::Punch, Some(id(1)))]);
}

#[test]
fn a_camera_of_thirty_frames_a_second_decides_within_a_tenth_of_a_second() {
    let mut door = Door::new(enrolled(3));
    let decided = stand(&mut door, &axis(1), 0.8, 0, 33, 30);
    assert_eq!(outcomes(&decided), [(Outcome::Punch, Some(id(1)))]);
    assert!(decided[0].monotonic_ms <= 100);
}

#[test]
fn a_frame_that_repeats_the_last_one_is_no_evidence() {
    let mut door = Door::new(enrolled(3));
    let same = face(200.0, seen(&axis(1), 0.9, 0));
    for n in 0..20 {
        assert!(door.frame(n * 66, std::slice::from_ref(&same)).is_empty());
    }
    assert_eq!(door.asked, 1, "a repeated picture isn't embedded again");
    assert!(door.end().is_empty());
}

#[test]
fn an_embedding_that_repeats_bit_by_bit_is_no_evidence_wherever_the_box_is() {
    let mut door = Door::new(enrolled(3));
    for n in 0..10 {
        let moved = face(200.0 + n as f32, seen(&axis(1), 0.9, 0));
        assert!(door.frame(n * 66, &[moved]).is_empty());
    }
}

#[test]
fn a_stranger_is_unknown_once_and_only_after_a_while() {
    let mut door = Door::new(enrolled(3));
    let decided = stand(&mut door, &axis(6), 0.9, 0, 66, 100);
    assert_eq!(outcomes(&decided), [(Outcome::Unknown, None)]);
    assert!(decided[0].monotonic_ms >= 3_000);
    assert_eq!(decided[0].reasons, ["no_match"]);
    assert!(door.end().is_empty());
}

#[test]
fn a_stranger_who_leaves_early_is_unknown_when_gone_and_leaves_no_embedding() {
    let mut door = Door::new(enrolled(3));
    assert!(stand(&mut door, &axis(6), 0.9, 0, 66, 5).is_empty());
    assert!(door.frame(1_000, &[]).is_empty());
    let decided = door.frame(2_500, &[]);
    assert_eq!(outcomes(&decided), [(Outcome::Unknown, None)]);
    assert!(door.recogniser.is_idle(), "the track and its samples are gone");
}

#[test]
fn a_face_seen_for_a_moment_leaves_no_trace() {
    let mut door = Door::new(enrolled(3));
    stand(&mut door, &axis(6), 0.9, 0, 66, 2);
    assert!(door.end().is_empty());
}

#[test]
fn a_short_loss_does_not_make_a_second_presence() {
    let mut door = Door::new(enrolled(3));
    assert_eq!(stand(&mut door, &axis(1), 0.9, 0, 66, 5).len(), 1);
    // looks down for 1.8 s and reappears a step further
    let back: Vec<Decision> = (0..10)
        .flat_map(|n| {
            door.frame(2_100 + n * 66, &[face(420.0 + n as f32, seen(&axis(1), 0.9, 40 + n as usize))])
        })
        .collect();
    assert!(back.is_empty(), "{back:?}");
}

#[test]
fn coming_back_within_the_cooldown_is_a_repeat_and_is_counted_on_the_next_punch() {
    let mut door = Door::new(enrolled(3));
    let first = stand(&mut door, &axis(1), 0.9, 0, 66, 5);
    let again = stand(&mut door, &axis(1), 0.9, 30_000, 66, 5);
    let later = stand(&mut door, &axis(1), 0.9, 70_000, 66, 5);
    let flags = |d: &[Decision]| d.iter().map(|d| (d.repeat, d.suppressed)).collect::<Vec<_>>();
    assert_eq!(flags(&first), [(false, 0)]);
    assert_eq!(flags(&again), [(true, 1)]);
    assert_eq!(flags(&later), [(false, 1)]);
}

#[test]
fn a_punch_that_could_not_be_stored_may_be_tried_again_at_once() {
    let mut door = Door::new(enrolled(3));
    stand(&mut door, &axis(1), 0.9, 0, 66, 5);
    door.recogniser.not_stored(id(1));
    let again = stand(&mut door, &axis(1), 0.9, 10_000, 66, 5);
    assert!(!again[0].repeat);
}

#[test]
fn someone_else_who_steps_into_the_same_place_gets_their_own_decision() {
    let mut door = Door::new(enrolled(3));
    assert_eq!(outcomes(&stand(&mut door, &axis(1), 0.9, 0, 66, 5)), [(Outcome::Punch, Some(id(1)))]);
    let next = stand(&mut door, &axis(2), 0.9, 400, 66, 40);
    assert_eq!(outcomes(&next), [(Outcome::Punch, Some(id(2)))]);
}

#[test]
fn a_recognised_head_that_turns_far_is_not_reported_as_a_stranger() {
    let mut door = Door::new(enrolled(3));
    assert_eq!(stand(&mut door, &axis(1), 0.9, 0, 66, 5).len(), 1);
    let turned = stand(&mut door, &axis(6), 0.9, 330, 66, 100);
    assert!(turned.is_empty(), "{turned:?}");
    assert!(door.end().is_empty());
}

#[test]
fn a_stranger_who_comes_after_a_recognised_person_has_left_is_reported() {
    let mut door = Door::new(enrolled(3));
    stand(&mut door, &axis(1), 0.9, 0, 66, 5);
    let next = stand(&mut door, &axis(6), 0.9, 1_200, 66, 100);
    assert_eq!(outcomes(&next), [(Outcome::Unknown, None)]);
}

#[test]
fn two_people_who_cross_keep_their_own_evidence() {
    let mut door = Door::new(enrolled(3));
    let mut decided = Vec::new();
    for n in 0..30_usize {
        let x = n as f32 * 12.0;
        let one = face(100.0 + x, seen(&axis(1), 0.85, n));
        let two = face(448.0 - x, seen(&axis(2), 0.85, n + 50));
        let pair = if n % 2 == 0 { [one, two] } else { [two, one] };
        decided.extend(door.frame(n as i64 * 66, &pair));
    }
    decided.extend(door.end());
    let mut who = outcomes(&decided);
    who.sort_by_key(|(_, person)| *person);
    assert_eq!(who, [(Outcome::Punch, Some(id(1))), (Outcome::Punch, Some(id(2)))]);
}

#[test]
fn faces_refused_in_every_frame_are_low_quality_with_the_most_frequent_reason_first() {
    let mut door = Door::new(enrolled(3));
    for n in 0..6 {
        let reason = if n < 4 { QualityReason::TooSmall } else { QualityReason::Blurred };
        let poor = Face { refusals: vec![reason], ..face(200.0 + n as f32, axis(1)) };
        assert!(door.frame(n * 66, &[poor]).is_empty());
    }
    let decided = door.end();
    assert_eq!(outcomes(&decided), [(Outcome::LowQuality, None)]);
    assert_eq!(decided[0].reasons, ["too_small", "blurred", "too_few_usable_frames"]);
    assert_eq!(door.asked, 0, "refused faces are never embedded");
}

#[test]
fn a_decided_face_is_embedded_about_once_a_second() {
    let mut door = Door::new(enrolled(3));
    stand(&mut door, &axis(1), 0.9, 0, 66, 152);
    assert!((12..=14).contains(&door.asked), "{}", door.asked);
}

#[test]
fn the_order_of_faces_in_a_frame_does_not_matter() {
    let play = |turn: bool| {
        let mut door = Door::new(enrolled(4));
        let mut decided = Vec::new();
        for n in 0..8_usize {
            let mut faces: Vec<Face> = (0..3)
                .map(|who| face(50.0 + who as f32 * 200.0 + n as f32, seen(&axis(who), 0.8, n + who * 9)))
                .collect();
            if turn {
                faces.rotate_left(n % 3);
            }
            decided.extend(outcomes(&door.frame(n as i64 * 66, &faces)));
        }
        decided.sort_by_key(|(_, person)| *person);
        decided
    };
    assert_eq!(play(false), play(true));
    assert_eq!(play(false).len(), 3);
}

proptest! {
    #[test]
    fn one_presence_gives_at_most_one_punch_and_never_another_persons(
        who in 0usize..5,
        gap_ms in 30i64..3_400,
        views in prop::collection::vec((0.3f32..0.95, 0usize..40, prop::bool::weighted(0.8), -6.0f32..6.0), 3..60),
    ) {
        let mut door = Door::new(enrolled(5));
        let mut decided = Vec::new();
        let mut x = 300.0;
        for (n, (likeness, noise, there, sway)) in views.into_iter().enumerate() {
            x += sway;
            let faces = if there { vec![face(x, seen(&axis(who), likeness, noise))] } else { vec![] };
            decided.extend(door.frame(gap_ms * n as i64, &faces));
        }
        decided.extend(door.end());
        let punches: Vec<&Decision> = decided.iter().filter(|d| d.outcome == Outcome::Punch).collect();
        prop_assert!(punches.iter().all(|d| d.person == Some(id(who))));
        let stored = punches.iter().filter(|d| !d.repeat).count();
        let minutes = usize::try_from(gap_ms * 60 / 60_000).unwrap() + 1;
        prop_assert!(stored <= minutes, "{stored} punches in {minutes} minutes");
        let stored: Vec<i64> = punches.iter().filter(|d| !d.repeat).map(|d| d.monotonic_ms).collect();
        prop_assert!(stored.windows(2).all(|pair| pair[1] - pair[0] >= 60_000));
    }

    #[test]
    fn two_templates_that_are_nearly_equal_never_give_a_punch(
        tilt in 0.0f32..0.04,
        views in prop::collection::vec((0.5f32..0.98, 0usize..40), 3..60),
    ) {
        // Two templates nearer to each other than the margin: no probe can be nearer to one by the margin.
        let mut twin = axis(1);
        twin[2] = tilt;
        let gallery = People(vec![(id(1), axis(1)), (id(2), unit(twin)), (id(3), axis(3))]);
        let mut door = Door::new(gallery);
        let mut decided = Vec::new();
        for (n, (likeness, noise)) in views.into_iter().enumerate() {
            decided.extend(door.frame(66 * n as i64, &[face(200.0 + (n % 5) as f32, seen(&axis(1), likeness, noise))]));
        }
        decided.extend(door.end());
        prop_assert!(decided.iter().all(|d| d.outcome != Outcome::Punch), "{decided:?}");
    }

    #[test]
    fn a_stranger_is_never_punched(
        views in prop::collection::vec((0.0f32..1.0, 0usize..40, 0usize..5), 1..60), gap_ms in 30i64..3_400,
    ) {
        // Views that lean towards changing enrolled people, but never reach the threshold.
        let mut door = Door::new(enrolled(5));
        let mut decided = Vec::new();
        for (n, (lean, noise, towards)) in views.into_iter().enumerate() {
            let mut view = seen(&axis(6), 0.8, noise);
            view[towards] += lean * 0.5;
            let view = unit(view);
            decided.extend(door.frame(gap_ms * n as i64, &[face(200.0 + (n % 5) as f32, view)]));
        }
        decided.extend(door.end());
        prop_assert!(decided.iter().all(|d| d.outcome != Outcome::Punch));
    }
}

/// A face whose liveness is asked about.
struct Live {
    eye: Eye,
    asked: Vec<f32>,
}

impl Embed for Live {
    fn embed(&mut self, at: usize) -> Option<Zeroizing<Vec<f32>>> {
        self.eye.embed(at)
    }
    fn live(&mut self, _: usize) -> Option<f32> {
        self.asked.pop()
    }
}

#[test]
fn liveness_is_asked_of_the_frames_before_the_one_that_decides_and_stands_in_the_evidence() {
    let gallery = enrolled(3);
    let params = Params { liveness_frames: 2, ..Params::new(0.5, 0.05) };
    let mut recogniser = Recogniser::new(params);
    let mut live = Live { eye: Eye { faces: Vec::new(), asked: 0 }, asked: vec![0.0, 0.5, 0.9] };
    let mut decided = Vec::new();
    for n in 0..3_usize {
        live.eye.faces = vec![seen(&axis(1), 0.9, n)];
        let sighting = Sighting {
            face: Rect { x: 200.0 + n as f32, y: 100.0, width: 80.0, height: 100.0 },
            landmarks: [[n as f32; 2]; 5],
            quality: 0.8,
            refusals: Vec::new(),
        };
        let ms = 66 * n as i64;
        let at = FrameTime { monotonic_ms: ms, wall: UtcMillis::from_i64(ms), dequeued: Instant::now() };
        decided.extend(recogniser.step(at, &[sighting], &mut live, &gallery));
    }
    assert_eq!(outcomes(&decided), [(Outcome::Punch, Some(id(1)))]);
    assert!(
        decided[0].evidence.as_ref().unwrap().liveness.is_some_and(|mean| (mean - 0.7).abs() < 1e-6),
        "{decided:?}"
    );
    assert_eq!(live.asked, [0.0], "the frame that decided was not asked about");
}

#[test]
fn whoever_is_not_decided_yet_is_known_to_be_there_with_what_stands_in_the_way() {
    let mut door = Door::new(enrolled(3));
    let at = |ms: i64| FrameTime {
        monotonic_ms: ms,
        wall: UtcMillis::from_i64(1_000_000 + ms),
        dequeued: Instant::now(),
    };
    let waiting = |door: &Door, ms| {
        let undecided = door.recogniser.undecided(at(ms));
        undecided.into_iter().map(|undecided| undecided.refusals).collect::<Vec<_>>()
    };
    for n in 0..3 {
        let small = Face { refusals: vec![QualityReason::TooSmall], ..face(200.0 + n as f32, axis(1)) };
        assert!(waiting(&door, n * 66).is_empty(), "a glimpse is nobody");
        door.frame(n * 66, &[small]);
    }
    assert_eq!(waiting(&door, 132), [[QualityReason::TooSmall]]);
    door.frame(198, &[]);
    assert!(waiting(&door, 198).is_empty(), "nobody is in this frame");
    stand(&mut door, &axis(1), 0.9, 264, 66, 2);
    assert_eq!(waiting(&door, 330), [[QualityReason::TooSmall; 0]; 1], "being compared");
    assert_eq!(stand(&mut door, &axis(1), 0.9, 396, 66, 3).len(), 1);
    assert!(waiting(&door, 528).is_empty(), "who is decided needs no help");
}
