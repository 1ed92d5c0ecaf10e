//! Each stage of the pipeline by itself, and the search beside one bare read of its matrix.
//!
//! `cargo bench -p lintel-vision`; needs a pack, ONNX Runtime and one photograph (`make setup`, or
//! `LINTEL_FACES`). One thread, as at the door.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench stops on a machine that is not set up"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::sync::OnceLock;

use divan::{Bencher, black_box};
use lintel_vision::decode::{BgrImage, decode_into};
use lintel_vision::frame::{Frame, PixelFormat};
use lintel_vision::{GalleryIndex, Pipeline, PipelineOptions, locate};

fn main() {
    divan::main();
}

/// A 640×480 JPEG with one face.
fn jpeg() -> &'static [u8] {
    static JPEG: OnceLock<Vec<u8>> = OnceLock::new();
    JPEG.get_or_init(|| {
        let path = match common::faces() {
            Some(folder) => folder.join("dev/clip_webcam_man/1.jpg"),
            None => {
                let pictures = common::photographs(&locate::cache_dir().join("pictures"));
                pictures.into_iter().next().expect("run `make setup` first")
            }
        };
        let picture = image::open(path).unwrap();
        let picture = picture.resize_to_fill(640, 480, image::imageops::FilterType::Triangle);
        let mut out = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 90);
        picture.into_rgb8().write_with_encoder(encoder).unwrap();
        out
    })
}

fn frame() -> Frame {
    Frame::new(640, 480, PixelFormat::Mjpeg, jpeg().to_vec(), 0).unwrap()
}

/// The same pixels without compression, so that detection is timed without decoding.
fn pixels() -> Frame {
    let mut image = BgrImage::default();
    decode_into(&frame(), &mut image).unwrap();
    Frame::new(image.width, image.height, PixelFormat::Bgr, image.data, 0).unwrap()
}

fn pipeline(detect_width: u32) -> Pipeline {
    let options = PipelineOptions { detect_width, liveness: false, ..PipelineOptions::default() };
    common::pipeline(&common::installed_packs()[0], options)
}

#[divan::bench]
fn decode_jpeg_640x480(bencher: Bencher) {
    let (frame, mut image) = (frame(), BgrImage::default());
    bencher.bench_local(|| decode_into(black_box(&frame), &mut image).unwrap());
}

#[divan::bench]
fn decode_yuyv_640x480(bencher: Bencher) {
    let frame = Frame::new(640, 480, PixelFormat::Yuyv, vec![100; 640 * 480 * 2], 0).unwrap();
    let mut image = BgrImage::default();
    bencher.bench_local(|| decode_into(black_box(&frame), &mut image).unwrap());
}

/// The first call decodes; those that are timed find the frame decoded.
#[divan::bench(args = [320, 640])]
fn detect(bencher: Bencher, width: u32) {
    let (frame, mut pipeline) = (pixels(), pipeline(width));
    bencher.bench_local(|| pipeline.detect(black_box(&frame)).unwrap());
}

#[divan::bench]
fn align_and_embed(bencher: Bencher) {
    let (frame, mut pipeline) = (pixels(), pipeline(320));
    let detected = pipeline.detect(&frame).unwrap();
    assert_eq!(detected.faces.len(), 1, "the bench's picture shows one face");
    bencher.bench_local(|| pipeline.embed(black_box(&detected), 0).unwrap());
}

#[divan::bench]
fn liveness(bencher: Bencher) {
    let (frame, mut pipeline) = (pixels(), pipeline(320));
    let detected = pipeline.detect(&frame).unwrap();
    bencher.bench_local(|| pipeline.liveness(black_box(&detected), 0).unwrap());
}

/// Everything from the JPEG's bytes to the template; a new frame each time.
#[divan::bench]
fn whole_frame_640x480(bencher: Bencher) {
    let mut pipeline = pipeline(320);
    bencher.with_inputs(frame).bench_local_values(|frame| {
        let (seen, _) = pipeline.observe(&frame).unwrap();
        assert!(seen[0].embedding.is_some());
    });
}

/// What an empty doorway costs a frame: decode and compare.
#[divan::bench]
fn is_still_640x480(bencher: Bencher) {
    let mut pipeline = pipeline(320);
    bencher.with_inputs(frame).bench_local_values(|frame| pipeline.is_still(&frame).unwrap());
}

fn gallery(rows: usize) -> (GalleryIndex, Vec<f32>) {
    let mut x = 7u32;
    let mut next = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let all: Vec<Vec<f32>> = (0..rows).map(|_| (0..256).map(|_| next()).collect()).collect();
    let rows = all.iter().enumerate().map(|(n, row)| (n as u32 / 3, row.as_slice()));
    let index = GalleryIndex::build(256, rows).unwrap();
    let probe: Vec<f32> = (0..256).map(|_| next() / 9.0).collect();
    (index, probe)
}

#[divan::bench(args = [1_000, 10_000, 100_000])]
fn match_top2(bencher: Bencher, rows: usize) {
    let (index, probe) = gallery(rows);
    bencher.bench_local(|| index.top2(black_box(&probe)));
}

#[divan::bench(args = [1_000, 10_000, 100_000])]
fn match_read_floor(bencher: Bencher, rows: usize) {
    let (index, _) = gallery(rows);
    bencher.bench_local(|| black_box(&index).read_floor());
}
