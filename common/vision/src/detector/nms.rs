//! Non-maximum suppression: of boxes that cover the same face the best scored one stays.
//!
//! Own code, because OpenCV's is in a module (dnn) that this crate does not link. Greedy, best first,
//! as in every detector that these models were trained with.

use super::Face;

/// Keeps the best faces; a face whose overlap (IoU) with a better one is above `iou_limit` goes.
/// The result is ordered by falling score; equal scores keep the order they came in.
pub fn suppress(mut faces: Vec<Face>, iou_limit: f32) -> Vec<Face> {
    faces.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if kept.iter().all(|better| better.rect.iou(&face.rect) <= iou_limit) {
            kept.push(face);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::Rect;

    fn face() -> impl Strategy<Value = Face> {
        (0.0f32..50.0, 0.0f32..50.0, 1.0f32..30.0, 1.0f32..30.0, 0.0f32..1.0).prop_map(
            |(x, y, width, height, score)| Face {
                rect: Rect { x, y, width, height },
                landmarks: [[0.0; 2]; 5],
                score,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_kept_never_overlaps_and_what_is_dropped_overlaps_a_better_one(
            faces in prop::collection::vec(face(), 0..40), limit in 0.05f32..0.9
        ) {
            let kept = suppress(faces.clone(), limit);
            for (i, a) in kept.iter().enumerate() {
                for b in &kept[i + 1..] {
                    prop_assert!(a.rect.iou(&b.rect) <= limit);
                    prop_assert!(a.score >= b.score);
                }
            }
            for face in &faces {
                let stays = kept.contains(face);
                let beaten = kept.iter().any(|k| k.score >= face.score && k.rect.iou(&face.rect) > limit);
                prop_assert!(stays || beaten);
            }
        }

        #[test]
        fn suppressing_twice_changes_nothing(faces in prop::collection::vec(face(), 0..30)) {
            let once = suppress(faces, 0.3);
            prop_assert_eq!(suppress(once.clone(), 0.3), once);
        }
    }
}
