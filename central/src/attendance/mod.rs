//! Punches in, days out.
//!
//! Pure: no database, no clock, no float. A person's day is a function of what the doors recorded and people
//! corrected, of the policy's version, of the calendar and of the present; so it can be computed again years
//! later, on another machine, and compared to the byte. Nobody is absent here until that is proven.
//!
//! Read it in this order: [`punch`] (which punches count), [`shift`] and [`calendar`] (what was planned),
//! `attribution` (which shift a punch belongs to), `direction` (arrivals and departures), `stretch` and
//! [`breaks`] (hours), [`rounding`] and [`overtime`] (pay), `day` and [`proof`] (what the day was), [`week`],
//! [`working_time`] (what a law wants to know over months).

mod attribution;
pub mod breaks;
pub mod calendar;
pub mod correction;
mod day;
mod direction;
pub mod exception;
pub mod interval;
pub mod legal;
pub mod length;
mod month;
pub mod overtime;
pub mod pattern;
pub mod policy;
pub mod proof;
pub mod punch;
pub mod record;
pub mod rounding;
pub mod shift;
mod stretch;
pub mod week;
pub mod working_time;

pub use interval::Interval;
pub use length::Length;
pub use month::{Month, NotAMonth};
pub use record::{DayRecord, Status};
pub use week::{Input, compute};
