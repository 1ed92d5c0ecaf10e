//! Tells the macros of the API's document how types of other crates look in JSON: `PersonId` of `common/core` as
//! `PersonIdForm` of `src/api/openapi/forms.rs` does, and so on. Types of this crate say it themselves.

const FORMS: [&str; 20] = [
    "AssignmentId",
    "CameraHealth",
    "CorrectionId",
    "Date",
    "DeviceId",
    "DirectionHint",
    "EventId",
    "Hash",
    "LeaveId",
    "LeaveKind",
    "OutageId",
    "PatternId",
    "PersonId",
    "PolicyId",
    "ShiftId",
    "SiteId",
    "StreamId",
    "TemplateId",
    "Time",
    "UtcMillis",
];

fn main() {
    let forms = FORMS.map(|name| (name, format!("crate::api::openapi::forms::{name}Form")));
    let config = utoipa_config::Config::new();
    forms.iter().fold(config, |config, (name, form)| config.alias_for(name, form)).write_to_file();
    println!("cargo::rerun-if-changed=build.rs");
}
