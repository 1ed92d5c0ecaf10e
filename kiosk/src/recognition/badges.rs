//! From codes in view to decisions: the same cool-down and the same kind of decision as for a face.

use lintel_core::ids::PersonId;
use lintel_vision::Rect;
use lintel_vision::qr::Code;

use super::cooldown::Admission;
use super::{Decision, FrameTime, Outcome, Recogniser, TrackId};
use crate::badge::{BadgeBook, Shown};

/// A badge is held at most this far from its holder's face, in widths of that face.
const REACH: f32 = 4.0;
/// A card that hid its holder's face is lowered within this time, ms.
const LOWERED_MS: i64 = 3_000;

/// A badge whose holder's face has not been seen yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    person: PersonId,
    place: Rect,
    until_ms: i64,
}

impl Recogniser {
    /// Takes the codes of a picture. Pictures come in the order of their time.
    pub fn show(
        &mut self,
        at: FrameTime,
        codes: &[Code],
        book: &BadgeBook,
        gallery_revision: i64,
    ) -> Vec<Decision> {
        let shown = self.badges.take(codes, at.monotonic_ms, at.wall, book);
        shown.into_iter().map(|shown| self.conclude_badge(at, &shown, gallery_revision)).collect()
    }

    fn conclude_badge(&mut self, at: FrameTime, shown: &Shown, gallery_revision: i64) -> Decision {
        let mut decision = Decision {
            outcome: Outcome::BadgeRefused,
            person: None,
            repeat: false,
            evidence: None,
            reasons: Vec::new(),
            captured_at: at.wall,
            monotonic_ms: at.monotonic_ms,
            suppressed: 0,
            gallery_revision,
            face: shown.place,
            track_id: TrackId(self.next_id),
            completed_frame: at.dequeued,
        };
        self.next_id += 1;
        match shown.holder {
            Err(refusal) => decision.reasons.push(refusal.code().to_owned()),
            Ok(person) => {
                decision.outcome = Outcome::Badge;
                decision.person = Some(person);
                (decision.repeat, decision.suppressed) = match self.cooldown.admit(person, at.monotonic_ms) {
                    Admission::Store { suppressed } => (false, suppressed),
                    Admission::Repeat { suppressed } => (true, suppressed),
                };
                let until_ms = at.monotonic_ms.saturating_add(LOWERED_MS);
                self.held = Some(Held { person, place: shown.place, until_ms });
                self.excuse_holder(at.monotonic_ms);
            }
        }
        decision
    }

    /// Whoever held a badge up has been recorded: their face must not be called unknown a moment later. It
    /// may still turn out to be somebody else of the gallery, who then punches as always.
    pub(super) fn excuse_holder(&mut self, at_ms: i64) {
        let Some(held) = self.held.filter(|held| at_ms <= held.until_ms) else {
            self.held = None;
            return;
        };
        let [bx, by] = held.place.centre();
        let widths = |face: &Rect| {
            let [x, y] = face.centre();
            (x - bx).hypot(y - by) / face.width.max(1.0)
        };
        let undecided = self.tracks.iter_mut().filter(|track| track.decided.is_none() && !track.is_excused());
        let nearest = undecided.min_by(|a, b| widths(&a.face).total_cmp(&widths(&b.face)));
        if let Some(track) = nearest.filter(|track| widths(&track.face) <= REACH) {
            track.badge_of = Some(held.person);
            self.held = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use lintel_core::time::UtcMillis;

    use super::super::tests::{Door, axis, enrolled, id, seen, stand};
    use super::*;
    use crate::badge::book::tests::{NOW, book, card, holder};

    fn show(door: &mut Door, ms: i64, text: &str) -> Vec<Decision> {
        let at = FrameTime { monotonic_ms: ms, wall: NOW, dequeued: Instant::now() };
        // Beside the face of somebody who stands at the door.
        let place = Rect { x: 260.0, y: 220.0, width: 90.0, height: 90.0 };
        door.recogniser.show(at, &[Code { text: Ok(text.to_owned()), place }], &book(&[1, 7]), 5)
    }

    fn told(decisions: &[Decision]) -> Vec<(Outcome, Option<PersonId>, bool)> {
        decisions.iter().map(|d| (d.outcome, d.person, d.repeat)).collect()
    }

    #[test]
    fn a_good_badge_records_its_holder_once_however_long_it_is_shown() {
        let mut door = Door::new(enrolled(0));
        let first = show(&mut door, 0, &card(7));
        assert_eq!(told(&first), [(Outcome::Badge, Some(holder(7)), false)]);
        assert_eq!((first[0].gallery_revision, first[0].captured_at), (5, NOW));
        assert_eq!((&first[0].evidence, first[0].reasons.len()), (&None, 0));
        assert!((1..50).all(|n| show(&mut door, n * 200, &card(7)).is_empty()));
    }

    #[test]
    fn face_and_badge_share_the_cooldown_either_way_round() {
        let mut door = Door::new(enrolled(3));
        assert_eq!(stand(&mut door, &axis(1), 0.9, 0, 66, 5).len(), 1);
        assert_eq!(told(&show(&mut door, 5_000, &card(1))), [(Outcome::Badge, Some(id(1)), true)]);

        let mut door = Door::new(enrolled(3));
        assert_eq!(told(&show(&mut door, 0, &card(1))), [(Outcome::Badge, Some(id(1)), false)]);
        let later = stand(&mut door, &axis(1), 0.9, 20_000, 66, 5);
        assert_eq!(told(&later), [(Outcome::Punch, Some(id(1)), true)]);
        let next_hour = show(&mut door, 3_600_000, &card(1));
        assert_eq!((next_hour[0].repeat, next_hour[0].suppressed), (false, 1));
    }

    #[test]
    fn a_badge_that_could_not_be_stored_may_be_shown_again() {
        let mut door = Door::new(enrolled(0));
        show(&mut door, 0, &card(7));
        door.recogniser.not_stored(holder(7));
        assert_eq!(told(&show(&mut door, 3_000, &card(7))), [(Outcome::Badge, Some(holder(7)), false)]);
    }

    #[test]
    fn a_refused_badge_is_told_with_its_reason_and_records_nobody() {
        let mut door = Door::new(enrolled(0));
        let refused = show(&mut door, 0, &card(2));
        assert_eq!(told(&refused), [(Outcome::BadgeRefused, None, false)]);
        assert_eq!(refused[0].reasons, ["badge_not_listed"]);
        assert_eq!(refused[0].outcome.event_kind(), None);
    }

    #[test]
    fn whoever_shows_a_badge_is_not_called_unknown_with_their_face() {
        let mut door = Door::new(enrolled(3));
        stand(&mut door, &axis(6), 0.9, 0, 66, 4);
        assert_eq!(show(&mut door, 264, &card(7)).len(), 1);
        assert_eq!(told(&stand(&mut door, &axis(6), 0.9, 330, 66, 80)), []);
        assert_eq!(told(&door.end()), []);
    }

    #[test]
    fn a_face_that_the_card_had_hidden_is_excused_too_but_not_one_that_comes_later() {
        let mut door = Door::new(enrolled(3));
        show(&mut door, 0, &card(7));
        assert_eq!(told(&stand(&mut door, &axis(6), 0.9, 1_000, 66, 80)), []);
        assert_eq!(told(&door.end()), []);
        let mut door = Door::new(enrolled(3));
        show(&mut door, 0, &card(7));
        assert_eq!(told(&stand(&mut door, &axis(6), 0.9, 4_000, 66, 80)), [(Outcome::Unknown, None, false)]);
    }

    #[test]
    fn somebody_of_the_gallery_beside_the_badge_still_punches() {
        let mut door = Door::new(enrolled(3));
        stand(&mut door, &axis(2), 0.9, 0, 66, 2);
        show(&mut door, 132, &card(7));
        let punched = stand(&mut door, &axis(2), 0.9, 198, 66, 3);
        assert_eq!(told(&punched), [(Outcome::Punch, Some(id(2)), false)]);
    }

    #[test]
    fn a_holder_whose_face_is_known_as_well_is_told_once() {
        let mut door = Door::new(enrolled(3));
        stand(&mut door, &axis(1), 0.9, 0, 66, 2);
        assert_eq!(told(&show(&mut door, 132, &card(1))), [(Outcome::Badge, Some(id(1)), false)]);
        assert_eq!(told(&stand(&mut door, &axis(1), 0.9, 198, 66, 40)), []);
    }

    #[test]
    fn a_stranger_far_from_the_badge_is_still_unknown() {
        let mut door = Door::new(enrolled(3));
        let at =
            |ms: i64| FrameTime { monotonic_ms: ms, wall: UtcMillis::from_i64(ms), dequeued: Instant::now() };
        let far = Rect { x: 1_500.0, y: 220.0, width: 90.0, height: 90.0 };
        let decided: Vec<_> = (0..80)
            .flat_map(|n| {
                let ms = 66 * n;
                if n == 3 {
                    let code = Code { text: Ok(card(7)), place: far };
                    let shown = door.recogniser.show(at(ms), &[code], &book(&[7]), 5);
                    assert_eq!(shown.len(), 1);
                }
                door.frame(
                    ms,
                    &[super::super::tests::face(200.0 + (n % 3) as f32, seen(&axis(6), 0.9, n as usize))],
                )
            })
            .collect();
        assert_eq!(told(&decided), [(Outcome::Unknown, None, false)]);
    }
}
