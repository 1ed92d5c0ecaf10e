//! The decoder's error: serde's complaints turned into sentences, with the place of the value.
//!
//! Only `decode` makes these; everybody else sees a [`ConfigError`].

use serde::de::{self, Expected, Unexpected};

use super::error::ConfigError;
use super::origin::Origin;
use super::text::nearest;
use crate::secrets;

#[derive(Debug)]
pub(crate) struct DecodeError {
    pub(crate) place: Option<(String, Origin)>,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    Message(String),
    Secret(secrets::SecretError),
}

impl DecodeError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { place: None, what: What::Message(message.into()) }
    }

    /// Adds the place unless a deeper one is known.
    pub(crate) fn located(mut self, path: &str, origin: &Origin) -> Self {
        self.place.get_or_insert_with(|| (path.to_owned(), origin.clone()));
        self
    }

    pub(crate) fn into_config_error(self) -> ConfigError {
        let (key, origin) = self.place.unwrap_or_else(|| (String::new(), Origin::Default));
        match self.what {
            What::Message(message) => ConfigError::Value { origin, key, message },
            What::Secret(source) => ConfigError::Secret { origin, key, source },
        }
    }
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.what {
            What::Message(message) => f.write_str(message),
            What::Secret(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {}, got {}", in_words(&expected.to_string()), shown(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        let meant = nearest(found, expected.iter().copied());
        let hint = meant.map(|meant| format!("; did you mean {meant:?}?")).unwrap_or_default();
        let listed: Vec<String> = expected.iter().map(|name| format!("{name:?}")).collect();
        Self::new(format!("expected one of {}, got {found:?}{hint}", listed.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("{field} is missing"))
    }
}

fn in_words(expected: &str) -> String {
    match expected {
        "u8" => "a whole number from 0 to 255".into(),
        "u16" => "a whole number from 0 to 65535".into(),
        "u32" => "a whole number from 0 to 4294967295".into(),
        "u64" | "usize" | "u128" => "a whole number, 0 or more".into(),
        "i8" | "i16" | "i32" | "i64" | "isize" | "i128" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a boolean" => "true or false".into(),
        "a string" => "text in quotes".into(),
        "path string" => "a path in quotes".into(),
        "a sequence" => "a list".into(),
        other if other.starts_with("struct ") => "a section".into(),
        other => other.into(),
    }
}

fn shown(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Float(number) => number.to_string(),
        Unexpected::Bool(truth) => truth.to_string(),
        Unexpected::Str(text) => quoted(text),
        Unexpected::Seq => "a list".into(),
        Unexpected::Map => "a section".into(),
        other => other.to_string(),
    }
}

pub(crate) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() { format!("{short:?}…") } else { format!("{short:?}") }
}
