//! What the screen shows at this moment: results first, then trouble, then a hint, then the clock.
//!
//! Pure: what happened and the time go in, a [`Screen`] comes out. A result is put in here only after it is
//! durable, and nothing in here makes one up; a hint never promises anything. People don't look at a screen
//! that flickers, so a hint appears only when it has been true for a moment, and stays for one.

use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;

use super::hint::Hint;
use super::{Feedback, FeedbackState};
use crate::recognition::Undecided;

/// Results that are shown at once; of more people than that, those who came last.
pub const MAX_LINES: usize = 3;
/// A confirmation is shown for this long, ms.
pub const CONFIRMED_MS: i64 = 3_000;
/// What asks people to do something is shown for this long, ms: it takes longer to read.
pub const ASKED_MS: i64 = 6_000;
/// A hint must have been true for this long before it is shown, ms.
const HINT_AFTER_MS: i64 = 600;
/// The same for a face that is fine and only needs a moment, ms: usually it is recognised before.
const PATIENCE_MS: i64 = 1_000;
/// A hint stays for this long after it was true last, ms.
const HINT_STAYS_MS: i64 = 800;
/// Central may be away for this long before the screen says so, ms: a line that blinks worries people.
const OFFLINE_AFTER_MS: i64 = 10_000;
/// A hint after somebody has left unrecognised is shown for this long, ms.
const PARTING_HINT_MS: i64 = 3_000;

/// What stops a door from recording at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The camera gives no picture.
    Camera,
    /// Events can't be stored: the outbox or the disk is full, or broken.
    Storage,
}

/// One result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What became of it.
    pub state: FeedbackState,
    /// When it was, by the wall clock.
    pub at: UtcMillis,
    /// What the site shows of the name.
    pub name: Option<String>,
}

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Shown {
    /// Nobody is there: the clock.
    #[default]
    Idle,
    /// What somebody who is there should do.
    Hint(Hint),
    /// What became of one to [`MAX_LINES`] people, the latest last.
    Results(Vec<Line>),
    /// The door can't record.
    Trouble(Trouble),
}

/// A whole screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Screen {
    /// What is shown.
    pub shown: Shown,
    /// Whether what is recorded now waits on this door, because central can't be reached.
    pub offline: bool,
}

#[derive(Debug)]
struct Kept {
    line: Line,
    person: Option<PersonId>,
    until_ms: i64,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    hint: Hint,
    since_ms: i64,
    last_ms: i64,
}

/// Remembers what is still to be shown.
#[derive(Debug, Default)]
pub struct Presentation {
    lines: Vec<Kept>,
    /// What the largest undecided face should do, since when.
    seen: Option<Seen>,
    /// The hint on the screen, until when.
    hint: Option<(Hint, i64)>,
    trouble: Option<Trouble>,
    /// Since when central can't be reached.
    away_since_ms: Option<i64>,
}

impl Presentation {
    /// A result that is durable, or the news that there is none.
    pub fn take(&mut self, feedback: &Feedback, now_ms: i64) {
        self.expire(now_ms);
        if feedback.state == FeedbackState::ComeCloser {
            self.hint = Some((Hint::behind(&feedback.reasons), now_ms.saturating_add(PARTING_HINT_MS)));
            return;
        }
        // Whoever was being helped has an answer now.
        (self.seen, self.hint) = (None, None);
        let shows_for = if feedback.state.is_confirmation() { CONFIRMED_MS } else { ASKED_MS };
        let line = Line { state: feedback.state, at: feedback.at_ms, name: feedback.name.clone() };
        let kept = Kept { line, person: feedback.person, until_ms: now_ms.saturating_add(shows_for) };
        if let Some(at) = self.lines.iter().position(|other| is_about_the_same(other, &kept)) {
            // "Already recorded" a second after "Recorded" would only raise the question whether it was.
            let is_echo = kept.line.state == FeedbackState::AlreadyRecorded;
            if is_echo && self.lines.get(at).is_some_and(|other| other.line.state != kept.line.state) {
                return;
            }
            self.lines.remove(at);
        }
        self.lines.push(kept);
        while self.lines.len() > MAX_LINES {
            // A stranger's line goes before anybody's confirmation.
            let first = self.lines.iter().position(|kept| !kept.line.state.is_confirmation()).unwrap_or(0);
            self.lines.remove(first);
        }
    }

    /// The faces of the newest frame that are not decided yet; none when nobody is there.
    pub fn see(&mut self, undecided: &[Undecided], now_ms: i64) {
        let nearest = undecided.iter().max_by(|a, b| a.face.width.total_cmp(&b.face.width));
        let Some(nearest) = nearest else {
            self.seen = None;
            return;
        };
        let hint = Hint::against(&nearest.refusals);
        let since_ms = self.seen.filter(|seen| seen.hint == hint).map_or(now_ms, |seen| seen.since_ms);
        self.seen = Some(Seen { hint, since_ms, last_ms: now_ms });
        let is_fine = nearest.refusals.is_empty();
        let wait_ms = if is_fine { PATIENCE_MS } else { HINT_AFTER_MS };
        let is_shown = self.hint.is_some_and(|(shown, until_ms)| shown == hint && until_ms > now_ms);
        if is_shown || now_ms.saturating_sub(since_ms) >= wait_ms {
            self.hint = Some((hint, now_ms.saturating_add(HINT_STAYS_MS)));
        }
    }

    /// What stops the door from recording; `None` when nothing does.
    pub fn set_trouble(&mut self, trouble: Option<Trouble>) {
        self.trouble = trouble;
    }

    /// Whether central can be reached.
    pub fn set_online(&mut self, online: bool, now_ms: i64) {
        self.away_since_ms = (!online).then(|| self.away_since_ms.unwrap_or(now_ms));
    }

    /// What to show now.
    pub fn screen(&mut self, now_ms: i64) -> Screen {
        self.expire(now_ms);
        let shown = if !self.lines.is_empty() {
            Shown::Results(self.lines.iter().map(|kept| kept.line.clone()).collect())
        } else if let Some(trouble) = self.trouble {
            Shown::Trouble(trouble)
        } else if let Some((hint, _)) = self.hint {
            Shown::Hint(hint)
        } else {
            Shown::Idle
        };
        let away = |since_ms: i64| now_ms.saturating_sub(since_ms) >= OFFLINE_AFTER_MS;
        Screen { shown, offline: self.away_since_ms.is_some_and(away) }
    }

    /// When [`Presentation::screen`] changes by itself, ms; `None` while nothing runs out.
    #[must_use]
    pub fn next_change_ms(&self) -> Option<i64> {
        self.lines.iter().map(|kept| kept.until_ms).chain(self.hint.map(|(_, until_ms)| until_ms)).min()
    }

    fn expire(&mut self, now_ms: i64) {
        self.lines.retain(|kept| kept.until_ms > now_ms);
        self.hint = self.hint.filter(|(_, until_ms)| *until_ms > now_ms);
        // A frame that never came leaves nobody standing there.
        self.seen = self.seen.filter(|seen| now_ms.saturating_sub(seen.last_ms) < HINT_STAYS_MS);
    }
}

/// Two lines about the same person, or two that name nobody and say the same.
fn is_about_the_same(a: &Kept, b: &Kept) -> bool {
    match (a.person, b.person) {
        (Some(one), Some(other)) => one == other,
        (None, None) => a.line.state == b.line.state,
        _ => false,
    }
}

#[cfg(test)]
#[path = "presentation_tests.rs"]
mod tests;
