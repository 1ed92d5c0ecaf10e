//! Frames in, observations and matches out: the only crate that touches OpenCV and ONNX Runtime.
//!
//! It exists so that the door and the centre compute the same template from the same picture, and so that
//! everything which decodes hostile pixels stands behind one wall. It never opens a network connection,
//! never writes a picture or a template anywhere, and never decides who somebody is: it reports what it
//! sees (`pipeline`) and how near a template is to the enrolled ones (`index`).
//!
//! Read in this order: [`frame`] → [`decode`] → [`detector`] → [`quality`] → [`align`] → [`embedder`] →
//! [`pipeline`], then [`index`]; [`qr`] reads what a face isn't needed for. [`pack`] says which models run and proves that they are the right ones.

pub mod align;
pub mod decode;
pub mod detector;
pub mod embedder;
pub mod enrol;
pub mod error;
pub mod frame;
pub mod grey;
pub mod index;
mod jpeg;
pub mod liveness;
pub mod locate;
pub mod motion;
pub mod pack;
pub mod pipeline;
pub mod preview;
pub mod qr;
pub mod quality;
mod self_test;
pub mod sessions;
mod tensor;
pub mod upload;

pub use decode::{BgrImage, DecodeError};
pub use detector::Face;
pub use enrol::{EnrolError, EnrolOptions, EnrolledFace, enrolment_template};
pub use error::PipelineError;
pub use frame::{Frame, FrameError, PixelFormat, Rect, Region};
pub use grey::GreyImage;
pub use index::{GalleryIndex, IndexError, TopTwo};
pub use locate::LocateError;
pub use pack::{LicencePolicy, ModelPack, PackError};
pub use pipeline::{Detected, DetectedFace, Embedded, Observation, Pipeline, PipelineOptions, StageTimes};
pub use quality::{Quality, QualityLimits, QualityReason};
pub use sessions::{Interrupter, Runtime, RuntimeError};
pub use upload::{UploadError, UploadLimits, decode_upload};
