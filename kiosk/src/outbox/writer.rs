//! The thread that owns the outbox, and the handle that everybody else has.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use lintel_core::ack::AckBody;
use lintel_core::time::{Clock, UtcMillis};
use tokio::sync::{mpsc, oneshot, watch};

use super::{Acked, AppendError, Appended, EventDraft, Gone, Outbox, OutboxError, OutboxStatus, Pending};
use crate::faults;

/// Commands that may wait for the thread.
const QUEUE: usize = 256;
/// Most events in one write to the disk.
const GROUP: usize = 64;

type Answer<T> = oneshot::Sender<T>;

enum Command {
    Append(Box<EventDraft>, Answer<Result<Appended, AppendError>>),
    Pending { after: u64, events: usize, bytes: usize, answer: Answer<Result<Pending, OutboxError>> },
    ApplyAck(Box<AckBody>, Answer<Result<Acked, OutboxError>>),
    Purge(UtcMillis, Answer<Result<u64, OutboxError>>),
    Forget(Gone, Answer<Result<u64, OutboxError>>),
    Status(Answer<Result<OutboxStatus, OutboxError>>),
}

/// A clonable front of the writer thread.
#[derive(Clone)]
pub struct OutboxHandle {
    command_tx: mpsc::Sender<Command>,
    appended_rx: watch::Receiver<u64>,
}

impl OutboxHandle {
    /// Starts the thread. It ends when the last handle is gone, after finishing what was asked; wait for it
    /// with [`wait_for_end`].
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(outbox: Outbox, clock: Arc<dyn Clock>) -> std::io::Result<(Self, JoinHandle<()>)> {
        // Overflow: await. A decision is never dropped; whoever brings one waits for the disk.
        let (command_tx, command_rx) = mpsc::channel(QUEUE);
        let last_seq = outbox.status().map_or(0, |status| status.last_seq);
        let (appended_tx, appended_rx) = watch::channel(last_seq);
        let thread = std::thread::Builder::new()
            .name("outbox".to_owned())
            .spawn(move || serve(outbox, command_rx, &appended_tx, &*clock))?;
        Ok((Self { command_tx, appended_rx }, thread))
    }

    async fn ask<T>(&self, command: impl FnOnce(Answer<T>) -> Command) -> Result<T, OutboxError> {
        let (answer_tx, answer_rx) = oneshot::channel();
        self.command_tx.send(command(answer_tx)).await.map_err(|_| OutboxError::Closed)?;
        answer_rx.await.map_err(|_| OutboxError::Closed)
    }

    /// Keeps an event. When this returns it is on the disk, and only then may anybody be told.
    ///
    /// # Errors
    /// [`AppendError`] says why it was not kept.
    pub async fn append(&self, draft: EventDraft) -> Result<Appended, AppendError> {
        self.ask(|answer| Command::Append(Box::new(draft), answer)).await?
    }

    /// [`Outbox::pending`].
    ///
    /// # Errors
    /// When the database can't be read or the outbox is closed.
    pub async fn pending(&self, after: u64, events: usize, bytes: usize) -> Result<Pending, OutboxError> {
        self.ask(|answer| Command::Pending { after, events, bytes, answer }).await?
    }

    /// [`Outbox::apply_ack`].
    ///
    /// # Errors
    /// When the ack doesn't fit or the outbox is closed.
    pub async fn apply_ack(&self, ack: AckBody) -> Result<Acked, OutboxError> {
        self.ask(|answer| Command::ApplyAck(Box::new(ack), answer)).await?
    }

    /// [`Outbox::purge`].
    ///
    /// # Errors
    /// When the database refuses or the outbox is closed.
    pub async fn purge(&self, before: UtcMillis) -> Result<u64, OutboxError> {
        self.ask(|answer| Command::Purge(before, answer)).await?
    }

    /// [`Outbox::forget`].
    ///
    /// # Errors
    /// When the database refuses or the outbox is closed.
    pub async fn forget(&self, gone: Gone) -> Result<u64, OutboxError> {
        self.ask(|answer| Command::Forget(gone, answer)).await?
    }

    /// [`Outbox::status`].
    ///
    /// # Errors
    /// When the database can't be read or the outbox is closed.
    pub async fn status(&self) -> Result<OutboxStatus, OutboxError> {
        self.ask(Command::Status).await?
    }

    /// The last place; changes with each append.
    #[must_use]
    pub fn appended(&self) -> watch::Receiver<u64> {
        self.appended_rx.clone()
    }
}

/// Waits until the thread has closed the file. The process must not end before: the libraries below clean up
/// after themselves at its end, and a file that is closed beside that crashes it.
pub async fn wait_for_end(thread: JoinHandle<()>, at_most: Duration) {
    const LOOK_EVERY: Duration = Duration::from_millis(5);
    let ended = tokio::time::timeout(at_most, async {
        while !thread.is_finished() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
    if ended.await.is_err() {
        log::warn!("the outbox is still busy at the end; what was answered is on the disk");
    } else if thread.join().is_err() {
        log::error!("the thread of the outbox has panicked");
    }
}

fn serve(
    mut outbox: Outbox,
    mut command_rx: mpsc::Receiver<Command>,
    appended_tx: &watch::Sender<u64>,
    clock: &dyn Clock,
) {
    let mut next = command_rx.blocking_recv();
    while let Some(command) = next.take() {
        let Command::Append(draft, answer) = command else {
            answer_one(&mut outbox, command, clock);
            next = command_rx.blocking_recv();
            continue;
        };
        // Whatever else waits to be stored shares this write.
        let (mut drafts, mut answers) = (vec![*draft], vec![answer]);
        while drafts.len() < GROUP && next.is_none() {
            match command_rx.try_recv() {
                Ok(Command::Append(draft, answer)) => {
                    drafts.push(*draft);
                    answers.push(answer);
                }
                Ok(other) => next = Some(other),
                Err(_) => break,
            }
        }
        faults::point("append.asked");
        let kept = outbox.append_all(&drafts, clock.now());
        if let Some(last) = kept.iter().rev().find_map(|answer| answer.as_ref().ok()) {
            appended_tx.send_replace(last.seq);
        }
        for (answer, result) in answers.into_iter().zip(kept) {
            tell(answer, result);
        }
        if next.is_none() {
            next = command_rx.blocking_recv();
        }
    }
}

fn answer_one(outbox: &mut Outbox, command: Command, clock: &dyn Clock) {
    match command {
        Command::Append(draft, answer) => tell(answer, outbox.append(&draft, clock.now())),
        Command::Pending { after, events, bytes, answer } => {
            tell(answer, outbox.pending(after, events, bytes));
        }
        Command::ApplyAck(ack, answer) => tell(answer, outbox.apply_ack(&ack, clock.now())),
        Command::Purge(before, answer) => tell(answer, outbox.purge(before)),
        Command::Forget(gone, answer) => tell(answer, outbox.forget(&gone)),
        Command::Status(answer) => tell(answer, outbox.status()),
    }
}

/// Whoever asked may have gone away; what was asked is done all the same.
fn tell<T>(answer: Answer<T>, result: T) {
    drop(answer.send(result));
}
