use proptest::prelude::*;
use qrcode::{Color, EcLevel, QrCode};

use super::*;

/// A badge's length and letters.
fn badge() -> String {
    let letters = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let coded = (0..144usize).map(|i| char::from(letters[(i * 7 + i * i * 3) % letters.len()]));
    format!("LB1{}", coded.collect::<String>())
}

fn modules(text: &[u8]) -> (usize, Vec<bool>) {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
    (code.width(), code.to_colors().into_iter().map(|colour| colour == Color::Dark).collect())
}

/// A scene with codes drawn on it: each at its middle (px), with modules of so many px, turned by degrees.
fn scene(codes: &[(&[u8], [f32; 2], f32, f32)]) -> GreyImage {
    let (width, height) = (640u32, 480u32);
    let mut data: Vec<u8> =
        (0..width * height).map(|i| 90 + (i % width / 8 + i / width / 4) as u8 % 60).collect();
    for (text, middle, module, degrees) in codes {
        let (n, dark) = modules(text);
        let (sin, cos) = degrees.to_radians().sin_cos();
        for (i, pixel) in data.iter_mut().enumerate() {
            let dx = ((i as u32 % width) as f32 - middle[0]) / module;
            let dy = ((i as u32 / width) as f32 - middle[1]) / module;
            let half = n as f32 / 2.0;
            let (u, v) = (dx * cos + dy * sin + half, dy * cos - dx * sin + half);
            let inside = |x: f32| x >= 0.0 && x < n as f32;
            let quiet = |x: f32| x >= -4.0 && x < n as f32 + 4.0;
            if quiet(u) && quiet(v) {
                let is_dark = inside(u) && inside(v) && dark[v as usize * n + u as usize];
                *pixel = if is_dark { 30 } else { 210 };
            }
        }
    }
    GreyImage::new(width, height, data).unwrap()
}

#[test]
fn a_badge_is_read_small_large_and_turned() {
    let text = badge();
    for module in [3.0, 4.0, 6.5] {
        for degrees in [0.0, 7.0, -12.0, 90.0, 174.0] {
            let image = scene(&[(text.as_bytes(), [320.0, 240.0], module, degrees)]);
            assert_eq!(decode(&image), [text.as_str()], "{module} px, {degrees} degrees");
        }
    }
}

#[test]
fn a_code_is_where_it_was_drawn() {
    let image = scene(&[(badge().as_bytes(), [250.0, 300.0], 4.0, 0.0)]);
    let place = read(&image)[0].place;
    let middle = place.centre();
    assert!((middle[0] - 250.0).abs() < 8.0 && (middle[1] - 300.0).abs() < 8.0, "{place:?}");
    assert!((place.width - 41.0 * 4.0).abs() < 12.0, "{place:?}");
}

#[test]
fn two_codes_are_two_texts_and_the_same_one_twice_is_one() {
    let both = scene(&[(b"LB1FIRST", [160.0, 240.0], 5.0, 0.0), (b"LB1SECOND", [480.0, 240.0], 5.0, 10.0)]);
    let mut texts = decode(&both);
    texts.sort();
    assert_eq!(texts, ["LB1FIRST", "LB1SECOND"]);
    let twice = scene(&[(b"LB1FIRST", [160.0, 240.0], 5.0, 0.0), (b"LB1FIRST", [480.0, 240.0], 5.0, 10.0)]);
    assert_eq!(decode(&twice), ["LB1FIRST"]);
}

#[test]
fn a_text_that_is_too_long_or_no_text_is_said_and_not_given_out() {
    let long = vec![b'7'; MAX_TEXT_BYTES + 1];
    let image = scene(&[(&long, [320.0, 240.0], 4.0, 0.0)]);
    assert_eq!(read(&image).into_iter().map(|code| code.text).collect::<Vec<_>>(), [Err(Unusable::TooLong)]);
    for bytes in [b"LB1\0\x07\x1b[2J".as_slice(), b"LB1\xff\xfe", "LB1\u{85}".as_bytes()] {
        let image = scene(&[(bytes, [320.0, 240.0], 5.0, 0.0)]);
        let read = read(&image);
        assert_eq!(read[0].text, Err(Unusable::NotText), "{bytes:?}");
        assert!(decode(&image).is_empty());
    }
}

#[test]
fn a_sheet_full_of_corner_marks_does_not_hold_the_thread() {
    // Rings of 1:1:3:1:1, as many as fit: 7 modules of 2 px and a gap of 2.
    let mark = |x: u32, y: u32| {
        let (x, y) = (x / 2 % 8, y / 2 % 8);
        if x > 6 || y > 6 {
            return 255;
        }
        let ring = x.min(y).min(6 - x).min(6 - y);
        if ring == 1 { 255 } else { 0 }
    };
    let data = (0..640u32 * 480).map(|i| mark(i % 640, i / 640)).collect();
    let image = GreyImage::new(640, 480, data).unwrap();
    let started = Instant::now();
    assert!(decode(&image).is_empty());
    // In seconds because this machine may be busy; without the bounds it takes far longer.
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[test]
fn the_smallest_pictures_hold_no_code() {
    for (width, height) in [(1, 1), (7, 3), (40, 40), (1920, 1)] {
        let image = GreyImage::new(width, height, vec![0; (width * height) as usize]).unwrap();
        assert!(decode(&image).is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn noise_of_any_size_is_read_without_a_panic(width in 1u32..200, height in 1u32..200, seed: u32, coarse in 1u32..9) {
        let data = (0..width * height).map(|i| {
            let cell = (i % width / coarse).wrapping_mul(2_654_435_761) ^ (i / width / coarse).wrapping_mul(40_503) ^ seed;
            (cell.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) >> 24) as u8
        });
        let image = GreyImage::new(width, height, data.collect()).unwrap();
        prop_assert!(search(&image).len() <= MAX_CODES);
    }

    #[test]
    fn whatever_bytes_are_printed_come_out_as_they_are_or_not_at_all(bytes in prop::collection::vec(any::<u8>(), 1..120)) {
        let image = scene(&[(&bytes, [320.0, 240.0], 5.0, 3.0)]);
        for code in search(&image) {
            if let Ok(text) = code.text {
                prop_assert_eq!(text.as_bytes(), &bytes);
                prop_assert!(!text.chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn a_damaged_code_is_read_rightly_or_not_at_all(at in prop::collection::vec((0usize..640 * 480, any::<u8>(), 1usize..40), 0..200)) {
        let text = badge();
        let image = scene(&[(text.as_bytes(), [320.0, 240.0], 5.0, 2.0)]);
        let mut data = image.data().to_vec();
        for (start, value, len) in at {
            data.iter_mut().skip(start).take(len).for_each(|pixel| *pixel = value);
        }
        for code in search(&GreyImage::new(640, 480, data).unwrap()) {
            prop_assert_eq!(code.text.as_deref(), Ok(text.as_str()));
        }
    }
}
