//! From the database to the rules and back: whose days are computed from what, and what becomes of them.
//!
//! [`gathered`] reads everything that some people's days depend on, in whole sets; [`compute`](Gathered::compute)
//! gives the records; [`settle`] stores what differs from before, or books it as an adjustment where the month
//! is locked. Nothing here knows a rule: those are in [`crate::attendance`].

mod gather;
pub mod replay;
mod run;
mod settle;

pub use gather::{Gathered, Wanted, gathered};
pub use run::refresh;
pub use settle::{Again, Changed, settle};
