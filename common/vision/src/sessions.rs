//! The ONNX Runtime library and the sessions that run on it, under one thread budget.
//!
//! The library is opened from a file whose place is known, never searched for and never fetched. One
//! environment serves the process; its sessions do not spin between runs, so an idle door stays idle.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{RunOptions, Session, SessionOutputs};
use ort::value::Tensor;
use thiserror::Error;

/// An opened ONNX Runtime with its thread budget. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Runtime {
    environment: Environment,
    intra_threads: usize,
    interrupter: Interrupter,
}

/// Ends the runs of one [`Runtime`] from another thread. The process must not end while a network runs: the
/// library takes itself apart then, under the feet of whoever is in it.
#[derive(Clone)]
pub struct Interrupter(Arc<RunOptions>);

impl std::fmt::Debug for Interrupter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Interrupter")
    }
}

impl Interrupter {
    /// Lets the run that is under way fail after the operation that it is in, and each later one at once.
    /// There is no way back.
    pub fn interrupt(&self) {
        if let Err(error) = self.0.terminate() {
            log::warn!("error" = error.to_string().as_str(); "a network that runs can't be interrupted");
        }
    }
}

/// Why ONNX Runtime or a session on it is not to be had.
#[derive(Debug, Error)]
pub enum RuntimeError {
    /// No such file.
    #[error(
        "there is no ONNX Runtime library at {0}: run `make setup`, or set LINTEL_ONNXRUNTIME to the file"
    )]
    Missing(PathBuf),
    /// Not a library, or one of another version.
    #[error("{path} can't be used as ONNX Runtime: {reason}")]
    Load {
        /// the file
        path: PathBuf,
        /// the loader's own words
        reason: String,
    },
    /// The library refused a model.
    #[error("ONNX Runtime refuses the model {file}: {reason}")]
    Session {
        /// name within the pack
        file: String,
        /// its own words
        reason: String,
    },
    /// A run failed, or an input or output has not the shape the pack says.
    #[error("running {file} failed: {reason}")]
    Run {
        /// name within the pack
        file: String,
        /// its own words
        reason: String,
    },
}

/// ONNX Runtime allows one environment per process; tests and a reload open it again.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

impl Runtime {
    /// Opens the library file and sets the thread budget of every session made from it (at least 1).
    /// OpenCV gets the same budget. The library stays mapped until the process ends: opening another file
    /// later gives the first one again.
    ///
    /// # Errors
    /// [`RuntimeError::Missing`] or [`RuntimeError::Load`].
    pub fn open(library: &Path, intra_threads: usize) -> Result<Runtime, RuntimeError> {
        if !library.is_file() {
            return Err(RuntimeError::Missing(library.to_owned()));
        }
        let intra_threads = intra_threads.max(1);
        let load = |reason: String| RuntimeError::Load { path: library.to_owned(), reason };
        opencv::core::set_num_threads(intra_threads as i32).map_err(|e| load(e.to_string()))?;
        let mut slot = ENVIRONMENT.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let environment = match slot.as_ref() {
            Some(environment) => environment.clone(),
            None => {
                let environment = ort::init_from(library)
                    .map_err(|e| load(e.to_string()))?
                    .with_name("lintel")
                    .with_telemetry(false)
                    .build()
                    .map_err(|e| load(e.to_string()))?;
                slot.insert(environment).clone()
            }
        };
        let options = RunOptions::new().map_err(|e| load(e.to_string()))?;
        Ok(Runtime { environment, intra_threads, interrupter: Interrupter(Arc::new(options)) })
    }

    /// What ends this runtime's runs.
    pub fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    /// Threads that one run may use.
    pub fn intra_threads(&self) -> usize {
        self.intra_threads
    }
}

/// One model with its input tensor, whose memory is used again from run to run.
pub(crate) struct Model {
    file: String,
    session: Session,
    interrupter: Interrupter,
    input_name: String,
    input: Tensor<f32>,
    shape: [usize; 4],
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("file", &self.file).field("shape", &self.shape).finish()
    }
}

impl Model {
    /// Makes a session from a model's bytes. `input` is the tensor's name, or the first one's when `None`.
    pub(crate) fn open(
        runtime: &Runtime,
        file: &str,
        bytes: &[u8],
        input: Option<&str>,
    ) -> Result<Model, RuntimeError> {
        let refuse = |reason: String| RuntimeError::Session { file: file.to_owned(), reason };
        let session = build(runtime, bytes).map_err(refuse)?;
        let names: Vec<&str> = session.inputs().iter().map(|outlet| outlet.name()).collect();
        let input_name = match input {
            Some(name) if names.contains(&name) => name.to_owned(),
            Some(name) => return Err(refuse(format!("it has no input {name:?}, but {names:?}"))),
            None => names.first().map(|n| (*n).to_owned()).ok_or_else(|| refuse("no input".into()))?,
        };
        // A place holder until the first `input_mut`.
        let shape = [1, 3, 1, 1];
        let input = Tensor::from_array((shape, vec![0.0f32; 3])).map_err(|e| refuse(text(e)))?;
        let interrupter = runtime.interrupter();
        Ok(Model { file: file.to_owned(), session, interrupter, input_name, input, shape })
    }

    /// The input's memory for a picture of this size: 3 planes of height × width floats.
    pub(crate) fn input_mut(&mut self, width: usize, height: usize) -> Result<&mut [f32], RuntimeError> {
        let shape = [1, 3, height, width];
        if self.shape != shape {
            let zeros = vec![0.0f32; 3 * width * height];
            self.input = Tensor::from_array((shape, zeros)).map_err(|e| self.failed(e.to_string()))?;
            self.shape = shape;
        }
        Ok(self.input.extract_tensor_mut().1)
    }

    /// Runs the network on what was last written into the input.
    pub(crate) fn run(&mut self) -> Result<Outputs<'_>, RuntimeError> {
        let Model { file, session, interrupter, input_name, input, .. } = self;
        let result = session.run_with_options(vec![(input_name.as_str(), &*input)], &*interrupter.0);
        let outputs = result.map_err(|e| RuntimeError::Run { file: file.clone(), reason: e.to_string() })?;
        Ok(Outputs { file, outputs })
    }

    pub(crate) fn failed(&self, reason: String) -> RuntimeError {
        RuntimeError::Run { file: self.file.clone(), reason }
    }
}

fn build(runtime: &Runtime, bytes: &[u8]) -> Result<Session, String> {
    let threads = runtime.intra_threads;
    let builder = Session::builder(&runtime.environment).map_err(text)?;
    let builder = builder.with_optimization_level(GraphOptimizationLevel::Level3).map_err(text)?;
    let builder = builder.with_intra_threads(threads).map_err(text)?;
    let builder = builder.with_inter_threads(1).map_err(text)?;
    let builder = builder.with_log_level(LogLevel::Error).map_err(text)?;
    // A spinning thread pool would keep a core busy while nobody is at the door.
    let builder = builder.with_intra_op_spinning(false).map_err(text)?;
    let mut builder = builder.with_inter_op_spinning(false).map_err(text)?;
    builder.commit_from_memory(bytes).map_err(text)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// What a run gave.
pub(crate) struct Outputs<'m> {
    file: &'m str,
    outputs: SessionOutputs<'m>,
}

impl Outputs<'_> {
    /// The numbers of one output tensor and its shape.
    pub(crate) fn tensor(&self, name: &str) -> Result<(Vec<usize>, &[f32]), RuntimeError> {
        let fail = |reason: String| RuntimeError::Run { file: self.file.to_owned(), reason };
        let value = self.outputs.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.outputs.keys().collect();
            fail(format!("it has no output {name:?}, but {names:?}"))
        })?;
        let (shape, data) = value.try_extract_tensor::<f32>().map_err(|e| fail(e.to_string()))?;
        Ok((shape.iter().map(|d| usize::try_from(*d).unwrap_or(0)).collect(), data))
    }

    /// The same, refused unless it has `length` numbers.
    pub(crate) fn numbers(&self, name: &str, length: usize) -> Result<&[f32], RuntimeError> {
        let (_, data) = self.tensor(name)?;
        if data.len() == length {
            return Ok(data);
        }
        let reason = format!("output {name:?} has {} numbers, expected {length}", data.len());
        Err(RuntimeError::Run { file: self.file.to_owned(), reason })
    }
}
