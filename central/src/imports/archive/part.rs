//! One part of the archive as it is unpacked, counted byte by byte against what it declared.
//!
//! Declared sizes were held against the ceilings before, so that a part which never gives more than it declared
//! is below them, and one that does is caught at the first byte too many.

use std::io::{self, BufRead, Read};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::super::limits::{Counters, Limits};
use super::directory::Entry;
use super::error::ArchiveError;

const CHUNK_BYTES: usize = 16 * 1024;
const DOCTYPE: &[u8] = b"<!DOCTYPE";

enum Source<'a> {
    Stored(&'a [u8]),
    Deflated(DeflateDecoder<&'a [u8]>),
}

/// A part being unpacked.
pub(super) struct Part<'a> {
    entry: &'a Entry<'a>,
    source: Source<'a>,
    chunk: Vec<u8>,
    at: usize,
    given: u64,
    crc: Crc,
    /// Bytes of the piece of markup that is being read.
    piece: usize,
    largest_piece: usize,
    piece_limit: usize,
    fault: Option<ArchiveError>,
}

impl<'a> Part<'a> {
    pub(super) fn open(entry: &'a Entry<'a>, limits: &Limits) -> Self {
        let source = if entry.deflated {
            Source::Deflated(DeflateDecoder::new(entry.packed))
        } else {
            Source::Stored(entry.packed)
        };
        Self {
            entry,
            source,
            chunk: Vec::new(),
            at: 0,
            given: 0,
            crc: Crc::new(),
            piece: 0,
            largest_piece: 0,
            piece_limit: limits.markup_bytes,
            fault: None,
        }
    }

    /// The part's name, shortened.
    pub(super) fn name(&self) -> String {
        self.entry.name.clone()
    }

    /// The name of its file, in lower case.
    pub(super) fn file_name(&self) -> &str {
        self.entry.folded.rsplit('/').next().unwrap_or_default()
    }

    /// Begins a new piece of markup.
    pub(super) fn next_piece(&mut self) {
        self.piece = 0;
    }

    /// Why reading failed, if it was this part's own doing.
    pub(super) fn take_fault(&mut self) -> Option<ArchiveError> {
        self.fault.take()
    }

    /// Adds what was read to the counters, whatever came of it.
    pub(super) fn count(&self, counters: &mut Counters) {
        counters.unpacked_bytes += self.given;
        counters.largest_markup_bytes = counters.largest_markup_bytes.max(self.largest_piece);
    }

    /// The checksum, once everything was read and was as declared.
    pub(super) fn finish(&self) -> Result<u32, ArchiveError> {
        if self.given != self.entry.unpacked {
            return Err(ArchiveError::Lied(self.name()));
        }
        if self.crc.sum() != self.entry.crc {
            return Err(ArchiveError::Damaged(self.name()));
        }
        Ok(self.crc.sum())
    }

    /// Unpacks a part that no reader gets, and looks for what makes a file hostile.
    pub(super) fn drain(mut self, markup: bool, counters: &mut Counters) -> Result<(), ArchiveError> {
        let mut matched = 0;
        let outcome = loop {
            match self.refill() {
                Err(fault) => break Err(fault),
                Ok(false) => break self.finish().map(|_| ()),
                Ok(true) if markup && has_doctype(&self.chunk, &mut matched) => {
                    break Err(ArchiveError::Doctype(self.name()));
                }
                Ok(true) => {}
            }
        };
        self.count(counters);
        outcome
    }

    /// Unpacks the next bytes into the chunk; `false` at the end.
    fn refill(&mut self) -> Result<bool, ArchiveError> {
        self.chunk.resize(CHUNK_BYTES, 0);
        self.at = 0;
        let read = match &mut self.source {
            Source::Stored(bytes) => bytes.read(&mut self.chunk),
            Source::Deflated(decoder) => decoder.read(&mut self.chunk),
        };
        let read = read.map_err(|_| ArchiveError::Damaged(self.entry.name.clone()))?;
        self.chunk.truncate(read);
        if self.given == 0 && (self.chunk.starts_with(b"PK\x03\x04") || self.chunk.starts_with(b"PK\x05\x06"))
        {
            return Err(ArchiveError::Nested(self.name()));
        }
        self.given += read as u64;
        if self.given > self.entry.unpacked {
            return Err(ArchiveError::Lied(self.name()));
        }
        self.crc.update(&self.chunk);
        Ok(read > 0)
    }
}

/// Whether a document type begins in `chunk`; `matched` is how much of its mark the bytes before had.
fn has_doctype(chunk: &[u8], matched: &mut usize) -> bool {
    for byte in chunk {
        *matched = match DOCTYPE.get(*matched) {
            Some(expected) if expected.eq_ignore_ascii_case(byte) => *matched + 1,
            _ => usize::from(*byte == b'<'),
        };
        if *matched == DOCTYPE.len() {
            return true;
        }
    }
    false
}

impl Read for Part<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Part<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.piece > self.piece_limit {
            let what = format!("a piece of markup of more than {} bytes", self.piece_limit);
            self.fault = Some(ArchiveError::Markup { name: self.name(), what });
            return Err(io::ErrorKind::InvalidData.into());
        }
        if self.at >= self.chunk.len()
            && let Err(fault) = self.refill()
        {
            self.fault = Some(fault);
            return Err(io::ErrorKind::InvalidData.into());
        }
        // One byte over the ceiling may be looked at, and then no more.
        let stop = self.chunk.len().min(self.at + self.piece_limit + 1 - self.piece);
        Ok(self.chunk.get(self.at..stop).unwrap_or_default())
    }

    fn consume(&mut self, bytes: usize) {
        self.at += bytes;
        self.piece += bytes;
        self.largest_piece = self.largest_piece.max(self.piece);
    }
}
