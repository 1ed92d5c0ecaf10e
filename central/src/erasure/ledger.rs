//! The erasure ledger: a file apart from the database, in which an erasure stands before it is done.
//!
//! A backup knows people as they were. Whoever restores one reads here who was erased since. Therefore the
//! file is never part of a backup, only copied beside them; a line is on the disk before the erasure
//! commits, and none is ever taken out. It holds ids, never names.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lintel_core::chain::Hash;
use lintel_core::ids::PersonId;
use lintel_core::sign::{Purpose, SignError};
use lintel_core::time::UtcMillis;
use lintel_runtime::atomic_file;
use serde::{Deserialize, Serialize};

use crate::config::CentralSettings;
use crate::vault::CentralKeys;

/// The file's name, in the data folder and beside backups.
pub const FILE_NAME: &str = "erasures.log";
const TAG: &[u8] = b"lintel.erasure.v1\0";
/// A line has about 300 bytes: this is some hundred thousand people.
const MAX_BYTES: u64 = 64 << 20;

/// One erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Who, by an id that names nobody any more.
    pub person_id: PersonId,
    /// When it was decided.
    pub at: UtcMillis,
}

/// How long the ledger is and the hash of its last line; what a backup's manifest names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHead {
    /// Lines.
    pub lines: u64,
    /// Hash of the last one; zeros when there is none.
    pub hash: Hash,
}

/// A line as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    n: u64,
    person_id: PersonId,
    at: UtcMillis,
    hash: Hash,
    key_id: String,
    sig: String,
}

/// Why the ledger can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The system refused.
    #[error("can't {act} the erasure ledger {}", path.display())]
    File {
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A line isn't what was written.
    #[error(
        "line {line} of the erasure ledger {} was altered: put back the copy that lies beside the backups",
        path.display()
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// Which, from 1.
        line: u64,
    },
    /// The lines were written by another centre.
    #[error(
        "line {line} of the erasure ledger {} is signed by another key: import the keys of the centre that wrote it",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Which, from 1.
        line: u64,
        /// What the signature said.
        #[source]
        source: SignError,
    },
    /// The copy beside the backups couldn't be written.
    #[error("can't copy the erasure ledger beside the backups")]
    Copy(#[from] atomic_file::WriteError),
    /// It couldn't be done on its thread.
    #[error("the work on the erasure ledger was cut off")]
    Thread(#[source] tokio::task::JoinError),
}

/// A ledger's content, checked line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// In order.
    pub erased: Vec<Erased>,
    /// Where it ends.
    pub head: LedgerHead,
    /// Bytes of whole lines; what is behind them was being written when the power went.
    whole_bytes: u64,
}

impl Lines {
    const NONE: Self =
        Self { erased: Vec::new(), head: LedgerHead { lines: 0, hash: Hash::GENESIS }, whole_bytes: 0 };

    /// Whether an older ledger is the beginning of this one; `hash` is the older one's.
    fn head_at(&self, lines: u64) -> Option<Hash> {
        let mut hash = Hash::GENESIS;
        for (n, erased) in (1..=lines).zip(&self.erased) {
            hash = line_hash(&hash, n, erased);
        }
        (lines <= self.head.lines).then_some(hash)
    }

    /// Whether a ledger that ended there is a beginning of this one.
    #[must_use]
    pub fn continues(&self, head: &LedgerHead) -> bool {
        self.head_at(head.lines) == Some(head.hash)
    }
}

/// The ledger of this centre.
#[derive(Clone, Debug)]
pub struct ErasureLedger(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// The folder of the backups, where a copy is kept as soon as the folder is there.
    beside: Option<PathBuf>,
    keys: Arc<CentralKeys>,
}

impl ErasureLedger {
    /// A ledger at a path, with its copy in another folder.
    #[must_use]
    pub fn new(path: PathBuf, beside: Option<PathBuf>, keys: Arc<CentralKeys>) -> Self {
        Self(Arc::new(Inner { path, beside, keys }))
    }

    /// The ledger of some settings.
    #[must_use]
    pub fn of(settings: &CentralSettings, keys: Arc<CentralKeys>) -> Self {
        let data = &settings.storage.data_dir;
        Self::new(data.join(FILE_NAME), Some(settings.backup.dir_or_default(data)), keys)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Everything in it; nothing when there is no file.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn read(&self) -> Result<Lines, LedgerError> {
        self.read_at(&self.0.path)
    }

    /// A copy of the ledger at another place.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn read_at(&self, path: &Path) -> Result<Lines, LedgerError> {
        match File::open(path) {
            Ok(file) => self.parse(path, file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Lines::NONE),
            Err(source) => Err(LedgerError::File { act: "open", path: path.to_owned(), source }),
        }
    }

    /// Writes erasures that aren't in it yet and brings them to the disk.
    ///
    /// # Errors
    /// [`LedgerError`]; nothing may be erased then. A failing copy is only logged: the next one repairs it.
    pub fn append(&self, wanted: &[Erased]) -> Result<LedgerHead, LedgerError> {
        let path = &self.0.path;
        let failed = |act| move |source| LedgerError::File { act, path: path.clone(), source };
        let new = !path.exists();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(path).map_err(failed("open"))?;
        // Two processes may erase at once; the lock goes with the file.
        file.lock().map_err(failed("lock"))?;
        let lines = self.parse(path, file.try_clone().map_err(failed("open"))?)?;
        let mut head = lines.head;
        let mut text = String::new();
        for erased in wanted {
            if lines.erased.iter().any(|there| there.person_id == erased.person_id) {
                continue;
            }
            let line = self.line(&head, erased);
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
        if let Some(folder) = self.0.beside.as_ref().filter(|folder| folder.is_dir())
            && let Err(error) = self.copy_to(folder)
        {
            let text = lintel_runtime::exit::chain(&error.into());
            log::warn!("error" = text.as_str(); "the erasure ledger beside the backups is behind");
        }
        Ok(head)
    }

    /// Copies it into a folder of backups; an empty one too, so that a restore finds one.
    ///
    /// # Errors
    /// [`LedgerError`]; also when there is a longer one already, which is then left alone.
    pub fn copy_to(&self, folder: &Path) -> Result<LedgerHead, LedgerError> {
        let (own, there) = (self.read()?, folder.join(FILE_NAME));
        let bytes = if own.head.lines == 0 {
            Vec::new()
        } else {
            let failed = |source| LedgerError::File { act: "read", path: self.0.path.clone(), source };
            let mut bytes = std::fs::read(&self.0.path).map_err(failed)?;
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

    fn line(&self, head: &LedgerHead, erased: &Erased) -> Line {
        let n = head.lines + 1;
        let hash = line_hash(&head.hash, n, erased);
        let key = &self.0.keys.ack;
        Line {
            n,
            person_id: erased.person_id,
            at: erased.at,
            hash,
            key_id: key.verifying_key().key_id(),
            sig: key.sign(Purpose::Erasure, hash.to_string().as_bytes()),
        }
    }

    fn parse(&self, path: &Path, mut file: File) -> Result<Lines, LedgerError> {
        let mut text = Vec::new();
        let failed = |source| LedgerError::File { act: "read", path: path.to_owned(), source };
        file.seek(io::SeekFrom::Start(0)).map_err(failed)?;
        file.take(MAX_BYTES).read_to_end(&mut text).map_err(failed)?;
        let mut lines = Lines::NONE;
        for raw in text.split_inclusive(|byte| *byte == b'\n') {
            // Half a line at the end: its erasure never began.
            let Some(raw) = raw.strip_suffix(b"\n") else { break };
            let n = lines.head.lines + 1;
            let altered = || LedgerError::Altered { path: path.to_owned(), line: n };
            let line: Line = serde_json::from_slice(raw).map_err(|_| altered())?;
            let erased = Erased { person_id: line.person_id, at: line.at };
            if line.n != n || line.hash != line_hash(&lines.head.hash, n, &erased) {
                return Err(altered());
            }
            let key = self.0.keys.ack.verifying_key();
            key.verify(Purpose::Erasure, line.hash.to_string().as_bytes(), &line.sig)
                .map_err(|source| LedgerError::Foreign { path: path.to_owned(), line: n, source })?;
            lines.erased.push(erased);
            lines.head = LedgerHead { lines: n, hash: line.hash };
            lines.whole_bytes += raw.len() as u64 + 1;
        }
        Ok(lines)
    }
}

fn line_hash(before: &Hash, n: u64, erased: &Erased) -> Hash {
    let mut bytes = TAG.to_vec();
    bytes.extend_from_slice(before.as_bytes());
    bytes.extend_from_slice(&n.to_be_bytes());
    bytes.extend_from_slice(erased.person_id.as_uuid().as_bytes());
    bytes.extend_from_slice(&erased.at.as_i64().to_be_bytes());
    Hash::of(&bytes)
}

#[cfg(test)]
mod tests {
    use lintel_core::seal::FernetRing;
    use lintel_core::sign::SigningKey;

    use super::*;

    fn keys(seed: u8) -> Arc<CentralKeys> {
        let ring = || FernetRing::parse(&FernetRing::generate_key()).unwrap();
        let badge = crate::badges::BadgeKeys::new(SigningKey::from_seed(&[seed; 32]));
        Arc::new(CentralKeys { ack: SigningKey::from_seed(&[seed; 32]), badge, face: ring(), data: ring() })
    }

    fn erased(n: u8) -> Erased {
        Erased {
            person_id: PersonId::new(UtcMillis::from_i64(1), &[n; 10]),
            at: UtcMillis::from_i64(n.into()),
        }
    }

    fn ledger(dir: &Path) -> ErasureLedger {
        ErasureLedger::new(dir.join(FILE_NAME), Some(dir.join("backups")), keys(7))
    }

    #[test]
    fn what_was_appended_is_read_back_in_order_and_once() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        assert_eq!(ledger.read().unwrap(), Lines::NONE);
        let first = ledger.append(&[erased(1), erased(2)]).unwrap();
        let second = ledger.append(&[erased(2), erased(3)]).unwrap();
        let lines = ledger.read().unwrap();
        assert_eq!(lines.erased, [erased(1), erased(2), erased(3)]);
        assert_eq!((lines.head, second.lines), (second, 3));
        assert!(lines.continues(&first) && !lines.continues(&LedgerHead { lines: 4, ..second }));
        assert!(!lines.continues(&LedgerHead { lines: 2, ..second }));
    }

    #[test]
    fn a_line_that_a_power_cut_tore_is_written_anew() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        ledger.append(&[erased(1)]).unwrap();
        let mut bytes = std::fs::read(ledger.path()).unwrap();
        bytes.extend_from_slice(b"{\"n\":2,\"person");
        std::fs::write(ledger.path(), bytes).unwrap();
        assert_eq!(ledger.read().unwrap().erased, [erased(1)]);
        ledger.append(&[erased(2)]).unwrap();
        assert_eq!(ledger.read().unwrap().erased, [erased(1), erased(2)]);
    }

    #[test]
    fn an_altered_a_missing_and_a_foreign_line_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        ledger.append(&[erased(1), erased(2), erased(3)]).unwrap();
        let text = std::fs::read_to_string(ledger.path()).unwrap();
        let refused = |text: &str| {
            std::fs::write(ledger.path(), text).unwrap();
            ledger.read().unwrap_err().to_string()
        };
        let id = erased(2).person_id.to_string();
        assert!(refused(&text.replace(&id, &erased(9).person_id.to_string())).contains("line 2"));
        let without_second: Vec<&str> = text.lines().filter(|line| !line.contains(&id)).collect();
        assert!(refused(&format!("{}\n", without_second.join("\n"))).contains("line 2"));
        std::fs::write(ledger.path(), &text).unwrap();
        let other = ErasureLedger::new(ledger.path().to_owned(), None, keys(8));
        assert!(matches!(other.read(), Err(LedgerError::Foreign { line: 1, .. })));
    }

    #[test]
    fn the_copy_beside_the_backups_follows_and_a_longer_one_stays() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        let backups = dir.path().join("backups");
        std::fs::create_dir(&backups).unwrap();
        ledger.append(&[erased(1)]).unwrap();
        ledger.append(&[erased(2)]).unwrap();
        assert_eq!(ledger.read_at(&backups.join(FILE_NAME)).unwrap(), ledger.read().unwrap());
        std::fs::remove_file(ledger.path()).unwrap();
        ledger.copy_to(&backups).unwrap();
        assert_eq!(ledger.read_at(&backups.join(FILE_NAME)).unwrap().head.lines, 2);
    }
}
