//! One stretch of a day: what its punches come to in hours, as recorded and as paid.

use jiff::tz::TimeZone;
use lintel_core::time::UtcMillis;

use super::breaks::{Breaks, Settled, settle};
use super::direction::{Resolved, resolve};
use super::exception::{Code, Exception};
use super::interval::{plus, since};
use super::policy::{Grace, Policy};
use super::punch::Counted;
use super::record::Stretch;
use super::shift::PlannedPart;
use super::{Interval, Length};

/// What a stretch is computed from.
pub(super) struct Given<'a> {
    pub(super) punches: Vec<Counted<'a>>,
    /// The part of a shift that it is; none outside all shifts.
    pub(super) part: Option<&'a PlannedPart>,
    /// What is expected of it, when that is less than planned because half of the day is off.
    pub(super) expected: Option<Interval>,
    /// When it is over, whatever comes.
    pub(super) closes: UtcMillis,
    pub(super) breaks: &'a Breaks,
    pub(super) grace: Grace,
    pub(super) policy: &'a Policy,
    pub(super) zone: &'a TimeZone,
    pub(super) as_of: UtcMillis,
}

/// What it comes to.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) stretch: Option<Stretch>,
    pub(super) presence: Length,
    pub(super) settled: Settled,
    pub(super) payable: Length,
    pub(super) rounding: Length,
    pub(super) late: Length,
    pub(super) early: Length,
    pub(super) doubtful: Length,
    pub(super) exceptions: Vec<Exception>,
}

pub(super) fn outcome(given: &Given<'_>) -> Outcome {
    let planned = given.part.and_then(|part| part.planned);
    let resolved = resolve(&given.punches, given.policy.direction, planned);
    let at = |index: usize| given.punches.get(index).map(Counted::at);
    let presence: Vec<Interval> = resolved
        .presence
        .iter()
        .filter_map(|(arrival, departure)| Some(Interval::new(at(*arrival)?, at(*departure)?)))
        .collect();
    let open_since = resolved.open.and_then(at);
    let closed_at = open_since.and(Some(given.closes)).filter(|closes| *closes <= given.as_of);
    let mut outcome = Outcome { presence: presence.iter().map(|i| i.length()).sum(), ..Outcome::default() };

    let counts_from = if given.policy.overtime.before_shift { None } else { planned.map(Interval::start) };
    let clipped = |intervals: &[Interval]| -> Vec<Interval> {
        let from = |interval: &Interval| counts_from.map_or(*interval, |at| interval.from(at));
        intervals.iter().map(from).filter(|interval| !interval.is_empty()).collect()
    };
    outcome.settled = settle(&clipped(&presence), given.breaks);
    let rounded: Vec<Interval> =
        presence.iter().map(|interval| given.policy.rounding.rounded(*interval, given.zone)).collect();
    let paid = settle(&clipped(&joined(rounded)), given.breaks);
    outcome.payable = paid.worked + paid.paid_break;
    outcome.rounding = outcome.payable - outcome.settled.worked - outcome.settled.paid_break;
    outcome.doubtful = doubtful(given, &resolved);

    let stretch = Stretch {
        shift: given.part.map(|part| part.shift.clone()),
        part: given.part.map_or(0, |part| part.part),
        planned,
        presence,
        open_since,
        closed_at,
    };
    if let Some(expected) = given.expected {
        outcome.late =
            stretch.first_in().map_or(Length::ZERO, |at| since(at, expected.start())).at_least_zero();
        outcome.early =
            stretch.last_out().map_or(Length::ZERO, |at| since(expected.end(), at)).at_least_zero();
    }
    outcome.exceptions = exceptions(given, &resolved, &stretch, &outcome);
    outcome.stretch = Some(stretch);
    outcome
}

fn exceptions(
    given: &Given<'_>,
    resolved: &Resolved,
    stretch: &Stretch,
    outcome: &Outcome,
) -> Vec<Exception> {
    let mut found = Vec::new();
    let mut flag = |is: bool, exception: Exception| {
        if is {
            found.push(exception);
        }
    };
    let first = given.punches.first().map(Counted::at);
    let mut missing_in = Exception::of(Code::MissingIn);
    missing_in.at = first;
    flag(resolved.missing_in, missing_in);
    let mut missing_out = Exception::of(Code::MissingOut);
    missing_out.at = stretch.open_since;
    flag(resolved.missing_out || stretch.closed_at.is_some(), missing_out);
    flag(resolved.unknown, Exception::of(Code::DirectionUnknown));
    flag(outcome.late > given.grace.late, Exception::of(Code::LateIn).by(outcome.late));
    flag(outcome.early > given.grace.early, Exception::of(Code::EarlyOut).by(outcome.early));
    flag(outcome.settled.too_short, Exception::of(Code::ShortBreak));
    flag(outcome.settled.too_long, Exception::of(Code::LongBreak));
    let worst = given.punches.iter().map(|punch| punch.punch.error).max().unwrap_or_default();
    flag(worst > given.policy.doubtful_clock, Exception::of(Code::ClockDoubtful).by(worst));
    found
}

/// How many of the hours wrong clocks could make wrong: the errors of the arrivals and departures that they are
/// counted from.
fn doubtful(given: &Given<'_>, resolved: &Resolved) -> Length {
    let error = |index: usize| given.punches.get(index).map_or(Length::ZERO, |punch| punch.punch.error);
    resolved.presence.iter().map(|(arrival, departure)| error(*arrival) + error(*departure)).sum()
}

/// Rounded times may meet or cross: then there was no break between them.
fn joined(rounded: Vec<Interval>) -> Vec<Interval> {
    let mut joined: Vec<Interval> = Vec::with_capacity(rounded.len());
    for interval in rounded {
        match joined.last_mut() {
            Some(last) if interval.start() < last.end() => {
                *last = Interval::new(last.start(), last.end().max(interval.end()));
            }
            _ => joined.push(interval),
        }
    }
    joined
}

/// When a part is over, whatever comes: its tolerance after its end, or the end of its window.
pub(super) fn closes(part: &PlannedPart, tolerance: Length) -> UtcMillis {
    let window = part.window.end();
    part.planned.map_or(window, |planned| plus(planned.end(), tolerance).max(window))
}
