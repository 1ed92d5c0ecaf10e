//! Punches in, a day's attendance out.
//!
//! Pure: no database, no clock, no float. The same punches, policy and time zone database give the same
//! day on every machine, so that a day can be computed again years later and compared. What a policy
//! needs to know beyond the punches comes in as an argument.

pub mod correction;
mod month;
mod policy;
mod rules;
mod types;

pub use month::{Month, NotAMonth};
pub use policy::Policy;
pub use rules::compute_day;
pub use types::{Code, DayInput, DayResult, Punch};
