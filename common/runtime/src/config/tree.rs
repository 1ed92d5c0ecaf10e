//! The merged settings before they have types: a tree whose every value knows where it came from.
//!
//! It exists because neither `toml::Value` nor a merged map can say "line 12 of that file" once the
//! layers lie on one another, and an error without its origin sends the technician to the wrong place.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::origin::Origin;

/// One value or section of the tree.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) origin: Origin,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Table(BTreeMap<String, Node>),
    List(Vec<Node>),
    /// A string that was written as one.
    String(String),
    /// Characters without a type, from the environment, `--set` or a secret's file: read as whatever the
    /// setting wants.
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
}

impl Node {
    pub(crate) fn text(text: impl Into<String>, origin: Origin) -> Self {
        Self { origin, kind: Kind::Text(text.into()) }
    }

    /// A tree of one value at a path such as `camera.width`.
    pub(crate) fn at_path(key: &str, separator: &str, leaf: Self) -> Self {
        let path: Vec<&str> = key.split(separator).collect();
        path.into_iter().rev().fold(leaf, |node, key| {
            let origin = node.origin.clone();
            Self { origin, kind: Kind::Table(BTreeMap::from([(key.to_owned(), node)])) }
        })
    }

    /// Lays `over` on this node: sections are merged key by key, anything else is replaced.
    pub(crate) fn merge(&mut self, over: Self) {
        match (&mut self.kind, over.kind) {
            (Kind::Table(below), Kind::Table(above)) => {
                for (key, node) in above {
                    match below.get_mut(&key) {
                        Some(existing) => existing.merge(node),
                        None => {
                            below.insert(key, node);
                        }
                    }
                }
            }
            (Kind::Text(text), Kind::Table(above)) if text.trim_start().starts_with('{') => {
                if let Some(table) = parse_value(text, &self.origin) {
                    *self = table;
                    self.merge(Self { origin: over.origin, kind: Kind::Table(above) });
                }
            }
            // A value where a section belongs (`camera = 3`) stays, so that the error is about it and not
            // about what its section lacks. No setting is a section at one time and a value at another.
            (_, Kind::Table(_)) if self.origin != Origin::Default => {}
            (_, kind) => *self = Self { origin: over.origin, kind },
        }
    }

    /// Every value below this node with its dotted path.
    pub(crate) fn leaves(&self, path: &str, found: &mut Vec<(String, Origin)>) {
        match &self.kind {
            Kind::Table(entries) if !entries.is_empty() => {
                for (key, node) in entries {
                    node.leaves(&join(path, key), found);
                }
            }
            _ => found.push((path.to_owned(), self.origin.clone())),
        }
    }

    /// The value of a setting's default.
    pub(crate) fn from_default(value: toml::Value) -> Self {
        let kind = match value {
            toml::Value::Table(entries) => Kind::Table(
                entries.into_iter().map(|(key, value)| (key, Self::from_default(value))).collect(),
            ),
            toml::Value::Array(items) => Kind::List(items.into_iter().map(Self::from_default).collect()),
            toml::Value::String(text) => Kind::String(text),
            toml::Value::Integer(number) => Kind::Integer(number),
            toml::Value::Float(number) => Kind::Float(number),
            toml::Value::Boolean(truth) => Kind::Boolean(truth),
            toml::Value::Datetime(at) => Kind::String(at.to_string()),
        };
        Self { origin: Origin::Default, kind }
    }
}

/// `path.key`, or `key` alone at the top.
pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Reads the text of a configuration file.
pub(crate) fn parse_file(text: &str, path: &Path) -> Result<Node, ConfigError> {
    let origin = |at: usize| Origin::File { path: path.to_owned(), line: line_of(text, at) };
    parse(text, &origin)
}

/// Reads a TOML value that came without a file: a list or an inline table in an environment variable.
pub(crate) fn parse_value(text: &str, origin: &Origin) -> Option<Node> {
    let document = format!("value = {text}");
    match parse(&document, &|_| origin.clone()).ok()?.kind {
        Kind::Table(mut entries) if entries.len() == 1 => entries.remove("value"),
        _ => None,
    }
}

fn parse(text: &str, origin: &dyn Fn(usize) -> Origin) -> Result<Node, ConfigError> {
    let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        origin: origin(error.span().map_or(0, |span| span.start)),
        // Not the whole Display, which quotes the line: a password may stand in it.
        message: error.message().to_owned(),
    })?;
    let start = table.span().start;
    convert_table(table.into_inner(), start, origin)
}

fn convert_table(
    table: DeTable<'_>,
    start: usize,
    origin: &dyn Fn(usize) -> Origin,
) -> Result<Node, ConfigError> {
    let mut entries = BTreeMap::new();
    for (key, value) in table {
        let at = key.span().start;
        entries.insert(key.into_inner().into_owned(), convert(value, at, origin)?);
    }
    Ok(Node { origin: origin(start), kind: Kind::Table(entries) })
}

fn convert(
    value: Spanned<DeValue<'_>>,
    at: usize,
    origin: &dyn Fn(usize) -> Origin,
) -> Result<Node, ConfigError> {
    let syntax = |message: String| ConfigError::Syntax { origin: origin(at), message };
    let kind = match value.into_inner() {
        DeValue::Table(table) => return convert_table(table, at, origin),
        DeValue::Array(items) => {
            let items = items.into_iter().map(|item| {
                let at = item.span().start;
                convert(item, at, origin)
            });
            Kind::List(items.collect::<Result<_, _>>()?)
        }
        DeValue::String(text) => Kind::String(text.into_owned()),
        DeValue::Integer(digits) => Kind::Integer(
            i64::from_str_radix(digits.as_str(), digits.radix())
                .map_err(|_| syntax(format!("the number {digits} is too large")))?,
        ),
        DeValue::Float(digits) => {
            Kind::Float(digits.as_str().parse().map_err(|_| syntax(format!("{digits} isn't a number")))?)
        }
        DeValue::Boolean(truth) => Kind::Boolean(truth),
        DeValue::Datetime(moment) => Kind::String(moment.to_string()),
    };
    Ok(Node { origin: origin(at), kind })
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at.min(text.len())).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}
