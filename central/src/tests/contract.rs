//! What the document says is what is answered: each answer that a story gets from `/api/v1` is held against it.
//!
//! Stricter than the document is for clients: an answer has no field that isn't in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::{Draft, Validator};
use serde_json::Value;

use super::Answer;
use crate::api::openapi;
use crate::api::openapi::refusals::REFUSALS;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| strict(openapi::document()));
static VALIDATORS: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());

/// The document, in which no object has a field that isn't named.
fn strict(mut document: Value) -> Value {
    // What is a part of another schema may have the other's fields beside its own.
    let mut parts = BTreeSet::new();
    parts_of(&document, false, &mut parts);
    for (name, schema) in document["components"]["schemas"].as_object_mut().unwrap() {
        if !parts.contains(name) {
            close(schema);
        }
    }
    document
}

fn parts_of(value: &Value, inside: bool, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(at) = fields.get("$ref").and_then(Value::as_str).filter(|_| inside) {
                found.insert(at.rsplit('/').next().unwrap().to_owned());
            }
            fields.iter().for_each(|(key, value)| parts_of(value, key == "allOf", found));
        }
        Value::Array(values) => values.iter().for_each(|value| parts_of(value, inside, found)),
        _ => {}
    }
}

fn close(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    if fields.contains_key("allOf") {
        fields.insert("unevaluatedProperties".into(), false.into());
        return;
    }
    if fields.contains_key("properties") && !fields.contains_key("additionalProperties") {
        fields.insert("additionalProperties".into(), false.into());
    }
    for (key, value) in fields {
        match value {
            Value::Object(inner) if key == "properties" => inner.values_mut().for_each(close),
            Value::Object(_) if key == "items" => close(value),
            Value::Array(inner) if key == "oneOf" || key == "anyOf" => inner.iter_mut().for_each(close),
            _ => {}
        }
    }
}

/// The path of the document that an address is of.
fn template(path: &str) -> Option<&'static str> {
    let fits = |template: &&String| {
        let (asked, known): (Vec<_>, Vec<_>) = (path.split('/').collect(), template.split('/').collect());
        let same = |(asked, known): (&&str, &&str)| known == asked || known.starts_with('{');
        asked.len() == known.len() && asked.iter().zip(&known).all(same)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    paths.keys().filter(fits).min_by_key(|template| template.contains('{')).map(String::as_str)
}

/// What speaks against an answer, if anything does.
pub(super) fn objection(method: &str, path: &str, answer: &Answer) -> Option<String> {
    let template = template(path)?;
    let operation = DOCUMENT["paths"][template].get(method.to_lowercase())?;
    let status = answer.status.as_u16();
    let Some(said) = operation["responses"].get(status.to_string()) else {
        return Some(format!("{status} ({}) isn't in the document", answer.code()));
    };
    let said = resolved(&DOCUMENT, said);
    let Some(contents) = said.get("content").and_then(Value::as_object) else {
        return (!answer.text.is_empty()).then(|| "there is a body and the document has none".to_owned());
    };
    let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    let Some(content) = contents.get(kind) else {
        return Some(format!("{kind:?} isn't among the kinds of body {:?}", contents.keys()));
    };
    if !kind.ends_with("json") {
        return None;
    }
    let known =
        |code: &str| REFUSALS.iter().any(|known| known.code == code && known.statuses.contains(&status));
    if status >= 400 && !known(&answer.code()) {
        return Some(format!("{} with {status} isn't in the table of codes", answer.code()));
    }
    let validator = validator(&format!("{method} {template} {status} {kind}"), &content["schema"]);
    let errors: Vec<String> = validator
        .iter_errors(&answer.json())
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    (!errors.is_empty()).then(|| errors.join("; "))
}

/// What is said once for many operations.
pub(super) fn resolved<'a>(document: &'a Value, said: &'a Value) -> &'a Value {
    let shared = said["$ref"].as_str().and_then(|at| document.pointer(at.trim_start_matches('#')));
    shared.unwrap_or(said)
}

fn validator(key: &str, schema: &Value) -> Arc<Validator> {
    let mut all = VALIDATORS.lock().unwrap();
    let made = all.entry(key.to_owned()).or_insert_with(|| {
        let mut root = schema.clone();
        close(&mut root);
        root["components"] = DOCUMENT["components"].clone();
        let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        Arc::new(options.build(&root).unwrap())
    });
    Arc::clone(made)
}
