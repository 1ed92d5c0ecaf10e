//! The description of `/api/v1` as an OpenAPI 3.1 document, made of the handlers and of the types that they take and
//! give, so that it can't say anything else than the server does.
//!
//! The macros write down what types know; what is the same everywhere is added here: refusals (`refusals`), the
//! security schemes, which fields an answer always has. `docs/openapi.json` is the document as it was looked at last;
//! a test compares. It never lists a route that isn't in the table of `routes`, nor leaves one out: a test goes over
//! both.

pub mod forms;
pub mod refusals;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use utoipa::OpenApi as _;

use super::v1::records::{corrections, days, exceptions, reports, timesheets};
use super::v1::rosters::{assignments, holidays, leave, outages, patterns, periods, policies, shifts};
use super::v1::{attendance, description, devices, imports, payroll, people, photos, sites};
use crate::attendance::policy::Policy;
use crate::uploads;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Lintel",
        version = "1",
        description = "The API of lintel-central: sites, people, rosters, and the record of attendance.\n\n\
            Lists come in pages: `limit` rows (100, at most 1,000) behind `after`; the answer's `next` is the `after` of \
            the next page, and null on the last. Instants are milliseconds since 1970 UTC, dates are civil dates in the \
            zone of their site. A change answers which person-days it touches: they are computed again.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "sites", description = "Places with a time zone."),
        (name = "people", description = "People, their consent, their photographs."),
        (name = "record", description = "Days, timesheets, exceptions, corrections, reports."),
        (name = "rosters", description = "What days are measured against: shifts, patterns, assignments, holidays, leave, \
            policies, locked months, doors out of service."),
        (name = "payroll", description = "What payroll was given, and giving it: a month once, then what differs."),
        (name = "imports", description = "Files of HR, taken in as a whole or not at all."),
        (name = "doors", description = "Door devices."),
        (name = "api", description = "This document."),
    ),
    paths(
        people::list_people, people::create_person, people::remove_person, people::record_consent,
        people::withdraw_consent, photos::add_photos,
        attendance::list_attendance_days, days::list_days, days::list_days_of_person, timesheets::list_timesheets,
        exceptions::list_exceptions, corrections::list_corrections, corrections::change_record,
        corrections::decide_correction, reports::download_report,
        shifts::list_shifts, shifts::get_shift, shifts::put_shift, patterns::list_patterns, patterns::create_pattern,
        assignments::list_assignments, assignments::create_assignment, assignments::delete_assignment,
        assignments::end_assignment, holidays::list_holidays, holidays::put_holiday, holidays::delete_holiday,
        leave::list_leave, leave::record_leave, leave::list_leave_kinds, leave::decide_leave, leave::cancel_leave,
        policies::list_policies, policies::publish_policy, policies::get_policy_in_force,
        periods::list_periods, periods::lock_period, periods::unlock_period,
        outages::list_outages, outages::declare_outage, outages::approve_outage, outages::end_outage,
        imports::import_people, imports::import_assignments, imports::import_contract_hours, imports::import_leave,
        imports::import_holidays,
        payroll::list_batches, payroll::export_month, payroll::get_batch, payroll::download_file, payroll::cancel_batch,
        devices::list_devices, sites::list_sites, sites::create_site, sites::get_site, sites::change_site,
        description::get_description,
    ),
    // Those that no answer names but a refusal does.
    components(schemas(uploads::Report, payroll::GivenBatch)),
)]
struct Described;

/// Fields that an answer leaves out where there is nothing to say; every other field is always there.
const MAY_BE_MISSING: [(&str, &[&str]); 1] =
    [("PhotoAnswer", &["reasons", "template_id", "other_person", "score"])];

/// The document, as it is served, printed and kept.
#[must_use]
pub fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", document()));
    &TEXT
}

/// The document.
#[must_use]
pub fn document() -> Value {
    // Strings, numbers and lists of them always serialise.
    let mut document = serde_json::to_value(Described::openapi()).unwrap_or_default();
    for (method, operation) in operations(&mut document) {
        tidy(operation);
        refusals::write(&method, operation);
        if method != "get" {
            operation.insert("security".to_owned(), json!([{ "token": [] }, { "session": [], "csrf": [] }]));
        }
    }
    let asked = asked(&document);
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        for (name, schema) in schemas.iter_mut().filter(|(name, _)| !asked.contains(*name)) {
            always_whole(name, schema);
        }
        defaults_of_policy(schemas);
        schemas.extend(refusals::schemas().map(|(name, schema)| (name.to_owned(), schema)));
    }
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.insert("responses".to_owned(), refusals::shared());
        components.insert("securitySchemes".to_owned(), security_schemes());
    }
    if let Some(document) = document.as_object_mut() {
        document.insert("security".to_owned(), json!([{ "token": [] }, { "session": [] }]));
    }
    document
}

fn security_schemes() -> Value {
    json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token: `lintel-central token create --name NAME --role ROLE` prints one.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "lintel_session",
            "description": "The console's session, for the console's own pages; over TLS the name begins with `__Host-`.",
        },
        "csrf": {
            "type": "apiKey",
            "in": "header",
            "name": "x-csrf-token",
            "description": "The session's token, which every change with the cookie needs.",
        },
    })
}

/// Every operation with its method.
fn operations(document: &mut Value) -> impl Iterator<Item = (String, &mut Map<String, Value>)> {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let items = paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    items.flatten().filter_map(|(method, operation)| Some((method.clone(), operation.as_object_mut()?)))
}

/// A handler's comment says more than a reader of the document wants to know, and an answer less.
fn tidy(operation: &mut Map<String, Value>) {
    if let Some(Value::String(text)) = operation.get_mut("description") {
        let says = text.split("# Errors").next().unwrap_or_default().trim().to_owned();
        *text = says;
    }
    if operation.get("description").is_some_and(|text| text == "" || Some(text) == operation.get("summary")) {
        operation.remove("description");
    }
    let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (status, answer) in answers.into_iter().flatten() {
        let says = match status.as_str() {
            "201" => "It is there.",
            "204" => "It is done.",
            _ => "The answer.",
        };
        if let Some(answer) = answer.as_object_mut()
            && answer.get("description").is_none_or(|text| text == "")
        {
            answer.insert("description".to_owned(), says.into());
        }
    }
}

/// The schemas that a request names, and those that they name.
fn asked(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flat_map(Map::values);
    for operation in paths.filter_map(Value::as_object).flat_map(Map::values) {
        for part in ["requestBody", "parameters"] {
            named(document, operation.get(part), &mut found);
        }
    }
    found
}

fn named(document: &Value, value: Option<&Value>, found: &mut BTreeSet<String>) {
    match value {
        Some(Value::Object(fields)) => {
            if let Some(name) =
                fields.get("$ref").and_then(Value::as_str).and_then(|at| at.rsplit('/').next())
                && found.insert(name.to_owned())
            {
                named(document, document.pointer(&format!("/components/schemas/{name}")), found);
            }
            fields.values().for_each(|value| named(document, Some(value), found));
        }
        Some(Value::Array(values)) => values.iter().for_each(|value| named(document, Some(value), found)),
        _ => {}
    }
}

/// An answer has all its fields, null where there is nothing: the macros can't know that a field that may be null is
/// written all the same.
fn always_whole(name: &str, schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    let missing = MAY_BE_MISSING.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, fields)| fields);
    if let Some(fields) = schema.get("properties").and_then(Value::as_object) {
        let always = fields.keys().filter(|field| !missing.contains(&field.as_str()));
        let always: Vec<Value> = always.map(|field| field.as_str().into()).collect();
        schema.insert("required".to_owned(), always.into());
    }
    for parts in ["allOf", "oneOf"] {
        let parts = schema.get_mut(parts).and_then(Value::as_array_mut);
        parts.into_iter().flatten().for_each(|part| always_whole(name, part));
    }
}

/// What counts where a policy says nothing, as the policy itself writes it.
fn defaults_of_policy(schemas: &mut Map<String, Value>) {
    let policy = serde_json::to_value(Policy::default()).unwrap_or_default();
    let parts = [
        ("Policy", Some(&policy)),
        ("Grace", policy.get("grace")),
        ("Rounding", policy.get("rounding")),
        ("Breaks", policy.get("breaks")),
        ("Overtime", policy.get("overtime")),
        ("Premium", policy.pointer("/overtime/premium")),
        ("LegalMinima", policy.get("legal")),
    ];
    for (name, values) in parts {
        let fields = schemas.get_mut(name).and_then(|schema| schema.get_mut("properties"));
        for (field, schema) in fields.and_then(Value::as_object_mut).into_iter().flatten() {
            let Some(schema) = schema.as_object_mut() else { continue };
            schema.remove("default");
            if let Some(value) = values.and_then(|values| values.get(field)) {
                schema.insert("default".to_owned(), value.clone());
            }
        }
    }
}
