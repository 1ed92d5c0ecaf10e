//! From the tree to typed settings: a serde deserialiser that remembers paths and origins.
//!
//! Values from files must have the right type; text from the environment is read as whatever the setting
//! wants. On the way it notes which settings exist, where each value came from, which are secrets, and
//! what nobody asked for. Settings must be plain structs: `#[serde(flatten)]` and untagged enums hide the
//! wanted type and aren't supported.

use std::cell::RefCell;

use serde::de::value::{MapAccessDeserializer, StringDeserializer};
use serde::de::{self, DeserializeSeed, IntoDeserializer as _, Visitor};

use super::decode_error::{DecodeError, quoted};
use super::error::ConfigError;
use super::notes::Notes;
use super::origin::Origin;
use super::section::known_entries;
use super::text::{parse_bool, parse_float, parse_integer, split_list};
use super::tree::{Kind, Node, join, parse_value};
use crate::secrets::SERDE_NAME;

/// Reads a whole tree.
pub(crate) fn decode<T: de::DeserializeOwned>(tree: Node) -> Result<(T, Notes), ConfigError> {
    let notes = RefCell::new(Notes::default());
    let origin = tree.origin.clone();
    let decoder = Decoder { node: tree, path: String::new(), secret: false, notes: &notes };
    let value = T::deserialize(decoder).map_err(|error| error.located("", &origin).into_config_error())?;
    Ok((value, notes.into_inner()))
}

struct Decoder<'n> {
    node: Node,
    path: String,
    secret: bool,
    notes: &'n RefCell<Notes>,
}

impl<'n> Decoder<'n> {
    fn expected(&self, wanted: &str) -> DecodeError {
        let found = match &self.node.kind {
            // Not even a part of a secret goes into a message.
            _ if self.secret => "something else".into(),
            Kind::Table(_) => "a section".into(),
            Kind::List(_) => "a list".into(),
            Kind::String(text) | Kind::Text(text) => quoted(text),
            Kind::Integer(number) => number.to_string(),
            Kind::Float(number) => number.to_string(),
            Kind::Boolean(truth) => truth.to_string(),
        };
        DecodeError::new(format!("expected {wanted}, got {found}")).located(&self.path, &self.node.origin)
    }

    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let number = match &self.node.kind {
            Kind::Integer(number) => Some(*number),
            Kind::Text(text) => parse_integer(text),
            _ => None,
        };
        match number {
            Some(number) => visitor.visit_i64(number),
            None => Err(self.expected("a whole number")),
        }
    }

    fn float<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let number = match &self.node.kind {
            // Exact up to 2^53; settings are far smaller.
            Kind::Integer(number) => Some(*number as f64),
            Kind::Float(number) => Some(*number).filter(|number| number.is_finite()),
            Kind::Text(text) => parse_float(text),
            _ => None,
        };
        match number {
            Some(number) => visitor.visit_f64(number),
            None => Err(self.expected("a number")),
        }
    }

    fn list(mut self) -> Result<Elements<'n>, DecodeError> {
        let origin = self.node.origin.clone();
        let items = match std::mem::replace(&mut self.node.kind, Kind::Boolean(false)) {
            Kind::List(items) => items,
            Kind::Text(text) if text.trim_start().starts_with('[') => match parse_value(&text, &origin) {
                Some(Node { kind: Kind::List(items), .. }) => items,
                _ => {
                    self.node.kind = Kind::Text(text);
                    return Err(self.expected("a list such as a,b or [\"a\", \"b\"]"));
                }
            },
            Kind::Text(text) => {
                split_list(&text).into_iter().map(|item| Node::text(item, origin.clone())).collect()
            }
            other => {
                self.node.kind = other;
                return Err(self.expected("a list such as [\"a\", \"b\"]"));
            }
        };
        Ok(Elements { items: items.into_iter(), index: 0, path: self.path, notes: self.notes })
    }

    fn table(mut self, fields: Option<&'static [&'static str]>) -> Result<Entries<'n>, DecodeError> {
        if let Kind::Text(text) = &self.node.kind
            && text.trim_start().starts_with('{')
            && let Some(node) = parse_value(text, &self.node.origin)
        {
            self.node = node;
        }
        let origin = self.node.origin.clone();
        let entries = match std::mem::replace(&mut self.node.kind, Kind::Boolean(false)) {
            Kind::Table(entries) => entries,
            other => {
                self.node.kind = other;
                let wanted = match fields.and_then(<[_]>::first) {
                    Some(first) => {
                        format!("a section; set one of its keys, such as {}", join(&self.path, first))
                    }
                    None => "a section".into(),
                };
                return Err(self.expected(&wanted));
            }
        };
        let entries: Vec<(String, Node)> = match fields {
            Some(fields) => known_entries(entries, fields, &self.path, self.notes)?,
            None => entries.into_iter().collect(),
        };
        Ok(Entries { entries: entries.into_iter(), value: None, path: self.path, origin, notes: self.notes })
    }
}

struct Entries<'n> {
    entries: std::vec::IntoIter<(String, Node)>,
    value: Option<(String, Node)>,
    path: String,
    origin: Origin,
    notes: &'n RefCell<Notes>,
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some((key, node)) = self.entries.next() else { return Ok(None) };
        let name: StringDeserializer<DecodeError> = key.clone().into_deserializer();
        let read = seed.deserialize(name).map_err(|error| error.located(&self.path, &self.origin))?;
        self.value = Some((key, node));
        Ok(Some(read))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let (key, node) = self.value.take().ok_or_else(|| DecodeError::new("a value without a name"))?;
        visit_child(seed, node, join(&self.path, &key), self.notes)
    }
}

struct Elements<'n> {
    items: std::vec::IntoIter<Node>,
    index: usize,
    path: String,
    notes: &'n RefCell<Notes>,
}

impl<'de> de::SeqAccess<'de> for Elements<'_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some(node) = self.items.next() else { return Ok(None) };
        let path = format!("{}[{}]", self.path, self.index);
        self.index += 1;
        visit_child(seed, node, path, self.notes).map(Some)
    }
}

fn visit_child<'de, V: DeserializeSeed<'de>>(
    seed: V,
    node: Node,
    path: String,
    notes: &RefCell<Notes>,
) -> Result<V::Value, DecodeError> {
    let origin = node.origin.clone();
    if !matches!(&node.kind, Kind::Table(entries) if !entries.is_empty()) {
        notes.borrow_mut().origins.insert(path.clone(), origin.clone());
    }
    let decoder = Decoder { node, path: path.clone(), secret: false, notes };
    seed.deserialize(decoder).map_err(|error| error.located(&path, &origin))
}

macro_rules! read_as {
    ($kind:ident: $($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            self.$kind(visitor)
        })*
    };
}

impl<'de> de::Deserializer<'de> for Decoder<'_> {
    type Error = DecodeError;

    read_as!(integer: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64);
    read_as!(float: deserialize_f32 deserialize_f64);
    read_as!(deserialize_string: deserialize_char deserialize_str deserialize_identifier);

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node.kind {
            Kind::Table(_) => visitor.visit_map(self.table(None)?),
            Kind::List(_) => visitor.visit_seq(self.list()?),
            Kind::String(text) | Kind::Text(text) => visitor.visit_string(text),
            Kind::Integer(number) => visitor.visit_i64(number),
            Kind::Float(number) => visitor.visit_f64(number),
            Kind::Boolean(truth) => visitor.visit_bool(truth),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let truth = match &self.node.kind {
            Kind::Boolean(truth) => Some(*truth),
            Kind::Text(text) => parse_bool(text),
            _ => None,
        };
        match (truth, &self.node.kind) {
            (Some(truth), _) => visitor.visit_bool(truth),
            (None, Kind::Text(_)) => Err(self.expected("true or false (1, yes, on; 0, no, off)")),
            (None, _) => Err(self.expected("true or false")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node.kind {
            Kind::String(text) | Kind::Text(text) => visitor.visit_string(text),
            _ => Err(self.expected("text in quotes")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.kind {
            // An empty variable is the only way to take a file's value away.
            Kind::Text(text) if text.is_empty() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if name == SERDE_NAME {
            self.secret = true;
            self.notes.borrow_mut().secrets.insert(self.path.clone());
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_seq(self.list()?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_map(self.table(None)?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_map(self.table(Some(fields))?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.node.kind {
            Kind::String(text) | Kind::Text(text) => visitor.visit_enum(text.into_deserializer()),
            Kind::Table(_) => {
                let table = MapAccessDeserializer::new(self.table(None)?);
                de::Deserializer::deserialize_enum(table, name, variants, visitor)
            }
            _ => Err(self.expected(&format!("one of {}", variants.join(", ")))),
        }
    }

    serde::forward_to_deserialize_any! { i128 u128 bytes byte_buf unit unit_struct ignored_any }
}
