//! Whether a found face is worth comparing, and if not, why, in words that help the person in front of it.
//!
//! Everything is measured on the face box and the five points; there is no learned score, so each refusal
//! can be explained. It refuses nothing itself: the pipeline leaves the embedding out, callers see the reasons.

use opencv::core::{Mat, Rect as CvRect, Size, Vec3b};
use opencv::imgproc;
use serde::{Deserialize, Serialize};

use crate::decode::BgrImage;
use crate::detector::Face;
use crate::frame::{Rect, Region};

/// The face is measured at this size, so that numbers don't depend on its distance. px
const PATCH: usize = 48;

/// What was measured on one face.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Quality {
    /// width of the face box, px in the source picture
    pub face_px: f32,
    /// strength of the finest detail against the face's own contrast. On 90 px wide faces: 0.6 as photographed,
    /// 0.27 after a Gaussian of 2 px, 0.17 of 3 px (83 % still identified), 0.12 of 4 px (48 %)
    pub sharpness: f32,
    /// mean brightness of the face, 0 (black) to 1 (white)
    pub exposure: f32,
    /// degrees, positive when the nose points to the right as seen in the picture; from the landmarks, so ±10
    pub yaw: f32,
    /// degrees, positive when looking up; from the landmarks, so ±10
    pub pitch: f32,
    /// degrees, positive when the head leans clockwise as seen
    pub roll: f32,
}

/// Why a face is not compared. The codes are stable; the words belong to whoever shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QualityReason {
    /// narrower than the limit: come closer
    TooSmall,
    /// no fine detail: hold still, or focus the camera
    Blurred,
    /// not enough light on the face
    TooDark,
    /// washed out by light
    TooBright,
    /// turned away to a side, up or down
    Turned,
    /// head leaning to a shoulder
    Tilted,
    /// its centre is outside the region that is looked at
    OutsideRegion,
    /// cut by the picture's edge
    PartlyOutside,
}

impl QualityReason {
    /// The stable code, as it is serialised.
    pub fn code(self) -> &'static str {
        match self {
            QualityReason::TooSmall => "too_small",
            QualityReason::Blurred => "blurred",
            QualityReason::TooDark => "too_dark",
            QualityReason::TooBright => "too_bright",
            QualityReason::Turned => "turned",
            QualityReason::Tilted => "tilted",
            QualityReason::OutsideRegion => "outside_region",
            QualityReason::PartlyOutside => "partly_outside",
        }
    }
}

impl std::fmt::Display for QualityReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// Where refusal begins. The defaults let pass what the recogniser still tells apart (measured on labelled
/// photographs: see docs/models.md) and refuse what only produces noise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QualityLimits {
    /// least sharpness
    pub min_sharpness: f32,
    /// least mean brightness, 0 to 1
    pub min_exposure: f32,
    /// greatest mean brightness, 0 to 1
    pub max_exposure: f32,
    /// greatest turn to a side, degrees
    pub max_yaw: f32,
    /// greatest turn up or down, degrees
    pub max_pitch: f32,
    /// greatest lean, degrees
    pub max_roll: f32,
    /// greatest part of the box outside the picture, 0 to 1
    pub max_outside: f32,
}

impl Default for QualityLimits {
    fn default() -> QualityLimits {
        QualityLimits {
            min_sharpness: 0.12,
            min_exposure: 0.08,
            max_exposure: 0.92,
            max_yaw: 45.0,
            max_pitch: 40.0,
            max_roll: 35.0,
            max_outside: 0.15,
        }
    }
}

/// Everything that decides about one face.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gate<'a> {
    pub(crate) min_face_px: f32,
    pub(crate) region: Option<Region>,
    pub(crate) limits: &'a QualityLimits,
}

/// Head pose in degrees (yaw, pitch, roll) from the five points.
///
/// First order: the nose tip stands about 0.55 eye distances before the plane of eyes and mouth, so its shift
/// in that plane is the tangent of the turn; in a frontal face it lies at 0.49 of the way from eyes to mouth
/// (the alignment templates' own proportions).
pub fn pose(landmarks: &[[f32; 2]; 5]) -> [f32; 3] {
    let [right_eye, left_eye, nose, right_mouth, left_mouth] = *landmarks;
    let middle = |a: [f32; 2], b: [f32; 2]| [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0];
    let eyes = middle(right_eye, left_eye);
    let mouth = middle(right_mouth, left_mouth);
    let (dx, dy) = (left_eye[0] - right_eye[0], left_eye[1] - right_eye[1]);
    let roll = dy.atan2(dx);
    let (sin, cos) = roll.sin_cos();
    // into the head's own axes
    let upright = |p: [f32; 2]| {
        let (x, y) = (p[0] - eyes[0], p[1] - eyes[1]);
        [x * cos + y * sin, y * cos - x * sin]
    };
    let (nose, mouth) = (upright(nose), upright(mouth));
    let eye_distance = dx.hypot(dy).max(1e-3);
    let height = mouth[1].abs().max(1e-3);
    let along = (nose[1] / height).clamp(-2.0, 3.0);
    // where the line from eyes to mouth passes at the nose's height
    let axis = mouth[0] * along;
    let yaw = ((nose[0] - axis) / eye_distance / 0.55).atan();
    let pitch = ((0.49 - along) * height / eye_distance / 0.55).atan();
    [yaw, pitch, roll].map(f32::to_degrees)
}

/// Measures a face and says what speaks against it (nothing, when the list is empty).
pub(crate) fn measure(
    image: &BgrImage,
    face: &Face,
    gate: &Gate<'_>,
) -> Result<(Quality, Vec<QualityReason>), opencv::Error> {
    let [yaw, pitch, roll] = pose(&face.landmarks);
    let (sharpness, exposure) = texture(image, &face.rect)?;
    let quality = Quality { face_px: face.rect.width, sharpness, exposure, yaw, pitch, roll };
    let limits = gate.limits;
    let picture = Rect { x: 0.0, y: 0.0, width: image.width as f32, height: image.height as f32 };
    let inside = face.rect.intersection(&picture).area() / face.rect.area().max(1e-3);
    let centre = face.rect.centre();
    let in_region = gate.region.is_none_or(|r| r.contains(centre, image.width, image.height));
    let checks = [
        (!in_region, QualityReason::OutsideRegion),
        (quality.face_px < gate.min_face_px, QualityReason::TooSmall),
        (inside < 1.0 - limits.max_outside, QualityReason::PartlyOutside),
        (exposure < limits.min_exposure, QualityReason::TooDark),
        (exposure > limits.max_exposure, QualityReason::TooBright),
        (sharpness < limits.min_sharpness, QualityReason::Blurred),
        (yaw.abs() > limits.max_yaw || pitch.abs() > limits.max_pitch, QualityReason::Turned),
        (roll.abs() > limits.max_roll, QualityReason::Tilted),
    ];
    let reasons = checks.into_iter().filter(|(bad, _)| *bad).map(|(_, reason)| reason).collect();
    Ok((quality, reasons))
}

/// Sharpness and exposure of the inner part of a face box.
fn texture(image: &BgrImage, face: &Rect) -> Result<(f32, f32), opencv::Error> {
    // The inner 80 %: hair and background at the edges are sharp on a blurred face too.
    let left = (face.x + face.width * 0.1).max(0.0) as i32;
    let top = (face.y + face.height * 0.1).max(0.0) as i32;
    let right = ((face.x + face.width * 0.9) as i32).min(image.width as i32);
    let bottom = ((face.y + face.height * 0.9) as i32).min(image.height as i32);
    if right - left < 4 || bottom - top < 4 {
        return Ok((0.0, 0.0));
    }
    let whole = image.mat()?;
    let part = Mat::roi(&whole, CvRect::new(left, top, right - left, bottom - top))?;
    let mut small = [0u8; PATCH * PATCH * 3];
    let side = PATCH as i32;
    let mut target = Mat::new_rows_cols_with_bytes_mut::<Vec3b>(side, side, &mut small)?;
    // Area averaging down, linear up (OpenCV's rule for INTER_AREA).
    imgproc::resize(&part, &mut target, Size::new(side, side), 0.0, 0.0, imgproc::INTER_AREA)?;
    drop(target);
    let luma: Vec<f32> = small.chunks_exact(3).map(luma_of).collect();
    Ok((detail(&luma), luma.iter().sum::<f32>() / luma.len() as f32 / 255.0))
}

/// ITU-R BT.601 luma of a blue-green-red pixel, 0 to 255.
fn luma_of(pixel: &[u8]) -> f32 {
    let &[blue, green, red] = pixel else { return 0.0 };
    0.114 * f32::from(blue) + 0.587 * f32::from(green) + 0.299 * f32::from(red)
}

/// Root mean square of the four-neighbour Laplacian over the standard deviation of the patch.
fn detail(luma: &[f32]) -> f32 {
    let n = luma.len() as f32;
    let mean = luma.iter().sum::<f32>() / n;
    let variance = luma.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n;
    let mut energy = 0.0;
    let mut count = 0.0f32;
    let rows: Vec<&[f32]> = luma.chunks_exact(PATCH).collect();
    for three in rows.windows(3) {
        let &[above, here, below] = three else { continue };
        let inner = here.windows(3).zip(above.iter().zip(below).skip(1));
        for (line, (up, down)) in inner {
            let &[left, middle, right] = line else { continue };
            energy += (left + right + up + down - 4.0 * middle).powi(2);
            count += 1.0;
        }
    }
    // Two grey levels of noise are no detail: they keep a flat patch from looking sharp.
    ((energy / count.max(1.0)) / (variance + 4.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRONTAL: [[f32; 2]; 5] = [[30.3, 51.7], [65.5, 51.7], [47.9, 71.7], [33.5, 92.3], [62.3, 92.3]];

    fn turned_by(degrees: f32) -> [[f32; 2]; 5] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        FRONTAL.map(|[x, y]| {
            let (x, y) = (x - 48.0, y - 70.0);
            [x * cos - y * sin + 48.0, x * sin + y * cos + 70.0]
        })
    }

    #[test]
    fn a_frontal_face_has_no_pose() {
        for angle in pose(&FRONTAL) {
            assert!(angle.abs() < 1.0, "{angle}");
        }
    }

    #[test]
    fn leaning_changes_roll_alone() {
        let [yaw, pitch, roll] = pose(&turned_by(25.0));
        assert!((roll - 25.0).abs() < 0.1 && yaw.abs() < 1.0 && pitch.abs() < 1.0);
    }

    #[test]
    fn a_nose_to_the_right_is_a_positive_yaw_and_a_raised_nose_a_positive_pitch() {
        let mut points = FRONTAL;
        points[2] = [60.0, 71.7];
        assert!(pose(&points)[0] > 20.0);
        points[2] = [47.9, 60.0];
        assert!(pose(&points)[1] > 20.0);
    }

    fn checked(light: u8, contrast: u8) -> BgrImage {
        let mut image = BgrImage::filled(200, 200, light);
        for (i, pixel) in image.data.chunks_exact_mut(3).enumerate() {
            if (i % 200 / 6 + i / 200 / 6) % 2 == 0 {
                pixel.fill(light.saturating_sub(contrast));
            }
        }
        image
    }

    fn face_at(x: f32, y: f32) -> Face {
        Face {
            rect: Rect { x, y, width: 96.0, height: 112.0 },
            landmarks: FRONTAL.map(|[px, py]| [px + x, py + y]),
            score: 0.9,
        }
    }

    fn reasons(image: &BgrImage, face: &Face, region: Option<Region>) -> Vec<QualityReason> {
        let limits = QualityLimits::default();
        let gate = Gate { min_face_px: 48.0, region, limits: &limits };
        measure(image, face, &gate).unwrap().1
    }

    #[test]
    fn a_sharp_lit_frontal_face_has_nothing_against_it() {
        assert_eq!(reasons(&checked(150, 80), &face_at(40.0, 40.0), None), vec![]);
    }

    #[test]
    fn each_defect_has_its_own_reason() {
        let good = face_at(40.0, 40.0);
        assert_eq!(reasons(&checked(12, 12), &good, None), vec![QualityReason::TooDark]);
        assert_eq!(reasons(&checked(255, 15), &good, None), vec![QualityReason::TooBright]);
        assert_eq!(reasons(&BgrImage::filled(200, 200, 120), &good, None), vec![QualityReason::Blurred]);
        let image = checked(150, 80);
        assert_eq!(reasons(&image, &face_at(-30.0, 40.0), None), vec![QualityReason::PartlyOutside]);
        let left = Region { left: 0.0, top: 0.0, right: 0.3, bottom: 1.0 };
        assert_eq!(reasons(&image, &good, Some(left)), vec![QualityReason::OutsideRegion]);
        let mut small = good;
        small.rect.width = 40.0;
        assert_eq!(reasons(&image, &small, None), vec![QualityReason::TooSmall]);
    }

    #[test]
    fn a_face_wholly_outside_the_picture_is_refused_without_a_panic() {
        let found = reasons(&checked(150, 80), &face_at(500.0, -300.0), None);
        assert!(found.contains(&QualityReason::PartlyOutside));
    }
}
