//! One conclusion for a code that is held up for a while, however many frames show it.
//!
//! A refused code is told once per showing, and only so often: somebody who plays with codes in front of a
//! door must not make it blink all day, and a poster in the background is not news.

use std::collections::VecDeque;

use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;
use lintel_vision::Rect;
use lintel_vision::qr::{Code, Unusable};

use super::{BadgeBook, Refusal};
use lintel_core::badge::BadgeError;

/// A badge that isn't read for this long was taken away, ms.
const GONE_MS: i64 = 2_000;
/// The same for a code that is no badge, ms: a poster is lost for seconds when somebody stands before it.
const FOREIGN_GONE_MS: i64 = 60_000;
/// Codes that are remembered at once.
const REMEMBERED: usize = 32;
/// Refusals told in a minute; the rest is only counted.
const REFUSALS_A_MINUTE: usize = 10;
const MINUTE_MS: i64 = 60_000;

/// A code that has just come into view, and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Whose badge it is, or why it is refused.
    pub holder: Result<PersonId, Refusal>,
    /// Where it is, px.
    pub place: Rect,
}

#[derive(Debug)]
struct Known {
    text: Result<String, Unusable>,
    last_ms: i64,
    gone_after_ms: i64,
}

/// The codes in view.
#[derive(Debug, Default)]
pub struct Presences {
    known: VecDeque<Known>,
    /// Times of the refusals of the last minute, ms.
    refused: VecDeque<i64>,
    untold: u64,
}

impl Presences {
    /// Takes the codes of one picture; gives those that came into view with it.
    pub fn take(&mut self, codes: &[Code], at_ms: i64, now: UtcMillis, book: &BadgeBook) -> Vec<Shown> {
        self.known.retain(|known| at_ms.saturating_sub(known.last_ms) < known.gone_after_ms);
        let mut shown = Vec::new();
        for code in codes {
            if let Some(known) = self.known.iter_mut().find(|known| known.text == code.text) {
                known.last_ms = known.last_ms.max(at_ms);
                continue;
            }
            let holder = match &code.text {
                Ok(text) => book.holder(text, now),
                Err(_) => Err(BadgeError::NotABadge.into()),
            };
            let is_foreign = holder == Err(BadgeError::NotABadge.into());
            self.remember(Known {
                text: code.text.clone(),
                last_ms: at_ms,
                gone_after_ms: if is_foreign { FOREIGN_GONE_MS } else { GONE_MS },
            });
            if holder.is_ok() || self.may_refuse(at_ms) {
                shown.push(Shown { holder, place: code.place });
            }
        }
        shown
    }

    /// Refusals that nobody was told of, because there were too many.
    #[must_use]
    pub fn untold(&self) -> u64 {
        self.untold
    }

    fn remember(&mut self, known: Known) {
        if self.known.len() >= REMEMBERED {
            let oldest = self.known.iter().enumerate().min_by_key(|(_, known)| known.last_ms);
            if let Some((at, _)) = oldest {
                self.known.remove(at);
            }
        }
        self.known.push_back(known);
    }

    fn may_refuse(&mut self, at_ms: i64) -> bool {
        while self.refused.front().is_some_and(|first| at_ms.saturating_sub(*first) >= MINUTE_MS) {
            self.refused.pop_front();
        }
        let may = self.refused.len() < REFUSALS_A_MINUTE;
        if may {
            self.refused.push_back(at_ms)
        } else {
            self.untold = self.untold.saturating_add(1)
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::book::tests::{NOW, book, card, holder};
    use super::*;

    fn code(text: &str) -> Code {
        Code { text: Ok(text.to_owned()), place: Rect::default() }
    }

    fn holders(shown: &[Shown]) -> Vec<Result<PersonId, &'static str>> {
        shown.iter().map(|shown| shown.holder.map_err(Refusal::code)).collect()
    }

    #[test]
    fn a_badge_that_is_held_up_is_one_showing_and_again_one_after_it_was_gone() {
        let (mut presences, book) = (Presences::default(), book(&[1]));
        let mut at = |ms: i64| holders(&presences.take(&[code(&card(1))], ms, NOW, &book));
        assert_eq!(at(0), [Ok(holder(1))]);
        for ms in [200, 400, 2_300, 4_200] {
            assert_eq!(at(ms), [], "{ms}");
        }
        assert_eq!(at(6_200), [Ok(holder(1))]);
    }

    #[test]
    fn a_poster_is_told_once_however_often_somebody_stands_before_it() {
        let (mut presences, book) = (Presences::default(), book(&[1]));
        let mut at = |ms: i64| holders(&presences.take(&[code("https://example.org")], ms, NOW, &book));
        assert_eq!(at(0), [Err("not_a_badge")]);
        for ms in [30_000, 80_000, 139_000] {
            assert_eq!(at(ms), [], "{ms}");
        }
        assert_eq!(at(199_000), [Err("not_a_badge")]);
    }

    #[test]
    fn refusals_are_limited_and_a_good_badge_is_told_all_the_same() {
        let (mut presences, book) = (Presences::default(), book(&[1]));
        let told =
            (0..100).flat_map(|n| presences.take(&[code(&format!("LB1{n}"))], n * 100, NOW, &book)).count();
        assert_eq!((told, presences.untold()), (REFUSALS_A_MINUTE, 90));
        assert_eq!(holders(&presences.take(&[code(&card(1))], 10_000, NOW, &book)), [Ok(holder(1))]);
        let later = presences.take(&[code("LB1 again")], 60_000, NOW, &book);
        assert_eq!(holders(&later), [Err("badge_malformed")]);
    }

    #[test]
    fn an_unusable_text_is_no_badge() {
        let unusable = Code { text: Err(Unusable::NotText), place: Rect::default() };
        let shown = Presences::default().take(&[unusable], 0, NOW, &book(&[1]));
        assert_eq!(holders(&shown), [Err("not_a_badge")]);
    }

    proptest! {
        #[test]
        fn whatever_is_shown_memory_and_refusals_stay_bounded(
            texts in prop::collection::vec(prop_oneof![any::<String>(), "LB1[0-9A-Z]{0,160}", Just(card(1))], 1..120),
            pause in 0i64..900,
        ) {
            let (mut presences, book) = (Presences::default(), book(&[1]));
            let mut told = Vec::new();
            for (n, text) in texts.iter().enumerate() {
                let at_ms = i64::try_from(n).unwrap() * pause;
                for shown in presences.take(&[code(text)], at_ms, NOW, &book) {
                    match shown.holder {
                        Ok(person) => prop_assert_eq!(person, holder(1)),
                        Err(_) => told.push(at_ms),
                    }
                }
                prop_assert!(presences.known.len() <= REMEMBERED && presences.refused.len() <= REFUSALS_A_MINUTE);
            }
            for window in told.windows(REFUSALS_A_MINUTE + 1) {
                prop_assert!(window[REFUSALS_A_MINUTE] - window[0] >= MINUTE_MS);
            }
        }
    }
}
