//! What a pack makes of folders of photographs: faces found, quality measured, people told apart.
//!
//! A developer's tool, for choosing a detector and the limits of the quality gate by measurement:
//! `cargo run -p lintel-vision --example survey -- PACK FACES [WIDTH] [BLUR]`. FACES holds `dev/<person>/*.jpg`,
//! `strangers/`, `groups/`, `nonfaces/`; BLUR is a Gaussian's standard deviation in px. It writes nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a tool"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use lintel_vision::frame::{Frame, PixelFormat};
use lintel_vision::{
    Detected, LicencePolicy, ModelPack, Pipeline, PipelineOptions, UploadLimits, decode_upload, locate,
};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pack, faces, rest @ ..] = arguments.as_slice() else {
        eprintln!("usage: survey PACK FACES [WIDTH] [BLUR]");
        return;
    };
    let width = rest.first().map_or(320, |w| w.parse().expect("WIDTH is a number of px"));
    let blur = rest.get(1).map_or(0.0, |b| b.parse().expect("BLUR is a number of px"));
    let folder = locate::pack(None, pack).expect("a pack");
    let pack = ModelPack::load(&folder, &LicencePolicy::default()).expect("a sound pack");
    let options = PipelineOptions {
        detect_width: width,
        min_face_px: 0.0,
        max_faces: 64,
        ..PipelineOptions::default()
    };
    let mut pipeline = common::pipeline(&pack, options);
    for name in ["dev", "strangers", "groups", "nonfaces"] {
        survey(&mut pipeline, &Path::new(faces).join(name), blur);
    }
    identify(&mut pipeline, Path::new(faces), blur);
}

/// Told by its first bytes, as an upload is: collections name WebP files .jpg too.
fn read(path: &Path, blur: f32) -> Frame {
    let bytes = std::fs::read(path).unwrap();
    let limits = UploadLimits { min_side: 1, ..UploadLimits::default() };
    let frame = decode_upload(&bytes, limits).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    if blur <= 0.0 {
        return frame;
    }
    let (width, height) = (frame.width(), frame.height());
    let picture = image::RgbImage::from_raw(width, height, frame.into_data()).unwrap();
    let data = image::imageops::blur(&picture, blur).into_raw();
    Frame::new(width, height, PixelFormat::Bgr, data, 0).unwrap()
}

fn survey(pipeline: &mut Pipeline, folder: &Path, blur: f32) {
    let (mut with_face, mut faces, mut files) = (0, 0, 0);
    let mut times: Vec<Duration> = Vec::new();
    let mut sharpness = Vec::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for path in common::photographs(folder) {
        let detected = pipeline.detect(&read(&path, blur)).unwrap();
        files += 1;
        with_face += usize::from(!detected.faces.is_empty());
        faces += detected.faces.len();
        times.push(detected.times.detect);
        if let Some(at) = central(&detected) {
            sharpness.push(detected.faces[at].quality.sharpness);
            for reason in &detected.faces[at].refusals {
                *reasons.entry(reason.code()).or_default() += 1;
            }
        }
    }
    times.sort();
    sharpness.sort_by(f32::total_cmp);
    let at = |part: f32| sharpness.get((sharpness.len() as f32 * part) as usize);
    println!(
        "{:<10} files {files}, with a face {with_face}, faces {faces}, detect median {:?}; sharpness p1 {:?} p5 {:?} p50 {:?}; refused {reasons:?}",
        folder.file_name().unwrap_or_default().display(),
        times.get(times.len() / 2),
        at(0.01),
        at(0.05),
        at(0.5),
    );
}

/// The face of the middle, as labelled photographs mean it.
fn central(detected: &Detected) -> Option<usize> {
    let weight = |at: &usize| {
        let face = detected.faces[*at].face;
        let [x, y] = face.centre();
        let middle = [detected.width as f32 / 2.0, detected.height as f32 / 2.0];
        face.area() - 2.0 * ((x - middle[0]).powi(2) + (y - middle[1]).powi(2))
    };
    (0..detected.faces.len()).max_by(|a, b| weight(a).total_cmp(&weight(b)))
}

fn template(pipeline: &mut Pipeline, path: &Path, blur: f32) -> Option<Vec<f32>> {
    let detected = pipeline.detect(&read(path, blur)).unwrap();
    let at = central(&detected)?;
    Some(pipeline.embed(&detected, at).unwrap().embedding)
}

/// Enrols the first two pictures of everybody, then asks for the others and for strangers.
fn identify(pipeline: &mut Pipeline, faces: &Path, blur: f32) {
    let mut people: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for path in common::photographs(&faces.join("dev")) {
        let person = path.parent().unwrap().display().to_string();
        people.entry(person).or_default().push(path);
    }
    let mut enrolled: Vec<(&str, Vec<f32>)> = Vec::new();
    for (person, paths) in &people {
        for path in paths.iter().take(2) {
            enrolled.extend(template(pipeline, path, 0.0).map(|t| (person.as_str(), t)));
        }
    }
    let best = |probe: &[f32]| {
        let scores = enrolled.iter().map(|(p, t)| (*p, common::cosine(t, probe)));
        scores.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
    };
    let threshold = pipeline.pack().thresholds().match_score;
    let (mut probes, mut right, mut wrong, mut first, mut accepted) = (0, 0, 0, 0, 0);
    for (person, paths) in &people {
        for path in paths.iter().skip(2) {
            probes += 1;
            let Some(probe) = template(pipeline, path, blur) else { continue };
            let (found, score) = best(&probe);
            first += usize::from(found == person);
            right += usize::from(found == person && score >= threshold);
            wrong += usize::from(found != person && score >= threshold);
        }
    }
    let strangers = common::photographs(&faces.join("strangers"));
    for path in &strangers {
        let probe = template(pipeline, path, blur);
        accepted += usize::from(probe.is_some_and(|p| best(&p).1 >= threshold));
    }
    println!(
        "identification at {threshold}: {probes} probes, rank-1 {first}, identified {right}, wrong {wrong}; strangers accepted {accepted} of {}",
        strangers.len()
    );
}
