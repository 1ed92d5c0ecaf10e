//! The thread that owns the networks: photographs in, templates out.
//!
//! Inference blocks for many milliseconds and its sessions are not async, so they live on a thread of their
//! own behind a short queue. The thread ends when the last handle goes. Photographs are wiped from memory
//! by nobody but dropped at once; none is written anywhere.

use lintel_vision::{
    EnrolError, EnrolOptions, EnrolledFace, LicencePolicy, LocateError, ModelPack, PackError, Pipeline,
    PipelineError, PipelineOptions, Runtime, RuntimeError, enrolment_template, locate,
};
use tokio::sync::{mpsc, oneshot};

use crate::config::VisionSettings;

/// Photographs that may wait (each up to 20 MiB). Overflow policy: await.
const WAITING: usize = 2;

/// Why no template can be made here at all.
#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    /// The library or the pack's folder is missing.
    #[error(transparent)]
    Locate(#[from] LocateError),
    /// The pack is refused.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The library can't be used.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The networks can't be used.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// No thread.
    #[error("can't start the enrolment thread")]
    Thread(#[source] std::io::Error),
    /// The thread is gone; its panic was logged.
    #[error("the enrolment thread has ended: restart lintel-central and send its log if it happens again")]
    Ended,
}

/// What makes templates. One implementation runs the networks; tests have another.
pub trait TemplateMaker: Send {
    /// Makes a template from the bytes of a photograph.
    ///
    /// # Errors
    /// [`EnrolError`] says what to do.
    fn template(&mut self, photo: &[u8], options: &EnrolOptions) -> Result<EnrolledFace, EnrolError>;
}

impl TemplateMaker for Pipeline {
    fn template(&mut self, photo: &[u8], options: &EnrolOptions) -> Result<EnrolledFace, EnrolError> {
        enrolment_template(self, photo, options)
    }
}

/// The pack that templates are made with.
#[derive(Debug, Clone, PartialEq)]
pub struct PackFacts {
    /// Its name; templates of different packs can't be compared.
    pub name: String,
    /// Cosine at or above which two templates are the same person.
    pub match_score: f32,
    /// Whether the product has to say that it is for trying only.
    pub trial_only: bool,
}

struct Request {
    photo: Vec<u8>,
    options: EnrolOptions,
    answer_tx: oneshot::Sender<Result<EnrolledFace, EnrolError>>,
}

/// The front of the thread. Clones share it.
#[derive(Clone)]
pub struct EnrolHandle {
    photos_tx: mpsc::Sender<Request>,
    pack: PackFacts,
}

impl std::fmt::Debug for EnrolHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnrolHandle").field("pack", &self.pack).finish_non_exhaustive()
    }
}

impl EnrolHandle {
    /// Loads library and pack, runs the self-tests and starts the thread. Blocks for about a second: call it
    /// before the server listens or from a blocking task.
    ///
    /// # Errors
    /// [`VisionError`] with the reason and what to type.
    pub fn start(settings: &VisionSettings) -> Result<Self, VisionError> {
        let library = locate::onnxruntime(settings.onnxruntime.as_deref())?;
        let packs = settings.packs_dir.as_deref();
        let folder = match &settings.pack {
            Some(name) => locate::pack(packs, name)?,
            None => locate::best_pack(packs)?,
        };
        let pack = ModelPack::load(&folder, &LicencePolicy { allowed: settings.licences.clone() })?;
        let facts = PackFacts {
            name: pack.name().to_owned(),
            match_score: pack.thresholds().match_score,
            trial_only: pack.trial_only(),
        };
        let runtime = Runtime::open(&library, 1)?;
        // Liveness is for doors: a photograph of a photograph is a fine enrolment picture.
        let options = PipelineOptions { liveness: false, ..PipelineOptions::default() };
        let pipeline = Pipeline::open(&runtime, &pack, options)?;
        Self::with(facts, Box::new(pipeline))
    }

    /// A thread around a maker of templates.
    ///
    /// # Errors
    /// [`VisionError::Thread`].
    pub fn with(pack: PackFacts, mut maker: Box<dyn TemplateMaker>) -> Result<Self, VisionError> {
        let (photos_tx, mut photos_rx) = mpsc::channel::<Request>(WAITING);
        std::thread::Builder::new()
            .name("enrolment".into())
            .spawn(move || {
                while let Some(request) = photos_rx.blocking_recv() {
                    let answer = maker.template(&request.photo, &request.options);
                    // The one who asked may have gone, with the request's connection.
                    request.answer_tx.send(answer).ok();
                }
            })
            .map_err(VisionError::Thread)?;
        Ok(Self { photos_tx, pack })
    }

    /// The pack in use.
    #[must_use]
    pub fn pack(&self) -> &PackFacts {
        &self.pack
    }

    /// Makes a template. The inner result is the photograph's fault, the outer one the machine's.
    ///
    /// # Errors
    /// [`VisionError::Ended`].
    pub async fn template(
        &self,
        photo: Vec<u8>,
        options: EnrolOptions,
    ) -> Result<Result<EnrolledFace, EnrolError>, VisionError> {
        let (answer_tx, answer_rx) = oneshot::channel();
        let request = Request { photo, options, answer_tx };
        self.photos_tx.send(request).await.map_err(|_| VisionError::Ended)?;
        answer_rx.await.map_err(|_| VisionError::Ended)
    }
}
