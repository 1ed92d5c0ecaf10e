//! A printed badge in front of a camera: pictures of the card that central has drawn, held by a hand.
//!
//! The code is taken from the card's own SVG, so that what is tested is what is printed.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use image::{GrayImage, Luma};

/// Modules to a side without the quiet zone's four on each.
const QUIET: usize = 4;
/// A module on the printed card, in units of the card's drawing (mm).
const CARD_MM: [f32; 2] = [85.6, 54.0];
const CODE_AT_MM: f32 = 1.5;
const CODE_MM: f32 = 51.0;

/// A card.
#[derive(Debug, Clone)]
pub struct Card {
    side: usize,
    dark: Vec<bool>,
}

/// How a card is held in one picture.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// The card's middle, px.
    pub middle: [f32; 2],
    /// Pixels for a millimetre: how near it is.
    pub px_per_mm: f32,
    /// How far it is turned, degrees.
    pub degrees: f32,
}

impl Card {
    /// Reads the card that `badge … --sheet FILE.svg` has written.
    ///
    /// # Errors
    /// When there is no code in it.
    pub fn read(path: &Path) -> Result<Self> {
        let svg = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let (_, path) = svg.split_once(" d=\"").context("the card has no code")?;
        let path = path.split('"').next().unwrap_or_default();
        let mut runs = Vec::new();
        for run in path.split('M').filter(|run| !run.is_empty()) {
            let numbers: Vec<usize> =
                run.split([' ', 'h', 'v', '-', 'z']).filter_map(|number| number.parse().ok()).collect();
            let [x, y, length, ..] = numbers[..] else { anyhow::bail!("{run:?} is no run of modules") };
            runs.push((x, y, length));
        }
        let far = runs.iter().map(|(x, _, length)| x + length).max().context("the code is empty")?;
        let side = far + QUIET;
        ensure!(side > 2 * QUIET, "a code of {side} modules");
        let mut dark = vec![false; side * side];
        for (x, y, length) in runs {
            let start = y * side + x;
            dark.get_mut(start..start + length).context("a run outside of the code")?.fill(true);
        }
        Ok(Self { side, dark })
    }

    /// A picture of the card before a wall.
    #[must_use]
    pub fn picture(&self, held: Held) -> GrayImage {
        let (sin, cos) = held.degrees.to_radians().sin_cos();
        GrayImage::from_fn(640, 480, |x, y| {
            let (dx, dy) = (x as f32 + 0.5 - held.middle[0], y as f32 + 0.5 - held.middle[1]);
            let mm = |along: f32, across: f32| (along * cos + across * sin) / held.px_per_mm;
            let (u, v) = (mm(dx, dy) + CARD_MM[0] / 2.0, mm(dy, -dx) + CARD_MM[1] / 2.0);
            if !(0.0..CARD_MM[0]).contains(&u) || !(0.0..CARD_MM[1]).contains(&v) {
                return wall(x, y);
            }
            let module = |at: f32| ((at - CODE_AT_MM) / CODE_MM * self.side as f32).floor();
            let (column, row) = (module(u), module(v));
            let is_code = |n: f32| n >= 0.0 && n < self.side as f32;
            let dark = is_code(column)
                && is_code(row)
                && self.dark.get(row as usize * self.side + column as usize) == Some(&true);
            Luma([if dark { 38 } else { 214 }])
        })
    }
}

/// The wall without a card.
#[must_use]
pub fn empty() -> GrayImage {
    GrayImage::from_fn(640, 480, wall)
}

fn wall(x: u32, y: u32) -> Luma<u8> {
    // Light from the left, and a coarse texture.
    let texture = (x / 40 * 7 + y / 30 * 11) % 17;
    Luma([u8::try_from(150 - x / 10 + texture).unwrap_or(90)])
}
