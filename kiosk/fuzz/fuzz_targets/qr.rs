//! A picture with something like a QR code in it: read or not, within its bounds.
//!
//! A panic of the decoder ends in `lintel_vision::qr::read` and is no finding here; one that gets out is. So are
//! too many codes, a text with control characters, and more time than a thread may be held.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;

use grey::GreyImage;
use qrcode::bits::Bits;
use qrcode::types::{Color, EcLevel, Version};
use qrcode::QrCode;

// The reader's own file, not the crate: that would bring OpenCV, built with marks.
#[allow(dead_code, reason = "the daemon uses what this doesn't")]
#[path = "../../../common/vision/src/frame.rs"]
mod frame;
#[allow(dead_code, reason = "the daemon uses what this doesn't")]
#[path = "../../../common/vision/src/qr.rs"]
mod qr;

/// What the reader is handed, without the way there from a camera's frame, which is OpenCV's.
mod grey {
    pub struct GreyImage {
        width: u32,
        height: u32,
        data: Vec<u8>,
    }

    impl GreyImage {
        pub fn new(width: u32, height: u32, data: Vec<u8>) -> Option<Self> {
            let whole = width > 0 && height > 0 && data.len() as u64 == u64::from(width) * u64::from(height);
            whole.then_some(Self { width, height, data })
        }

        pub fn width(&self) -> u32 {
            self.width
        }

        pub fn height(&self) -> u32 {
            self.height
        }

        pub fn data(&self) -> &[u8] {
            &self.data
        }

        pub fn scale(&self) -> f32 {
            1.0
        }
    }
}

/// Far more than the reader's own patience, because this runs slowly and beside others.
const LONGEST: Duration = Duration::from_secs(5);
const MODULE_PX: usize = 3;
const QUIET: usize = 4;

fn look(width: usize, height: usize, grey: Vec<u8>) {
    let (Ok(width), Ok(height)) = (u32::try_from(width), u32::try_from(height)) else { return };
    let Some(image) = GreyImage::new(width, height, grey) else { return };
    let started = Instant::now();
    let codes = qr::read(&image);
    assert!(started.elapsed() < LONGEST, "the reader was held for {:?}", started.elapsed());
    assert!(codes.len() <= qr::MAX_CODES);
    for text in codes.iter().filter_map(|code| code.text.as_ref().ok()) {
        assert!(text.len() <= qr::MAX_TEXT_BYTES && !text.chars().any(char::is_control));
    }
}

/// Segments that no honest program would put together.
fn code(data: &[u8]) -> Option<QrCode> {
    let (head, mut rest) = data.split_first_chunk::<2>()?;
    let version = Version::Normal(i16::from(head[0] % 10) + 1);
    let level = [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H][usize::from(head[1] % 4)];
    let mut bits = Bits::new(version);
    while let Some(([kind, length], more)) = rest.split_first_chunk::<2>() {
        let (part, after) = more.split_at(more.len().min(usize::from(*length)));
        rest = after;
        let digits: Vec<u8> = part.iter().map(|byte| b'0' + byte % 10).collect();
        let letters: Vec<u8> = part.iter().map(|byte| b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"[usize::from(*byte) % 45]).collect();
        let eci = part.iter().take(2).fold(0, |all, byte| all * 256 + u32::from(*byte));
        match kind % 7 {
            0 => bits.push_byte_data(part),
            1 => bits.push_numeric_data(&digits),
            2 => bits.push_alphanumeric_data(&letters),
            3 => bits.push_eci_designator(eci),
            4 => bits.push_fnc1_first_position(),
            5 => bits.push_fnc1_second_position(*length),
            _ => bits.push_kanji_data(&part.iter().flat_map(|byte| [0x81 + byte % 15, 0x40 + byte % 60]).collect::<Vec<_>>()),
        }
        .ok()?;
    }
    bits.push_terminator(level).ok()?;
    QrCode::with_bits(bits, level).ok()
}

/// A code as a picture, with some of its modules turned over.
fn drawn(code: &QrCode, damage: &[u8]) -> (usize, Vec<u8>) {
    let modules = code.width();
    let mut dark: Vec<bool> = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
    for pair in damage.chunks_exact(2) {
        let at = usize::from(pair[0]) * 256 + usize::from(pair[1]);
        let at = at % dark.len();
        dark[at] = !dark[at];
    }
    let side = (modules + 2 * QUIET) * MODULE_PX;
    let module = |px: usize| (px / MODULE_PX).checked_sub(QUIET).filter(|at| *at < modules);
    let pixel = |i: usize| match (module(i % side), module(i / side)) {
        (Some(x), Some(y)) if dark[y * modules + x] => 20,
        _ => 230,
    };
    (side, (0..side * side).map(pixel).collect())
}

fuzz_target!(
    init: {
        // What `qr::read` catches must not end the process first; what it doesn't catch still does.
        std::panic::set_hook(Box::new(|_| {}));
    },
    |data: &[u8]| {
        let Some(([kind, width, damaged], rest)) = data.split_first_chunk::<3>() else { return };
        if kind % 2 == 0 {
            // Any picture.
            let width = usize::from(*width) + 1;
            let height = rest.len() / width;
            if height > 0 {
                look(width, height, rest[..width * height].to_vec());
            }
            return;
        }
        let (damage, rest) = rest.split_at(rest.len().min(usize::from(damaged % 64)));
        if let Some(code) = code(rest) {
            let (side, grey) = drawn(&code, damage);
            look(side, side, grey);
        }
    }
);
