//! Turns a found face upright: the similarity that brings its five points onto the embedder's template.
//!
//! Skipping or misplacing this step ruins accuracy without any error, so the transform is our own closed
//! form, tested against known similarities, and the picture is warped exactly once, straight to the
//! embedder's input size.

use opencv::core::{BORDER_CONSTANT, Mat, Scalar, Size};
use opencv::imgproc;

use crate::decode::BgrImage;

/// Five points (px): subject's right eye, left eye, nose tip, right and left mouth corner.
pub type Points = [[f32; 2]; 5];

/// A rotation, one scale and a translation; no mirror. Maps (x, y) to (a·x − b·y + tx, b·x + a·y + ty).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Similarity {
    /// scale × cosine
    pub a: f64,
    /// scale × sine
    pub b: f64,
    /// px
    pub tx: f64,
    /// px
    pub ty: f64,
}

/// The least-squares similarity from one set of points to another: Umeyama, "Least-squares estimation of
/// transformation parameters between two point patterns" (1991). In the plane and without mirror it has a
/// closed form: with points as complex numbers about their means, a + ib = Σ conj(z)·w / Σ |z|².
/// `None` when all points fall together or are not finite.
pub fn umeyama(from: &Points, to: &Points) -> Option<Similarity> {
    let mean = |points: &Points| {
        let sum = points.iter().fold([0.0f64; 2], |s, p| [s[0] + f64::from(p[0]), s[1] + f64::from(p[1])]);
        [sum[0] / 5.0, sum[1] / 5.0]
    };
    let (m, n) = (mean(from), mean(to));
    let (mut real, mut imaginary, mut spread) = (0.0f64, 0.0f64, 0.0f64);
    for (p, q) in from.iter().zip(to) {
        let (x, y) = (f64::from(p[0]) - m[0], f64::from(p[1]) - m[1]);
        let (u, v) = (f64::from(q[0]) - n[0], f64::from(q[1]) - n[1]);
        real += x * u + y * v;
        imaginary += x * v - y * u;
        spread += x * x + y * y;
    }
    let (a, b) = (real / spread, imaginary / spread);
    let (tx, ty) = (n[0] - a * m[0] + b * m[1], n[1] - b * m[0] - a * m[1]);
    let usable = [a, b, tx, ty].iter().all(|v| v.is_finite()) && a * a + b * b > 0.0;
    usable.then_some(Similarity { a, b, tx, ty })
}

/// The 2×3 matrix that takes the picture to `input` px when the points were fitted in a `template` px frame:
/// the frame is stretched to the input by pixel centres (OpenCV's convention for resizing), in the same warp.
pub fn stretched(similarity: &Similarity, template: [f32; 2], input: [u32; 2]) -> [f64; 6] {
    let Similarity { a, b, tx, ty } = *similarity;
    let sx = f64::from(input[0]) / f64::from(template[0]);
    let sy = f64::from(input[1]) / f64::from(template[1]);
    [a * sx, -b * sx, tx * sx + 0.5 * sx - 0.5, b * sy, a * sy, ty * sy + 0.5 * sy - 0.5]
}

/// Warps `image` by a 2×3 matrix into `out`, whose size says how much is taken. Bilinear, black outside.
///
/// # Errors
/// OpenCV's own, for an image without pixels.
pub fn warp(image: &BgrImage, matrix: &[f64; 6], out: &mut BgrImage) -> Result<(), opencv::Error> {
    let size = Size::new(out.width as i32, out.height as i32);
    let matrix = Mat::new_rows_cols_with_data(2, 3, matrix)?;
    imgproc::warp_affine(
        &image.mat()?,
        &mut out.mat_mut()?,
        &matrix,
        size,
        imgproc::INTER_LINEAR,
        BORDER_CONSTANT,
        Scalar::default(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEMPLATE: Points = [[30.3, 51.7], [65.5, 51.5], [48.0, 71.7], [33.5, 92.4], [62.7, 92.2]];

    fn apply(s: &Similarity, p: [f32; 2]) -> [f32; 2] {
        let (x, y) = (f64::from(p[0]), f64::from(p[1]));
        [(s.a * x - s.b * y + s.tx) as f32, (s.b * x + s.a * y + s.ty) as f32]
    }

    proptest! {
        #[test]
        fn a_known_similarity_is_found_again(
            scale in 0.05f64..20.0, angle in -3.1f64..3.1, tx in -500.0f64..500.0, ty in -500.0f64..500.0
        ) {
            let known = Similarity { a: scale * angle.cos(), b: scale * angle.sin(), tx, ty };
            let moved = TEMPLATE.map(|p| apply(&known, p));
            let found = umeyama(&TEMPLATE, &moved).unwrap();
            for point in TEMPLATE {
                let (e, f) = (apply(&known, point), apply(&found, point));
                prop_assert!((e[0] - f[0]).abs() < 0.02 && (e[1] - f[1]).abs() < 0.02);
            }
        }

        #[test]
        fn no_small_change_of_the_answer_fits_better(
            noise in prop::collection::vec(-4.0f32..4.0, 10), da in -0.01f64..0.01, dt in -0.5f64..0.5
        ) {
            let mut to = TEMPLATE;
            for (value, n) in to.iter_mut().flatten().zip(noise) { *value += n; }
            let found = umeyama(&TEMPLATE, &to).unwrap();
            let error = |s: &Similarity| -> f64 {
                TEMPLATE.iter().zip(&to).map(|(p, q)| {
                    let r = apply(s, *p);
                    f64::from((r[0] - q[0]).powi(2) + (r[1] - q[1]).powi(2))
                }).sum()
            };
            for other in [
                Similarity { a: found.a + da, ..found }, Similarity { b: found.b + da, ..found },
                Similarity { tx: found.tx + dt, ..found }, Similarity { ty: found.ty + dt, ..found },
            ] {
                prop_assert!(error(&found) <= error(&other) + 1e-3);
            }
        }
    }

    #[test]
    fn points_that_fall_together_have_no_similarity() {
        assert_eq!(umeyama(&[[3.0, 4.0]; 5], &TEMPLATE), None);
        assert_eq!(umeyama(&[[f32::NAN, 4.0]; 5], &TEMPLATE), None);
    }

    #[test]
    fn stretching_keeps_pixel_centres() {
        let identity = Similarity { a: 1.0, b: 0.0, tx: 0.0, ty: 0.0 };
        let m = stretched(&identity, [96.0, 112.0], [192, 112]);
        assert_eq!(m, [2.0, 0.0, 0.5, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn warping_by_a_shift_moves_the_pixels_and_fills_with_black() {
        let image = BgrImage::filled(8, 8, 200);
        let mut out = BgrImage::filled(8, 8, 7);
        warp(&image, &[1.0, 0.0, 4.0, 0.0, 1.0, 0.0], &mut out).unwrap();
        assert_eq!(out.data[0], 0);
        assert_eq!(out.data[7 * 3], 200);
    }
}
