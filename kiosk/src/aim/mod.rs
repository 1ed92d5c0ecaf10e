//! Helping to mount a camera: what it sees of a face, in numbers and in advice.
//!
//! A camera has one reader. So the running door measures for whoever asks at its local socket, and the
//! command opens the camera itself only where no door runs. A picture is made only after that local command,
//! for ten minutes at most, is shown on the loopback page only, and is kept nowhere but in memory until the
//! next one.

pub mod advice;
pub mod measure;
pub mod own;
pub mod socket;
pub mod tap;
pub mod terminal;
#[cfg(test)]
mod tests;

/// A picture is shown for this long after the command, ms.
pub const PICTURE_MS: i64 = 600_000;
