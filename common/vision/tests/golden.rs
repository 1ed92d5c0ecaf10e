//! Detections, templates and liveness against reference values computed by other programs (OpenCV and
//! ONNX Runtime in Python) on the same photographs.
//!
//! The numbers are in tests/data; the photographs can't be shipped. With `LINTEL_FACES` unset the packs'
//! self-tests and the pictures that `make setup` fetches are compared instead, and what was left out is said.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests stop on what must not happen"
)]

mod common;

use common::{cosine, faces, installed_packs, pack, photographs, pipeline};
use lintel_vision::frame::{Frame, PixelFormat, Rect};
use lintel_vision::liveness::crop;
use lintel_vision::{Detected, EnrolOptions, Pipeline, PipelineOptions, enrolment_template, locate};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    images: Vec<GoldenImage>,
}

#[derive(Deserialize)]
struct GoldenImage {
    image: String,
    width: u32,
    height: u32,
    faces: Vec<GoldenFace>,
}

#[derive(Deserialize)]
struct GoldenFace {
    row: [f32; 15],
    embedding: Vec<f32>,
    #[serde(default)]
    live: Vec<f32>,
    #[serde(default)]
    crops: Vec<[i32; 4]>,
}

impl GoldenFace {
    fn rect(&self) -> Rect {
        let [x, y, width, height, ..] = self.row;
        Rect { x, y, width, height }
    }
}

fn golden(pack: &str) -> Golden {
    let path = format!("{}/tests/data/golden-{pack}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Whole pictures at their own size, nothing refused before it is embedded.
fn own_size() -> PipelineOptions {
    PipelineOptions { detect_width: 8192, max_faces: 64, ..PipelineOptions::default() }
}

fn check_face(pipeline: &mut Pipeline, detected: &Detected, face: &GoldenFace, place: &str) -> bool {
    // The files give faces from a lower score on than the pack keeps.
    if face.row[14] < pipeline.pack().detector().score_threshold + 0.01 {
        return false;
    }
    let wanted = face.rect();
    let near = |(_, found): &(usize, &lintel_vision::DetectedFace)| found.face.iou(&wanted) > 0.6;
    let (at, found) = detected.faces.iter().enumerate().find(near).expect(place);
    let row = [found.face.x, found.face.y, found.face.width, found.face.height];
    let numbers = row.iter().chain(found.landmarks.as_flattened());
    for (number, expected) in numbers.zip(&face.row) {
        let within = (face.row[2] * 0.01).max(0.6);
        assert!((number - expected).abs() < within, "{place}: {number} px, expected {expected}");
    }
    assert!((found.score - face.row[14]).abs() < 0.02, "{place}: score {}", found.score);
    let embedding = pipeline.embed(detected, at).unwrap().embedding;
    let same = cosine(&embedding, &face.embedding);
    assert!(same > 0.998, "{place}: cosine {same} with the reference template");
    let length = cosine(&embedding, &embedding);
    assert!((length - 1.0).abs() < 1e-5, "{place}: squared length {length}");
    if !face.live.is_empty() {
        let expected = face.live.iter().sum::<f32>() / face.live.len() as f32;
        let live = pipeline.liveness(detected, at).unwrap().unwrap();
        assert!((live - expected).abs() < 0.06, "{place}: live {live}, expected {expected}");
    }
    true
}

fn compare_with_reference(name: &str) {
    let Some(folder) = faces() else {
        println!(
            "SKIPPED: LINTEL_FACES is unset, so {name} is checked by its self-test and the fetched pictures"
        );
        // Opening runs the self-test against recorded numbers; it is an error when they differ.
        pipeline(&pack(name), own_size());
        return;
    };
    let mut pipeline = pipeline(&pack(name), own_size());
    let mut compared = 0;
    for image in golden(name).images {
        let bytes = std::fs::read(folder.join(&image.image)).unwrap();
        let frame = Frame::new(image.width, image.height, PixelFormat::Mjpeg, bytes, 0).unwrap();
        let detected = pipeline.detect(&frame).unwrap();
        assert_eq!((detected.width, detected.height), (image.width, image.height));
        for (n, face) in image.faces.iter().enumerate() {
            let place = format!("{name}, {} face {n}", image.image);
            compared += usize::from(check_face(&mut pipeline, &detected, face, &place));
        }
    }
    assert!(compared >= 9, "only {compared} faces were compared");
    println!("{name}: {compared} faces agree with the reference");
}

#[test]
fn lintel_1_gives_the_reference_values() {
    if installed_packs().iter().any(|pack| pack.name() == "lintel-1") {
        compare_with_reference("lintel-1");
    }
}

#[test]
fn open_1_gives_the_reference_values() {
    if installed_packs().iter().any(|pack| pack.name() == "open-1") {
        compare_with_reference("open-1");
    }
}

#[test]
fn liveness_crops_are_the_reference_crops() {
    for image in golden("lintel-1").images {
        for face in &image.faces {
            for (expected, scale) in face.crops.iter().zip([2.7, 4.0]) {
                let found = crop(&face.rect(), image.width, image.height, scale).unwrap();
                assert_eq!(found, *expected, "{} at {scale}", image.image);
            }
        }
    }
}

#[test]
fn a_face_is_found_at_the_same_place_at_every_detection_width() {
    let Some(photo) = any_photograph() else {
        println!("SKIPPED: no photographs (LINTEL_FACES unset, nothing fetched): run `make setup`");
        return;
    };
    let bytes = std::fs::read(photo).unwrap();
    let frame = lintel_vision::decode_upload(&bytes, Default::default()).unwrap();
    for pack in installed_packs() {
        let mut pipeline = pipeline(&pack, own_size());
        let large = pipeline.detect_at(&frame, 640).unwrap();
        let small = pipeline.detect_at(&frame, 320).unwrap();
        let iou = large.faces[0].face.iou(&small.faces[0].face);
        assert!(iou > 0.7, "{}: boxes at 640 and 320 px overlap only {iou}", pack.name());
    }
}

fn any_photograph() -> Option<std::path::PathBuf> {
    match faces() {
        Some(folder) => Some(folder.join("dev/clip_webcam_man/1.jpg")),
        None => photographs(&locate::cache_dir().join("pictures")).into_iter().next(),
    }
}

/// Fetched pictures lie in one folder a person.
#[test]
fn fetched_pictures_of_one_person_are_nearer_than_those_of_two() {
    let folder = locate::cache_dir().join("pictures");
    let photos = photographs(&folder);
    if photos.is_empty() {
        println!("SKIPPED: no fetched pictures in {}: run `make setup`", folder.display());
        return;
    }
    for pack in installed_packs() {
        let mut pipeline = pipeline(&pack, PipelineOptions::default());
        let options = EnrolOptions { pick_central: true, ..EnrolOptions::default() };
        let mut templates = Vec::new();
        for photo in &photos {
            let bytes = std::fs::read(photo).unwrap();
            match enrolment_template(&mut pipeline, &bytes, &options) {
                Ok(face) => templates.push((photo.parent().unwrap(), face.embedding)),
                Err(error) => println!("{}: {error}", photo.display()),
            }
        }
        assert!(templates.len() * 2 > photos.len(), "most pictures show a usable face");
        for (i, (person, template)) in templates.iter().enumerate() {
            let others = templates.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, t)| t);
            let best = others.max_by(|a, b| cosine(&a.1, template).total_cmp(&cosine(&b.1, template)));
            let alone = templates.iter().filter(|(p, _)| p == person).count() == 1;
            let (nearest, other) = best.expect("more than one picture");
            assert!(alone || nearest == person, "{}: {person:?} is nearest to {nearest:?}", pack.name());
            let score = cosine(other, template);
            let matched = score >= pack.thresholds().match_score;
            assert!(!alone || !matched, "{}: the stranger {person:?} matches at {score}", pack.name());
        }
    }
}
