//! What surrounds every page: who is there, where they may go, what was just said, and the words.
//!
//! A page shows only links that its reader's role opens; the guard, not the link, is what protects.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Redirect;
use lintel_runtime::catalogue::Words;

use super::assets::{Addresses, addresses};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::permit::{
    ManageAccounts, ReadAttendance, ReadAudit, ReadDevices, ReadOwnRecord, ReadPeople,
};
use crate::auth::{Actor, Permission};
use crate::words::words;

/// The parts of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    /// Who is here.
    Today,
    /// The people.
    People,
    /// The month's hours.
    Month,
    /// Reports and their files.
    Reports,
    /// The doors.
    Devices,
    /// Who may log in.
    Accounts,
    /// Who saw and changed what.
    Audit,
    /// One's own record.
    Me,
    /// A page that no link at the top leads to.
    Elsewhere,
}

/// A link at the top of the page.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) address: &'static str,
    pub(super) text: String,
    pub(super) current: bool,
}

/// What was done or refused a moment ago.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) refused: bool,
}

/// What surrounds a page.
#[derive(Debug, Clone)]
pub(super) struct Shell {
    pub(super) assets: Addresses,
    pub(super) words: Words<'static>,
    pub(super) language: String,
    pub(super) links: Vec<Link>,
    pub(super) name: String,
    pub(super) has_account: bool,
    pub(super) csrf: String,
    pub(super) said: Option<Said>,
    pub(super) trial: Option<String>,
}

/// Somebody who asks for a page.
#[derive(Debug, Clone)]
pub struct Visit {
    pub(super) actor: Actor,
    pub(super) words: Words<'static>,
    said: Option<Said>,
}

impl FromRequestParts<AppState> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &AppState) -> Result<Self, Problem> {
        let actor = parts.extensions.get::<Actor>().cloned().ok_or_else(Problem::unauthorised)?;
        let words = words(&parts.headers);
        let said = parts.uri.query().and_then(|query| said_in(query, words));
        Ok(Self { actor, words, said })
    }
}

/// Only texts of the catalogue are said: an address can't put words on a page.
fn said_in(query: &str, words: Words<'static>) -> Option<Said> {
    let id = query.split('&').find_map(|pair| pair.strip_prefix("said="))?;
    let refused = id.starts_with("refused-");
    ((refused || id.starts_with("said-")) && words.has(id)).then(|| Said { text: words.say(id), refused })
}

/// Back to a page that then says something.
pub(super) fn said(page: &str, id: &str) -> Redirect {
    let joint = if page.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{page}{joint}said={id}"))
}

impl Visit {
    fn may<P: Permission>(&self) -> bool {
        self.actor.permit::<P>().is_ok()
    }

    /// The shell of a page.
    pub(super) fn shell(&self, state: &AppState, tab: Tab) -> Shell {
        let words = self.words;
        let places = [
            (Tab::Today, "/console", words.say("shell-today"), self.may::<ReadAttendance>()),
            (Tab::People, "/console/people", words.say("shell-people"), self.may::<ReadPeople>()),
            (Tab::Month, "/console/month", words.say("shell-month"), self.may::<ReadAttendance>()),
            (Tab::Reports, "/console/reports", words.say("reports-title"), self.may::<ReadAttendance>()),
            (Tab::Devices, "/console/devices", words.say("shell-devices"), self.may::<ReadDevices>()),
            (Tab::Accounts, "/console/accounts", words.say("shell-accounts"), self.may::<ManageAccounts>()),
            (Tab::Audit, "/console/audit", words.say("shell-audit"), self.may::<ReadAudit>()),
            (Tab::Me, "/console/me", words.say("shell-me"), self.actor.own::<ReadOwnRecord>().is_ok()),
        ];
        let links = places
            .into_iter()
            .filter(|(.., may)| *may)
            .map(|(place, address, text, _)| Link { address, text, current: place == tab })
            .collect();
        let has_account = self.actor.account_id().is_some();
        // Whoever came by a link is a number to the audit, and no name to read.
        let name =
            if has_account { self.actor.display_name().to_owned() } else { words.say("shell-by-link") };
        Shell {
            assets: addresses(),
            words,
            language: words.language(),
            links,
            name,
            has_account,
            csrf: self.actor.csrf().as_str().to_owned(),
            said: self.said.clone(),
            trial: state.trial_pack().map(|pack| words.say_with("shell-trial", &[("pack", pack.into())])),
        }
    }

    /// Where somebody lands who opens the console.
    pub(super) fn home(&self) -> &'static str {
        if self.may::<ReadAttendance>() {
            "/console"
        } else if self.may::<ReadDevices>() {
            "/console/devices"
        } else {
            "/console/me"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words_in;

    #[test]
    fn an_address_can_only_say_what_the_catalogue_has() {
        let words = words_in("en");
        assert!(said_in("q=1&said=said-person-added", words).is_some_and(|said| !said.refused));
        assert!(said_in("said=refused-reason", words).is_some_and(|said| said.refused));
        for query in ["said=shell-today", "said=said-<b>x", "said=", "", "xsaid=said-person-added"] {
            assert!(said_in(query, words).is_none(), "{query}");
        }
    }

    #[test]
    fn what_is_said_joins_the_address() {
        let location = |page: &str| format!("{:?}", said(page, "said-x"));
        assert!(location("/console/people").contains("/console/people?said=said-x"));
        assert!(location("/console/month?month=2026-11").contains("2026-11&said=said-x"));
    }
}
