//! How single values look in JSON: ids, dates, instants, lengths of time, weekdays.
//!
//! `common/core` knows nothing of documents, and these types write themselves as one text or number; so what their
//! parsers take is said here, once for each. The macros find a form by the table in `build.rs`. A form is less than a
//! parser may take: what it describes is always taken, and always what is given.

use std::borrow::Cow;

use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::attendance::length::Written;
use crate::attendance::{Length, Month};
use crate::payroll::BatchId;
use crate::rosters::Weekdays;

macro_rules! forms {
    ($($(#[$doc:meta])* $name:ident as $shown:literal = $form:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;
        form!($name as $shown = $form);
    )*};
}

macro_rules! form {
    ($name:ty as $shown:literal = $form:expr) => {
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $form.into()
            }
        }
        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($shown)
            }
        }
    };
}

fn text(says: &str, example: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(says)).examples([example])
}

fn slug(says: &str, example: &str) -> Object {
    text(says, example).pattern(Some("^[a-z0-9][a-z0-9-]{0,63}$")).build()
}

fn uuid(says: &str) -> Object {
    let format = Some(SchemaFormat::Custom("uuid".to_owned()));
    text(says, "01890a5d-ac96-774b-bcce-b302099a8057").format(format).build()
}

fn one_of(says: &str, names: &[&str]) -> Object {
    let form = ObjectBuilder::new().schema_type(Type::String).description(Some(says));
    form.enum_values(Some(names.iter().copied())).build()
}

fn whole(says: &str) -> Object {
    let format = Some(SchemaFormat::KnownFormat(KnownFormat::Int64));
    ObjectBuilder::new().schema_type(Type::Integer).format(format).description(Some(says)).build()
}

forms! {
    /// SHA-256.
    HashForm as "Sha256" = text("A SHA-256, in hexadecimal digits.", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
        .pattern(Some("^[0-9a-f]{64}$"))
        .build();
    /// `door-1`.
    DeviceIdForm as "DeviceId" = slug("A door's id.", "door-1");
    /// `berlin`.
    SiteIdForm as "SiteId" = slug("A site's id.", "berlin");
    /// `early`.
    ShiftIdForm as "ShiftId" = slug("A shift's id.", "early");
    /// `three-shifts`.
    PatternIdForm as "PatternId" = slug("A pattern's id.", "three-shifts");
    /// `default`.
    PolicyIdForm as "PolicyId" = slug("A policy's id.", "default");
    /// `annual`.
    LeaveKindForm as "LeaveKind" = slug("A kind of leave, as `/api/v1/leave/kinds` lists them.", "annual");
    /// A UUID.
    PersonIdForm as "PersonId" = uuid("A person's id; never their staff number.");
    /// A UUID.
    EventIdForm as "EventId" = uuid("The id of an event, or of the correction that added a punch.");
    /// A UUID.
    StreamIdForm as "StreamId" = uuid("The id of a door's outbox.");
    /// A UUID.
    CorrectionIdForm as "CorrectionId" = uuid("A correction's id.");
    /// A UUID.
    AssignmentIdForm as "AssignmentId" = uuid("An assignment's id.");
    /// A UUID.
    LeaveIdForm as "LeaveId" = uuid("The id of a leave.");
    /// A UUID.
    OutageIdForm as "OutageId" = uuid("The id of a time in which a door was out of service.");
    /// A UUID.
    TemplateIdForm as "TemplateId" = uuid("The id of a face template.");
    /// An instant.
    UtcMillisForm as "Instant" = whole("An instant: milliseconds since 1970-01-01T00:00:00Z.");
    /// A date.
    DateForm as "Date" = text("A civil date, in the zone of the site that it is about.", "2026-11-20")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
        .build();
    /// A time of the day.
    TimeForm as "Time" = text("A time of the day on the wall, with or without seconds.", "06:00:00")
        .pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?$"))
        .build();
    /// [`lintel_core::event::DirectionHint`].
    DirectionHintForm as "DoorWay" = one_of("Which way people go through a door.", &["in", "out", "none"]);
    /// [`lintel_core::wire::CameraHealth`].
    CameraHealthForm as "CameraHealth" = one_of(
        "Whether a door's camera gives pictures: `ended` is a recording in its place that is over.",
        &["well", "failed", "ended"],
    );
}

form!(Month as "Month" = text("A calendar month.", "2026-11").pattern(Some("^2[01][0-9]{2}-(0[1-9]|1[0-2])$")).build());
form!(BatchId as "BatchId" = text("A batch: the month and a number counted in it.", "2026-11.2")
    .pattern(Some("^2[01][0-9]{2}-(0[1-9]|1[0-2])\\.[1-9][0-9]*$"))
    .build());
form!(Length as "Length" = whole("A length of time in milliseconds; negative where a difference may be."));
form!(Written as "WrittenLength" = text("A length of time as people write it: hours and minutes, and seconds.", "7:30")
    .pattern(Some("^[0-9]{1,5}:[0-5][0-9](:[0-5][0-9])?$"))
    .build());
form!(Weekdays as "Weekdays" = text("Some days of the week; answers name each.", "mon-fri")
    .pattern(Some("^(mon|tue|wed|thu|fri|sat|sun)([,-](mon|tue|wed|thu|fri|sat|sun))*$"))
    .build());

#[cfg(test)]
mod tests {
    use lintel_core::event::DirectionHint;
    use lintel_core::wire::CameraHealth;
    use serde_json::{Value, json};

    use super::*;

    fn names<T: ToSchema>() -> Value {
        serde_json::to_value(T::schema()).unwrap()["enum"].clone()
    }

    #[test]
    fn the_names_of_another_crate_are_those_that_it_writes() {
        let ways = [DirectionHint::In, DirectionHint::Out, DirectionHint::None];
        assert_eq!(names::<DirectionHintForm>(), json!(ways));
        let healths = [CameraHealth::Well, CameraHealth::Failed, CameraHealth::Ended];
        assert_eq!(names::<CameraHealthForm>(), json!(healths));
    }
}
