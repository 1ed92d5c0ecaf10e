//! Good, damaged and hostile AVI files, made here byte by byte.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len()).unwrap().to_le_bytes();
    let pad: &[u8] = if body.len() % 2 == 1 { &[0] } else { &[] };
    [id.as_slice(), &size, body, pad].concat()
}

fn list(kind: &[u8; 4], parts: &[Vec<u8>]) -> Vec<u8> {
    chunk(b"LIST", &[kind.as_slice(), &parts.concat()].concat())
}

fn numbers(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// A clip with these frames; audio in front of each, as many recorders do it.
fn clip(codec: &[u8; 4], frame_us: u32, frames: &[&[u8]]) -> Vec<u8> {
    let avih =
        chunk(b"avih", &numbers(&[frame_us, 0, 0, 0, frames.len() as u32, 0, 2, 0, 64, 48, 0, 0, 0, 0]));
    let strh = |kind: &[u8; 4], codec: &[u8; 4]| {
        list(
            b"strl",
            &[chunk(b"strh", &[kind.as_slice(), codec, &[0; 48]].concat()), chunk(b"strf", &[0; 40])],
        )
    };
    let header = list(b"hdrl", &[avih, strh(b"auds", b"\x01\0\0\0"), strh(b"vids", codec)]);
    let mut movie = Vec::new();
    for frame in frames {
        movie.push(chunk(b"00wb", &[1, 2, 3]));
        movie.push(chunk(b"01dc", frame));
    }
    let all = [header, chunk(b"JUNK", &[0; 11]), list(b"movi", &movie), chunk(b"idx1", &[0; 32])].concat();
    chunk(b"RIFF", &[b"AVI ".as_slice(), &all].concat())
}

fn all(bytes: &[u8]) -> Result<Vec<Vec<u8>>, AviError> {
    let mut reader = AviReader::open(Cursor::new(bytes))?;
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame()? {
        frames.push(frame);
    }
    Ok(frames)
}

#[test]
fn the_frames_of_the_video_stream_come_in_order_and_empty_ones_are_passed_over() {
    let bytes = clip(b"MJPG", 40_000, &[b"one", b"", b"three"]);
    assert_eq!(all(&bytes).unwrap(), [b"one".to_vec(), b"three".to_vec()]);
    let header = AviReader::open(Cursor::new(&bytes)).unwrap().header();
    assert_eq!(header, Header { width: 64, height: 48, frame_us: 40_000, announced: 3 });
}

#[test]
fn a_clip_can_be_played_again_from_its_first_frame() {
    let bytes = clip(b"MJPG", 40_000, &[b"one", b"two"]);
    let mut reader = AviReader::open(Cursor::new(&bytes)).unwrap();
    let start = reader.position();
    while reader.next_frame().unwrap().is_some() {}
    reader.rewind_to(start);
    assert_eq!(reader.next_frame().unwrap().unwrap(), b"one");
}

#[test]
fn each_kind_of_damage_has_its_own_words() {
    let good = clip(b"MJPG", 40_000, &[b"one-one-one", b"two-two-two"]);
    let told = |bytes: &[u8]| all(bytes).unwrap_err().to_string();
    assert_eq!(told(b""), "not an AVI file");
    assert_eq!(told(b"\x00\x00\x00\x18ftypmp42\0\0"), "not an AVI file");
    assert!(told(&good[..100]).contains("header is damaged"));
    assert!(told(&clip(b"H264", 40_000, &[b"x"])).contains("\"H264\" and not Motion-JPEG"));
    assert!(told(&clip(b"MJPG", 0, &[b"x"])).contains("frame rate"));
    assert!(told(&clip(b"MJPG", 40_000, &[])).contains("no frame in it"));
    let second = good.windows(3).rposition(|w| w == b"two").unwrap();
    assert!(told(&good[..second + 2]).contains("cut off after 1 frames"));
}

#[test]
fn a_frame_that_claims_gigabytes_is_refused_before_memory_is_taken() {
    let mut bytes = clip(b"MJPG", 40_000, &[b"one"]);
    let at = bytes.windows(4).position(|w| w == b"01dc").unwrap();
    bytes[at + 4..at + 8].copy_from_slice(&0xF000_0000_u32.to_le_bytes());
    assert!(matches!(all(&bytes), Err(AviError::Oversized(0xF000_0000))));
}

proptest! {
    #[test]
    fn flipped_bytes_never_make_it_panic_or_run_for_ever(
        flips in prop::collection::vec((0usize..600, any::<u8>()), 0..12), cut in 0usize..600,
    ) {
        let mut bytes = clip(b"MJPG", 40_000, &[b"one-one", b"two", b"three-three-three"]);
        for (at, value) in flips {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        bytes.truncate(bytes.len().saturating_sub(cut % 300));
        if let Ok(frames) = all(&bytes) {
            prop_assert!(frames.len() < 100);
        }
    }

    #[test]
    fn arbitrary_bytes_behind_the_magic_never_panic(data in prop::collection::vec(any::<u8>(), 0..400)) {
        let bytes = [b"RIFF\0\0\0\0AVI ".as_slice(), &data].concat();
        drop(all(&bytes));
    }
}
