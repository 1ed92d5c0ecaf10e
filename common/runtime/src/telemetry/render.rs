//! One record as one line: for people, or as JSON.
//!
//! Pure. Values come from cameras, networks and uploads, so control characters are escaped: no value may
//! forge a line or colour a terminal.

use std::fmt::Write as _;

use lintel_core::time::UtcMillis;
use log::kv::{Error, Key, Value, VisitSource};
use log::{Level, Record};
use serde_json::{Map, Value as Json};

/// `12:00:00.000 INFO  lintel_kiosk::outbox: event stored event.id=… seq=7`
pub(super) fn text(record: &Record<'_>, at: UtcMillis, colour: bool) -> String {
    let at = at.to_string();
    let (level, code) = match record.level() {
        Level::Error => ("ERROR", "31"),
        Level::Warn => ("WARN ", "33"),
        Level::Info => ("INFO ", "32"),
        Level::Debug => ("DEBUG", "34"),
        Level::Trace => ("TRACE", "35"),
    };
    let message = escaped(&record.args().to_string());
    let mut line = if colour {
        format!("\x1b[2m{at}\x1b[0m \x1b[{code}m{level}\x1b[0m \x1b[2m{}:\x1b[0m {message}", record.target())
    } else {
        format!("{at} {level} {}: {message}", record.target())
    };
    for (key, value) in fields(record) {
        let value = match value {
            Json::String(text) if is_plain(&text) => text,
            Json::String(text) => format!("{text:?}"),
            other => other.to_string(),
        };
        let key = escaped(&key);
        let written = match colour {
            true => write!(line, " \x1b[2m{key}=\x1b[0m{value}"),
            false => write!(line, " {key}={value}"),
        };
        // Writing into a String doesn't fail.
        written.ok();
    }
    line.push('\n');
    line
}

/// `{"time":…,"level":…,"target":…,"message":…,` then the record's own fields`}`
pub(super) fn json(record: &Record<'_>, at: UtcMillis) -> String {
    let mut object = Map::new();
    for (key, value) in fields(record) {
        object.insert(key, value);
    }
    // Last, so that a field can't replace them.
    object.insert("time".into(), at.to_string().into());
    object.insert("level".into(), record.level().as_str().to_ascii_lowercase().into());
    object.insert("target".into(), record.target().into());
    object.insert("message".into(), record.args().to_string().into());
    let mut line = Json::Object(object).to_string();
    line.push('\n');
    line
}

fn fields(record: &Record<'_>) -> Vec<(String, Json)> {
    struct Collect(Vec<(String, Json)>);
    impl<'kvs> VisitSource<'kvs> for Collect {
        fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
            self.0.push((key.as_str().to_owned(), as_json(&value)));
            Ok(())
        }
    }
    let mut collected = Collect(Vec::new());
    // Collect never refuses a pair.
    record.key_values().visit(&mut collected).ok();
    collected.0
}

fn as_json(value: &Value<'_>) -> Json {
    if let Some(truth) = value.to_bool() {
        return truth.into();
    }
    if let Some(number) = value.to_i64() {
        return number.into();
    }
    if let Some(number) = value.to_u64() {
        return number.into();
    }
    if let Some(number) = value.to_f64().and_then(serde_json::Number::from_f64) {
        return Json::Number(number);
    }
    Json::String(value.to_string())
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '"' && c != '=')
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: UtcMillis = UtcMillis::from_i64(0);

    fn with_record<R>(message: &str, fields: &[(&str, Value<'_>)], read: impl FnOnce(&Record<'_>) -> R) -> R {
        read(
            &Record::builder()
                .level(Level::Info)
                .target("lintel_kiosk::outbox")
                .key_values(&fields)
                .args(format_args!("{message}"))
                .build(),
        )
    }

    #[test]
    fn a_line_for_people_has_time_level_place_message_and_fields() {
        let fields = [("event.id", Value::from("e1")), ("seq", Value::from(7)), ("note", Value::from("a b"))];
        let line = with_record("event stored", &fields, |record| text(record, AT, false));
        let wanted = "1970-01-01T00:00:00.000Z INFO  lintel_kiosk::outbox: event stored event.id=e1 seq=7 note=\"a b\"\n";
        assert_eq!(line, wanted);
    }

    #[test]
    fn json_keeps_types_and_its_own_names() {
        let fields = [("seq", Value::from(7)), ("live", Value::from(true)), ("time", Value::from("forged"))];
        let line = with_record("event \"stored\"", &fields, |record| json(record, AT));
        let read: Json = serde_json::from_str(&line).unwrap();
        assert_eq!(read["seq"], 7);
        assert_eq!(read["live"], true);
        assert_eq!(read["time"], "1970-01-01T00:00:00.000Z");
        assert_eq!(read["message"], "event \"stored\"");
        assert_eq!(line.matches('\n').count(), 1);
    }

    #[test]
    fn a_value_cannot_forge_a_line_or_colour_the_terminal() {
        let fields = [("name", Value::from("x\nERROR forged \x1b[31m"))];
        let line = with_record("hello\nERROR forged", &fields, |record| text(record, AT, false));
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        assert!(!line.contains('\x1b'), "{line}");
    }
}
