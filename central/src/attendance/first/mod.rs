//! The first rule, until the store reads the new records.

mod policy;
mod rules;
mod types;

pub use policy::Policy;
pub use rules::compute_day;
pub use types::{Code, DayInput, DayResult, Punch};
