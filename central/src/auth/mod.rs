//! Who is asking, and what they may do: deny by default.
//!
//! A request becomes an identity (API token, session cookie, device token) in one place, and a use case
//! takes a permission as a value, so that forgetting the check doesn't compile. Nothing here may answer
//! differently for an unknown and for a wrong credential.

pub mod credential;
pub mod guard;
pub mod permit;
mod role;
pub mod tokens;

pub use permit::{Actor, Denied, Permission, Permit};
pub use role::Role;
