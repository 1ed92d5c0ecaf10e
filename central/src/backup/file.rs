//! One backup file: sealed, packed, with its manifest before and its hash behind.
//!
//! Inside the encryption: a magic line, the manifest, the packed copy in blocks (a length of four bytes before
//! each, zero at the end), the trailer. A file is either whole under its name or not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use lintel_core::chain::Hash;
use lintel_core::seal::FernetRing;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::manifest::{FORMAT, Manifest, Trailer};
use super::{BackupError, Progress, seal};

const MAGIC: &[u8] = b"lintel backup 1\n";
const BLOCK_BYTES: usize = 256 * 1024;
/// Manifests and trailers have some hundred bytes.
const MAX_TEXT_BYTES: u32 = 64 * 1024;

/// A file that is being written; gone again when it is dropped before [`Unfinished::publish`].
#[derive(Debug)]
pub struct Unfinished {
    part: PathBuf,
    path: PathBuf,
    published: bool,
    /// What the file's hash and size are.
    pub trailer: Trailer,
}

impl Unfinished {
    /// Gives the file its name.
    ///
    /// # Errors
    /// [`BackupError::File`].
    pub fn publish(mut self) -> Result<PathBuf, BackupError> {
        let failed = |source| BackupError::File { act: "finish", path: self.path.clone(), source };
        fs::rename(&self.part, &self.path).map_err(failed)?;
        self.published = true;
        if let Some(folder) = self.path.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        }
        Ok(self.path.clone())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.published {
            // Sealed, so what can't be removed tells nobody anything.
            fs::remove_file(&self.part).ok();
        }
    }
}

/// Writes a backup beside its final name and brings it to the disk.
///
/// # Errors
/// [`BackupError`]; nothing is left then.
pub fn write(
    path: &Path,
    manifest: &Manifest,
    copy: &mut dyn Read,
    ring: &FernetRing,
    progress: &Progress,
) -> Result<Unfinished, BackupError> {
    let failed = |source| BackupError::File { act: "write", path: path.to_owned(), source };
    let part = path.with_extension("part");
    let file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part).map_err(failed)?;
    let nothing = Trailer { size_bytes: 0, sha256: Hash::GENESIS };
    let mut unfinished = Unfinished { part, path: path.to_owned(), published: false, trailer: nothing };
    let mut sealed = seal::writer(ring, BufWriter::new(file)).map_err(failed)?;
    sealed.write_all(MAGIC).map_err(failed)?;
    write_text(&mut sealed, manifest).map_err(failed)?;
    let mut packed = GzEncoder::new(Blocks { to: &mut sealed, held: Vec::new() }, Compression::fast());
    let mut sums = Sums::new();
    let mut buffer = vec![0; BLOCK_BYTES];
    loop {
        let count = copy.read(&mut buffer).map_err(BackupError::Copy)?;
        let some = buffer.get(..count).unwrap_or_default();
        if some.is_empty() {
            break;
        }
        sums.add(some);
        packed.write_all(some).map_err(failed)?;
        progress(count as u64);
    }
    packed.finish().and_then(Blocks::end).map_err(failed)?;
    unfinished.trailer = sums.trailer();
    write_text(&mut sealed, &unfinished.trailer).map_err(failed)?;
    let file = sealed.finish().map_err(failed)?.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok(unfinished)
}

/// A backup that is being read.
pub struct Opened {
    path: PathBuf,
    manifest: Manifest,
    from: BufReader<age::stream::StreamReader<BufReader<File>>>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({})", self.path.display())
    }
}

/// Opens a backup and reads its manifest.
///
/// # Errors
/// [`BackupError`] says whether it is the key, damage, or a newer format.
pub fn open(path: &Path, ring: &FernetRing) -> Result<Opened, BackupError> {
    let file = File::open(path).map_err(|source| BackupError::File {
        act: "open",
        path: path.to_owned(),
        source,
    })?;
    let sealed = seal::reader(ring, BufReader::new(file))
        .map_err(|source| BackupError::Sealed { path: path.to_owned(), source })?;
    let mut from = BufReader::with_capacity(BLOCK_BYTES, sealed);
    let damaged = |source| BackupError::Damaged { path: path.to_owned(), source };
    let mut magic = [0; MAGIC.len()];
    from.read_exact(&mut magic).map_err(damaged)?;
    if magic != MAGIC {
        return Err(BackupError::Format { path: path.to_owned() });
    }
    let manifest: Manifest = read_text(&mut from).map_err(damaged)?;
    if manifest.format > FORMAT {
        return Err(BackupError::Format { path: path.to_owned() });
    }
    Ok(Opened { path: path.to_owned(), manifest, from })
}

impl Opened {
    /// What it says about itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Unpacks the copy into `to` and compares it with the trailer. What was written before an error must
    /// not be used.
    ///
    /// # Errors
    /// [`BackupError::Damaged`], or when `to` refuses.
    pub fn unpack(mut self, to: &mut dyn Write, progress: &Progress) -> Result<Trailer, BackupError> {
        let damaged = |source| BackupError::Damaged { path: self.path.clone(), source };
        let mut packed = GzDecoder::new(BlockReader { from: &mut self.from, left: 0, ended: false });
        let mut sums = Sums::new();
        let mut buffer = vec![0; BLOCK_BYTES];
        loop {
            let count = packed.read(&mut buffer).map_err(damaged)?;
            let some = buffer.get(..count).unwrap_or_default();
            if some.is_empty() {
                break;
            }
            sums.add(some);
            to.write_all(some).map_err(BackupError::Copy)?;
            progress(count as u64);
        }
        // The packing ends before its blocks do.
        io::copy(&mut packed.into_inner(), &mut io::sink()).map_err(damaged)?;
        let expected: Trailer = read_text(&mut self.from).map_err(damaged)?;
        let found = sums.trailer();
        let behind = self.from.read(&mut [0]).map_err(damaged)?;
        if found != expected || behind != 0 {
            let text = format!("{} bytes came out, {} went in", found.size_bytes, expected.size_bytes);
            return Err(damaged(io::Error::new(io::ErrorKind::InvalidData, text)));
        }
        Ok(found)
    }
}

struct Sums {
    size_bytes: u64,
    sha256: Sha256,
}

impl Sums {
    fn new() -> Self {
        Self { size_bytes: 0, sha256: Sha256::new() }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.size_bytes += bytes.len() as u64;
        self.sha256.update(bytes);
    }

    fn trailer(self) -> Trailer {
        Trailer { size_bytes: self.size_bytes, sha256: Hash::from_bytes(self.sha256.finalize().into()) }
    }
}

fn write_text(to: &mut impl Write, value: &impl serde::Serialize) -> io::Result<()> {
    let text = serde_json::to_vec(value)?;
    to.write_all(&u32::try_from(text.len()).map_err(io::Error::other)?.to_be_bytes())?;
    to.write_all(&text)
}

fn read_text<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<T> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > MAX_TEXT_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a length is impossible"));
    }
    let mut text = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    from.read_exact(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

/// Cuts what is written into blocks.
struct Blocks<'a, W: Write> {
    to: &'a mut W,
    held: Vec<u8>,
}

impl<W: Write> Blocks<'_, W> {
    fn put(&mut self) -> io::Result<()> {
        let length = u32::try_from(self.held.len()).map_err(io::Error::other)?;
        self.to.write_all(&length.to_be_bytes())?;
        self.to.write_all(&self.held)?;
        self.held.clear();
        Ok(())
    }

    fn end(mut self) -> io::Result<()> {
        if !self.held.is_empty() {
            self.put()?;
        }
        self.put()
    }
}

impl<W: Write> Write for Blocks<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= BLOCK_BYTES {
            self.put()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Joins blocks again, up to the empty one.
struct BlockReader<'a, R: Read> {
    from: &'a mut R,
    left: usize,
    ended: bool,
}

impl<R: Read> Read for BlockReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !self.ended {
            let mut length = [0; 4];
            self.from.read_exact(&mut length)?;
            self.left = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
            self.ended = self.left == 0;
        }
        let wanted = buffer.len().min(self.left);
        let count = self.from.read(buffer.get_mut(..wanted).unwrap_or_default())?;
        if count == 0 && wanted > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lintel_core::time::UtcMillis;

    use super::super::manifest::Part;
    use super::*;
    use crate::ledger::LedgerHead;

    fn manifest() -> Manifest {
        Manifest {
            format: FORMAT,
            part: Part::Central,
            engine: "sqlite".into(),
            schema_version: 9,
            vault_version: 3,
            schema: None,
            program: "0.1.0".into(),
            created_at: UtcMillis::from_i64(1_795_161_600_000),
            erasures: LedgerHead { lines: 0, hash: Hash::GENESIS },
            vault: Some("vault-x.backup".into()),
        }
    }

    fn silent() -> Progress {
        Arc::new(|_| ())
    }

    fn written(dir: &Path, ring: &FernetRing, copy: &[u8]) -> PathBuf {
        let path = dir.join("central-x.backup");
        write(&path, &manifest(), &mut &*copy, ring, &silent()).unwrap().publish().unwrap()
    }

    #[test]
    fn what_went_in_comes_out_for_any_size() {
        let dir = tempfile::tempdir().unwrap();
        let ring = FernetRing::parse(&FernetRing::generate_key()).unwrap();
        for size in [0, 1, BLOCK_BYTES, 3 * BLOCK_BYTES + 17] {
            // Noise, so that packed blocks are full ones.
            let copy: Vec<u8> =
                (0..size as u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 29) as u8).collect();
            let path = written(dir.path(), &ring, &copy);
            let opened = open(&path, &ring).unwrap();
            assert_eq!(*opened.manifest(), manifest());
            let mut out = Vec::new();
            assert_eq!(opened.unpack(&mut out, &silent()).unwrap().size_bytes, size as u64);
            assert!(out == copy, "{size}");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_flipped_bit_is_refused_with_the_file_s_name() {
        let dir = tempfile::tempdir().unwrap();
        let ring = FernetRing::parse(&FernetRing::generate_key()).unwrap();
        let path = written(dir.path(), &ring, &[5; 100_000]);
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(1 + whole.len() / 200) {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x10;
            fs::write(&path, &flipped).unwrap();
            let refused = open(&path, &ring).and_then(|opened| opened.unpack(&mut io::sink(), &silent()));
            assert!(refused.unwrap_err().to_string().contains("central-x.backup"), "{at}");
        }
    }

    #[test]
    fn an_unfinished_file_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let ring = FernetRing::parse(&FernetRing::generate_key()).unwrap();
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the source broke"))
            }
        }
        let path = dir.path().join("central-x.backup");
        assert!(write(&path, &manifest(), &mut Failing, &ring, &silent()).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
