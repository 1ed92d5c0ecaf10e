//! Bad input all the way through: each a clear error, never a panic, and the next frame works again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests stop on what must not happen"
)]

mod common;

use common::{installed_packs, pack, pipeline, runtime};
use lintel_vision::{
    EnrolError, EnrolOptions, Frame, LicencePolicy, ModelPack, Pipeline, PipelineError, PipelineOptions,
    PixelFormat, Runtime, enrolment_template, locate,
};

/// A copy of an installed pack whose manifest is changed.
fn changed(pack: &ModelPack, change: impl Fn(String) -> String) -> tempfile::TempDir {
    let from = locate::pack(None, pack.name()).unwrap();
    let to = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.path().join(path.file_name().unwrap())).unwrap();
    }
    let manifest = to.path().join("pack.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(manifest, change(text)).unwrap();
    to
}

#[test]
fn a_pack_with_one_wrong_recorded_number_is_refused_by_its_self_test() {
    for pack in installed_packs() {
        let folder = changed(&pack, |text| {
            let at = text.find("samples = [[0, ").expect("a sample") + "samples = [[0, ".len();
            let end = at + text[at..].find(']').expect("its end");
            format!("{}9.75{}", &text[..at], &text[end..])
        });
        let changed = ModelPack::load(folder.path(), &LicencePolicy::default()).unwrap();
        let error = Pipeline::open(&runtime(), &changed, PipelineOptions::default()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("self-test") && text.contains("expected 9.75"), "{text}");
    }
}

#[test]
fn an_interrupted_pipeline_ends_its_run_and_leaves_others_alone() {
    let pack = &installed_packs()[0];
    let mut running = pipeline(pack, PipelineOptions::default());
    let mut other = pipeline(pack, PipelineOptions::default());
    let interrupter = running.interrupter();
    let frame = || Frame::new(640, 480, PixelFormat::Grey, vec![120; 640 * 480], 0).unwrap();
    running.detect(&frame()).unwrap();
    let (looks_tx, looks_rx) = std::sync::mpsc::channel();
    let looking = std::thread::spawn(move || {
        loop {
            // Wide, so that the network is what this thread is nearly always in.
            match running.detect_at(&frame(), 1280) {
                Ok(_) => looks_tx.send(()).unwrap_or_default(),
                Err(error) => return error,
            }
        }
    });
    looks_rx.recv().unwrap();
    interrupter.interrupt();
    let error = looking.join().unwrap();
    assert!(matches!(error, PipelineError::Runtime(_)), "{error}");
    other.detect(&frame()).unwrap();
}

#[test]
fn a_wrong_colour_order_or_scale_is_caught_by_the_self_test() {
    let pack = &installed_packs()[0];
    let swap = |text: String| match text.contains("colour = \"bgr\"") {
        true => text.replace("colour = \"bgr\"", "colour = \"rgb\""),
        false => text.replace("colour = \"rgb\"", "colour = \"bgr\""),
    };
    let folder = changed(pack, swap);
    let changed = ModelPack::load(folder.path(), &LicencePolicy::default()).unwrap();
    let error = Pipeline::open(&runtime(), &changed, PipelineOptions::default()).unwrap_err();
    assert!(error.to_string().contains("self-test of embedder failed"), "{error}");
}

#[test]
fn a_library_that_is_missing_is_a_clear_error() {
    let error = Runtime::open(std::path::Path::new("/nowhere/libonnxruntime.so"), 1).unwrap_err();
    assert!(error.to_string().contains("run `make setup`"), "{error}");
}

#[test]
fn a_broken_frame_is_an_error_and_the_next_one_works() {
    let mut pipeline = pipeline(&installed_packs()[0], PipelineOptions::default());
    let broken = Frame::new(640, 480, PixelFormat::Mjpeg, vec![0xFF, 0xD8, 0xFF], 0).unwrap();
    assert!(matches!(pipeline.observe(&broken), Err(PipelineError::Decode(_))));
    let grey = Frame::new(640, 480, PixelFormat::Grey, vec![90; 640 * 480], 1).unwrap();
    let (seen, times) = pipeline.observe(&grey).unwrap();
    assert!(seen.is_empty());
    assert!(times.detect > times.embed);
}

#[test]
fn tiny_and_narrow_frames_show_nobody_and_do_not_panic() {
    let mut pipeline = pipeline(&installed_packs()[0], PipelineOptions::default());
    for (width, height) in [(1, 1), (2, 700), (1000, 1), (31, 33)] {
        let data = vec![200; width as usize * height as usize];
        let frame = Frame::new(width, height, PixelFormat::Grey, data, 0).unwrap();
        assert_eq!(pipeline.observe(&frame).unwrap().0, []);
    }
}

#[test]
fn a_detection_of_an_earlier_frame_cannot_be_embedded() {
    let mut pipeline = pipeline(&installed_packs()[0], PipelineOptions::default());
    let frame = |value| Frame::new(64, 64, PixelFormat::Grey, vec![value; 64 * 64], 0).unwrap();
    let first = pipeline.detect(&frame(1)).unwrap();
    pipeline.detect(&frame(2)).unwrap();
    assert!(matches!(pipeline.embed(&first, 0), Err(PipelineError::Stale)));
}

#[test]
fn an_empty_doorway_is_still_but_is_looked_at_again_every_few_frames() {
    let options = PipelineOptions { still_frames: 3, ..PipelineOptions::default() };
    let mut pipeline = pipeline(&installed_packs()[0], options);
    let still: Vec<bool> = (0..9)
        .map(|at| {
            let data = vec![120; 640 * 480];
            let frame = Frame::new(640, 480, PixelFormat::Grey, data, at).unwrap();
            pipeline.is_still(&frame).unwrap()
        })
        .collect();
    assert_eq!(still, [false, true, true, true, false, true, true, true, false]);
}

#[test]
fn a_photo_without_a_face_is_refused_with_what_to_do() {
    let mut pipeline = pipeline(&installed_packs()[0], PipelineOptions::default());
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(300, 300).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let options = EnrolOptions::default();
    let error = enrolment_template(&mut pipeline, png.get_ref(), &options).unwrap_err();
    assert!(matches!(error, EnrolError::NoFace), "{error}");
    let empty = enrolment_template(&mut pipeline, b"", &options).unwrap_err();
    assert_eq!(empty.code(), "photo_empty");
}

#[test]
fn a_group_photo_is_refused_for_enrolment_unless_the_middle_face_is_asked_for() {
    let Some(folder) = common::faces() else {
        println!("SKIPPED: LINTEL_FACES is unset, there is no group photo");
        return;
    };
    let bytes = std::fs::read(folder.join("groups/voc_2008_002506.jpg")).unwrap();
    let mut pipeline = pipeline(&pack(installed_packs()[0].name()), PipelineOptions::default());
    let mut options = EnrolOptions { min_face_px: 20.0, ..EnrolOptions::default() };
    let error = enrolment_template(&mut pipeline, &bytes, &options).unwrap_err();
    assert!(matches!(error, EnrolError::SeveralFaces(3)), "{error}");
    options.pick_central = true;
    assert!(enrolment_template(&mut pipeline, &bytes, &options).is_ok());
}
