//! The first rule: first in, last out, per local day in the site's zone.
//!
//! It stands behind the interface that shifts, breaks and corrections will use, and must never look at
//! anything but its input.

use lintel_core::time::{UtcMillis, day_bounds};

use super::{Code, DayInput, DayResult, Punch};

/// Computes one person's day. The order of the punches does not matter.
#[must_use]
pub fn compute_day(input: &DayInput<'_>) -> DayResult {
    let (start, end) = day_bounds(input.date, input.zone);
    // Half-open, so that a punch at midnight belongs to exactly one day.
    let mut of_day: Vec<&Punch> = input.punches.iter().filter(|p| start <= p.at && p.at < end).collect();
    of_day.sort_by_key(|punch| (punch.at, punch.event_id));
    // The same event handed in twice is still one event.
    of_day.dedup_by_key(|punch| punch.event_id);

    let counted = apart(&of_day, input.policy.min_gap_ms);
    let first_in = counted.first().map(|punch| punch.at);
    let last_out = counted.get(1..).and_then(<[_]>::last).map(|punch| punch.at);
    let mut exceptions = Vec::new();
    if first_in.is_some() && last_out.is_none() {
        exceptions.push(Code::MissingCheckOut);
    }
    if counted.iter().any(|punch| !punch.clock_synced) {
        exceptions.push(Code::ClockUnsynced);
    }
    exceptions.sort_unstable();
    DayResult {
        person: input.person,
        date: input.date,
        first_in,
        last_out,
        worked_ms: worked(first_in, last_out),
        punches_counted: count(counted.len()),
        punches_ignored: count(of_day.len() - counted.len()),
        exceptions,
        provisional: input.as_of < end,
        policy_version: input.policy.version(),
    }
}

/// The punches that count: each at least the gap after the one counted before it.
fn apart<'a>(sorted: &[&'a Punch], min_gap_ms: i64) -> Vec<&'a Punch> {
    let mut counted: Vec<&Punch> = Vec::new();
    for punch in sorted {
        let repeats = counted.last().is_some_and(|last| punch.at.millis_since(last.at) < min_gap_ms);
        if !repeats {
            counted.push(punch);
        }
    }
    counted
}

fn worked(first_in: Option<UtcMillis>, last_out: Option<UtcMillis>) -> i64 {
    first_in.zip(last_out).map_or(0, |(first, last)| last.millis_since(first).max(0))
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
