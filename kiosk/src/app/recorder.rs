//! From a decision to a stored event, and only then to feedback.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lintel_core::event::{EventKind, PersonalPart};
use lintel_runtime::supervisor::TaskContext;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::faults;
use crate::feedback::show::Storing;
use crate::feedback::shown_name::ShownName;
use crate::feedback::stream::FeedbackHandle;
use crate::feedback::{Feedback, Stored};
use crate::gallery::index::SharedGallery;
use crate::health::ClockWatch;
use crate::identity::Identity;
use crate::outbox::{AppendError, EventDraft, OutboxHandle, OutboxStatus};
use crate::recognition::worker::WorkerHandle;
use crate::recognition::{Decision, Outcome, Progress};

/// Without a decision it beats this often, so that the watchdog sees it wait and not hang.
const BEAT: Duration = Duration::from_secs(10);

/// At the end recognition may take this long over the frame that it is in: half of what all tasks have.
const LAST_FRAME: Duration = Duration::from_secs(2);

pub(super) struct Recorder {
    pub(super) decisions_rx: mpsc::Receiver<Decision>,
    pub(super) outbox: OutboxHandle,
    pub(super) progress: Progress,
    pub(super) worker: WorkerHandle,
    pub(super) feedback: FeedbackHandle,
    /// How much of a name is shown.
    pub(super) names: ShownName,
    /// Whether attendance can be stored; told to the screen.
    // Overflow: overwritten; only the present state counts.
    pub(super) storing_tx: watch::Sender<Storing>,
    pub(super) shared: SharedGallery,
    pub(super) identity: Arc<Identity>,
    pub(super) pack: String,
    pub(super) watch: ClockWatch,
    pub(super) online: Arc<AtomicBool>,
    /// Cancelled when the last decision is stored.
    pub(super) recorded: CancellationToken,
}

impl Recorder {
    pub(super) async fn run(mut self, context: &TaskContext) -> anyhow::Result<()> {
        let _done = self.recorded.clone().drop_guard();
        loop {
            context.beat.beat();
            tokio::select! {
                () = context.token.cancelled() => break,
                decision = self.decisions_rx.recv() => match decision {
                    Some(decision) => self.record(&decision).await,
                    None => anyhow::bail!("recognition has ended"),
                },
                // A writer that hangs must stop the beat: it is asked, and not only waited beside.
                () = tokio::time::sleep(BEAT) => {
                    self.look_for_room(&self.outbox.status().await?);
                }
            }
        }
        self.worker.stop();
        let give_up = tokio::time::sleep(LAST_FRAME);
        tokio::pin!(give_up);
        loop {
            tokio::select! {
                biased;
                decision = self.decisions_rx.recv() => match decision {
                    Some(decision) => self.record(&decision).await,
                    None => return Ok(()),
                },
                () = &mut give_up, if !give_up.is_elapsed() => {
                    log::warn!("recognition takes long over its last frame, which is given up");
                    self.worker.interrupt();
                }
            }
        }
    }

    async fn record(&self, decision: &Decision) {
        faults::point("decision.queued");
        let stored = match decision.outcome.event_kind() {
            Some(kind) if !decision.repeat => self.store(decision, kind).await,
            Some(_) | None => Stored::Counted,
        };
        match stored {
            Stored::Committed { .. } => self.progress.stored(),
            Stored::Counted => self.progress.counted(),
            Stored::Refused => self.progress.refused(),
        }
        if let (Stored::Refused, Some(person)) = (stored, decision.person) {
            self.worker.not_stored(person);
        }
        let gallery = self.shared.load();
        let name = decision.person.and_then(|person| self.names.of(gallery.name_of(person)));
        self.feedback.publish(Feedback::of(decision, stored, name));
        faults::point("feedback.given");
    }

    fn is_now(&self, storing: Storing) {
        self.storing_tx.send_if_modified(|now| std::mem::replace(now, storing) != storing);
    }

    /// A twentieth of the outbox free is room again: less would say so and take it back with the next punch.
    fn look_for_room(&self, status: &OutboxStatus) {
        let is_full = *self.storing_tx.borrow() == Storing::Full;
        if is_full && status.backlog_bytes <= status.max_bytes / 20 * 19 {
            self.is_now(Storing::Fine);
        }
    }

    async fn store(&self, decision: &Decision, kind: EventKind) -> Stored {
        let draft = self.draft(decision, kind);
        match self.outbox.append(draft).await {
            Ok(appended) => {
                self.is_now(Storing::Fine);
                let online = self.online.load(Ordering::Relaxed);
                log::info!("event.id" = appended.event_id.to_string().as_str(), "event.seq" = appended.seq,
                    "event.kind" = decision.outcome.as_str(); "event stored");
                Stored::Committed { event_id: appended.event_id, online }
            }
            Err(AppendError::RateLimited { .. }) => Stored::Counted,
            Err(error) => {
                if let Some(storing) = storing_after(decision.outcome, &error) {
                    self.is_now(storing);
                }
                let error = anyhow::Error::from(error);
                log::error!("event.kind" = decision.outcome.as_str(),
                    "error" = lintel_runtime::exit::chain(&error).as_str(); "an event could not be stored");
                Stored::Refused
            }
        }
    }

    fn draft(&self, decision: &Decision, kind: EventKind) -> EventDraft {
        let personal = PersonalPart {
            person_id: decision.person,
            evidence: decision.evidence.clone(),
            reasons: decision.reasons.clone(),
        };
        EventDraft {
            kind,
            direction_hint: self.identity.direction,
            captured_at: decision.captured_at,
            clock: self.watch.reading(decision.monotonic_ms),
            model_pack: self.pack.clone(),
            gallery_revision: decision.gallery_revision,
            suppressed: decision.suppressed,
            personal: Some(personal),
        }
    }
}

/// What a refusal says about the outbox. Events of strangers may be refused while there is still room for
/// attendance.
fn storing_after(outcome: Outcome, refusal: &AppendError) -> Option<Storing> {
    outcome.is_attendance().then_some(match refusal {
        AppendError::Full { .. } => Storing::Full,
        AppendError::RateLimited { .. } | AppendError::DiskFull | AppendError::Outbox(_) => Storing::Broken,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_punch_or_badge_raises_the_alarm_and_a_refused_stranger_does_not() {
        let full = AppendError::Full { used: 9, limit: 9 };
        for outcome in [Outcome::Punch, Outcome::Badge] {
            assert_eq!(storing_after(outcome, &full), Some(Storing::Full));
            assert_eq!(storing_after(outcome, &AppendError::DiskFull), Some(Storing::Broken));
        }
        for outcome in [Outcome::Unknown, Outcome::Ambiguous, Outcome::LowQuality] {
            assert_eq!(storing_after(outcome, &full), None);
        }
    }
}
