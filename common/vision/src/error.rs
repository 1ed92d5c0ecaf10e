//! What can go wrong between a frame and its observations, for every stage of the pipeline.

use thiserror::Error;

use crate::decode::DecodeError;
use crate::pack::PackError;
use crate::sessions::RuntimeError;

/// Why a frame gave no observations.
#[derive(Debug, Error)]
pub enum PipelineError {
    /// The frame's bytes are not a picture.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The pack is not to be believed.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// ONNX Runtime failed.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// OpenCV failed.
    #[error("an image operation failed: {0}")]
    Image(#[from] opencv::Error),
    /// The five points fall together.
    #[error("the face's landmarks have no extent, so it can't be aligned")]
    Landmarks,
    /// `embed` or `liveness` was called after another frame was taken, or for a face that isn't in the list.
    #[error(
        "the detection belongs to another frame than the one in the pipeline: embed before the next frame"
    )]
    Stale,
}
