//! Two rows of one file that claim the same day.
//!
//! Only within the file: what the records hold already is asked by whoever applies the rows.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use jiff::civil::Date;

use super::errors::RowErrors;

/// What a row claims: days from `from` to `to`, and of each the parts in `bits`.
pub(super) struct Span<K> {
    pub(super) key: K,
    pub(super) from: Date,
    pub(super) to: Date,
    pub(super) bits: u8,
    pub(super) row: usize,
}

/// Notes each span that overlaps an earlier one of the same key, naming both rows. Gives the rows that are out.
pub(super) fn refuse_overlaps<K: Hash + Eq + std::fmt::Display>(
    spans: impl Iterator<Item = Span<K>>,
    errors: &mut RowErrors,
) -> HashSet<usize> {
    let mut by_key: HashMap<K, Vec<(Date, Date, u8, usize)>> = HashMap::new();
    for span in spans {
        by_key.entry(span.key).or_default().push((span.from, span.to, span.bits, span.row));
    }
    let mut found = Vec::new();
    for (key, mut spans) in by_key {
        spans.sort_by_key(|&(from, _, _, row)| (from, row));
        // For each part of a day the span that reaches furthest so far.
        let mut reached: [Option<(Date, Date, usize)>; 8] = [None; 8];
        for (from, to, bits, row) in spans {
            let mut other = None;
            for (_, slot) in reached.iter_mut().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0) {
                match *slot {
                    Some((_, end, _)) if end < from => *slot = Some((from, to, row)),
                    Some(earlier) => {
                        other = other.or(Some(earlier));
                        if to > earlier.1 {
                            *slot = Some((from, to, row));
                        }
                    }
                    None => *slot = Some((from, to, row)),
                }
            }
            if let Some((other_from, other_to, other_row)) = other {
                found.push((row, key.to_string(), other_row, until(other_from, other_to)));
            }
        }
    }
    found.sort_unstable();
    let out = found.iter().map(|(row, ..)| *row).collect();
    for (row, key, other_row, days) in found {
        errors.push(row, None, &key, format!("overlaps row {other_row} ({days}): keep one of the two"));
    }
    errors.sort();
    out
}

fn until(from: Date, to: Date) -> String {
    if to == Date::MAX {
        format!("from {from} on")
    } else if from == to {
        from.to_string()
    } else {
        format!("{from} to {to}")
    }
}
