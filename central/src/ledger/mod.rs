//! A ledger: a signed file apart from the database that only grows, for what a restored backup must not undo.
//!
//! A backup knows the world as it was. Whoever restores one reads here what has ended since. Therefore the
//! file is never part of a backup, only copied beside them, and no line is ever taken out. Each line is
//! chained to the one before and signed by the centre's key. It holds ids and hashes, never names.

mod error;

use std::collections::HashSet;
use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::hash::Hash as StdHash;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::marker::PhantomData;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lintel_core::chain::Hash;
use lintel_core::sign::Purpose;
use lintel_runtime::atomic_file;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use error::LedgerError;

use crate::config::CentralSettings;
use crate::vault::CentralKeys;

/// A line has about 300 bytes: this is some hundred thousand of them.
const MAX_BYTES: u64 = 64 << 20;

/// What one line of a ledger says.
pub trait Entry: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The file's name, in the data folder and beside backups.
    const FILE_NAME: &'static str;
    /// What messages call the ledger.
    const WHAT: &'static str;
    /// What its signatures are for.
    const PURPOSE: Purpose;
    /// What its hashes begin with.
    const TAG: &'static [u8];
    /// What a ledger holds once.
    type Key: Eq + StdHash;

    /// What makes two entries the same.
    fn key(&self) -> Self::Key;

    /// Everything it says, in one way only.
    fn hashed(&self) -> Vec<u8>;
}

/// How long a ledger is and the hash of its last line; what a backup's manifest names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHead {
    /// Lines.
    pub lines: u64,
    /// Hash of the last one; zeros when there is none.
    pub hash: Hash,
}

/// A line as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "")]
struct Line<E: Entry> {
    n: u64,
    #[serde(flatten)]
    entry: E,
    hash: Hash,
    key_id: String,
    sig: String,
}

/// A ledger's content, checked line by line.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines<E> {
    /// In order.
    pub entries: Vec<E>,
    /// Where it ends.
    pub head: LedgerHead,
    /// Bytes of whole lines; what is behind them was being written when the power went.
    whole_bytes: u64,
}

impl<E: Entry> Lines<E> {
    /// An empty ledger.
    pub(crate) const NONE: Self =
        Self { entries: Vec::new(), head: LedgerHead { lines: 0, hash: Hash::GENESIS }, whole_bytes: 0 };

    /// Whether an older ledger is the beginning of this one; `hash` is the older one's.
    fn head_at(&self, lines: u64) -> Option<Hash> {
        let mut hash = Hash::GENESIS;
        for (n, entry) in (1..=lines).zip(&self.entries) {
            hash = line_hash(&hash, n, entry);
        }
        (lines <= self.head.lines).then_some(hash)
    }

    /// Whether a ledger that ended there is a beginning of this one.
    #[must_use]
    pub fn continues(&self, head: &LedgerHead) -> bool {
        self.head_at(head.lines) == Some(head.hash)
    }
}

/// A ledger of this centre.
#[derive(Clone, Debug)]
pub struct Ledger<E> {
    inner: Arc<Inner>,
    entries: PhantomData<fn() -> E>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// The folder of the backups, where a copy is kept as soon as the folder is there.
    beside: Option<PathBuf>,
    keys: Arc<CentralKeys>,
}

impl<E: Entry> Ledger<E> {
    /// A ledger at a path, with its copy in another folder.
    #[must_use]
    pub fn new(path: PathBuf, beside: Option<PathBuf>, keys: Arc<CentralKeys>) -> Self {
        Self { inner: Arc::new(Inner { path, beside, keys }), entries: PhantomData }
    }

    /// The ledger of some settings.
    #[must_use]
    pub fn of(settings: &CentralSettings, keys: Arc<CentralKeys>) -> Self {
        let data = &settings.storage.data_dir;
        Self::new(data.join(E::FILE_NAME), Some(settings.backup.dir_or_default(data)), keys)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// [`Ledger::read`], on a thread that may block.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn entries(&self) -> Result<Vec<E>, LedgerError> {
        let ledger = self.clone();
        let lines = tokio::task::spawn_blocking(move || ledger.read()).await;
        lines.map_err(|source| LedgerError::Thread { what: E::WHAT, source })?.map(|lines| lines.entries)
    }

    /// [`Ledger::append`], on a thread that may block.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn add(&self, wanted: Vec<E>) -> Result<LedgerHead, LedgerError> {
        let ledger = self.clone();
        let done = tokio::task::spawn_blocking(move || ledger.append(&wanted)).await;
        done.map_err(|source| LedgerError::Thread { what: E::WHAT, source })?
    }

    /// Everything in it; nothing when there is no file.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn read(&self) -> Result<Lines<E>, LedgerError> {
        self.read_at(&self.inner.path)
    }

    /// A copy of the ledger at another place.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn read_at(&self, path: &Path) -> Result<Lines<E>, LedgerError> {
        match File::open(path) {
            Ok(file) => self.parse(path, file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Lines::NONE),
            Err(source) => {
                Err(LedgerError::File { what: E::WHAT, act: "open", path: path.to_owned(), source })
            }
        }
    }

    /// Writes what isn't in it yet and brings it to the disk.
    ///
    /// # Errors
    /// [`LedgerError`]; what it should say may not be done then. A failing copy is only logged: the next one
    /// repairs it.
    pub fn append(&self, wanted: &[E]) -> Result<LedgerHead, LedgerError> {
        let path = &self.inner.path;
        let failed = |act| move |source| LedgerError::File { what: E::WHAT, act, path: path.clone(), source };
        let new = !path.exists();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(path).map_err(failed("open"))?;
        // Two processes may write at once; the lock goes with the file.
        file.lock().map_err(failed("lock"))?;
        let lines = self.parse(path, file.try_clone().map_err(failed("open"))?)?;
        let mut head = lines.head;
        let mut text = String::new();
        let mut there: HashSet<E::Key> = lines.entries.iter().map(E::key).collect();
        for entry in wanted {
            if !there.insert(entry.key()) {
                continue;
            }
            let line = self.line(&head, entry);
            head = LedgerHead { lines: line.n, hash: line.hash };
            // Numbers and texts always serialise.
            text.push_str(&serde_json::to_string(&line).unwrap_or_default());
            text.push('\n');
        }
        file.set_len(lines.whole_bytes).map_err(failed("shorten"))?;
        file.seek(io::SeekFrom::Start(lines.whole_bytes)).map_err(failed("write"))?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed("write"))?;
        if new && let Some(folder) = path.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("keep"))?;
        }
        if let Some(folder) = self.inner.beside.as_ref().filter(|folder| folder.is_dir())
            && let Err(error) = self.copy_to(folder)
        {
            let text = lintel_runtime::exit::chain(&error.into());
            log::warn!("error" = text.as_str(); "the {} beside the backups is behind", E::WHAT);
        }
        Ok(head)
    }

    /// Copies it into a folder of backups; an empty one too, so that a restore finds one.
    ///
    /// # Errors
    /// [`LedgerError`]; also when there is a longer one already, which is then left alone.
    pub fn copy_to(&self, folder: &Path) -> Result<LedgerHead, LedgerError> {
        let (own, there) = (self.read()?, folder.join(E::FILE_NAME));
        let bytes = if own.head.lines == 0 {
            Vec::new()
        } else {
            let failed = |source| LedgerError::File {
                what: E::WHAT,
                act: "read",
                path: self.inner.path.clone(),
                source,
            };
            let mut bytes = std::fs::read(&self.inner.path).map_err(failed)?;
            bytes.truncate(usize::try_from(own.whole_bytes).unwrap_or(usize::MAX));
            bytes
        };
        // A folder that several centres or an earlier life of this one wrote to keeps its longer ledger.
        if self.read_at(&there).is_ok_and(|other| other.head.lines > own.head.lines) {
            return Ok(own.head);
        }
        atomic_file::write(&there, &bytes, 0o600)?;
        Ok(own.head)
    }

    fn line(&self, head: &LedgerHead, entry: &E) -> Line<E> {
        let n = head.lines + 1;
        let hash = line_hash(&head.hash, n, entry);
        let key = &self.inner.keys.ack;
        Line {
            n,
            entry: entry.clone(),
            hash,
            key_id: key.verifying_key().key_id(),
            sig: key.sign(E::PURPOSE, hash.to_string().as_bytes()),
        }
    }

    fn parse(&self, path: &Path, mut file: File) -> Result<Lines<E>, LedgerError> {
        let mut text = Vec::new();
        let failed = |source| LedgerError::File { what: E::WHAT, act: "read", path: path.to_owned(), source };
        file.seek(io::SeekFrom::Start(0)).map_err(failed)?;
        file.take(MAX_BYTES).read_to_end(&mut text).map_err(failed)?;
        let mut lines = Lines::NONE;
        for raw in text.split_inclusive(|byte| *byte == b'\n') {
            // Half a line at the end: what it would have said never began.
            let Some(raw) = raw.strip_suffix(b"\n") else { break };
            let n = lines.head.lines + 1;
            let altered = || LedgerError::Altered { what: E::WHAT, path: path.to_owned(), line: n };
            let line: Line<E> = serde_json::from_slice(raw).map_err(|_| altered())?;
            if line.n != n || line.hash != line_hash(&lines.head.hash, n, &line.entry) {
                return Err(altered());
            }
            let key = self.inner.keys.ack.verifying_key();
            key.verify(E::PURPOSE, line.hash.to_string().as_bytes(), &line.sig).map_err(|source| {
                LedgerError::Foreign { what: E::WHAT, path: path.to_owned(), line: n, source }
            })?;
            lines.entries.push(line.entry);
            lines.head = LedgerHead { lines: n, hash: line.hash };
            lines.whole_bytes += raw.len() as u64 + 1;
        }
        Ok(lines)
    }
}

fn line_hash<E: Entry>(before: &Hash, n: u64, entry: &E) -> Hash {
    let mut bytes = E::TAG.to_vec();
    bytes.extend_from_slice(before.as_bytes());
    bytes.extend_from_slice(&n.to_be_bytes());
    bytes.extend_from_slice(&entry.hashed());
    Hash::of(&bytes)
}
