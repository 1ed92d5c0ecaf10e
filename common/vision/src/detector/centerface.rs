//! CenterFace's heat maps → faces.
//!
//! Source: Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point" (2019) and the
//! authors' example code. At a quarter of the input's size there are a heat map of face centres, two maps of
//! log sizes, two of offsets and ten of landmarks relative to the box (each pair with y first). The input is
//! blue first, 0 to 255.

use super::Face;
use crate::frame::Rect;
use crate::sessions::{Outputs, RuntimeError};

const STRIDE: usize = 4;
/// Tensor names of the published file.
const HEAT: &str = "537";
const SIZE: &str = "538";
const OFFSET: &str = "539";
const LANDMARKS: &str = "540";

/// Reads the maps of an input of `width` × `height` px (multiples of 32).
pub(crate) fn decode(
    outputs: &Outputs<'_>,
    width: usize,
    height: usize,
    threshold: f32,
) -> Result<Vec<Face>, RuntimeError> {
    let (columns, rows) = (width / STRIDE, height / STRIDE);
    let cells = columns * rows;
    let maps = Maps {
        columns,
        cells,
        limit: [width as f32, height as f32],
        heat: outputs.numbers(HEAT, cells)?,
        size: outputs.numbers(SIZE, cells * 2)?,
        offset: outputs.numbers(OFFSET, cells * 2)?,
        landmarks: outputs.numbers(LANDMARKS, cells * 10)?,
    };
    let strong = maps.heat.iter().enumerate().filter(|(_, score)| **score > threshold);
    Ok(strong.filter_map(|(cell, score)| maps.face(cell, *score)).collect())
}

struct Maps<'a> {
    columns: usize,
    cells: usize,
    limit: [f32; 2],
    heat: &'a [f32],
    size: &'a [f32],
    offset: &'a [f32],
    landmarks: &'a [f32],
}

impl Maps<'_> {
    /// The face whose centre is in this cell; `None` when a number is not finite.
    fn face(&self, cell: usize, score: f32) -> Option<Face> {
        let at = |map: &[f32], channel: usize| map.get(channel * self.cells + cell).copied();
        let stride = STRIDE as f32;
        let height = at(self.size, 0)?.exp() * stride;
        let width = at(self.size, 1)?.exp() * stride;
        let column = (cell % self.columns) as f32 + at(self.offset, 1)? + 0.5;
        let row = (cell / self.columns) as f32 + at(self.offset, 0)? + 0.5;
        let x = (column * stride - width / 2.0).clamp(0.0, self.limit[0]);
        let y = (row * stride - height / 2.0).clamp(0.0, self.limit[1]);
        let mut landmarks = [[0.0; 2]; 5];
        for (index, point) in landmarks.iter_mut().enumerate() {
            *point =
                [at(self.landmarks, index * 2 + 1)? * width + x, at(self.landmarks, index * 2)? * height + y];
        }
        let rect = Rect {
            x,
            y,
            width: (x + width).min(self.limit[0]) - x,
            height: (y + height).min(self.limit[1]) - y,
        };
        let numbers = [rect.x, rect.y, rect.width, rect.height];
        let finite = numbers.iter().chain(landmarks.as_flattened()).all(|v| v.is_finite());
        finite.then_some(Face { rect, landmarks, score })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_decodes_to_a_box_inside_the_picture_with_y_before_x_in_each_pair() {
        let mut landmarks = vec![0.0; 40];
        landmarks[3] = 0.25; // first point, y
        landmarks[4 + 3] = 0.5; // first point, x
        let maps = Maps {
            columns: 2,
            cells: 4,
            limit: [8.0, 8.0],
            heat: &[0.0, 0.0, 0.0, 0.9],
            size: &[0.0; 8],
            offset: &[0.0; 8],
            landmarks: &landmarks,
        };
        let face = maps.face(3, 0.9).unwrap();
        assert_eq!(face.rect, Rect { x: 4.0, y: 4.0, width: 4.0, height: 4.0 });
        assert_eq!(face.landmarks[0], [6.0, 5.0]);
    }
}
