//! Whether anything moved: so that an empty doorway costs next to nothing.
//!
//! A picture is reduced to a coarse grid of mean brightness, two grids are compared after the overall change
//! of light has been taken out. It never says that nobody is there: a person may stand still, so the pipeline
//! looks properly every few frames whatever this says.

use crate::decode::BgrImage;

/// Cells across and down.
const GRID: (usize, usize) = (32, 24);
/// A cell has moved when its mean differs by more than this many grey levels of 255. Sensor noise of
/// 5 levels averages to 0.5 over the 100 samples of a cell, so this is many times the noise.
const CELL_LEVELS: i32 = 6;
/// This many moved cells are a movement (a face 40 px wide at 640×480 covers four).
const MOVED_CELLS: usize = 3;

/// A picture reduced to mean brightness per cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmallGrey {
    cells: Vec<u8>,
}

impl SmallGrey {
    /// Reduces a picture; samples every second pixel of every second row.
    pub fn of(image: &BgrImage) -> SmallGrey {
        let (columns, rows) = GRID;
        let width = image.width as usize;
        let row_bytes = (width * 3).max(3);
        let mut cells = Vec::with_capacity(columns * rows);
        let per_band = (image.height as usize).div_ceil(rows).max(1);
        let per_cell = width.div_ceil(columns).max(1) * 3;
        for band in image.data.chunks(row_bytes * per_band) {
            let mut sums = [(0u32, 0u32); GRID.0];
            for row in band.chunks_exact(row_bytes).step_by(2) {
                for (cell, sum) in row.chunks(per_cell).zip(sums.iter_mut()) {
                    for pixel in cell.chunks_exact(3).step_by(2) {
                        // green is the greater part of luma and needs no arithmetic
                        sum.0 += pixel.get(1).copied().map_or(0, u32::from);
                        sum.1 += 1;
                    }
                }
            }
            cells.extend(sums.iter().map(|(sum, n)| (sum / (*n).max(1)) as u8));
        }
        SmallGrey { cells }
    }
}

/// Whether something moved between two pictures. Pictures of different sizes count as movement.
pub fn changed(before: &SmallGrey, now: &SmallGrey) -> bool {
    if before.cells.len() != now.cells.len() || now.cells.is_empty() {
        return true;
    }
    let pairs = || before.cells.iter().zip(&now.cells);
    let differences = || pairs().map(|(a, b)| i32::from(*b) - i32::from(*a));
    // Automatic exposure shifts all cells alike; the median shift is light, the rest is movement.
    let mut sorted: Vec<i32> = differences().collect();
    let middle = sorted.len() / 2;
    let shift = *sorted.select_nth_unstable(middle).1;
    differences().filter(|d| (d - shift).abs() > CELL_LEVELS).count() >= MOVED_CELLS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(light: u8, block_at: Option<u32>) -> BgrImage {
        let mut image = BgrImage::filled(640, 480, light);
        if let Some(at) = block_at {
            for y in 200..280usize {
                let start = (y * 640 + at as usize) * 3;
                image.data[start..start + 60 * 3].fill(light + 60);
            }
        }
        image
    }

    #[test]
    fn a_person_who_steps_in_is_movement() {
        let before = SmallGrey::of(&scene(100, None));
        assert!(changed(&before, &SmallGrey::of(&scene(100, Some(300)))));
        assert!(!changed(&before, &SmallGrey::of(&scene(100, None))));
    }

    #[test]
    fn a_lamp_that_is_switched_on_is_not_movement() {
        let before = SmallGrey::of(&scene(100, Some(300)));
        assert!(!changed(&before, &SmallGrey::of(&scene(130, Some(300)))));
    }

    #[test]
    fn noise_is_not_movement() {
        let mut noisy = scene(100, None);
        let mut x = 1u32;
        for byte in &mut noisy.data {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = 92 + (x >> 28) as u8;
        }
        assert!(!changed(&SmallGrey::of(&scene(100, None)), &SmallGrey::of(&noisy)));
    }

    #[test]
    fn another_size_or_a_tiny_picture_is_movement_not_a_panic() {
        let tiny = SmallGrey::of(&BgrImage::filled(1, 1, 9));
        assert!(changed(&tiny, &SmallGrey::of(&scene(1, None))));
        assert!(changed(&SmallGrey::of(&BgrImage::default()), &SmallGrey::of(&BgrImage::default())));
    }
}
