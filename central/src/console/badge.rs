//! The badge's card on a person's page and on one's own.

use lintel_core::ids::PersonId;

use super::shell::{Shell, Visit};
use crate::api::problem::Problem;
use crate::app::AppState;

/// The card for whoever manages badges; empty for others.
pub(super) async fn card_of(
    _state: &AppState,
    _visit: &Visit,
    _shell: &Shell,
    _person: PersonId,
) -> Result<String, Problem> {
    Ok(String::new())
}

/// The card for oneself.
pub(super) async fn own_card(
    _state: &AppState,
    _visit: &Visit,
    _shell: &Shell,
    _person: PersonId,
) -> Result<String, Problem> {
    Ok(String::new())
}
