//! Settings, one file for each section.

pub mod camera;
pub mod feedback;
pub mod recognition;
