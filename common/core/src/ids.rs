//! Identifiers as types of their own, so that a person can't be passed where a device is meant.
//!
//! Devices and sites are named by people (`door-1`, `berlin`), so they are short slugs that are safe in
//! an MQTT topic, a file name and a URL. Everything else is a UUID.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits::MAX_ID_BYTES;
use crate::time::UtcMillis;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a slug.
    #[error("{kind} {value:?} must be 1 to 64 of a-z, 0-9 and '-', starting with a letter or digit")]
    Slug {
        /// Which identifier was expected.
        kind: &'static str,
        /// What was given, cut to 80 characters.
        value: String,
    },
    /// Not a UUID.
    #[error("{kind} {value:?} must be a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")]
    Uuid {
        /// Which identifier was expected.
        kind: &'static str,
        /// What was given, cut to 80 characters.
        value: String,
    },
}

fn shown(value: &str) -> String {
    value.chars().take(80).collect()
}

macro_rules! slug_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads the identifier, refusing anything that is not a slug.
            ///
            /// # Errors
            /// [`IdError::Slug`] names the rule.
            pub fn parse(value: &str) -> Result<Self, IdError> {
                let fits = !value.is_empty()
                    && value.len() <= MAX_ID_BYTES
                    && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                    && !value.starts_with('-');
                if fits {
                    Ok(Self(value.to_owned()))
                } else {
                    Err(IdError::Slug { kind: $kind, value: shown(value) })
                }
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(value: &str) -> Result<Self, IdError> {
                Self::parse(value)
            }
        }
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(value: String) -> Result<Self, IdError> {
                Self::parse(&value)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Reads the identifier.
            ///
            /// # Errors
            /// [`IdError::Uuid`] when it is no UUID.
            pub fn parse(value: &str) -> Result<Self, IdError> {
                Uuid::parse_str(value)
                    .map(Self)
                    .map_err(|_| IdError::Uuid { kind: $kind, value: shown(value) })
            }

            /// A time-ordered identifier (UUIDv7, RFC 9562) from an instant and ten random bytes.
            #[must_use]
            pub fn new(at: UtcMillis, random: &[u8; 10]) -> Self {
                let millis = u64::try_from(at.as_i64()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid())
            }

            /// The identifier as a UUID.
            #[must_use]
            pub fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(value: &str) -> Result<Self, IdError> {
                Self::parse(value)
            }
        }
    };
}

slug_id! {
    /// A door device. It is also the device's MQTT user name and a part of its topics.
    DeviceId, "device id"
}
slug_id! {
    /// A place with one time zone, whose doors share a gallery.
    SiteId, "site id"
}
slug_id! {
    /// A shift template, such as `early`.
    ShiftId, "shift id"
}
slug_id! {
    /// A rotation of shifts that people are assigned to, such as `three-shifts`.
    PatternId, "pattern id"
}
slug_id! {
    /// A policy of attendance rules, such as `default`.
    PolicyId, "policy id"
}
slug_id! {
    /// A kind of leave, such as `annual`.
    LeaveKind, "leave kind"
}
uuid_id! {
    /// A person. Never printed on a badge and never a staff number.
    PersonId, "person id"
}
uuid_id! {
    /// One event, made at the door (UUIDv7).
    EventId, "event id"
}
uuid_id! {
    /// One outbox database. Order, hash chain and watermark are per stream, so a reinstalled box can't
    /// silently continue another one's sequence.
    StreamId, "stream id"
}
uuid_id! {
    /// One correction of a record; the punch that it adds has the same id.
    CorrectionId, "correction id"
}
uuid_id! {
    /// A computation of days over a time that somebody ordered.
    RecomputeId, "computation id"
}
uuid_id! {
    /// A time in which a person works on a pattern or a shift.
    AssignmentId, "assignment id"
}
uuid_id! {
    /// One leave, asked for or recorded.
    LeaveId, "leave id"
}
uuid_id! {
    /// A time in which a door was out of service.
    OutageId, "outage id"
}
uuid_id! {
    /// One stored face template.
    TemplateId, "template id"
}
uuid_id! {
    /// One printed badge: random, so that it says nothing about who holds it or when it was made.
    BadgeId, "badge id"
}

impl BadgeId {
    /// An identifier from sixteen random bytes (UUIDv4, RFC 9562).
    #[must_use]
    pub fn random(random: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(random).into_uuid())
    }
}

uuid_id! {
    /// Somebody's account at the console. Not a person: an account may be nobody's record.
    AccountId, "account id"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_id_is_safe_in_a_topic_a_path_and_a_url() {
        for good in ["door-1", "a", "0", "north-gate-2"] {
            assert_eq!(DeviceId::parse(good).unwrap().as_str(), good);
        }
        let long = "x".repeat(65);
        for bad in ["", "-a", "Door", "a/b", "a+b", "#", "a b", "..", "ü", "a\0", long.as_str()] {
            assert!(DeviceId::parse(bad).is_err(), "{bad:?} was accepted");
            assert!(serde_json::from_value::<DeviceId>(serde_json::json!(bad)).is_err());
        }
    }

    #[test]
    fn ids_made_later_sort_later() {
        let early = EventId::new(UtcMillis::from_i64(1_000), &[0xff; 10]);
        let late = EventId::new(UtcMillis::from_i64(1_001), &[0; 10]);
        assert!(early < late);
        assert_eq!(EventId::parse(&late.to_string()).unwrap(), late);
        assert_eq!(late.as_uuid().get_version_num(), 7);
    }
}
