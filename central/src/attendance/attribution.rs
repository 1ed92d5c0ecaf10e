//! Which shift a punch belongs to.
//!
//! 1. A punch in the window of one shift belongs to it; windows are half-open.
//! 2. In the windows of several: to one that the person has begun and not left, unless the punch is an arrival;
//!    else to the nearest. A shift not begun yet is as near as its start, one that was begun as its end, and a
//!    departure always looks at ends. Of equally near ones to the one not begun, then to the earlier.
//! 3. In no window: to the latest begun shift until its tolerance has passed, unless the punch is an arrival; else
//!    to the next shift not begun whose start is no further than its tolerance, unless the punch is a departure.
//! 4. What is left belongs to no shift.
//!
//! So a check-out that somebody forgot never turns the next arrival into one (odoo#29645, frappe/hrms#3859).

use lintel_core::time::UtcMillis;

use super::Length;
use super::interval::{apart, minus, plus};
use super::punch::{Counted, Direction};
use super::shift::PlannedPart;

const A_DAY: Length = Length::from_hours(24);

/// A part of a shift that punches may belong to, and those that do.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) part: PlannedPart,
    /// How far beyond its windows it may claim what no window claims.
    pub(super) tolerance: Length,
    /// Any punch after the first may be its last.
    pub(super) first_and_last: bool,
    /// Places in the list of counted punches.
    pub(super) punches: Vec<usize>,
    /// The person came and hasn't left.
    open: bool,
    /// The last punch was said to be a departure.
    left: bool,
}

impl Candidate {
    pub(super) const fn new(part: PlannedPart, tolerance: Length, first_and_last: bool) -> Self {
        Self { part, tolerance, first_and_last, punches: Vec::new(), open: false, left: false }
    }

    fn begun(&self) -> bool {
        !self.punches.is_empty()
    }

    /// After this it claims nothing.
    fn end(&self) -> UtcMillis {
        let window = self.part.window.end();
        self.part.planned.map_or(window, |planned| plus(planned.end(), self.tolerance).max(window))
    }

    /// Before this it claims nothing.
    fn start(&self) -> UtcMillis {
        let window = self.part.window.start();
        self.part.planned.map_or(window, |planned| minus(planned.start(), self.tolerance).min(window))
    }

    fn take(&mut self, index: usize, punch: &Counted<'_>) {
        self.punches.push(index);
        self.open = match punch.fixed {
            Some(Direction::In) => true,
            Some(Direction::Out) => false,
            None => !self.open,
        };
        self.left = punch.fixed == Some(Direction::Out);
    }

    fn distance(&self, punch: &Counted<'_>) -> Length {
        let planned = self.part.planned.unwrap_or(self.part.window);
        if punch.fixed == Some(Direction::Out) {
            apart(punch.at(), planned.end())
        } else if !self.begun() {
            apart(punch.at(), planned.start())
        } else if planned.contains(punch.at()) {
            Length::ZERO
        } else {
            apart(punch.at(), planned.end())
        }
    }
}

/// Gives each punch, in order of time, to a part; what belongs to none comes back. Parts are in order of their
/// windows.
pub(super) fn attribute(punches: &[Counted<'_>], parts: &mut [Candidate]) -> Vec<usize> {
    let mut unclaimed = Vec::new();
    let mut done = 0;
    for (index, punch) in punches.iter().enumerate() {
        while parts.get(done).is_some_and(|part| part.end() <= punch.at()) {
            done += 1;
        }
        let near = parts.get_mut(done..).unwrap_or_default();
        // No window and no tolerance reaches further.
        let until = near.partition_point(|part| part.part.window.start() <= plus(punch.at(), A_DAY));
        let near = near.get_mut(..until).unwrap_or_default();
        let chosen = in_window(punch, near).or_else(|| beyond(punch, near));
        match chosen.and_then(|chosen| near.get_mut(chosen)) {
            Some(part) => part.take(index, punch),
            None => unclaimed.push(index),
        }
    }
    unclaimed
}

fn in_window(punch: &Counted<'_>, parts: &[Candidate]) -> Option<usize> {
    let arrival = punch.fixed == Some(Direction::In);
    parts
        .iter()
        .enumerate()
        .filter(|(_, part)| part.part.window.contains(punch.at()))
        .min_by_key(|(_, part)| {
            (!part.open || arrival, part.distance(punch), part.begun(), part.part.window.start())
        })
        .map(|(index, _)| index)
}

fn beyond(punch: &Counted<'_>, parts: &[Candidate]) -> Option<usize> {
    let late = |part: &Candidate| {
        let present = if part.first_and_last { part.begun() && !part.left } else { part.open };
        present && part.part.window.end() <= punch.at() && punch.at() < part.end()
    };
    let early = |part: &Candidate| {
        !part.begun() && punch.at() < part.part.window.start() && part.start() <= punch.at()
    };
    let left = (punch.fixed != Some(Direction::In)).then(|| parts.iter().rposition(late)).flatten();
    left.or_else(|| (punch.fixed != Some(Direction::Out)).then(|| parts.iter().position(early)).flatten())
}
