//! Permits as arguments of handlers: refused before a body is read.
//!
//! `May(permit): May<ManagePeople>` stands before the body in a handler's arguments, so that somebody who
//! may not do a thing learns nothing about how it is asked for.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::permit::{OwnPermission, OwnPermit};
use super::{Actor, Permission, Permit};
use crate::api::problem::Problem;

/// A permission of the actor's role.
#[derive(Debug)]
pub struct May<P: Permission>(pub Permit<P>);

/// A permission about the actor's own record.
#[derive(Debug)]
pub struct Own<P: OwnPermission>(pub OwnPermit<P>);

impl<P: Permission, S: Send + Sync> FromRequestParts<S> for May<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self(actor(parts)?.permit()?))
    }
}

impl<P: OwnPermission, S: Send + Sync> FromRequestParts<S> for Own<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self(actor(parts)?.own()?))
    }
}

/// Without a guard in front there is no actor, and so no permit.
fn actor(parts: &Parts) -> Result<&Actor, Problem> {
    parts.extensions.get::<Actor>().ok_or_else(Problem::unauthorised)
}
