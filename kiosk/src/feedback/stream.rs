//! The local event stream: a Unix socket that sends each feedback as one JSON line.
//!
//! For a light, a tone or a screen beside the door. A reader that is slow loses the oldest lines and is told
//! how many, as `{"lost":N}`; it can never slow the door down. What readers send is not read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Feedback;
use crate::local_socket::{self, SocketError};

/// Lines that wait for a slow reader.
const WAITING_LINES: usize = 64;
/// Readers at once.
const MAX_READERS: usize = 16;
/// A reader that takes nothing for this long is let go.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);

/// The sending end.
#[derive(Debug, Clone)]
pub struct FeedbackHandle {
    results_tx: broadcast::Sender<Arc<Feedback>>,
}

/// The socket, before it is served.
#[derive(Debug)]
pub struct FeedbackStream {
    listener: UnixListener,
    path: PathBuf,
    results_tx: broadcast::Sender<Arc<Feedback>>,
}

impl FeedbackHandle {
    /// Logs the feedback and sends it to whoever listens. Never waits.
    pub fn publish(&self, feedback: Feedback) {
        feedback.log();
        // Nobody listening is the usual case and no failure.
        drop(self.results_tx.send(Arc::new(feedback)));
    }

    /// What is published from now on. A reader that falls behind loses the oldest.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Feedback>> {
        self.results_tx.subscribe()
    }
}

impl FeedbackStream {
    /// Opens the socket (mode 0660), in place of one that an earlier run left. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`SocketError`] says what is in the way.
    pub fn open(path: &Path) -> Result<(FeedbackHandle, Self), SocketError> {
        let listener = local_socket::open(path, 0o660, "feedback.socket")?;
        // Overflow: the oldest line goes, and the reader is told how many it lost.
        let (results_tx, _) = broadcast::channel(WAITING_LINES);
        let handle = FeedbackHandle { results_tx: results_tx.clone() };
        Ok((handle, Self { listener, path: path.to_owned(), results_tx }))
    }

    /// Serves readers until told to stop; removes the socket then.
    pub async fn serve(self, stop: CancellationToken) {
        let mut readers = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = readers.join_next(), if !readers.is_empty() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((reader, _)) if readers.len() < MAX_READERS => {
                        readers.spawn(send(reader, self.results_tx.subscribe(), stop.clone()));
                    }
                    Ok(_) => log::warn!("readers.max" = MAX_READERS; "too many readers of the feedback stream"),
                    Err(error) => {
                        log::warn!("error" = error.to_string().as_str(); "a reader of the feedback stream failed");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
            }
        }
        readers.shutdown().await;
        local_socket::remove(&self.path);
    }
}

async fn send(
    mut reader: UnixStream,
    mut results_rx: broadcast::Receiver<Arc<Feedback>>,
    stop: CancellationToken,
) {
    loop {
        let result = tokio::select! {
            () = stop.cancelled() => return,
            result = results_rx.recv() => result,
        };
        let line = match result {
            Ok(feedback) => match serde_json::to_string(&*feedback) {
                Ok(line) => format!("{line}\n"),
                Err(error) => {
                    log::error!("error" = error.to_string().as_str(); "feedback can't be written as JSON");
                    continue;
                }
            },
            Err(RecvError::Lagged(lost)) => format!("{{\"lost\":{lost}}}\n"),
            Err(RecvError::Closed) => return,
        };
        match tokio::time::timeout(WRITE_PATIENCE, reader.write_all(line.as_bytes())).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt as _, BufReader};

    use super::super::FeedbackState;
    use super::*;

    fn feedback(at: i64) -> Feedback {
        Feedback {
            at_ms: lintel_core::time::UtcMillis::from_i64(at),
            state: FeedbackState::NotRecognised,
            person: None,
            name: None,
            event_id: None,
            outcome: "unknown".into(),
            reasons: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_reader_gets_one_json_line_for_each_feedback_and_the_socket_goes_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("feedback.sock");
        // one left by a run that was killed
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let (handle, stream) = FeedbackStream::open(&path).unwrap();
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(stream.serve(stop.clone()));
        let reader = UnixStream::connect(&path).await.unwrap();
        while handle.results_tx.receiver_count() == 0 {
            tokio::task::yield_now().await;
        }
        handle.publish(feedback(1));
        handle.publish(feedback(2));
        let mut lines = BufReader::new(reader).lines();
        for at in [1, 2] {
            let line = lines.next_line().await.unwrap().unwrap();
            assert_eq!(serde_json::from_str::<Feedback>(&line).unwrap(), feedback(at));
        }
        stop.cancel();
        tasks.join_next().await.unwrap().unwrap();
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_how_much_it_lost_and_nobody_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("feedback.sock");
        let (handle, stream) = FeedbackStream::open(&path).unwrap();
        let (near, far) = UnixStream::pair().unwrap();
        let results_rx = handle.results_tx.subscribe();
        for at in 0..i64::try_from(WAITING_LINES + 10).unwrap() {
            handle.publish(feedback(at));
        }
        let mut tasks = JoinSet::new();
        tasks.spawn(send(near, results_rx, CancellationToken::new()));
        let mut lines = BufReader::new(far).lines();
        assert_eq!(lines.next_line().await.unwrap().unwrap(), "{\"lost\":10}");
        let first: Feedback = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        assert_eq!(first, feedback(10));
        drop(stream);
    }

    #[tokio::test]
    async fn a_file_in_the_way_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("feedback.sock");
        std::fs::write(&path, b"precious").unwrap();
        assert!(FeedbackStream::open(&path).unwrap_err().to_string().contains("in the way"));
        assert!(path.exists());
    }
}
