//! Who is asking, and what they may do: deny by default.
//!
//! A request becomes an identity in one place for people (API token, session cookie) and one for doors
//! (certificate, token), and a use case takes a permission as a value, so that forgetting the check doesn't
//! compile. Nothing here may answer differently for an unknown and for a wrong credential.

mod account_name;
pub mod accounts;
mod actor;
pub mod address;
pub mod backoff;
pub mod credential;
mod csrf;
pub mod door;
mod extract;
mod forms;
pub mod guard;
pub mod login;
pub mod password;
pub mod permit;
mod role;
pub mod sessions;
pub mod tokens;

pub use account_name::{AccountName, AccountNameError};
pub use actor::Actor;
pub use csrf::{CsrfToken, FIELD as CSRF_FIELD, HEADER as CSRF_HEADER};
pub use extract::{May, Own};
pub use permit::{Denied, OwnPermission, OwnPermit, Permission, Permit};
pub use role::Role;
