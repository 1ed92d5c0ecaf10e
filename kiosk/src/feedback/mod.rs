//! What the person in front of the door is told: a log line, a local event stream, a page for a screen.
//!
//! Made from a decision and what became of it, and only after that is durable: nobody is told "recorded"
//! about something that a power cut could still take away. It never leaves the machine.

pub mod hint;
pub mod page;
pub mod presentation;
pub mod show;
pub mod shown_name;
pub mod stream;

use lintel_core::ids::{EventId, PersonId};
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};

use crate::recognition::{Decision, Outcome};

/// The states that a light, a tone or a screen shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackState {
    /// Stored, and the centre can be reached.
    Recorded,
    /// Recorded a moment ago; nothing more was stored.
    AlreadyRecorded,
    /// Nobody of the gallery, or two people who can't be told apart.
    NotRecognised,
    /// The face could never be compared.
    ComeCloser,
    /// Stored on this door; the centre gets it later.
    StoredOffline,
    /// It could not be stored: try again, or call somebody.
    Fault,
    /// A badge that this door doesn't take: unknown, revoked or damaged.
    BadgeRefused,
}

impl FeedbackState {
    /// The name in the stream and in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::AlreadyRecorded => "already_recorded",
            Self::NotRecognised => "not_recognised",
            Self::ComeCloser => "come_closer",
            Self::StoredOffline => "stored_offline",
            Self::Fault => "fault",
            Self::BadgeRefused => "badge_refused",
        }
    }

    /// Whether the person has been recorded, now or a moment ago.
    #[must_use]
    pub const fn is_confirmation(self) -> bool {
        match self {
            Self::Recorded | Self::AlreadyRecorded | Self::StoredOffline => true,
            Self::NotRecognised | Self::ComeCloser | Self::Fault | Self::BadgeRefused => false,
        }
    }
}

/// What became of a decision in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// Committed as this event; whether the centre can be reached now.
    Committed {
        /// The event.
        event_id: EventId,
        /// Whether a road to the centre is open.
        online: bool,
    },
    /// Not to be stored: a repeat, or one of too many events that don't record anybody.
    Counted,
    /// Refused: the outbox is full or broken.
    Refused,
}

/// One line of the stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// Wall clock of the frame that decided, UTC ms.
    pub at_ms: UtcMillis,
    /// What to show.
    pub state: FeedbackState,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The name to show; absent where the site wants none shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The stored event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// The outcome behind the state.
    pub outcome: String,
    /// Why, as codes, where it isn't a punch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

impl Feedback {
    /// The feedback for a decision after `stored` is known. `name` is what the site shows of the person's name.
    #[must_use]
    pub fn of(decision: &Decision, stored: Stored, name: Option<String>) -> Self {
        let event_id = match stored {
            Stored::Committed { event_id, .. } => Some(event_id),
            Stored::Counted | Stored::Refused => None,
        };
        Self {
            at_ms: decision.captured_at,
            state: state_of(decision, stored),
            person: decision.person,
            name: name.filter(|_| decision.person.is_some()),
            event_id,
            outcome: decision.outcome.as_str().to_owned(),
            reasons: decision.reasons.clone(),
        }
    }

    /// Writes the log line. Names stay out of logs; ids are enough to find them.
    pub fn log(&self) {
        let person = self.person.map(|person| person.to_string()).unwrap_or_default();
        let event = self.event_id.map(|event| event.to_string()).unwrap_or_default();
        log::info!(
            "state" = self.state.as_str(), "outcome" = self.outcome.as_str(), "person.id" = person.as_str(),
            "event.id" = event.as_str(), "captured.at_ms" = self.at_ms.as_i64(),
            "reason" = self.reasons.join(",").as_str();
            "feedback"
        );
    }
}

fn state_of(decision: &Decision, stored: Stored) -> FeedbackState {
    match (decision.outcome, stored) {
        (Outcome::Punch | Outcome::Badge, _) if decision.repeat => FeedbackState::AlreadyRecorded,
        (Outcome::Punch | Outcome::Badge, Stored::Committed { online: true, .. }) => FeedbackState::Recorded,
        (Outcome::Punch | Outcome::Badge, Stored::Committed { online: false, .. }) => {
            FeedbackState::StoredOffline
        }
        // A punch that isn't stored is never shown as anything else than a fault.
        (Outcome::Punch | Outcome::Badge, Stored::Counted | Stored::Refused) => FeedbackState::Fault,
        (Outcome::BadgeRefused, _) => FeedbackState::BadgeRefused,
        (Outcome::Unknown | Outcome::Ambiguous, _) => FeedbackState::NotRecognised,
        (Outcome::LowQuality, _) => FeedbackState::ComeCloser,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use lintel_core::event::Evidence;
    use lintel_vision::Rect;

    use super::*;
    use crate::recognition::TrackId;

    fn decision(outcome: Outcome, repeat: bool) -> Decision {
        Decision {
            outcome,
            person: outcome.is_attendance().then(|| PersonId::new(UtcMillis::from_i64(1), &[7; 10])),
            repeat,
            evidence: Some(Evidence { score: 0.7, margin: 0.3, frames: 3, liveness: None, quality: 0.8 }),
            reasons: Vec::new(),
            captured_at: UtcMillis::from_i64(5),
            monotonic_ms: 5,
            suppressed: 0,
            gallery_revision: 1,
            face: Rect::default(),
            track_id: TrackId(1),
            completed_frame: Instant::now(),
        }
    }

    #[test]
    fn recorded_is_said_only_of_what_is_committed() {
        let event_id = EventId::new(UtcMillis::from_i64(1), &[1; 10]);
        let state = |outcome, repeat, stored| Feedback::of(&decision(outcome, repeat), stored, None).state;
        let online = Stored::Committed { event_id, online: true };
        let offline = Stored::Committed { event_id, online: false };
        for outcome in [Outcome::Punch, Outcome::Badge] {
            assert_eq!(state(outcome, false, online), FeedbackState::Recorded);
            assert_eq!(state(outcome, false, offline), FeedbackState::StoredOffline);
            assert_eq!(state(outcome, true, Stored::Counted), FeedbackState::AlreadyRecorded);
            assert_eq!(state(outcome, false, Stored::Refused), FeedbackState::Fault);
            assert_eq!(state(outcome, false, Stored::Counted), FeedbackState::Fault);
        }
        assert_eq!(state(Outcome::BadgeRefused, false, Stored::Counted), FeedbackState::BadgeRefused);
        assert_eq!(state(Outcome::Ambiguous, false, online), FeedbackState::NotRecognised);
        assert_eq!(state(Outcome::LowQuality, false, Stored::Counted), FeedbackState::ComeCloser);
    }

    #[test]
    fn a_line_of_the_stream_has_these_names() {
        let event_id = EventId::new(UtcMillis::from_i64(1), &[1; 10]);
        let stored = Stored::Committed { event_id, online: true };
        let line = Feedback::of(&decision(Outcome::Punch, false), stored, Some("Ada".into()));
        let json = serde_json::to_value(&line).unwrap();
        assert_eq!((json["at_ms"].as_i64(), json["state"].as_str()), (Some(5), Some("recorded")));
        assert_eq!((json["name"].as_str(), json["outcome"].as_str()), (Some("Ada"), Some("punch")));
        assert_eq!(json["event_id"].as_str(), Some(event_id.to_string().as_str()));
        let nobody = serde_json::to_value(Feedback::of(
            &decision(Outcome::Unknown, false),
            stored,
            Some("Ada".into()),
        ));
        assert!(nobody.unwrap().get("name").is_none());
    }
}
