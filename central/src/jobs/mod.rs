//! Work that follows from a change: queued in the change's transaction, done once it is committed.
//!
//! Jobs are idempotent: each looks at the present state, so that one asked for twice is done once and one
//! cut off half-way is simply done again. Nothing here may decide what the change itself should have.

mod attendance;
pub mod request;
mod runner;
mod work;

pub use request::{
    CloseDay, DeviceOverdue, ForgetFormer, KeepRevocations, PublishGallery, RecomputeDay, RecomputeSite,
    ScrubErased,
};
pub use runner::{Jobs, run};
pub use work::{GalleryNotices, Retention, SealAudit};
