//! YuNet's outputs → faces.
//!
//! Source: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector" (2023) and its training code,
//! libfacedetection.train. For each stride there is one row per grid cell: class and object scores (already
//! through the sigmoid), a box and five points relative to the cell. Equal to OpenCV's FaceDetectorYN
//! within 1e-4 px, which `tests/reference/compare.py` checks.

use super::Face;
use crate::frame::Rect;
use crate::sessions::{Outputs, RuntimeError};

const STRIDES: [usize; 3] = [8, 16, 32];

/// Reads all three grids of an input of `width` × `height` px (multiples of 32).
pub(crate) fn decode(
    outputs: &Outputs<'_>,
    width: usize,
    height: usize,
    threshold: f32,
) -> Result<Vec<Face>, RuntimeError> {
    let mut faces = Vec::new();
    for stride in STRIDES {
        let (columns, rows) = (width / stride, height / stride);
        let cells = columns * rows;
        let grid = Grid {
            stride: stride as f32,
            columns,
            class: outputs.numbers(&format!("cls_{stride}"), cells)?,
            object: outputs.numbers(&format!("obj_{stride}"), cells)?,
            boxes: outputs.numbers(&format!("bbox_{stride}"), cells * 4)?,
            points: outputs.numbers(&format!("kps_{stride}"), cells * 10)?,
        };
        grid.faces_above(threshold, &mut faces);
    }
    Ok(faces)
}

/// The four tensors of one stride.
struct Grid<'a> {
    stride: f32,
    columns: usize,
    class: &'a [f32],
    object: &'a [f32],
    boxes: &'a [f32],
    points: &'a [f32],
}

impl Grid<'_> {
    fn faces_above(&self, threshold: f32, faces: &mut Vec<Face>) {
        let floor = threshold * threshold;
        let scores = self.class.iter().zip(self.object);
        let places = self.boxes.chunks_exact(4).zip(self.points.chunks_exact(10));
        for (cell, ((class, object), (shape, points))) in scores.zip(places).enumerate() {
            let product = class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0);
            // Nearly every cell ends here, before the square root.
            if product < floor || product.is_nan() {
                continue;
            }
            let &[dx, dy, log_width, log_height] = shape else { continue };
            let column = (cell % self.columns) as f32;
            let row = (cell / self.columns) as f32;
            let (width, height) = (log_width.exp() * self.stride, log_height.exp() * self.stride);
            let x = (column + dx) * self.stride - width / 2.0;
            let y = (row + dy) * self.stride - height / 2.0;
            let mut landmarks = [[0.0; 2]; 5];
            for (to, from) in landmarks.iter_mut().zip(points.chunks_exact(2)) {
                let &[px, py] = from else { continue };
                *to = [(px + column) * self.stride, (py + row) * self.stride];
            }
            let numbers = [x, y, width, height];
            let mut all = numbers.iter().chain(landmarks.as_flattened());
            if all.all(|v| v.is_finite()) {
                faces.push(Face { rect: Rect { x, y, width, height }, landmarks, score: product.sqrt() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_decodes_to_its_box_and_points_and_weak_cells_are_left_out() {
        let grid = Grid {
            stride: 8.0,
            columns: 2,
            class: &[0.1, 0.1, 0.1, 0.81],
            object: &[1.0, 1.0, 1.0, 1.0],
            boxes: &[[0.0; 4], [0.0; 4], [0.0; 4], [0.5, 0.25, 0.0, 2.0f32.ln()]].concat(),
            points: &[[0.5; 10], [0.5; 10], [0.5; 10], [0.5; 10]].concat(),
        };
        let mut faces = Vec::new();
        grid.faces_above(0.8, &mut faces);
        assert_eq!(faces.len(), 1);
        let face = faces[0];
        assert!((face.score - 0.9).abs() < 1e-6);
        // centre (1.5, 1.25) cells of 8 px, 8 px wide, 16 px high
        let Rect { x, y, width, height } = face.rect;
        for (found, expected) in [(x, 8.0), (y, 2.0), (width, 8.0), (height, 16.0)] {
            assert!((found - expected).abs() < 1e-4);
        }
        assert_eq!(face.landmarks, [[12.0, 12.0]; 5]);
    }

    #[test]
    fn numbers_that_are_not_finite_are_no_face() {
        let grid = Grid {
            stride: 8.0,
            columns: 1,
            class: &[f32::NAN, 1.0],
            object: &[1.0, 1.0],
            boxes: &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, f32::INFINITY, 0.0],
            points: &[0.0; 20],
        };
        let mut faces = Vec::new();
        grid.faces_above(0.5, &mut faces);
        assert!(faces.is_empty());
    }
}
