//! Other containers and codecs, through an `ffmpeg` child where it is installed.
//!
//! A hostile video is decoded in a process of its own, which sends JPEG pictures down a pipe. Times are
//! those of a constant rate, which the child is told to make. No wait for the child is without an end: one that
//! stalls is ended, and with the source it is ended in any case.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use lintel_vision::frame::MAX_MJPEG_BYTES;
use lintel_vision::{Frame, PixelFormat};

use super::{FrameSource, Next, SourceError, jpeg};

/// Frames a second that the child is told to give.
const RATE: u32 = 15;
/// A child that gives nothing for so long has stalled: a picture takes a fraction of a second on any box.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes that are read at once, and pieces that wait.
const PIECE: usize = 65_536;
const PIECES: usize = 4;
/// Of what the child complains of, the end is kept.
const WORDS_BYTES: usize = 4_096;

/// A running conversion.
pub struct Converted {
    path: PathBuf,
    child: Child,
    pictures: Pictures<Pieces>,
    words_rx: Receiver<String>,
    taken: u64,
}

/// Cuts a stream of JPEG pictures that stand one behind the other.
struct Pictures<R> {
    from: R,
    buffer: Vec<u8>,
}

/// What a thread of its own reads from the child.
struct Pieces {
    pieces_rx: Receiver<std::io::Result<Vec<u8>>>,
    patience: Duration,
}

impl Converted {
    /// Starts the child.
    ///
    /// # Errors
    /// When ffmpeg isn't installed or can't be started.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        Self::start(Command::new("ffmpeg"), path, PATIENCE)
    }

    fn start(mut ffmpeg: Command, path: &Path, patience: Duration) -> Result<Self, SourceError> {
        let unusable = |reason: String| SourceError::Unusable { path: path.to_owned(), reason };
        // `file:` keeps a name such as `http:…` or `concat:…` from being anything but a file.
        let mut input = std::ffi::OsString::from("file:");
        input.push(path);
        let rate = RATE.to_string();
        let spawned = ffmpeg
            .args([
                "-nostdin",
                "-hide_banner",
                "-loglevel",
                "error",
                "-protocol_whitelist",
                "file,pipe",
                "-i",
            ])
            .arg(input)
            .args(["-an", "-r", &rate, "-f", "image2pipe", "-c:v", "mjpeg", "-q:v", "3", "pipe:1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = spawned.map_err(|error| match error.kind() {
            ErrorKind::NotFound => unusable(
                "not a Motion-JPEG AVI, and ffmpeg, which reads other video, isn't installed: install it, or convert the file by `ffmpeg -i IN -c:v mjpeg -an OUT.avi`"
                    .to_owned(),
            ),
            _ => unusable(format!("not a Motion-JPEG AVI, and ffmpeg can't be started: {error}")),
        })?;
        let started = read(&mut child, patience);
        let (pieces, words_rx) = match started {
            Ok(started) => started,
            Err(error) => {
                end(&mut child);
                return Err(unusable(format!("ffmpeg's output can't be read: {error}")));
            }
        };
        let pictures = Pictures { from: pieces, buffer: Vec::new() };
        Ok(Self { path: path.to_owned(), child, pictures, words_rx, taken: 0 })
    }

    /// How the child ended, and what it said last; one that has closed its output and goes on is ended.
    fn ending(&mut self) -> (bool, String) {
        let words = self.words_rx.recv_timeout(self.pictures.from.patience);
        let ended_itself = words.is_ok();
        if !ended_itself {
            drop(self.child.kill());
        }
        let is_success = self.child.wait().is_ok_and(|status| status.success());
        (ended_itself && is_success, words.unwrap_or_default())
    }
}

/// Starts the two threads that read what the child writes; they end with it.
fn read(child: &mut Child, patience: Duration) -> std::io::Result<(Pieces, Receiver<String>)> {
    let gone = || std::io::Error::other("it has none");
    let (mut out, mut err) = (child.stdout.take().ok_or_else(gone)?, child.stderr.take().ok_or_else(gone)?);
    // Overflow: the thread waits, and with it the child.
    let (pieces_tx, pieces_rx) = sync_channel(PIECES);
    std::thread::Builder::new().name("ffmpeg".to_owned()).spawn(move || {
        loop {
            let mut piece = vec![0; PIECE];
            let read = out.read(&mut piece).map(|n| {
                piece.truncate(n);
                piece
            });
            let is_last = !matches!(&read, Ok(piece) if !piece.is_empty());
            if pieces_tx.send(read).is_err() || is_last {
                return;
            }
        }
    })?;
    // One text, at the end; the receiver may be gone by then.
    let (words_tx, words_rx) = sync_channel(1);
    std::thread::Builder::new().name("ffmpeg-words".to_owned()).spawn(move || {
        let (mut end, mut piece) = (Vec::new(), [0; 1_024]);
        while let Ok(n @ 1..) = err.read(&mut piece) {
            end.extend_from_slice(piece.get(..n).unwrap_or_default());
            let over = end.len().saturating_sub(WORDS_BYTES);
            end.drain(..over);
        }
        drop(words_tx.send(last_line(&end)));
    })?;
    Ok((Pieces { pieces_rx, patience }, words_rx))
}

/// The last line that says something, cut; hostile bytes draw no lines.
fn last_line(words: &[u8]) -> String {
    let words = String::from_utf8_lossy(words);
    let line = words.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(300).collect()
}

/// It may have ended by itself; then there is nothing to end.
fn end(child: &mut Child) {
    drop(child.kill());
    drop(child.wait());
}

impl Pieces {
    /// The next piece; an empty one at the end.
    fn next(&self) -> std::io::Result<Vec<u8>> {
        match self.pieces_rx.recv_timeout(self.patience) {
            Ok(piece) => piece,
            Err(RecvTimeoutError::Timeout) => Err(ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => Ok(Vec::new()),
        }
    }
}

/// Where the pieces of a stream come from.
trait Source {
    fn piece(&mut self) -> std::io::Result<Vec<u8>>;
}

impl Source for Pieces {
    fn piece(&mut self) -> std::io::Result<Vec<u8>> {
        self.next()
    }
}

impl<R: Source> Pictures<R> {
    /// The next whole picture; `None` at the end.
    fn next(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut searched = 0;
        loop {
            let rest = self.buffer.get(searched..).unwrap_or_default();
            if let Some(found) = rest.windows(2).position(|pair| pair == [0xFF, 0xD9]) {
                let tail = self.buffer.split_off(searched + found + 2);
                return Ok(Some(std::mem::replace(&mut self.buffer, tail)));
            }
            searched = self.buffer.len().saturating_sub(1);
            if self.buffer.len() > MAX_MJPEG_BYTES {
                return Err(std::io::Error::new(ErrorKind::InvalidData, "a picture without an end"));
            }
            let piece = self.from.piece()?;
            if piece.is_empty() {
                return Ok(None);
            }
            self.buffer.extend_from_slice(&piece);
        }
    }
}

impl FrameSource for Converted {
    fn next_frame(&mut self) -> Result<Next, SourceError> {
        let path = self.path.clone();
        let unusable = |reason: String| SourceError::Unusable { path, reason };
        let next = match self.pictures.next() {
            Ok(next) => next,
            Err(error) => {
                end(&mut self.child);
                return Err(unusable(match error.kind() {
                    ErrorKind::TimedOut => format!(
                        "ffmpeg gave no picture for {} ms and was ended: copy the file again, or convert it by `ffmpeg -i IN -c:v mjpeg -an OUT.avi`",
                        self.pictures.from.patience.as_millis()
                    ),
                    _ => format!("reading from ffmpeg: {error}"),
                }));
            }
        };
        let Some(bytes) = next else {
            let (is_success, words) = self.ending();
            if self.taken == 0 || !is_success {
                let said = if words.is_empty() { words } else { format!(" (it says: {words})") };
                return Err(unusable(format!(
                    "ffmpeg found no video in it that it can read{said}: copy it again"
                )));
            }
            return Ok(Next::Ended);
        };
        let at_ms = self.taken * 1000 / u64::from(RATE);
        self.taken += 1;
        let Some((width, height)) = jpeg::trim(&bytes).and_then(jpeg::size) else {
            return Ok(Next::Skipped(format!("frame {} is no whole JPEG", self.taken)));
        };
        Ok(Next::Frame(Frame::new(width, height, PixelFormat::Mjpeg, bytes, at_ms)?))
    }

    fn describe(&self) -> String {
        format!("clip {} (through ffmpeg, {RATE} frames/s)", self.path.display())
    }
}

impl Drop for Converted {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn pictures_in_a_pipe_are_cut_at_their_ends_wherever_the_pieces_are() {
        struct Drip(Vec<u8>);
        impl Source for Drip {
            fn piece(&mut self) -> std::io::Result<Vec<u8>> {
                Ok(if self.0.is_empty() { Vec::new() } else { vec![self.0.remove(0)] })
            }
        }
        let bytes = [0xFF, 0xD8, 1, 0xFF, 0xD9, 0xFF, 0xD8, 2, 3, 0xFF, 0xD9, 0xFF, 0xD8];
        let mut pictures = Pictures { from: Drip(bytes.to_vec()), buffer: Vec::new() };
        assert_eq!(pictures.next().unwrap().unwrap(), bytes[..5]);
        assert_eq!(pictures.next().unwrap().unwrap(), bytes[5..11]);
        assert_eq!(pictures.next().unwrap(), None);
    }

    /// A conversion by a script in ffmpeg's place; `frame` prints the header of a JPEG of 640x480.
    fn converted(script: &str, patience: Duration) -> Converted {
        let frame = r"frame() { printf '\377\330\377\300\000\013\010\001\340\002\200\001\377\332\000\002\011\377\331'; }";
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{frame}\n{script}"), "ffmpeg"]);
        Converted::start(command, Path::new("some.mkv"), patience).unwrap()
    }

    fn error(converted: &mut Converted) -> String {
        converted.next_frame().err().unwrap().to_string()
    }

    #[test]
    fn a_child_that_ends_well_gives_its_pictures_and_one_that_fails_its_last_words() {
        let patience = Duration::from_secs(60);
        let mut whole = converted("frame; frame", patience);
        let times: Vec<u64> = std::iter::from_fn(|| match whole.next_frame().unwrap() {
            Next::Frame(frame) => Some(frame.captured_ms()),
            Next::Skipped(_) | Next::Ended => None,
        })
        .collect();
        assert_eq!(times, [0, 66]);

        let mut failing =
            converted("frame; echo first >&2; echo 'moov atom not found' >&2; exit 1", patience);
        assert!(matches!(failing.next_frame(), Ok(Next::Frame(_))));
        let told = error(&mut failing);
        assert!(told.contains("(it says: moov atom not found)") && !told.contains("first"), "{told}");

        let many = "i=0; while [ $i -lt 9000 ]; do echo 'a line of complaint' >&2; i=$((i+1)); done; frame";
        assert!(
            matches!(converted(many, patience).next_frame(), Ok(Next::Frame(_))),
            "its words block nothing"
        );
    }

    #[test]
    fn a_child_that_stalls_is_ended_and_the_wait_has_an_end() {
        let started = Instant::now();
        let mut stalled = converted("frame; exec sleep 600", Duration::from_millis(1_500));
        assert!(matches!(stalled.next_frame(), Ok(Next::Frame(_))));
        let told = error(&mut stalled);
        assert!(told.contains("gave no picture for 1500 ms"), "{told}");
        assert!(stalled.child.try_wait().unwrap().is_some(), "it still runs");

        let mut closed = converted("frame; exec sleep 600 >&-", Duration::from_millis(1_500));
        assert!(matches!(closed.next_frame(), Ok(Next::Frame(_))));
        assert!(error(&mut closed).contains("no video in it"));
        assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    }

    #[test]
    fn a_child_that_gives_garbage_is_skipped_or_refused_and_bounded() {
        let patience = Duration::from_secs(60);
        let mut garbage = converted(r"printf 'no picture\377\331'; frame; exec cat /dev/zero", patience);
        assert!(matches!(garbage.next_frame(), Ok(Next::Skipped(_))));
        assert!(matches!(garbage.next_frame(), Ok(Next::Frame(_))));
        assert!(error(&mut garbage).contains("a picture without an end"));
        assert!(garbage.child.try_wait().unwrap().is_some(), "it still runs");
        assert!(error(&mut converted("exit 0", patience)).contains("no video in it"));
    }
}
