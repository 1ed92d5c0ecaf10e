//! What recognition calls decided stays decided: no later decision is about an earlier instant.

use super::*;

#[test]
fn a_presence_is_undecided_from_its_first_frame_to_its_decision() {
    let mut door = Door::new(enrolled(3));
    assert_eq!(door.recogniser.oldest_undecided(), None);
    stand(&mut door, &axis(1), 0.9, 0, 66, 2);
    assert_eq!(door.recogniser.oldest_undecided(), Some(UtcMillis::from_i64(1_000_066)));
    stand(&mut door, &axis(1), 0.85, 132, 66, 1);
    assert_eq!(door.recogniser.oldest_undecided(), None);
}

proptest! {
    #[test]
    fn no_decision_is_about_an_instant_that_was_passed(
        steps in prop::collection::vec((20_i64..900, 0_usize..4, any::<bool>()), 1..80),
    ) {
        let mut door = Door::new(enrolled(3));
        let (mut now, mut passed) = (0, i64::MIN);
        for (n, (gap, who, stranger)) in steps.into_iter().enumerate() {
            now += gap;
            let sway = (n % 3) as f32;
            let mut faces = Vec::new();
            if who < 3 {
                faces.push(face(200.0 + sway, seen(&axis(who), 0.9, n)));
            }
            if stranger {
                faces.push(face(450.0 - sway, seen(&axis(6), 0.9, n)));
            }
            for decision in door.frame(now, &faces) {
                prop_assert!(decision.captured_at.as_i64() >= passed, "{:?} of {}", decision.outcome, passed);
            }
            let bound = door.recogniser.oldest_undecided().map_or(i64::MAX, UtcMillis::as_i64);
            passed = passed.max(bound.min(1_000_000 + now));
        }
        for decision in door.end() {
            prop_assert!(decision.captured_at.as_i64() >= passed);
        }
    }
}
