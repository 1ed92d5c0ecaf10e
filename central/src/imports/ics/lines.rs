//! A calendar's lines: decoded, unfolded (RFC 5545, 3.1), counted, and cut into events.
//!
//! Events are found by walking the lines, not by a parser that descends: a file of nothing but `BEGIN` lines
//! would take such a parser as deep as it has lines.

use super::super::limits::Limits;
use super::super::shown::shown;
use super::error::CalendarError;

/// Deepest nesting: a calendar, an event, an alarm, and one more for extensions.
const MAX_DEPTH: usize = 4;

/// An event's own lines, without those of its alarms.
#[derive(Debug)]
pub(super) struct EventLines {
    /// The line of the file, from 1, where it begins.
    pub(super) line: usize,
    /// Its content lines.
    pub(super) content: Vec<String>,
}

/// The unfolded lines that have content, each with the line of the file where it begins.
pub(super) fn unfolded(bytes: &[u8], limits: &Limits) -> Result<Vec<(usize, String)>, CalendarError> {
    if bytes.len() > limits.calendar_bytes {
        return Err(CalendarError::TooLarge { bytes: bytes.len(), limit: limits.calendar_bytes });
    }
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(CalendarError::NotUtf8 { line: 1 });
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    // Folding may cut a character in two, so the text is decoded after the lines are joined.
    let mut lines: Vec<(usize, Vec<u8>)> = Vec::new();
    for (line, raw) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        if line > limits.calendar_lines && !raw.is_empty() {
            return Err(CalendarError::TooManyLines(limits.calendar_lines));
        }
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        match (raw, lines.last_mut()) {
            ([b' ' | b'\t', rest @ ..], Some((begun, joined))) => {
                joined.extend(rest);
                if joined.len() > limits.calendar_line_bytes {
                    return Err(CalendarError::LineTooLong {
                        line: *begun,
                        limit: limits.calendar_line_bytes,
                    });
                }
            }
            ([], _) => {}
            _ if raw.len() > limits.calendar_line_bytes => {
                return Err(CalendarError::LineTooLong { line, limit: limits.calendar_line_bytes });
            }
            _ => lines.push((line, raw.to_vec())),
        }
    }
    lines.into_iter().map(|(line, raw)| Ok((line, text(line, raw)?))).collect()
}

fn text(line: usize, raw: Vec<u8>) -> Result<String, CalendarError> {
    let text = String::from_utf8(raw).map_err(|_| CalendarError::NotUtf8 { line })?;
    if text.chars().any(|letter| letter.is_control() && letter != '\t') {
        return Err(CalendarError::Control { line });
    }
    Ok(text)
}

/// The events of one or more calendars.
pub(super) fn events(lines: Vec<(usize, String)>, limits: &Limits) -> Result<Vec<EventLines>, CalendarError> {
    let mut events: Vec<EventLines> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for (line, text) in lines {
        let (key, value) = text.split_once(':').unwrap_or((text.as_str(), ""));
        let value = value.trim().to_ascii_uppercase();
        match (key.to_ascii_uppercase().as_str(), open.len()) {
            ("BEGIN", 0) if value != "VCALENDAR" => return Err(CalendarError::NoCalendar),
            ("BEGIN", MAX_DEPTH..) => return Err(CalendarError::Unbalanced { line, text: shown(&text) }),
            ("BEGIN", depth) => {
                if depth == 1 && value == "VEVENT" {
                    if events.len() >= limits.calendar_events {
                        return Err(CalendarError::TooManyEvents(limits.calendar_events));
                    }
                    events.push(EventLines { line, content: Vec::new() });
                }
                open.push(value);
            }
            ("END", _) => {
                let closed = open.pop().filter(|opened| *opened == value);
                closed.ok_or_else(|| CalendarError::Unbalanced { line, text: shown(&text) })?;
            }
            (_, 0) => return Err(CalendarError::NoCalendar),
            ("VERSION", 1) if value != "2.0" => return Err(CalendarError::Version(shown(&value))),
            (_, 2) if open.last().is_some_and(|inner| inner == "VEVENT") => {
                if let Some(event) = events.last_mut() {
                    event.content.push(text);
                }
            }
            _ => {}
        }
    }
    match open.pop() {
        None if events.is_empty() => Err(CalendarError::NoEvents),
        None => Ok(events),
        Some(unclosed) => {
            Err(CalendarError::Unbalanced { line: 0, text: format!("END:{} is missing", shown(&unclosed)) })
        }
    }
}
