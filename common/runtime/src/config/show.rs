//! Settings as text: the commented template and the effective values with their origins.
//!
//! Both are made from the types themselves, so that they can't fall behind them. Secrets serialise as
//! `(redacted)`; nothing here ever sees one.

use super::{ConfigError, Loaded, Origin, Settings, decode, default_tree};

const WIDTH: usize = 100;

/// A configuration file with every setting commented out at its default, its text above it.
///
/// # Errors
/// [`ConfigError::Defaults`] when the defaults can't be written as TOML: a mistake in the program.
pub fn template<T: Settings>(intro: &str) -> Result<String, ConfigError> {
    let (_, notes) = decode::decode::<T>(default_tree::<T>()?)?;
    let defaults = as_toml(&T::default())?;
    let texts = T::describe();
    let mut out = String::new();
    comment(&mut out, intro);
    let is_section = |key: &str| notes.known.iter().any(|other| is_below(other, key));
    let (sections, top): (Vec<_>, Vec<_>) = notes.known.iter().partition(|key| is_section(key));
    let write_settings = |out: &mut String, section: Option<&str>| {
        let mine = notes
            .known
            .iter()
            .filter(|key| !is_section(key) && key.rsplit_once('.').map(|(section, _)| section) == section);
        for key in mine {
            out.push('\n');
            comment(out, text_for(&texts, key));
            let name = key.rsplit_once('.').map_or(key.as_str(), |(_, name)| name);
            match lookup(&defaults, key) {
                Some(value) => out.push_str(&format!("#{name} = {}\n", inline(value))),
                None => out.push_str(&format!("#{name} =\n")),
            }
        }
    };
    if !top.is_empty() {
        write_settings(&mut out, None);
    }
    for section in sections {
        out.push('\n');
        comment(&mut out, text_for(&texts, section));
        out.push_str(&format!("[{section}]\n"));
        write_settings(&mut out, Some(section));
    }
    Ok(out)
}

/// Names that `describe` lacks, and names that it has although no setting does. Empty in a tested program.
///
/// # Errors
/// [`ConfigError::Defaults`] as for [`template`].
pub fn undescribed<T: Settings>() -> Result<Vec<String>, ConfigError> {
    let (_, notes) = decode::decode::<T>(default_tree::<T>()?)?;
    let texts = T::describe();
    let lacking = notes.known.iter().filter(|key| text_for(&texts, key).is_empty());
    let stale = texts.iter().map(|(key, _)| *key).filter(|key| !notes.known.iter().any(|known| known == key));
    Ok(lacking.cloned().chain(stale.map(|key| format!("{key} (no such setting)"))).collect())
}

/// The effective values, one `name = value` a line with its origin behind it.
///
/// # Errors
/// [`ConfigError::Defaults`] when a value can't be written as TOML.
pub fn show<T: Settings>(loaded: &Loaded<T>) -> Result<String, ConfigError> {
    let rows: Vec<(String, String)> = rows(loaded)?
        .into_iter()
        .map(|(key, value, origin)| match value {
            Some(value) => (format!("{key} = {}", inline(&value)), format!("# {origin}")),
            None => (format!("#{key} ="), "# not set".to_owned()),
        })
        .collect();
    let width = rows.iter().map(|(left, _)| left.chars().count()).filter(|n| *n <= 60).max().unwrap_or(0);
    Ok(rows.iter().map(|(left, right)| format!("{left:<width$}  {right}\n")).collect())
}

/// The effective values as one JSON object: dotted name → `{value, origin}`.
///
/// # Errors
/// [`ConfigError::Defaults`] when a value can't be written.
pub fn show_json<T: Settings>(loaded: &Loaded<T>) -> Result<serde_json::Value, ConfigError> {
    let entries = rows(loaded)?.into_iter().map(|(key, value, origin)| {
        let value = serde_json::to_value(value)
            .map_err(|error| ConfigError::Defaults { message: error.to_string() })?;
        Ok((key, serde_json::json!({ "value": value, "origin": origin.to_string() })))
    });
    Ok(serde_json::Value::Object(entries.collect::<Result<_, ConfigError>>()?))
}

type Row = (String, Option<toml::Value>, Origin);

fn rows<T: Settings>(loaded: &Loaded<T>) -> Result<Vec<Row>, ConfigError> {
    let values = as_toml(&loaded.value)?;
    let mut keys: Vec<&String> = loaded.known.iter().collect();
    // Maps have names that no struct knows.
    keys.extend(loaded.origins.keys().filter(|key| !key.contains('[') && !loaded.known.contains(key)));
    keys.retain(|key| !keys_below(&loaded.known, &loaded.origins, key));
    Ok(keys
        .into_iter()
        .map(|key| {
            let value = lookup(&values, key).cloned();
            // By name as well as by type: a secret inside a type of its own is still one.
            let hidden = loaded.secrets.contains(key) && value.is_some();
            let value =
                if hidden { Some(toml::Value::String(crate::secrets::REDACTED.into())) } else { value };
            (key.clone(), value, loaded.origin(key).clone())
        })
        .collect())
}

fn keys_below(known: &[String], origins: &std::collections::BTreeMap<String, Origin>, key: &str) -> bool {
    known.iter().chain(origins.keys()).any(|other| is_below(other, key))
}

fn is_below(key: &str, section: &str) -> bool {
    key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}

fn as_toml<T: Settings>(value: &T) -> Result<toml::Value, ConfigError> {
    toml::Value::try_from(value).map_err(|error| ConfigError::Defaults { message: error.to_string() })
}

fn lookup<'a>(values: &'a toml::Value, key: &str) -> Option<&'a toml::Value> {
    key.split('.').try_fold(values, |value, part| value.get(part))
}

fn text_for(texts: &[(&'static str, &'static str)], key: &str) -> &'static str {
    texts.iter().find(|(name, _)| *name == key).map_or("", |(_, text)| text)
}

/// `toml::Value` prints tables and arrays in one line, as a value must be.
fn inline(value: &toml::Value) -> String {
    value.to_string()
}

fn comment(out: &mut String, text: &str) {
    for paragraph in text.lines() {
        let mut line = String::from("#");
        for word in paragraph.split_whitespace() {
            if line.len() > 1 && line.chars().count() + 1 + word.chars().count() > WIDTH {
                out.push_str(&line);
                out.push('\n');
                line = String::from("#");
            }
            line.push(' ');
            line.push_str(word);
        }
        out.push_str(&line);
        out.push('\n');
    }
}
