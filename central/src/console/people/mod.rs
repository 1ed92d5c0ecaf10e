//! People: found, added, and each with what the doors may know of them.

mod detail;
mod list;
mod photos;

pub use detail::{add_photos, erase_person, give_consent, leave, show_person, withdraw_consent};
pub use list::{add_person, list_people};

pub(super) use detail::person_id;

use crate::people::PeopleError;

/// The catalogue's text for a refusal; None when the server failed.
pub(super) fn refusal(error: &PeopleError) -> Option<&'static str> {
    Some(match error {
        PeopleError::Unknown(_) => "refused-person-unknown",
        PeopleError::UnknownSite(_) => "refused-site-unknown",
        PeopleError::StaffNoTaken(_) => "refused-staff-no-taken",
        PeopleError::Left(_) => "refused-person-left",
        PeopleError::NoConsent(_) => "refused-no-consent",
        PeopleError::LastDay(_) => "refused-last-day",
        PeopleError::Name(_) => "refused-name",
        PeopleError::Random(_) | PeopleError::Vault(_) | PeopleError::Store(_) => return None,
    })
}
