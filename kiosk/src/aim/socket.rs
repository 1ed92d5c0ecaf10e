//! The running door's side of aiming, and the command's: a Unix socket for the door's own user and root.
//!
//! The folder and the socket are the owner's alone, and that is the whole authorisation: whoever may read
//! them may read the door's keys as well. A request is one short line, the answer one line for each
//! measurement; a reader that is slow loses those in between.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lintel_core::time::Clock;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::PICTURE_MS;
use super::advice::Aim;
use super::tap::{Listener, Tap};
use crate::local_socket::{self, SocketError};

/// Technicians at once.
const MAX_READERS: usize = 4;
/// Longest request, bytes.
const MAX_REQUEST: u64 = 256;
/// Patience with either side.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Whether the door's page shows the picture meanwhile.
    pub picture: bool,
}

/// What is answered, one line each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// First: where the picture is, when one was asked for.
    Page(String),
    /// A measurement.
    Aim(Aim),
    /// It ends, or never began: why.
    Refused(String),
    /// The ten minutes are over.
    Over,
}

/// The socket, before it is served.
pub struct AimSocket {
    listener: UnixListener,
    path: PathBuf,
    serving: Arc<Serving>,
}

struct Serving {
    tap: Tap,
    clock: Arc<dyn Clock>,
    /// The page's address; `None` where it is off.
    page: Option<String>,
}

impl AimSocket {
    /// Opens the socket for its owner only. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`SocketError`].
    pub fn open(
        path: &Path,
        tap: Tap,
        clock: Arc<dyn Clock>,
        page: Option<String>,
    ) -> Result<Self, SocketError> {
        let listener = local_socket::open(path, 0o600, "device.data_dir")?;
        Ok(Self { listener, path: path.to_owned(), serving: Arc::new(Serving { tap, clock, page }) })
    }

    /// Serves until told to stop; removes the socket then.
    pub async fn serve(self, stop: CancellationToken) {
        let mut readers = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = readers.join_next(), if !readers.is_empty() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) if readers.len() < MAX_READERS => {
                        let (serving, stop) = (Arc::clone(&self.serving), stop.clone());
                        readers.spawn(async move { serving.answer(stream, stop).await });
                    }
                    Ok(_) => log::warn!("readers.max" = MAX_READERS; "too many aim at once"),
                    Err(error) => {
                        log::warn!("error" = error.to_string().as_str(); "a reader of the aim socket failed");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
            }
        }
        readers.shutdown().await;
        local_socket::remove(&self.path);
    }
}

impl Serving {
    async fn answer(&self, stream: UnixStream, stop: CancellationToken) {
        let (reader, mut writer) = stream.into_split();
        let mut reader = BufReader::new(reader.take(MAX_REQUEST));
        let mut line = String::new();
        let read = tokio::time::timeout(PATIENCE, reader.read_line(&mut line)).await;
        let picture = match self.understand(read.is_ok().then_some(line.as_str())) {
            Ok(picture) => picture,
            Err(why) => {
                send(&mut writer, &Answer::Refused(why.to_owned())).await;
                return;
            }
        };
        let until_ms = self.clock.monotonic_ms().saturating_add(PICTURE_MS);
        let listener = self.tap.listen(picture.is_some().then_some(until_ms));
        if let Some(page) = picture {
            log::info!("the page shows the camera's picture to whoever aims it");
            send(&mut writer, &Answer::Page(page)).await;
        }
        let over = tokio::time::sleep(Duration::from_millis(u64::try_from(PICTURE_MS).unwrap_or(0)));
        let mut hang_up = [0_u8; 1];
        tokio::select! {
            () = stop.cancelled() => {}
            () = send_sights(listener, &mut writer) => {}
            // Whoever asked has gone, and the picture goes with them.
            _ = reader.read(&mut hang_up) => {}
            () = over => {
                send(&mut writer, &Answer::Over).await;
            }
        }
    }

    /// Where the picture will be, when one is asked for.
    fn understand(&self, line: Option<&str>) -> Result<Option<String>, &'static str> {
        let request: Request = line
            .and_then(|line| serde_json::from_str(line).ok())
            .ok_or("that is no request: use `lintel-kiosk aim`")?;
        match (request.picture, &self.page) {
            (false, _) => Ok(None),
            (true, Some(page)) => Ok(Some(page.clone())),
            (true, None) => {
                Err("there is no page to show a picture on: set feedback.page_listen, or leave --page out")
            }
        }
    }
}

/// Until the reader takes no more.
async fn send_sights(mut listener: Listener, writer: &mut OwnedWriteHalf) {
    while listener.sight_rx.changed().await.is_ok() {
        let sight = listener.sight_rx.borrow_and_update().clone();
        if let Some(sight) = sight
            && !send(writer, &Answer::Aim(sight.aim.clone())).await
        {
            return;
        }
    }
}

async fn send(writer: &mut OwnedWriteHalf, answer: &Answer) -> bool {
    let Ok(line) = serde_json::to_string(answer) else { return false };
    let line = format!("{line}\n");
    matches!(tokio::time::timeout(PATIENCE, writer.write_all(line.as_bytes())).await, Ok(Ok(())))
}

/// Asks a running door; `None` where none runs.
///
/// # Errors
/// When a door runs and this user may not ask it.
pub async fn ask(
    path: &Path,
    request: Request,
) -> std::io::Result<Option<tokio::io::Lines<BufReader<UnixStream>>>> {
    use std::io::ErrorKind::{ConnectionRefused, NotFound};
    let mut stream = match UnixStream::connect(path).await {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), NotFound | ConnectionRefused) => return Ok(None),
        Err(error) => return Err(error),
    };
    let line = serde_json::to_string(&request)? + "\n";
    stream.write_all(line.as_bytes()).await?;
    Ok(Some(BufReader::new(stream).lines()))
}
