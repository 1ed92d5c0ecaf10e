//! What a window of readings sums up to, and what is advised then.

use lintel_vision::{Quality, QualityReason, Rect};

use super::advice::Advice;
use super::measure::{Reading, SeenFace, Window};

pub(super) fn face(px: f32) -> SeenFace {
    let face = Rect { x: 320.0 - px / 2.0, y: 240.0 - px / 2.0, width: px, height: px };
    let quality = Quality { face_px: px, sharpness: 0.5, exposure: 0.5, yaw: 1.0, pitch: -2.0, roll: 0.0 };
    SeenFace { face, quality, refusals: Vec::new() }
}

pub(super) fn window(readings: u32, each: impl Fn(u32) -> Vec<SeenFace>) -> Window {
    let mut window = Window::new(32.0);
    for n in 0..readings {
        let at_ms = i64::from(n) * 200;
        let frames = u64::from(n) * 3;
        window.take(Reading { at_ms, frames, width: 640, height: 480, faces: each(n) });
    }
    window
}

#[test]
fn a_face_in_the_middle_is_summed_up_in_medians_of_the_last_moments() {
    let aim = window(20, |n| vec![face(if n % 5 == 0 { 20.0 } else { 96.0 }), face(10.0)]).aim().unwrap();
    let seen = aim.face.unwrap();
    assert_eq!((seen.px, seen.percent_of_needed), (96.0, 300.0));
    assert!((seen.x - 0.5).abs() < 0.01 && (seen.y - 0.5).abs() < 0.01, "{seen:?}");
    assert!((aim.frames_per_s - 15.0).abs() < 0.1, "{}", aim.frames_per_s);
    assert_eq!((aim.measured, aim.with_face), (8, 8));
}

#[test]
fn a_face_in_the_wallpaper_is_nobody() {
    let window = window(20, |n| if n % 8 == 0 { vec![face(96.0)] } else { Vec::new() });
    assert_eq!(window.aim().unwrap().face, None);
    assert!(!window.is_settled());
    assert_eq!(Window::new(32.0).aim(), None);
}

#[test]
fn the_gates_that_refuse_are_named_with_how_often() {
    let aim = window(8, |n| {
        let mut refusals = vec![QualityReason::TooDark];
        refusals.extend((n % 2 == 0).then_some(QualityReason::Blurred));
        vec![SeenFace { refusals, ..face(96.0) }]
    });
    let refusing: Vec<_> = aim.aim().unwrap().refusing.iter().map(|r| (r.gate, r.percent)).collect();
    assert_eq!(refusing, [(QualityReason::TooDark, 100.0), (QualityReason::Blurred, 50.0)]);
}

#[test]
fn a_clip_that_starts_again_starts_a_new_window() {
    let mut window = window(10, |_| vec![face(96.0)]);
    assert!(window.is_settled());
    window.take(Reading { at_ms: 0, frames: 0, width: 640, height: 480, faces: Vec::new() });
    assert_eq!(window.aim().unwrap().measured, 1);
}

fn advice(seen: SeenFace) -> Vec<Advice> {
    window(8, |_| vec![seen.clone()]).aim().unwrap().advice
}

fn at(x: f32, y: f32) -> SeenFace {
    SeenFace { face: Rect { x: x - 40.0, y: y - 40.0, width: 80.0, height: 80.0 }, ..face(80.0) }
}

fn with(change: impl Fn(&mut Quality)) -> SeenFace {
    let mut seen = face(96.0);
    change(&mut seen.quality);
    seen
}

#[test]
fn a_good_place_is_called_good() {
    assert_eq!(advice(face(96.0)), [Advice::Good]);
    assert_eq!(advice(face(40.0)), [Advice::LittleReserve]);
    assert_eq!(advice(face(30.0)), [Advice::TooFar]);
    assert_eq!(window(8, |_| Vec::new()).aim().unwrap().advice, [Advice::NoFace]);
}

#[test]
fn a_face_at_the_pictures_left_is_to_the_right_of_whoever_faces_the_camera() {
    assert_eq!(advice(at(100.0, 240.0)), [Advice::TurnRight]);
    assert_eq!(advice(at(560.0, 240.0)), [Advice::TurnLeft]);
    assert_eq!(advice(at(320.0, 60.0)), [Advice::TurnUp]);
    assert_eq!(advice(at(320.0, 430.0)), [Advice::TurnDown]);
}

#[test]
fn each_defect_has_its_own_advice() {
    assert_eq!(advice(with(|q| q.exposure = 0.1)), [Advice::MoreLight]);
    assert_eq!(advice(with(|q| q.exposure = 0.95)), [Advice::LessLight]);
    assert_eq!(advice(with(|q| q.sharpness = 0.1)), [Advice::Focus]);
    assert_eq!(advice(with(|q| q.roll = -20.0)), [Advice::Upright]);
    assert_eq!(advice(with(|q| q.pitch = -30.0)), [Advice::MoveDown]);
    assert_eq!(advice(with(|q| q.pitch = 30.0)), [Advice::MoveUp]);
    assert_eq!(advice(with(|q| q.yaw = 30.0)), [Advice::MoveLeft]);
    assert_eq!(advice(with(|q| q.yaw = -30.0)), [Advice::MoveRight]);
    let outside = SeenFace { refusals: vec![QualityReason::OutsideRegion], ..face(96.0) };
    assert_eq!(advice(outside), [Advice::OutsideRegion]);
    let cut = SeenFace { refusals: vec![QualityReason::PartlyOutside], ..face(470.0) };
    assert_eq!(advice(cut), [Advice::CutOff]);
}

#[test]
fn a_slow_camera_is_named_and_no_more_than_three_things_are_asked_for() {
    let mut window = Window::new(32.0);
    for n in 0..4u32 {
        let mut seen = at(100.0, 60.0);
        seen.quality.exposure = 0.1;
        seen.quality.sharpness = 0.05;
        let (at_ms, frames) = (i64::from(n) * 500, u64::from(n));
        window.take(Reading { at_ms, frames, width: 640, height: 480, faces: vec![seen] });
    }
    assert_eq!(window.aim().unwrap().advice, [Advice::SlowCamera, Advice::TurnRight, Advice::TurnUp]);
}
