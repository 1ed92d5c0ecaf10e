//! The attendance rules from outside: cases that HR could read, and a slow model to hold the rules against.

pub mod case;
mod expected;
pub mod oracle;
pub mod worlds;
