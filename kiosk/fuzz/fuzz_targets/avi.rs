//! A clip that nobody vouches for: frames or an error, never more bytes than there are, never for ever.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;

use avi::{AviReader, picture_size};

// The reader's own files, not the crates: those would bring OpenCV and the whole daemon, built with marks.
extern crate self as lintel_vision;
#[allow(dead_code, reason = "the daemon uses what this doesn't")]
#[path = "../../src/camera/avi.rs"]
mod avi;
#[allow(dead_code, reason = "the daemon uses what this doesn't")]
#[path = "../../src/camera/jpeg.rs"]
mod jpeg;
#[allow(dead_code, reason = "the daemon uses what this doesn't")]
#[path = "../../../common/vision/src/frame.rs"]
mod frame;

fn play(bytes: &[u8]) {
    let Ok(mut reader) = AviReader::open(Cursor::new(bytes)) else { return };
    let start = reader.position();
    let mut frames = 0_usize;
    let mut held = 0_usize;
    while let Ok(Some(frame)) = reader.next_frame() {
        frames += 1;
        held += frame.len();
        assert!(frames <= bytes.len() / 8, "more frames than the file has room for");
        assert!(held <= bytes.len(), "more bytes than the file has");
        picture_size(&frame);
    }
    // A clip that is repeated gives the same again.
    reader.rewind_to(start);
    let mut again = 0;
    while let Ok(Some(_)) = reader.next_frame() {
        again += 1;
    }
    assert_eq!(frames, again);
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
    [id.as_slice(), &size, body, if body.len() % 2 == 1 { &[0] } else { &[] }].concat()
}

fuzz_target!(|data: &[u8]| {
    play(data);
    play(&[b"RIFF\0\0\0\0AVI ".as_slice(), data].concat());
    // Behind a good header, so that the movie is reached.
    let main = [40_000_u32, 0, 0, 0, 3, 0, 2, 0, 64, 48, 0, 0, 0, 0].map(u32::to_le_bytes).concat();
    let video = chunk(b"strh", &[b"vidsMJPG".as_slice(), &[0; 48]].concat());
    let stream = chunk(b"LIST", &[b"strl".as_slice(), &video].concat());
    let header = chunk(b"LIST", &[b"hdrl".as_slice(), &chunk(b"avih", &main), &stream].concat());
    play(&[b"RIFF\0\0\0\0AVI ".as_slice(), &header, b"LIST\xff\xff\0\0movi", data].concat());
});
